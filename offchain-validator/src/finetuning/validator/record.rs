// SPDX-License-Identifier: Apache-2.0

//! A step's line in the journal.

use std::collections::{BTreeMap, BTreeSet};

use mechanisms::finetuning::state::Standing;
use mechanisms::finetuning::Params;
use mechanisms::Uid;

use super::measure::mean;
use super::{Found, Scores, Turn};
use crate::finetuning::store::Address;
use crate::journal::{ScoredMiner, ScoredWindow, Seconds};
use crate::participant::row;
use crate::state::ValidatorState;

/// What is known after the step.
pub(super) fn scored_window(
	turn: &Turn,
	state: &ValidatorState<Scores>,
	params: &Params,
	seconds: Seconds,
) -> ScoredWindow {
	let shares = state.scores.state.shares(params);
	let by_uid: BTreeMap<Uid, f32> = shares.iter().copied().collect();
	let uids: BTreeSet<Uid> = turn.entries.keys().chain(turn.found.keys()).copied().collect();
	let miner = |uid: Uid| (uid, scored_miner(turn, uid, &state.scores, by_uid.get(&uid).copied().unwrap_or_default()));
	let window = turn.view.window;
	ScoredWindow {
		window,
		block: turn.view.sync.number,
		loss: turn.measured.means.values().copied().reduce(f64::min),
		base_loss: mean(&turn.measured.baseline),
		gathered: Vec::new(),
		miners: uids.into_iter().map(miner).collect(),
		weights: row(window, &shares).map(|row| row.weights).unwrap_or_default(),
		weights_set: state.weights_set,
		seconds,
	}
}

fn scored_miner(turn: &Turn, uid: Uid, scores: &Scores, share: f32) -> ScoredMiner {
	let standing = turn.outcome.standings.get(&uid);
	let miner = ScoredMiner {
		submission: submission(turn, uid),
		verdict: match turn.found.get(&uid) {
			Some(Found::CopiedFrom(_)) => "copied".into(),
			_ => standing.map_or("not evaluated", word).into(),
		},
		score: scores.state.miner(uid).map_or(0.0, |miner| miner.weight),
		share,
		..ScoredMiner::default()
	};
	let miner = match standing {
		Some(Standing::Ranked(record)) => miner
			.with("win_rate", record.win_rate())
			.with("wins", record.wins as f64)
			.with("matches", record.matches as f64),
		_ => miner,
	};
	match turn.measured.means.get(&uid) {
		Some(mean) => miner.with("mean_loss", *mean),
		None => miner,
	}
}

/// Which model it has, and what is wrong with it.
fn submission(turn: &Turn, uid: Uid) -> String {
	let Some(entry) = turn.entries.get(&uid) else { return "no model".into() };
	let model = format!("{} in {}", Address::from(&entry.id), entry.id.competition());
	match (turn.found.get(&uid), turn.measured.refusals.get(&uid)) {
		(_, Some(refusal)) => format!("{model}: {refusal}"),
		(Some(Found::Copy(looked_at, _)), _) if looked_at.committed != entry.id.hash() => {
			format!("{model}: not there yet, the last one counts")
		},
		(None | Some(Found::Copy(..)), _) => model,
		(Some(found), _) => format!("{model}: {found}"),
	}
}

fn word(standing: &Standing) -> &'static str {
	match standing {
		Standing::Ranked(_) => "ranked",
		Standing::CopyOf(_) => "copied",
		Standing::CopyOfBaseline => "the base model",
		Standing::Missing => "missing",
		Standing::Invalid => "invalid",
		Standing::Unjudged => "not judged",
	}
}
