// SPDX-License-Identifier: Apache-2.0

//! A window's line in the journal.

use std::collections::BTreeMap;

use mechanisms::templar::Verdict;
use mechanisms::Uid;

use super::{submit, Findings};
use crate::chain::BlockId;
use crate::gather::Submission;
use crate::journal::{ScoredMiner, ScoredWindow, Seconds};
use crate::participant::WindowView;
use crate::state::ValidatorState;

/// What is known after the window.
pub(super) fn scored_window(
	view: &WindowView,
	after: BlockId,
	submissions: &BTreeMap<Uid, Submission>,
	findings: &Findings,
	state: &ValidatorState,
	heldout_loss: f64,
	seconds: Seconds,
) -> ScoredWindow {
	let has_gradient = |uid: &Uid| submissions.get(uid).is_some_and(|submission| submission.gradient().is_some());
	let miner = |(uid, submission): (&Uid, &Submission)| (*uid, scored_miner(*uid, submission, findings, state));
	ScoredWindow {
		window: view.window,
		block: after.number,
		heldout_loss,
		gathered: view.peers.gather.iter().copied().filter(has_gradient).collect(),
		miners: submissions.iter().map(miner).collect(),
		weights: submit::row(view.window, &state.scores.shares()).map(|row| row.weights).unwrap_or_default(),
		weights_set: state.weights_set,
		seconds,
	}
}

fn scored_miner(uid: Uid, submission: &Submission, findings: &Findings, state: &ValidatorState) -> ScoredMiner {
	let peer = state.scores.peer(uid).cloned().unwrap_or_default();
	let rating = peer.rating.unwrap_or_default();
	let verdict = findings.verdicts.get(&uid);
	let is_copy = findings.copied.contains_key(&uid);
	ScoredMiner {
		submission: submission.to_string(),
		verdict: if is_copy { "copied" } else { verdict.map_or("not evaluated", word) }.into(),
		improvement: match verdict {
			Some(Verdict::Scored(scores)) => Some([scores.own_improvement, scores.random_improvement]),
			_ => None,
		},
		gradient_score: peer.gradient_score,
		binary_average: peer.binary_average,
		sync_score: peer.sync_score,
		mu: rating.mu,
		sigma: rating.sigma,
		final_score: peer.final_score,
		share: peer.share,
	}
}

fn word(verdict: &Verdict) -> &'static str {
	match verdict {
		Verdict::Scored(_) => "scored",
		Verdict::Missing => "missing",
		Verdict::Invalid => "invalid",
		Verdict::Unjudged => "not judged",
	}
}
