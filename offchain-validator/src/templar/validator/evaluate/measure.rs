// SPDX-License-Identifier: Apache-2.0

//! Measures gradients on the devices. What fails on our side leaves its miner unjudged.
//!
//! Four losses make a score. That before on random text that all share is computed once a window, while submissions are still
//! being fetched; those before on own pages for several miners at once; those after on both in the same passes. While one
//! miner is measured the next ones' pages are read and their gradients laid out. Then the miners are [ranked](super::rank),
//! on further text where the parameters say so.

use std::ops::Range;
use std::sync::Arc;

use mechanisms::ranking::Sampling;
use mechanisms::templar::Verdict;
use tracing::warn;

use super::bench::Bench;
use super::budget::Budget;
use super::pages::Sampler;
use super::{Evaluated, Node, NodeError};
use crate::chain::BlockId;
use crate::clock::{sync_block, Window};
use crate::gradient::{CompressedGradient, Limits};
use crate::model::{Batch, Devices};
use crate::templar::engine::{Engine, EngineError};

/// What all miners of a window are measured against.
pub(in crate::templar::validator) struct Baseline {
	pub(super) sampler: Arc<Sampler>,
	/// Random text that all miners begin with, unless each has its own.
	pub(super) shared: Text,
}

/// Text in sequences, and the loss of the model as it is on each.
#[derive(Clone, Default)]
pub(super) struct Text {
	pub sequences: Arc<Vec<Batch>>,
	pub before: Vec<f64>,
}

/// Draws the random text of a window and measures the model on it. None if it cannot be read, which is told.
pub(in crate::templar::validator) async fn baseline(
	node: &Node,
	window: Window,
	after: BlockId,
) -> Result<Option<Baseline>, NodeError> {
	let (hparams, text, n_pages) = (node.hparams.clone(), node.text.clone(), node.dataset.n_train_pages());
	let sampler = Arc::new(Sampler { hparams, text, n_pages, window, hash: after.hash_bytes() });
	let wanted = match node.hparams.evaluation.sampling {
		Sampling::Reference => 0,
		Sampling::Shared | Sampling::Sequential(_) => sampler.first_sequences(),
	};
	match read(&node.device, &sampler, 0..wanted).await? {
		Ok(shared) => Ok(Some(Baseline { sampler, shared })),
		Err(error) => {
			warn!(window, "no pages to judge on: {}", crate::one_line(&error));
			Ok(None)
		},
	}
}

/// Reads text that all miners share, and measures the model on it.
pub(super) async fn read(
	devices: &Devices<Engine>,
	sampler: &Arc<Sampler>,
	numbers: Range<u32>,
) -> Result<Result<Text, EngineError>, NodeError> {
	let drawn = sampler.clone();
	let sequences = match tokio::task::spawn_blocking(move || drawn.random(None, numbers)).await? {
		Ok(sequences) => Arc::new(sequences),
		Err(error) => return Ok(Err(error.into())),
	};
	let all = sequences.clone();
	let losses = move |engine: &mut Engine| engine.losses(&all.iter().collect::<Vec<_>>());
	Ok(devices.try_run(losses).await?.map(|before| Text { sequences, before }))
}

/// Measures each gradient, as long as there is time. Without a baseline nobody is judged.
pub(super) async fn measure(
	node: &Node,
	window: Window,
	baseline: Option<Baseline>,
	gradients: Vec<CompressedGradient>,
	limits: Limits,
) -> Result<Evaluated, NodeError> {
	let Some(baseline) = baseline else {
		let verdicts = gradients.iter().map(|gradient| (gradient.header().uid, Verdict::Unjudged)).collect();
		return Ok(Evaluated { verdicts, ..Evaluated::default() });
	};
	let bench = Bench {
		devices: node.device.clone(),
		pass_tokens: node.lane.pass_tokens,
		layouts: node.layouts.clone(),
		budget: budget(node, window)?,
		learning_rate: node.learning_rate(window),
		window,
		baseline: Arc::new(baseline),
		limits: Arc::new(limits),
	};
	bench.measure(gradients).await
}

/// Until the end of the window that validators work in, or of the one it is, if that is later.
fn budget(node: &Node, window: Window) -> Result<Budget, NodeError> {
	let (clock, windows) = (node.participant.clock.clone(), &node.hparams.windows);
	let last = clock.window()?.max(window.saturating_add(windows.validator_offset));
	let last = sync_block(last, windows.blocks_per_window).saturating_sub(1);
	let now = move || clock.now().ok().map(|now| now.number);
	Ok(Budget::new(Box::new(now), last, node.device.count()))
}
