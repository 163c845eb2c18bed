// SPDX-License-Identifier: Apache-2.0

//! What happened in each window, one line of JSON each: for people, for reports, and for whoever wants to check.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::path::Path;

use mechanisms::Uid;
use serde::{Deserialize, Serialize};

use crate::clock::Window;

/// Name of the journal in a state folder.
pub const FILE: &str = "windows.jsonl";

/// One window of a validator.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ScoredWindow {
	/// Which one.
	pub window: Window,
	/// The block whose hash decided what was evaluated.
	pub block: u32,
	/// In nats per token. Where a model is shared, its loss on held-out pages after the window; else the best model's on the
	/// samples of the window. None if it could not be told.
	pub loss: Option<f64>,
	/// Loss of the model that all miners start from, on the samples of the window. None where a model is shared.
	pub base_loss: Option<f64>,
	/// Whose submissions made the step of the shared model, if there is one.
	pub gathered: Vec<Uid>,
	/// Every miner, evaluated or not.
	pub miners: BTreeMap<Uid, ScoredMiner>,
	/// The row the scores ask for now; set on the chain every few windows.
	pub weights: BTreeMap<Uid, u16>,
	/// Rows that were set on the chain so far.
	pub weights_set: u32,
	/// How long each part took, in seconds.
	pub seconds: Seconds,
}

/// One miner in one window.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ScoredMiner {
	/// What it submitted, or what was wrong with that.
	pub submission: String,
	/// What was found, in a word.
	pub verdict: String,
	/// What its share is made of.
	pub score: f64,
	/// Its share of the weights, in [0, 1].
	pub share: f32,
	/// What its score is made of: by name, as the mechanism calls them. Only finite numbers.
	pub figures: BTreeMap<String, f64>,
}

/// How long the parts of a window took, in seconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Seconds {
	/// From the end of the time for uploads until all is fetched.
	pub gather: f64,
	/// Measuring and scoring.
	pub score: f64,
	/// Setting weights and taking the step of a shared model, side by side.
	pub act: f64,
}

/// One window of a miner.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MinedWindow {
	/// Which one.
	pub window: Window,
	/// Mean training loss; none if it does not train.
	pub loss: Option<f64>,
	/// Batches it trained on.
	pub batches: usize,
	/// Bytes uploaded; zero if there was nothing to upload.
	pub bytes: usize,
}

/// A file that grows by one line a window.
pub struct Journal(File);

impl ScoredMiner {
	/// The same, with a figure more; one that is no finite number is left out, as JSON has no word for it.
	#[must_use]
	pub fn with(mut self, name: &str, value: impl Into<f64>) -> Self {
		let value = value.into();
		if value.is_finite() {
			self.figures.insert(name.into(), value);
		}
		self
	}

	/// The figure of this name.
	pub fn figure(&self, name: &str) -> Option<f64> {
		self.figures.get(name).copied()
	}
}

impl Journal {
	/// Opens the journal in `folder`, at its end.
	pub fn open(folder: &Path) -> io::Result<Self> {
		Ok(Self(OpenOptions::new().create(true).append(true).open(folder.join(FILE))?))
	}

	/// Adds a line.
	pub fn write(&mut self, record: &impl Serialize) -> io::Result<()> {
		let mut line = serde_json::to_vec(record)?;
		line.push(b'\n');
		self.0.write_all(&line) // In one call: a reader sees whole lines.
	}
}
