// SPDX-License-Identifier: Apache-2.0

//! What a miner does in a window: train, or pretend to.

use std::collections::BTreeMap;
use std::num::NonZeroU64;
use std::time::Duration;

use mechanisms::numpy::Generator;
use mechanisms::Uid;
use tracing::warn;

use super::{Node, NodeError, Submission};
use crate::clock::Window;
use crate::data::Assigned;
use crate::gradient::{Compressed, CompressedGradient, Header, InvalidGradient, StatedText};
use crate::shared_model::mean;
use crate::templar::engine::EngineError;
use crate::templar::hparams::{Codec, Training};
use crate::templar::text::stated;

/// How often a copier looks whether there is something to copy.
const LOOK: Duration = Duration::from_millis(200);

/// What came of a window's work.
pub(super) struct Work {
	/// What to upload.
	pub gradient: CompressedGradient,
	/// Mean training loss; none without training.
	pub loss: Option<f64>,
	/// Batches that went into it.
	pub batches: usize,
}

/// Trains on the assigned text until it is used up or the window is over. None if there was time for nothing.
pub(super) async fn train(node: &Node, window: Window) -> Result<Option<Work>, NodeError> {
	let assigned = node.text.assigned(node.participant.uid, window);
	let text = stated(&assigned);
	let losses = learn(node, window, assigned).await?;
	let learning_rate = node.learning_rate(window);
	let compressed = node.device.run(move |engine| engine.submission(learning_rate)).await?;
	let tensors = match compressed {
		Ok(Some(tensors)) => tensors,
		Ok(None) => return Ok(None),
		Err(error @ EngineError::Step(_)) => {
			warn!(window, "this window's gradient is of no use: {}", crate::one_line(&error));
			return Ok(None);
		},
		Err(error) => return Err(error.into()),
	};
	let gradient = built(node, window, text, tensors);
	Ok(gradient.map(|gradient| Work { gradient, loss: Some(mean(&losses)), batches: losses.len() }))
}

/// Learns from what was assigned, reading no more at a time than one batch where that can be. Returns the loss of each batch.
async fn learn(node: &Node, window: Window, assigned: Assigned) -> Result<Vec<f64>, NodeError> {
	let windows = node.global_step(window);
	let mut losses = Vec::new();
	for part in assigned.parts(node.hparams.data.batch_size) {
		let text = node.text.clone();
		for batch in tokio::task::spawn_blocking(move || text.read(&part)).await?? {
			// Late is missing: what the window leaves no time for is left out.
			if node.participant.clock.window()? > window {
				return Ok(losses);
			}
			match node.device.run(move |engine| engine.train(&batch, windows)).await?? {
				Some(loss) => losses.push(loss),
				None => return Ok(losses),
			}
		}
	}
	Ok(losses)
}

/// Random numbers at random places, of the right shape and about as large as what honest miners send.
pub(super) fn noise(node: &Node, window: Window) -> Option<Work> {
	let largest = largest(&node.hparams.training);
	let seed = u32::from(node.participant.uid).wrapping_mul(0x9e37_79b9) ^ window;
	let mut random = Generator::new(seed);
	let mut tensors = BTreeMap::new();
	for (name, layout) in node.layouts.iter() {
		let (mut indices, mut values) = (Vec::new(), Vec::new());
		for _ in 0..layout.chunks() {
			indices.extend(distinct(&mut random, layout.kept(), layout.total()));
			let mut draw = || random.next_u64() as i64 as f64 / i64::MAX as f64 * largest;
			values.extend((0..layout.kept()).map(|_| draw() as f32));
		}
		let values = node.layouts.coding().values(values);
		tensors.insert(name.to_owned(), Compressed { indices, values });
	}
	let gradient = built(node, window, StatedText::default(), tensors);
	gradient.map(|gradient| Work { gradient, loss: None, batches: 0 })
}

/// Where the mean of what is sent is the step: as far as a window's steps of Adam go at most. Of the first form signs alone
/// count.
fn largest(training: &Training) -> f64 {
	match (&training.codec, &training.inner_optimization) {
		(Codec::Quantised { .. }, Some(inner)) => inner.schedule.learning_rate * f64::from(inner.inner_steps),
		(Codec::Quantised { .. }, None) => training.learning_rate,
		(Codec::Dct, _) => 1.0,
	}
}

/// `k` different positions below `n`, ascending.
fn distinct(random: &mut Generator, k: usize, n: usize) -> Vec<u16> {
	let mut left: Vec<u16> = (0..n).filter_map(|position| u16::try_from(position).ok()).collect();
	while left.len() > k {
		let Some(bound) = NonZeroU64::new(left.len() as u64) else { break };
		left.swap_remove(random.integers(bound) as usize);
	}
	left.sort_unstable();
	left
}

/// Waits for the upload of `victim` and takes it for its own. None if there is none in time.
pub(super) async fn copy(node: &mut Node, window: Window, victim: Uid) -> Result<Option<Work>, NodeError> {
	let view = node.view(window).await?;
	while node.participant.chain_time().await? <= view.at.open.closes_ms {
		let found = node.submissions(&view, [victim].into_iter()).await?;
		if let Some(gradient) = found.get(&victim).and_then(Submission::content) {
			let tensors =
				node.layouts.iter().filter_map(|(name, _)| Some((name.to_owned(), gradient.get(name)?.clone())));
			let gradient = built(node, window, gradient.header().text.clone(), tensors.collect());
			return Ok(gradient.map(|gradient| Work { gradient, loss: None, batches: 0 }));
		}
		tokio::time::sleep(LOOK).await;
	}
	Ok(None)
}

/// A submission of ours. None, which is told, if it would not pass our own checks.
fn built(
	node: &Node,
	window: Window,
	text: StatedText,
	tensors: BTreeMap<String, Compressed>,
) -> Option<CompressedGradient> {
	let header = Header { window, uid: node.participant.uid, text };
	let refused = |error: &InvalidGradient| warn!(window, "nothing to upload: {error}");
	CompressedGradient::new(header, tensors, &node.layouts).inspect_err(refused).ok()
}
