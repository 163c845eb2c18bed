// SPDX-License-Identifier: Apache-2.0

//! Measures gradients on the devices. What fails on our side leaves its miner unjudged.
//!
//! Four losses make a score. That before on the random pages is computed once a window, while submissions are still being
//! fetched; those before on own pages for several miners at once; those after on both in the same passes. While one miner is
//! measured the next ones' pages are read and their gradients laid out.

use std::sync::Arc;

use futures::{stream, StreamExt as _};
use mechanisms::templar::scores::Losses;
use mechanisms::templar::Verdict;
use mechanisms::Uid;
use tracing::{debug, warn};

use super::budget::Budget;
use super::pages::Sampler;
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
	sampler: Arc<Sampler>,
	/// Pages that nobody could know.
	random: Arc<Vec<Batch>>,
	/// Mean loss of the model on them.
	loss: f64,
}

/// A miner ready to be measured.
struct Ready {
	uid: Uid,
	own: Vec<Batch>,
	update: Update,
}

/// Draws the random pages of a window and measures the model on them. None if they cannot be read, which is told.
pub(in crate::templar::validator) async fn baseline(
	node: &Node,
	window: Window,
	after: BlockId,
) -> Result<Option<Baseline>, NodeError> {
	let (hparams, text, n_pages) = (node.hparams.clone(), node.text.clone(), node.dataset.n_train_pages());
	let sampler = Arc::new(Sampler { hparams, text, n_pages, window, hash: after.hash_bytes() });
	let drawn = sampler.clone();
	let measured = match tokio::task::spawn_blocking(move || drawn.random()).await? {
		Ok(random) => {
			let random = Arc::new(random);
			let losses = before(&random);
			node.device.try_run(losses).await?.map(|losses| (random, mean(&losses)))
		},
		Err(error) => Err(error.into()),
	};
	match measured {
		Ok((random, loss)) => Ok(Some(Baseline { sampler, random, loss })),
		Err(error) => {
			warn!(window, "no pages to judge on: {}", crate::one_line(&error));
			Ok(None)
		},
	}
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
		return Ok(Evaluated { verdicts, left_out: Vec::new() });
	};
	let devices = node.device.count();
	let bench = Bench {
		budget: budget(node, window, devices)?,
		learning_rate: node.learning_rate(window),
		window,
		baseline: Arc::new(baseline),
		limits: Arc::new(limits),
	};
	let together = node.lane.pass_tokens.checked_div(bench.baseline.tokens()).unwrap_or(1);
	let together = together.clamp(1, gradients.len().div_ceil(devices).max(1));
	let ready = stream::iter(gradients)
		.map(|gradient| bench.ready(gradient, node.layouts.clone()))
		.buffered(devices * together * AHEAD)
		.chunks(together);
	let job = |device, group| bench.judge(device, group);
	let judged = node.device.share(Box::pin(ready), || bench.budget.may_begin(), job).await?;
	let verdicts: super::Verdicts = judged.into_iter().flatten().collect();
	left_out.retain(|uid| !verdicts.contains_key(uid));
	if !left_out.is_empty() {
		warn!(
			window,
			"no time to measure {left_out:?}: their turn comes later, as whoever waits is drawn the likelier"
		);
	}
	Ok(Evaluated { verdicts, left_out })
}

/// Until the end of the window that validators work in, or of the one it is, if that is later.
fn budget(node: &Node, window: Window, devices: usize) -> Result<Budget, NodeError> {
	let (clock, windows) = (&node.participant.clock, &node.hparams.windows);
	let last = clock.window()?.max(window.saturating_add(windows.validator_offset));
	Ok(Budget::new(clock.clone(), sync_block(last, windows.blocks_per_window).saturating_sub(1), devices))
}

impl Baseline {
	/// Of the random pages; own ones have about as many.
	fn tokens(&self) -> usize {
		self.random.iter().map(Batch::tokens).sum()
	}
}

/// What the miners of a window have in common.
struct Bench {
	baseline: Arc<Baseline>,
	limits: Arc<Limits>,
	budget: Budget,
	window: Window,
	learning_rate: f64,
}

/// A miner that is ready, or why it is not.
type Candidate = (Uid, Result<Arc<Ready>, EngineError>);

