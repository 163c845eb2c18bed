// SPDX-License-Identifier: Apache-2.0

//! A window's line in the journal.

use mechanisms::boltzmann::Verdict;
use mechanisms::Uid;

use super::{Round, Scores, Verdicts};
use crate::boltzmann::acceptance::Finding;
use crate::boltzmann::gather::Submission;
use crate::chain::BlockId;
use crate::clock::Window;
use crate::journal::{ScoredMiner, ScoredWindow, Seconds};
use crate::participant::row;
use crate::state::ValidatorState;

/// What is known after the window.
pub(super) fn scored_window(
	window: Window,
	after: BlockId,
	round: &Round,
	verdicts: &Verdicts,
	state: &ValidatorState<Scores>,
	loss: f64,
	seconds: Seconds,
) -> ScoredWindow {
	let miner = |(uid, submission): (&Uid, &Submission)| {
		(*uid, scored_miner(submission, round.findings.get(uid), verdicts.get(uid), *uid, &state.scores))
	};
	ScoredWindow {
		window,
		block: after.number,
		loss: Some(loss).filter(|loss| loss.is_finite()),
		base_loss: None,
		gathered: round.gathered.clone(),
		miners: round.deltas.iter().map(miner).collect(),
		weights: row(window, &state.scores.state.shares()).map(|row| row.weights).unwrap_or_default(),
		weights_set: state.weights_set,
		seconds,
	}
}

fn scored_miner(
	submission: &Submission,
	finding: Option<&Finding>,
	verdict: Option<&Verdict>,
	uid: Uid,
	scores: &Scores,
) -> ScoredMiner {
	let peer = scores.state.peer(uid).copied().unwrap_or_default();
	let miner = ScoredMiner {
		submission: finding.map_or_else(|| submission.to_string(), ToString::to_string),
		verdict: verdict.map_or("not evaluated", word).into(),
		score: peer.average,
		share: peer.share,
		..ScoredMiner::default()
	};
	miner.with("cosine", peer.score).with("average", peer.average)
}

fn word(verdict: &Verdict) -> &'static str {
	match verdict {
		Verdict::Scored(_) => "scored",
		Verdict::Missing => "missing",
		Verdict::Invalid => "invalid",
		Verdict::Copied => "copied",
		Verdict::Unjudged => "not judged",
	}
}
