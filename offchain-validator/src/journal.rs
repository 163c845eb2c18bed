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
	/// Loss of the shared model on held-out pages after the window, in nats per token.
	pub heldout_loss: f64,
	/// Whose gradients made the outer step.
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
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ScoredMiner {
	/// What it submitted, or what was wrong with that.
	pub submission: String,
	/// What was found, in a word.
	pub verdict: String,
	/// Relative loss reduction on its own and on random pages; none if it was not measured.
	pub improvement: Option<[f64; 2]>,
	/// The last relative loss reduction on random pages.
	pub gradient_score: f32,
	/// Moving average of whether it does better on its own pages.
	pub binary_average: f32,
	/// How well it keeps step, in [0, 1].
	pub sync_score: f32,
	/// Mean of its rating.
	pub mu: f64,
	/// Deviation of its rating.
	pub sigma: f64,
	/// Rating, average and sync together.
	pub final_score: f32,
	/// Its share of the weights, in [0, 1].
	pub share: f32,
}

/// How long the parts of a window took, in seconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Seconds {
	/// From the end of the time for uploads until all is fetched.
	pub gather: f64,
	/// Measuring and scoring.
	pub score: f64,
	/// Setting weights and taking the outer step, side by side.
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
