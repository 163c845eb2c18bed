// SPDX-License-Identifier: Apache-2.0

//! What scoring needs to know of a window besides the evaluation.

use std::collections::{BTreeMap, BTreeSet};

use mechanisms::templar::params::SyncForm;
use mechanisms::templar::state::Gather;
use mechanisms::templar::sync::{self, Changes, Steps, SyncVerdict};
use mechanisms::templar::Observations;
use mechanisms::Uid;

use super::Findings;
use crate::debug::Debug;
use crate::gather::{all_unreachable, debug_samples, Submission};
use crate::participant::{Participant, ParticipantError, WindowView};
use crate::state::ValidatorState;

/// How well each miner had kept step with us after the window before. Notes what our own model has moved since.
pub(super) async fn sync(
	participant: &Participant,
	changes: &mut Changes,
	view: &WindowView,
) -> Result<BTreeMap<Uid, SyncVerdict>, ParticipantError> {
	let Some(before) = view.window.checked_sub(1).filter(|before| *before >= participant.start_window()) else {
		return Ok(BTreeMap::new()); // Nobody has taken a step yet.
	};
	let own = participant.device.run(|engine| engine.samples()).await?;
	let max_bytes = Debug::max_bytes(participant.layouts.iter().count());
	let miners = view.peers.miners.iter().map(|(uid, address)| (*uid, address.clone()));
	let found = debug_samples(miners.collect::<Vec<_>>(), before, max_bytes, &participant.bucket_root).await?;
	let learning_rate = participant.learning_rate(before);
	let scoring = &participant.hparams.scoring;
	let steps = match scoring.sync_form {
		SyncForm::Mean => Steps::Even { learning_rate },
		SyncForm::Median => {
			changes.observe(&own);
			Steps::Measured { learning_rate, changes: changes.average(), policy: scoring.policy }
		},
	};
	let judge = |uid: &Uid| sync::judge(&own, found.get(uid).map(|debug| &debug.samples), steps);
	Ok(view.peers.miners.keys().map(|uid| (*uid, judge(uid))).collect())
}

/// The miners that have uploaded something in the last windows, this one among them.
pub(super) fn active(participant: &Participant, state: &ValidatorState, view: &WindowView) -> BTreeSet<Uid> {
	let recent = view.window.saturating_sub(participant.hparams.peers.recent_windows);
	let is_recent = |uid: &Uid| state.last_seen.get(uid).is_some_and(|seen| *seen > recent || *seen == view.window);
	view.peers.miners.keys().copied().filter(is_recent).collect()
}

/// Everything together.
pub(super) fn observations(
	participant: &Participant,
	state: &ValidatorState,
	view: &WindowView,
	submissions: &BTreeMap<Uid, Submission>,
	active: BTreeSet<Uid>,
	sync: BTreeMap<Uid, SyncVerdict>,
	Findings { copied, verdicts }: Findings,
) -> Observations {
	let peers: BTreeSet<Uid> = view.peers.gather.iter().copied().collect();
	let skipped = |uid: &Uid| submissions.get(uid).is_some_and(|submission| submission.gradient().is_none());
	let skipped = peers.iter().copied().filter(skipped).collect();
	let gather = Gather { peers, skipped, ..Gather::default() };
	Observations {
		window: view.window,
		current_window: participant.current_window(view.window),
		global_step: participant.global_step(view.window),
		active,
		refreshed: Vec::new(), // We look once a window.
		// Who has withdrawn its bucket, or become a validator, is no miner any more.
		excused: state.scores.peers().map(|(uid, _)| uid).filter(|uid| !view.peers.miners.contains_key(uid)).collect(),
		// If no bucket at all could be read, the fault is ours.
		gather: (!all_unreachable(submissions)).then_some(gather),
		copied,
		sync,
		verdicts,
	}
}
