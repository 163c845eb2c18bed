// SPDX-License-Identifier: Apache-2.0

//! The loss of every miner on every page of the pool, from which all rules draw.

use mechanisms::ranking::PageLoss;
use offchain_validator::model::{Batch, Params};
use offchain_validator::templar::Hparams;

use crate::miners::Trained;

/// Of one forward pass.
const PASS_TOKENS: usize = 2_048;

/// Losses in nats per token.
pub struct Losses {
	/// Of the model as it is, by page.
	before: Vec<f64>,
	/// By miner, the worst first, and by page.
	after: Vec<Vec<f64>>,
	/// Tokens that a page puts through the model.
	pub page_tokens: u64,
}

impl Losses {
	/// Measures so many miners, whose quality grows in equal steps up to that of the true gradient.
	pub fn measure(trained: &Trained, hparams: &Hparams, miners: usize, pool: &[Vec<u32>]) -> anyhow::Result<Self> {
		let batch = |page: &Vec<u32>| Batch::new(std::slice::from_ref(page), &hparams.model, None);
		let batches = pool.iter().map(batch).collect::<Result<Vec<_>, _>>()?;
		let all: Vec<&Batch> = batches.iter().collect();
		let of = |params: &Params| params.losses(&all, PASS_TOKENS);
		let step = hparams.training.learning_rate * hparams.evaluation.eval_lr_factor;
		let miner = |place: usize| {
			eprint!("\rmeasuring miner {place} of {miners}");
			of(&trained.stepped(step, place as f64 / miners as f64, place as u32))
		};
		let after = (1..=miners).map(miner).collect::<Result<_, _>>()?;
		eprintln!();
		Ok(Self { before: of(&trained.params)?, after, page_tokens: hparams.data.sequence_length as u64 })
	}

	pub fn miners(&self) -> usize {
		self.after.len()
	}

	pub fn pages(&self) -> usize {
		self.before.len()
	}

	pub fn at(&self, miner: usize, page: usize) -> PageLoss {
		PageLoss { before: self.before[page], after: self.after[miner][page] }
	}

	/// What each miner takes off the loss of the whole pool, on average over its pages: the truth.
	pub fn reductions(&self) -> Vec<f64> {
		self.after
			.iter()
			.map(|after| moments(self.before.iter().zip(after).map(|(before, after)| before - after)).0)
			.collect()
	}

	/// That of the best and of the worst miner.
	pub fn reduction(&self) -> (f64, f64) {
		let reductions = self.reductions();
		(reductions.iter().copied().fold(f64::MIN, f64::max), reductions.into_iter().fold(f64::MAX, f64::min))
	}

	/// Deviation over pages of what the middle miner takes off, and of its difference to the next.
	pub fn deviation(&self) -> (f64, f64) {
		let own = moments(self.before.iter().zip(self.middle().0).map(|(before, after)| before - after)).1;
		(own, moments(self.differences()).1)
	}

	/// Of the difference of the middle miner to the next.
	pub fn skewness(&self) -> f64 {
		let (mean, deviation) = moments(self.differences());
		moments(self.differences().map(|difference| ((difference - mean) / deviation).powi(3))).0
	}

	fn middle(&self) -> (&[f64], &[f64]) {
		let next = self.miners() / 2;
		(&self.after[next - 1], &self.after[next])
	}

	fn differences(&self) -> impl Iterator<Item = f64> + Clone + '_ {
		let (one, other) = self.middle();
		one.iter().zip(other).map(|(one, other)| one - other)
	}
}

/// Mean and deviation.
fn moments(values: impl Iterator<Item = f64> + Clone) -> (f64, f64) {
	let count = values.clone().count().max(1) as f64;
	let mean = values.clone().sum::<f64>() / count;
	(mean, (values.map(|value| (value - mean).powi(2)).sum::<f64>() / count).sqrt())
}
