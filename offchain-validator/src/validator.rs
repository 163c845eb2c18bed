// SPDX-License-Identifier: Apache-2.0

//! The validator: window by window it measures what miners have submitted and pays them by it.

mod copies;
mod evaluate;
mod observe;
mod record;
mod submit;

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::path::PathBuf;
use std::time::Instant;

use mechanisms::templar::state::WindowError;
use mechanisms::templar::{overlap, Outcome};
use mechanisms::Uid;
use tracing::{info, warn};

use crate::chain::{self, BlockId};
use crate::clock::Window;
use crate::gather::Submission;
use crate::journal::{Journal, ScoredWindow, Seconds};
use crate::participant::{Participant, ParticipantError, Settings, WindowView};
use crate::state::{StateError, ValidatorState};

use evaluate::Verdicts;

/// Name of the state's file in the state folder.
const FILE: &str = "state.json";

/// Why a validator cannot go on. Nothing a miner does is among the reasons.
#[derive(Debug, thiserror::Error)]
pub enum ValidatorError {
	/// As for every participant.
	#[error("{0}")]
	Participant(#[from] ParticipantError),
	/// Its state cannot be used.
	#[error("the state cannot be used")]
	State(#[from] StateError),
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
	verdicts: Verdicts,
}

/// A validator at work.
struct Validator {
	participant: Participant,
	state: ValidatorState,
	file: PathBuf,
	journal: Journal,
}

/// Runs until something fails.
pub async fn run(settings: Settings) -> Result<Infallible, ValidatorError> {
	let folder = settings.state.clone();
	let participant = Participant::join(settings, chain::Role::Validator).await?;
	let file = folder.join(FILE);
	let state = ValidatorState::open(&file)?;
	let journal = Journal::open(&folder).map_err(|source| ParticipantError::State { path: folder, source })?;
	participant.publish().await?;
	let mut validator = Validator { participant, state, file, journal };
	loop {
		validator.window(validator.participant.next_window()).await?;
	}
}

impl Validator {
	/// One window, from waiting for it to its line in the journal.
	async fn window(&mut self, window: Window) -> Result<(), ValidatorError> {
		self.participant.lag_behind(window).await?;
		let view = self.participant.view(window).await?;
		let after = self.participant.closed(&view).await?;

		let start = Instant::now();
		let submissions = self.participant.submissions(&view, view.peers.miners.keys().copied()).await?;
		let gathered = start.elapsed();
		let findings = if self.state.has_scored(window) {
			None // A restart came between the scores and the outer step: the scores are in the state.
		} else {
			Some(self.score(&view, after, &submissions).await?)
		};
		let scored = start.elapsed();
		self.state.save(&self.file)?; // Before the chain hears of it: a restart must not rate this window twice.
		self.act(&view, &submissions).await?;
		let Some(findings) = findings else { return Ok(()) };
		let seconds = Seconds {
			gather: gathered.as_secs_f64(),
			score: (scored - gathered).as_secs_f64(),
			act: (start.elapsed() - scored).as_secs_f64(),
		};
		let heldout_loss = self.participant.heldout_loss().await?;
		self.record(record::scored_window(&view, after, &submissions, &findings, &self.state, heldout_loss, seconds));
		Ok(())
	}

	/// Measures the submissions of a window and turns that into scores, shares, and every few windows a row.
	async fn score(
		&mut self,
		view: &WindowView,
		after: BlockId,
		submissions: &BTreeMap<Uid, Submission>,
	) -> Result<Findings, ValidatorError> {
		self.follow(view, submissions);
		let copied = copies::offenders(&self.participant, &self.state.scores, view.window, submissions)?;
		let sync = observe::sync(&self.participant, &mut self.state.changes, view).await?;
		let active = observe::active(&self.participant, &self.state, view);
		let scores = &self.state.scores;
		let verdicts =
			evaluate::evaluate(&self.participant, scores, view.window, after, submissions, &active, &copied).await?;

		let findings = Findings { copied, verdicts };
		let (participant, params) = (&self.participant, &self.participant.hparams.scoring);
		let seen = observe::observations(participant, &self.state, view, submissions, active, sync, findings.clone());
		let failed = |source| ValidatorError::Scores { window: view.window, source };
		let outcome = self.state.scores.window(params, &seen).map_err(failed)?;
		self.state.windows_scored = self.state.windows_scored.saturating_add(1);
		if let Some(shares) = &outcome.submission {
			self.state.due = submit::row(view.window, shares);
		}
		tell(&outcome);
		Ok(findings)
	}

	/// Notes who holds each uid, and who has uploaded something.
	fn follow(&mut self, view: &WindowView, submissions: &BTreeMap<Uid, Submission>) {
		let hotkeys = view.peers.hotkeys.iter().map(|(uid, hotkey)| (*uid, hotkey.to_string()));
		for uid in self.state.follow_hotkeys(hotkeys.collect()) {
			info!(uid, "has another hotkey or none: what was known of it is forgotten");
		}
		for (uid, submission) in submissions.iter().filter(|(_, submission)| submission.gradient().is_none()) {
			info!(uid, window = view.window, "no gradient: {submission}");
		}
		let uploaded = |submission: &Submission| !matches!(submission, Submission::Missing);
		let seen = submissions.iter().filter(|(_, submission)| uploaded(submission));
		self.state.last_seen.extend(seen.map(|(uid, _)| (*uid, view.window)));
	}

	/// Sets the row that is due while the model takes its step: neither waits for the other.
	async fn act(&mut self, view: &WindowView, submissions: &BTreeMap<Uid, Submission>) -> Result<(), ValidatorError> {
		let row = self.state.due.clone().filter(|_| self.participant.is_current(view.window));
		let sender = submit::Sender::of(&self.participant);
		let (sent, stepped) = tokio::join!(sender.send(row), self.participant.keep_step(view, submissions));
		stepped?;
		if let Some(row) = sent? {
			self.state.weights_set = self.state.weights_set.saturating_add(1);
			self.state.set = Some(row);
			self.state.due = None;
			self.state.save(&self.file)?;
		}
		Ok(())
	}

	/// Writes the window's line, which nothing depends on.
	fn record(&mut self, record: ScoredWindow) {
		let ScoredWindow { window, heldout_loss, weights, .. } = &record;
		info!(window, heldout_loss, ?weights, "scored");
		if let Err(error) = self.journal.write(&record) {
			warn!("no line in the journal for window {window}: {error}");
		}
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
