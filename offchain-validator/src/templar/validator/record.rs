// SPDX-License-Identifier: Apache-2.0

//! A window's line in the journal.

use std::collections::BTreeMap;

use mechanisms::ranking::Estimate;
use mechanisms::templar::Verdict;
use mechanisms::Uid;

use super::{Findings, Scores, Submission, View};
use crate::chain::BlockId;
use crate::journal::{ScoredMiner, ScoredWindow, Seconds};
use crate::participant::row;
use crate::state::ValidatorState;

/// What is known after the window.
pub(super) fn scored_window(
	view: &View,
	after: BlockId,
	submissions: &BTreeMap<Uid, Submission>,
	findings: &Findings,
	state: &ValidatorState<Scores>,
	loss: f64,
	seconds: Seconds,
) -> ScoredWindow {
	let window = view.at.window;
	let miner =
		|(uid, submission): (&Uid, &Submission)| (*uid, scored_miner(*uid, submission, findings, &state.scores));
	ScoredWindow {
		window,
		block: after.number,
		loss: Some(loss).filter(|loss| loss.is_finite()),
		base_loss: None,
		gathered: view.stepping(submissions),
		miners: submissions.iter().map(miner).collect(),
		weights: row(window, &state.scores.state.shares()).map(|row| row.weights).unwrap_or_default(),
		weights_set: state.weights_set,
		seconds,
	}
}

fn scored_miner(uid: Uid, submission: &Submission, findings: &Findings, scores: &Scores) -> ScoredMiner {
	let peer = scores.state.peer(uid).cloned().unwrap_or_default();
	let rating = peer.rating.unwrap_or_default();
	let verdict = findings.evaluated.verdicts.get(&uid);
	let (is_copy, is_left_out) = (findings.copied.contains_key(&uid), findings.evaluated.left_out.contains(&uid));
	let none = if is_left_out { "no time left" } else { "not evaluated" };
	let miner = ScoredMiner {
		submission: submission.to_string(),
		verdict: if is_copy { "copied" } else { verdict.map_or(none, word) }.into(),
		score: peer.final_score.into(),
		share: peer.share,
		..ScoredMiner::default()
	};
	let miner = match verdict {
		Some(Verdict::Scored(scores)) => {
			miner.with("own_improvement", scores.own_improvement).with("random_improvement", scores.random_improvement)
		},
		_ => miner,
	};
	let miner = match findings.evaluated.ranking.miners.get(&uid) {
		Some(estimate) => with_estimate(miner, estimate),
		None => miner,
	};
	miner
		.with("gradient_score", peer.gradient_score)
		.with("binary_average", peer.binary_average)
		.with("sync_score", peer.sync_score)
		.with("mu", rating.mu)
		.with("sigma", rating.sigma)
}

/// How surely it is known what its submission does to the loss on random text.
fn with_estimate(miner: ScoredMiner, estimate: &Estimate) -> ScoredMiner {
	let figures = [("advantage", estimate.advantage), ("advantage_error", estimate.advantage_error)];
	let miner = figures.into_iter().fold(miner, |miner, (name, value)| match value {
		Some(value) => miner.with(name, value),
		None => miner,
	});
	miner.with("confidence", estimate.confidence).with("sequences", estimate.pages as f64)
}

fn word(verdict: &Verdict) -> &'static str {
	match verdict {
		Verdict::Scored(_) => "scored",
		Verdict::Missing => "missing",
		Verdict::Invalid => "invalid",
		Verdict::Unjudged => "not judged",
	}
}