impl Bench {
	/// Reads a miner's pages and lays out its gradient, on a thread for such work.
	async fn ready(&self, gradient: CompressedGradient, layouts: Arc<Layouts>) -> Result<Candidate, NodeError> {
		let (uid, sampler, limits) = (gradient.header().uid, self.baseline.sampler.clone(), self.limits.clone());
		let ready = move || {
			let own = sampler.own(uid)?;
			let update = Update::new(&gradient, &layouts, &limits)?;
			Ok::<_, EngineError>(Arc::new(Ready { uid, own, update }))
		};
		Ok((uid, tokio::task::spawn_blocking(ready).await?))
	}

	/// Measures some miners on one device: before all at once, after one by one. Who there is no time for is left out.
	async fn judge(
		&self,
		device: Device<Engine>,
		group: Vec<Result<Candidate, NodeError>>,
	) -> Result<super::Verdicts, NodeError> {
		let mut verdicts = super::Verdicts::new();
		let mut ready = Vec::new();
		for candidate in group {
			match candidate? {
				(_, Ok(miner)) => ready.push(miner),
				(uid, Err(error)) => _ = verdicts.insert(uid, self.unjudged(uid, &error)),
			}
		}
		let own_before = own_before(&device, &ready).await?;
		for (place, (miner, own_before)) in ready.into_iter().zip(own_before).enumerate() {
			if place > 0 && !self.budget.may_begin() {
				break;
			}
			let uid = miner.uid;
			let verdict = match own_before {
				Ok(own_before) => self.verdict(&device, miner, own_before).await?,
				Err(error) => self.unjudged(uid, &error),
			};
			verdicts.insert(uid, verdict);
			self.budget.done();
		}
		Ok(verdicts)
	}

	/// One job, so that nothing else waits for the device longer than one miner takes.
	async fn verdict(
		&self,
		device: &Device<Engine>,
		miner: Arc<Ready>,
		own_before: f64,
	) -> Result<Verdict, DeviceStopped> {
		let (uid, learning_rate, baseline) = (miner.uid, self.learning_rate, self.baseline.clone());
		let after = move |engine: &mut Engine| {
			let batches: Vec<&Batch> = miner.own.iter().chain(&*baseline.random).collect();
			let losses = engine.losses_after(&miner.update, learning_rate, &batches)?;
			let (own, random) = losses.split_at(miner.own.len());
			Ok::<_, EngineError>((mean(own), mean(random)))
		};
		Ok(match device.try_run(after).await? {
			Ok((own_after, random_after)) => {
				let losses = Losses { own_before, own_after, random_before: self.baseline.loss, random_after };
				debug!(uid, window = self.window, ?losses, "measured");
				losses.judge().into()
			},
			Err(error) => self.unjudged(uid, &error),
		})
	}

	fn unjudged(&self, uid: Uid, error: &EngineError) -> Verdict {
		warn!(uid, window = self.window, "not judged: {}", crate::one_line(error));
		Verdict::Unjudged
	}
}

/// The model's mean loss on each miner's own pages. Where that is too much at once, one after the other.
async fn own_before(
	device: &Device<Engine>,
	miners: &[Arc<Ready>],
) -> Result<Vec<Result<f64, EngineError>>, DeviceStopped> {
	let all: Vec<Arc<Ready>> = miners.to_vec();
	let together = move |engine: &mut Engine| {
		let batches: Vec<&Batch> = all.iter().flat_map(|miner| &miner.own).collect();
		let losses = engine.losses(&batches)?;
		let mut rest = losses.as_slice();
		let mut own = |miner: &Arc<Ready>| {
			let (own, others) = rest.split_at(miner.own.len());
			rest = others;
			Ok(mean(own))
		};
		Ok::<_, EngineError>(all.iter().map(&mut own).collect())
	};
	match device.try_run(together).await? {
		Ok(losses) => Ok(losses),
		Err(error) if miners.len() < 2 => Ok(vec![Err(error)]),
		Err(_) => {
			let mut losses = Vec::new();
			for miner in miners {
				losses.extend(Box::pin(own_before(device, std::slice::from_ref(miner))).await?);
			}
			Ok(losses)
		},
	}
}

/// The model's loss on each of `batches`.
fn before(batches: &Arc<Vec<Batch>>) -> impl FnOnce(&mut Engine) -> Result<Vec<f64>, EngineError> + Send + 'static {
	let batches = batches.clone();
	move |engine| engine.losses(&batches.iter().collect::<Vec<_>>())
}
