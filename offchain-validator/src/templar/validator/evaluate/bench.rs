// SPDX-License-Identifier: Apache-2.0

//! The devices at work on the miners of a window. Knows no chain and no bucket.

use std::collections::BTreeMap;
use std::sync::Arc;

use futures::{stream, StreamExt as _};
use mechanisms::ranking::{PageLoss, Sampling};
use mechanisms::templar::Verdict;
use mechanisms::Uid;
use tracing::warn;

use super::budget::Budget;
use super::measure::Baseline;
use super::rank::{rank, Looked};
use super::{Evaluated, NodeError, Verdicts};
use crate::clock::Window;
use crate::gradient::{CompressedGradient, Layouts, Limits, Update};
use crate::model::{Batch, Device, DeviceStopped, Devices};
use crate::shared_model::mean;
use crate::templar::engine::{Engine, EngineError};

/// Miners that are made ready, for each device, while others are measured.
const AHEAD: usize = 2;

/// The devices, and what the miners of a window have in common.
pub(super) struct Bench {
	pub devices: Devices<Engine>,
	/// As in [`crate::model::Lane`].
	pub pass_tokens: usize,
	pub layouts: Arc<Layouts>,
	pub baseline: Arc<Baseline>,
	pub limits: Arc<Limits>,
	pub budget: Budget,
	pub window: Window,
	pub learning_rate: f64,
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

/// A miner that is ready, or why it is not.
type Candidate = (Uid, Result<Arc<Ready>, EngineError>);

impl Bench {
	/// Measures each gradient, as long as there is time, and ranks the miners.
	pub async fn measure(&self, gradients: Vec<CompressedGradient>) -> Result<Evaluated, NodeError> {
		let mut left_out: Vec<Uid> = gradients.iter().map(|gradient| gradient.header().uid).collect();
		let devices = self.devices.count();
		let together = self.pass_tokens.checked_div(self.baseline.sampler.tokens()).unwrap_or(1);
		let together = together.clamp(1, gradients.len().div_ceil(devices).max(1));
		let ready = stream::iter(gradients)
			.map(|gradient| self.ready(gradient))
			.buffered(devices * together * AHEAD)
			.chunks(together);
		let job = |device, group| self.look(device, group);
		let looks = self.devices.share(Box::pin(ready), || self.budget.may_begin(), job).await?;
		let looks: BTreeMap<Uid, Option<Looked>> = looks.into_iter().flatten().collect();
		left_out.retain(|uid| !looks.contains_key(uid));
		if !left_out.is_empty() {
			warn!(
				window = self.window,
				"no time to measure {left_out:?}: their turn comes later, as whoever waits is drawn the likelier"
			);
		}
		let is_unjudged = |(uid, look): (&Uid, &Option<Looked>)| look.is_none().then_some((*uid, Verdict::Unjudged));
		let unjudged: Verdicts = looks.iter().filter_map(is_unjudged).collect();
		let looked = looks.into_iter().filter_map(|(uid, look)| Some((uid, look?))).collect();
		let (mut verdicts, ranking) = rank(self, looked).await?;
		verdicts.extend(unjudged);
		Ok(Evaluated { verdicts, left_out, ranking })
	}

	/// Reads a miner's pages and lays out its gradient, on a thread for such work.
	async fn ready(&self, gradient: CompressedGradient) -> Result<Candidate, NodeError> {
		let (uid, sampler, limits) = (gradient.header().uid, self.baseline.sampler.clone(), self.limits.clone());
		let layouts = self.layouts.clone();
		let ready = move || {
			let own = sampler.own(gradient.header())?;
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

#[cfg(test)]
mod tests;
