// SPDX-License-Identifier: Apache-2.0

//! Measures gradients on the devices. What fails on our side leaves its miner unjudged.
//!
//! Four losses make a score. That before on random text that all share is computed once a window, while submissions are still
//! being fetched; those before on own pages for several miners at once; those after on both in the same passes. While one
//! miner is measured the next ones' pages are read and their gradients laid out. Then the miners are [ranked](super::rank),
//! on further text where the parameters say so.

use std::collections::BTreeMap;
use std::sync::Arc;

use futures::{stream, StreamExt as _};
use mechanisms::ranking::{PageLoss, Sampling};
use mechanisms::templar::Verdict;
use mechanisms::Uid;
use tracing::warn;

use super::budget::Budget;
use super::pages::Sampler;
use super::rank::{rank, Looked};
use super::{Evaluated, Node, NodeError};
use crate::chain::BlockId;
use crate::clock::{sync_block, Window};
use crate::gradient::{CompressedGradient, Layouts, Limits, Update};
use crate::model::{Batch, Device, DeviceStopped};
use crate::shared_model::mean;
use crate::templar::engine::{Engine, EngineError};

/// Miners that are made ready, for each device, while others are measured.
const AHEAD: usize = 2;

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

/// A miner ready to be measured.
pub(super) struct Ready {
	uid: Uid,
	own: Vec<Batch>,
	/// Random text of its own, where it is not shared.
	random: Vec<Batch>,
	pub update: Update,
}

/// The model's losses on what one miner alone is measured on.
struct Before {
	own: f64,
	random: Vec<f64>,
}

/// What looking at a miner came to: the losses, or nothing for a reason that is ours.
type Look = (Uid, Option<Looked>);

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
	match read(node, &sampler, 0..wanted).await? {
		Ok(shared) => Ok(Some(Baseline { sampler, shared })),
		Err(error) => {
			warn!(window, "no pages to judge on: {}", crate::one_line(&error));
			Ok(None)
		},
	}
}

/// Reads text that all miners share, and measures the model on it.
pub(super) async fn read(
	node: &Node,
	sampler: &Arc<Sampler>,
	numbers: std::ops::Range<u32>,
) -> Result<Result<Text, EngineError>, NodeError> {
	let drawn = sampler.clone();
	let sequences = match tokio::task::spawn_blocking(move || drawn.random(None, numbers)).await? {
		Ok(sequences) => Arc::new(sequences),
		Err(error) => return Ok(Err(error.into())),
	};
	let all = sequences.clone();
	let losses = move |engine: &mut Engine| engine.losses(&all.iter().collect::<Vec<_>>());
	Ok(node.device.try_run(losses).await?.map(|before| Text { sequences, before }))
}

/// Measures each gradient, as long as there is time. Without a baseline nobody is judged.
pub(super) async fn measure(
	node: &Node,
	window: Window,
	baseline: Option<Baseline>,
	gradients: Vec<CompressedGradient>,
	limits: Limits,
) -> Result<Evaluated, NodeError> {
	let mut left_out: Vec<Uid> = gradients.iter().map(|gradient| gradient.header().uid).collect();
	let Some(baseline) = baseline else {
		let verdicts = left_out.into_iter().map(|uid| (uid, Verdict::Unjudged)).collect();
		return Ok(Evaluated { verdicts, ..Evaluated::default() });
	};
	let devices = node.device.count();
	let bench = Bench {
		budget: budget(node, window, devices)?,
		learning_rate: node.learning_rate(window),
		window,
		baseline: Arc::new(baseline),
		limits: Arc::new(limits),
	};
	let together = node.lane.pass_tokens.checked_div(bench.baseline.sampler.tokens()).unwrap_or(1);
	let together = together.clamp(1, gradients.len().div_ceil(devices).max(1));
	let ready = stream::iter(gradients)
		.map(|gradient| bench.ready(gradient, node.layouts.clone()))
		.buffered(devices * together * AHEAD)
		.chunks(together);
	let job = |device, group| bench.look(device, group);
	let looks = node.device.share(Box::pin(ready), || bench.budget.may_begin(), job).await?;
	let looks: BTreeMap<Uid, Option<Looked>> = looks.into_iter().flatten().collect();
	left_out.retain(|uid| !looks.contains_key(uid));
	if !left_out.is_empty() {
		warn!(
			window,
			"no time to measure {left_out:?}: their turn comes later, as whoever waits is drawn the likelier"
		);
	}
	let unjudged = looks.iter().filter(|(_, look)| look.is_none()).map(|(uid, _)| (*uid, Verdict::Unjudged)).collect();
	let looked = looks.into_iter().filter_map(|(uid, look)| Some((uid, look?))).collect();
	let (mut verdicts, ranking) = rank(node, &bench, looked).await?;
	verdicts.extend::<super::Verdicts>(unjudged);
	Ok(Evaluated { verdicts, left_out, ranking })
}

/// Until the end of the window that validators work in, or of the one it is, if that is later.
fn budget(node: &Node, window: Window, devices: usize) -> Result<Budget, NodeError> {
	let (clock, windows) = (&node.participant.clock, &node.hparams.windows);
	let last = clock.window()?.max(window.saturating_add(windows.validator_offset));
	Ok(Budget::new(clock.clone(), sync_block(last, windows.blocks_per_window).saturating_sub(1), devices))
}

