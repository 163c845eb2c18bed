// SPDX-License-Identifier: Apache-2.0

//! What scoring needs to know of a window besides the evaluation.

use std::collections::{BTreeMap, BTreeSet};

use mechanisms::templar::params::SyncForm;
use mechanisms::templar::state::Gather;
use mechanisms::templar::sync::{self, Changes, Steps, SyncVerdict};
use mechanisms::templar::{Observations, State};
use mechanisms::Uid;

use super::{Findings, Node, NodeError, Submission, View};
use crate::clock::Window;
use crate::participant::all_unreachable;
use crate::templar::debug::Debug;
use crate::templar::gather::debug_samples;

/// How well each miner had kept step with us after the window before. Notes what our own model has moved since.
pub(super) async fn sync(
	node: &Node,
	changes: &mut Changes,
	view: &View,
) -> Result<BTreeMap<Uid, SyncVerdict>, NodeError> {
	let Some(before) = view.at.window.checked_sub(1).filter(|before| *before >= node.participant.start_window) else {
		return Ok(BTreeMap::new()); // Nobody has taken a step yet.
	};
	let own = node.device.run(|engine| engine.samples()).await?;
	let max_bytes = Debug::max_bytes(node.layouts.iter().count());
	let miners = view.peers.miners.iter().map(|(uid, address)| (*uid, address.clone()));
	let found = debug_samples(&node.objects, miners, before, max_bytes).await?;
	let learning_rate = node.learning_rate(before);
	let scoring = &node.hparams.scoring;
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
pub(super) fn active(node: &Node, last_seen: &BTreeMap<Uid, Window>, view: &View) -> BTreeSet<Uid> {
	let recent = view.at.window.saturating_sub(node.hparams.peers.recent_windows);
	let is_recent = |uid: &Uid| last_seen.get(uid).is_some_and(|seen| *seen > recent || *seen == view.at.window);
	view.peers.miners.keys().copied().filter(is_recent).collect()
}

/// Everything together.
pub(super) fn observations(
	node: &Node,
	scores: &State,
	view: &View,
	submissions: &BTreeMap<Uid, Submission>,
	active: BTreeSet<Uid>,
	sync: BTreeMap<Uid, SyncVerdict>,
	Findings { copied, evaluated }: Findings,
) -> Observations {
	let peers: BTreeSet<Uid> = view.peers.gather.iter().copied().collect();
	let skipped = |uid: &Uid| submissions.get(uid).is_some_and(|submission| submission.content().is_none());
	let skipped = peers.iter().copied().filter(skipped).collect();
	let stand_ins = view.stepping(submissions).into_iter().filter(|uid| !peers.contains(uid)).collect();
	let gather = Gather { peers, skipped, stand_ins };
	Observations {
		window: view.at.window,
		current_window: node.current_window(view.at.window),
		global_step: node.global_step(view.at.window),
		active,
		refreshed: Vec::new(), // We look once a window.
		// Who has withdrawn its bucket, or become a validator, is no miner any more.
		excused: scores.peers().map(|(uid, _)| uid).filter(|uid| !view.peers.miners.contains_key(uid)).collect(),
		// If no bucket at all could be read, the fault is ours.
		gather: (!all_unreachable(submissions)).then_some(gather),
		copied,
		sync,
		verdicts: evaluated.verdicts,
	}
}
