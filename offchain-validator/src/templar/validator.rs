// SPDX-License-Identifier: Apache-2.0

//! The validator: window by window it measures what miners have submitted and pays them by it.
//!
//! The order is that of Templar, but for what follows.
//! * State is saved before anything is done that others see, not at the beginning of a window.
//! * The list of peers is made once the window is scored, not before: so the first one knows who is active, and nobody is
//!   on a list that was found copying just then.
//! * Gradients are gathered once, when all have been uploaded that count: for the step, for measuring, and to see who is
//!   active. Who is looked at twice is so judged by the same bytes. Each is decoded while the next ones are on their way and the
//!   device measures the text that all share. Miners are measured when all are there: a copy is sought among all, and how long
//!   a gradient is taken hangs on those that make the step.
//! * Nobody's sum of gradients is taken in their place.
//! * Windows without gradients, and without data to judge on, count as steps: the learning rate hangs on the window's
//!   number alone, and all nodes stay together.

mod copies;
mod evaluate;
mod lead;
mod observe;
mod record;

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::time::Instant;

use mechanisms::templar::state::WindowError;
use mechanisms::templar::sync::Changes;
use mechanisms::templar::{overlap, Outcome};
use mechanisms::Uid;
use tracing::info;

use super::gather::Submission;
use super::node::{Node, NodeError, Settings, View};
use super::scores::Scores;
use crate::chain::{self, BlockId};
use crate::clock::Window;
use crate::journal::Seconds;
use crate::participant::{self, Ledger, ParticipantError, Sender};

use evaluate::{Baseline, Evaluated};

