// SPDX-License-Identifier: Apache-2.0

//! A validator's books: what it must not forget, the row it owes the chain, and a line for each window.

use std::path::{Path, PathBuf};

use mechanisms::Uid;
use tracing::{info, warn};

use super::{row, Participant, ParticipantError};
use crate::clock::Window;
use crate::journal::{Journal, ScoredWindow};
use crate::state::{Row, Scores, StateError, ValidatorState};

/// Name of the state's file in the state folder.
const FILE: &str = "state.json";

/// Why a validator's books cannot be kept.
#[derive(Debug, thiserror::Error)]
pub enum ValidatorError {
	/// Its state cannot be used.
	#[error("the state cannot be used")]
	State(#[from] StateError),
	/// The journal cannot be opened.
	#[error(transparent)]
	Journal(#[from] ParticipantError),
}

/// The books of a validator with scores `S`.
pub struct Ledger<S> {
	/// What it must not forget.
	pub state: ValidatorState<S>,
	file: PathBuf,
	journal: Journal,
}

impl<S: Scores> Ledger<S> {
	/// Opens the books in `folder`, or begins them.
	pub fn open(folder: &Path) -> Result<Self, ValidatorError> {
		let file = folder.join(FILE);
		let state = ValidatorState::open(&file)?;
		let failed = |source| ParticipantError::State { path: folder.into(), source };
		Ok(Self { state, file, journal: Journal::open(folder).map_err(failed)? })
	}

	/// Writes the state down.
	pub fn save(&self) -> Result<(), ValidatorError> {
		Ok(self.state.save(&self.file)?)
	}

	/// Notes who holds each uid now; what is known of a uid is its hotkey's, and forgotten with it.
	pub fn follow_hotkeys(&mut self, hotkeys: std::collections::BTreeMap<Uid, String>) {
		for uid in self.state.follow_hotkeys(hotkeys) {
			info!(uid, "has another hotkey or none: what was known of it is forgotten");
		}
	}

	/// Counts a window as scored. `shares` are what to submit, if it is a window to submit in.
	pub fn scored(&mut self, window: Window, shares: Option<&[(Uid, f32)]>) {
		self.state.windows_scored = self.state.windows_scored.saturating_add(1);
		if let Some(shares) = shares {
			self.state.due = row(window, shares);
		}
	}

	/// The chain holds `row`, if there is one; then it is not due any more.
	pub fn set(&mut self, row: Option<Row>) -> Result<(), ValidatorError> {
		let Some(row) = row else { return Ok(()) };
		self.state.weights_set = self.state.weights_set.saturating_add(1);
		self.state.set = Some(row);
		self.state.due = None;
		self.save()
	}

	/// Writes a window's line, which nothing depends on.
	pub fn record(&mut self, record: &ScoredWindow) {
		let ScoredWindow { window, loss, weights, .. } = record;
		info!(window, loss, ?weights, "scored");
		if let Err(error) = self.journal.write(record) {
			warn!("no line in the journal for window {window}: {error}");
		}
	}
}

impl Participant {
	/// Opens the journal of a miner.
	pub fn journal(&self) -> Result<Journal, ParticipantError> {
		let failed = |source| ParticipantError::State { path: self.folder().into(), source };
		Journal::open(self.folder()).map_err(failed)
	}
}
