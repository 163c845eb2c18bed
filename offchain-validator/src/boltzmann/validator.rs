// SPDX-License-Identifier: Apache-2.0

//! The validator: window by window it measures how far miners' steps go along the gradient and pays them by it.

mod evaluate;
mod record;

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::time::Instant;

use mechanisms::boltzmann::sample_rate::next_sample_rate;
use mechanisms::boltzmann::state::AlreadyScored;
use mechanisms::boltzmann::{Observations, Verdict};
use mechanisms::Uid;

use super::node::{Node, NodeError, Round, Settings, View};
use super::scores::Scores;
use crate::chain::{self, BlockId};
use crate::clock::Window;
use crate::journal::Seconds;
use crate::participant::{self, Ledger, ParticipantError, Sender};

#[cfg(test)]
pub(super) use evaluate::{drawn, of_slices, sample};

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
	#[error("a window cannot be scored")]
	Scores(#[from] AlreadyScored),
}

/// What is to be held of the miners.
type Verdicts = BTreeMap<Uid, Verdict>;

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
		validator.window(validator.node.next_window()).await?;
	}
}

impl Validator {
	/// One window, from waiting for it to its line in the journal.
	async fn window(&mut self, window: Window) -> Result<(), ValidatorError> {
		self.node.participant.lag_behind(window, &self.node.hparams.windows).await?;
		let view = self.node.view(window).await?;
		let after = self.node.participant.closed(&view.at).await?;

		let start = Instant::now();
		let round = self.node.round(&view).await?;
		let gathered = start.elapsed();
		let verdicts = if self.ledger.state.has_scored(window) {
			None // A restart came between the scores and the step: the scores are in the state.
		} else {
			Some(self.score(&view, after, &round).await?)
		};
		let scored = start.elapsed();
		self.ledger.save()?; // Before the chain hears of it: a restart must not score this window twice.
		self.act(&view, &round).await?;
		let Some(verdicts) = verdicts else { return Ok(()) };
		let seconds = Seconds {
			gather: gathered.as_secs_f64(),
			score: (scored - gathered).as_secs_f64(),
			act: (start.elapsed() - scored).as_secs_f64(),
		};
		let loss = self.node.heldout_loss().await?;
		self.ledger.record(&record::scored_window(window, after, &round, &verdicts, &self.ledger.state, loss, seconds));
		Ok(())
	}

	/// Measures the steps of a window and turns that into averages, shares, and every few windows a row.
	async fn score(&mut self, view: &View, after: BlockId, round: &Round) -> Result<Verdicts, ValidatorError> {
		self.ledger.follow_hotkeys(view.at.hotkeys());
		let (node, scores) = (&self.node, &mut self.ledger.state.scores);
		let rate = scores.sample_rate.unwrap_or(node.hparams.evaluation.validator_sample_rate);
		let measured = evaluate::measure(node, view, after, round, rate).await?;
		scores.sample_rate = Some(next_sample_rate(rate, measured.ran_out));

		let mut verdicts = evaluate::of_slices(&round.deltas, &round.findings, &scores.state);
		verdicts.extend(measured.verdicts);
		let seen = Observations { window: view.at.window, verdicts: verdicts.clone() };
		let shares = scores.state.window(&node.hparams.scoring, &seen)?;
		self.ledger.scored(view.at.window, shares.as_deref());
		Ok(verdicts)
	}

	/// Sets the row that is due while the model takes its step: neither waits for the other.
	async fn act(&mut self, view: &View, round: &Round) -> Result<(), ValidatorError> {
		let participant = &self.node.participant;
		let is_current = participant.is_current(view.at.window, &self.node.hparams.windows);
		let row = self.ledger.state.due.clone().filter(|_| is_current);
		let sender = Sender::of(participant);
		let (sent, stepped) = tokio::join!(sender.send(row), self.node.keep_step(view, round));
		stepped?;
		Ok(self.ledger.set(sent?)?)
	}
}