/// Why a validator cannot go on. Nothing a miner does is among the reasons.
#[derive(Debug, thiserror::Error)]
pub enum ValidatorError {
	/// As for every node.
	#[error("{0}")]
	Node(#[from] NodeError),
	/// As for every participant.
	#[error("{0}")]
	Participant(#[from] ParticipantError),
	/// As for every validator.
	#[error("{0}")]
	Ledger(#[from] participant::ValidatorError),
	/// A window cannot be scored.
	#[error("window {window} cannot be scored")]
	Scores {
		/// Which one.
		window: Window,
		#[source]
		source: WindowError,
	},
	/// Gradients that passed their checks do not fit each other.
	#[error("the gradients of window {window} cannot be compared")]
	Overlap {
		/// Which one.
		window: Window,
		#[source]
		source: overlap::OverlapError,
	},
}

/// What was found out about the submissions of a window.
#[derive(Clone)]
struct Findings {
	/// Copies, each with the part of the indices in common.
	copied: BTreeMap<Uid, f64>,
	/// What became of those that were drawn for evaluation.
	evaluated: Evaluated,
}

/// A validator at work.
struct Validator {
	node: Node,
	ledger: Ledger<Scores>,
}

/// Runs until something fails.
pub async fn run(settings: Settings) -> Result<Infallible, ValidatorError> {
	let node = Node::join(settings, chain::Role::Validator).await?;
	let ledger = Ledger::open(node.participant.folder())?;
	node.publish().await?;
	let mut validator = Validator { node, ledger };
	loop {
		if validator.node.stay_in_reach().await? {
			// What our model moved in a step is not what lies between two of its lives.
			validator.ledger.state.scores.changes = Changes::default();
		}
		validator.window(validator.node.next_window()).await?;
	}
}

impl Validator {
	/// One window, from waiting for it to its line in the journal.
	async fn window(&mut self, window: Window) -> Result<(), ValidatorError> {
		self.node.lag_behind(window).await?;
		let view = self.node.view(window).await?;
		let after = self.node.participant.closed(&view.at).await?;

		let start = Instant::now();
		let is_scored = self.ledger.state.has_scored(window);
		let (submissions, baseline) = tokio::try_join!(
			self.node.submissions(&view, view.peers.miners.keys().copied()),
			// While others' buckets answer the device has something to do.
			async {
				if is_scored {
					Ok(None)
				} else {
					evaluate::baseline(&self.node, window, after).await
				}
			},
		)?;
		let gathered = start.elapsed();
		let findings = if is_scored {
			None // A restart came between the scores and the outer step: the scores are in the state.
		} else {
			Some(self.score(&view, after, baseline, &submissions).await?)
		};
		let scored = start.elapsed();
		self.ledger.save()?; // Before the chain hears of it: a restart must not rate this window twice.
		self.act(&view, after, &submissions).await?;
		let Some(findings) = findings else { return Ok(()) };
		let seconds = Seconds {
			gather: gathered.as_secs_f64(),
			score: (scored - gathered).as_secs_f64(),
			act: (start.elapsed() - scored).as_secs_f64(),
		};
		let loss = self.node.heldout_loss().await?;
		let state = &self.ledger.state;
		self.ledger.record(&record::scored_window(&view, after, &submissions, &findings, state, loss, seconds));
		Ok(())
	}

	/// Measures the submissions of a window and turns that into scores, shares, and every few windows a row.
	async fn score(
		&mut self,
		view: &View,
		after: BlockId,
		baseline: Option<Baseline>,
		submissions: &BTreeMap<Uid, Submission>,
	) -> Result<Findings, ValidatorError> {
		self.follow(view, submissions);
		let (node, scores) = (&self.node, &mut self.ledger.state.scores);
		let window = view.at.window;
		let copied = copies::offenders(node, &scores.state, window, submissions)?;
		let sync = observe::sync(node, &mut scores.changes, view).await?;
		let active = observe::active(node, &scores.last_seen, view);
		let at = (view, after);
		let evaluated = evaluate::evaluate(node, &scores.state, at, baseline, submissions, &active, &copied).await?;

		let findings = Findings { copied, evaluated };
		let seen = observe::observations(node, &scores.state, view, submissions, active, sync, findings.clone());
		let failed = |source| ValidatorError::Scores { window, source };
		let outcome = scores.state.window(&node.hparams.scoring, &seen).map_err(failed)?;
		self.ledger.scored(window, outcome.submission.as_deref());
		tell(&outcome);
		Ok(findings)
	}

	/// Notes who holds each uid, and who has uploaded something.
	fn follow(&mut self, view: &View, submissions: &BTreeMap<Uid, Submission>) {
		self.ledger.follow_hotkeys(view.at.hotkeys());
		let window = view.at.window;
		for (uid, submission) in submissions.iter().filter(|(_, submission)| submission.content().is_none()) {
			info!(uid, window, "no gradient: {submission}");
		}
		let uploaded = |submission: &Submission| !matches!(submission, Submission::Missing);
		let seen = submissions.iter().filter(|(_, submission)| uploaded(submission));
		self.ledger.state.scores.last_seen.extend(seen.map(|(uid, _)| (*uid, window)));
	}

	/// Publishes the list that is due, then sets the row that is due while the model takes its step: neither waits for the
	/// other.
	async fn act(
		&mut self,
		view: &View,
		after: BlockId,
		submissions: &BTreeMap<Uid, Submission>,
	) -> Result<(), ValidatorError> {
		lead::publish_list(&self.node, &self.ledger.state.scores, view, after).await?;
		let row = self.ledger.state.due.clone().filter(|_| self.node.is_current(view.at.window));
		let sender = Sender::of(&self.node.participant);
		let (sent, stepped) = tokio::join!(sender.send(row), self.node.keep_step(view, submissions));
		stepped?;
		Ok(self.ledger.set(sent?)?)
	}
}

/// Says whose scores were cut, and why.
fn tell(outcome: &Outcome) {
	for slash in &outcome.slashes {
		info!(uid = slash.uid, reason = ?slash.reason, "score cut from {} to {}", slash.before, slash.after);
	}
	for uid in &outcome.resets {
		info!(uid, "was away for too long, or copied: its scores begin from nothing");
	}
}