/// What the miners of a window have in common.
pub(super) struct Bench {
	pub baseline: Arc<Baseline>,
	limits: Arc<Limits>,
	pub budget: Budget,
	pub window: Window,
	pub learning_rate: f64,
}

/// A miner that is ready, or why it is not.
type Candidate = (Uid, Result<Arc<Ready>, EngineError>);

impl Bench {
	/// Reads a miner's pages and lays out its gradient, on a thread for such work.
	async fn ready(&self, gradient: CompressedGradient, layouts: Arc<Layouts>) -> Result<Candidate, NodeError> {
		let (uid, sampler, limits) = (gradient.header().uid, self.baseline.sampler.clone(), self.limits.clone());
		let ready = move || {
			let own = sampler.own(uid)?;
			let random = match sampler.hparams.evaluation.sampling {
				Sampling::Reference => sampler.random(Some(uid), 0..sampler.sequences())?,
				Sampling::Shared | Sampling::Sequential(_) => Vec::new(),
			};
			let update = Update::new(&gradient, &layouts, &limits)?;
			Ok::<_, EngineError>(Arc::new(Ready { uid, own, random, update }))
		};
		Ok((uid, tokio::task::spawn_blocking(ready).await?))
	}

	/// Measures some miners on one device: before all at once, after one by one. Who there is no time for is left out.
	async fn look(
		&self,
		device: Device<Engine>,
		group: Vec<Result<Candidate, NodeError>>,
	) -> Result<Vec<Look>, NodeError> {
		let mut looks = Vec::new();
		let mut ready = Vec::new();
		for candidate in group {
			match candidate? {
				(_, Ok(miner)) => ready.push(miner),
				(uid, Err(error)) => looks.push((uid, self.unjudged(uid, &error))),
			}
		}
		let before = before(&device, &ready).await?;
		for (place, (miner, before)) in ready.into_iter().zip(before).enumerate() {
			if place > 0 && !self.budget.may_begin() {
				break;
			}
			let uid = miner.uid;
			let look = match before {
				Ok(before) => self.after(&device, miner, before).await?,
				Err(error) => self.unjudged(uid, &error),
			};
			looks.push((uid, look));
			self.budget.done();
		}
		Ok(looks)
	}

	/// One job, so that nothing else waits for the device longer than one miner takes.
	async fn after(
		&self,
		device: &Device<Engine>,
		miner: Arc<Ready>,
		before: Before,
	) -> Result<Option<Looked>, DeviceStopped> {
		let (learning_rate, baseline, measured) = (self.learning_rate, self.baseline.clone(), miner.clone());
		let after = move |engine: &mut Engine| {
			let own_or_shared = measured.random.iter().chain(&*baseline.shared.sequences);
			let batches: Vec<&Batch> = measured.own.iter().chain(own_or_shared).collect();
			engine.losses_after(&measured.update, learning_rate, &batches)
		};
		Ok(match device.try_run(after).await? {
			Ok(losses) => {
				let (own, random) = losses.split_at(miner.own.len());
				let all = before.random.iter().chain(&self.baseline.shared.before).zip(random);
				let pages = all.map(|(before, after)| PageLoss { before: *before, after: *after }).collect();
				let again = matches!(self.baseline.sampler.hparams.evaluation.sampling, Sampling::Sequential(_));
				Some(Looked { own: (before.own, mean(own)), pages, ready: again.then_some(miner) })
			},
			Err(error) => self.unjudged(miner.uid, &error),
		})
	}

	/// The failure is told.
	pub fn unjudged<T>(&self, uid: Uid, error: &EngineError) -> Option<T> {
		warn!(uid, window = self.window, "not judged: {}", crate::one_line(error));
		None
	}
}

/// The model's losses on each miner's own text. Where that is too much at once, one after the other.
async fn before(
	device: &Device<Engine>,
	miners: &[Arc<Ready>],
) -> Result<Vec<Result<Before, EngineError>>, DeviceStopped> {
	let all: Vec<Arc<Ready>> = miners.to_vec();
	let together = move |engine: &mut Engine| {
		let batches: Vec<&Batch> = all.iter().flat_map(|miner| miner.own.iter().chain(&miner.random)).collect();
		let losses = engine.losses(&batches)?;
		let mut rest = losses.as_slice();
		let mut next = |count: usize| {
			let (next, others) = rest.split_at(count);
			rest = others;
			next
		};
		let of = |miner: &Arc<Ready>| {
			Ok(Before { own: mean(next(miner.own.len())), random: next(miner.random.len()).to_vec() })
		};
		Ok::<_, EngineError>(all.iter().map(of).collect())
	};
	match device.try_run(together).await? {
		Ok(losses) => Ok(losses),
		Err(error) if miners.len() < 2 => Ok(vec![Err(error)]),
		Err(_) => {
			let mut losses = Vec::new();
			for miner in miners {
				losses.extend(Box::pin(before(device, std::slice::from_ref(miner))).await?);
			}
			Ok(losses)
		},
	}
}
