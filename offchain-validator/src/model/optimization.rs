// SPDX-License-Identifier: Apache-2.0

//! How a model is trained, as parameters say it: the rule of a step, and the learning rate over time. Pure; knows no tensor.

use serde::{Deserialize, Serialize};

use crate::hparams::{above, within, HparamsError};

/// How a miner trains within a window, before it tells others what came of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InnerOptimization {
	/// The rule of a step.
	pub optimizer: Rule,
	/// The learning rate over all steps of the run.
	pub schedule: Schedule,
	/// Steps of a window, each on a batch, if there are as many.
	pub inner_steps: u32,
	/// A longer gradient is scaled down to this length.
	pub grad_clip: f64,
	/// Sequences of a batch that are in memory at a time; the step is that of the whole batch.
	pub micro_batch_size: usize,
}

/// How a gradient becomes a step.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Rule {
	/// Adam (Kingma and Ba 2015) with weight decay beside it (Loshchilov and Hutter 2019), as PyTorch's `AdamW`. With a
	/// decay of zero it is Adam.
	AdamW {
		/// Part of the running mean of gradients that a step leaves.
		beta1: f64,
		/// Part of the running mean of their squares that a step leaves.
		beta2: f64,
		/// Keeps a step finite where no gradient has been.
		epsilon: f64,
		/// Part of each parameter that a step takes away, times the learning rate.
		weight_decay: f64,
	},
	/// Gradient descent, as PyTorch's `SGD` without dampening.
	Sgd {
		/// Part of the sum of gradients that a step leaves; zero for none.
		momentum: f64,
		/// Part of each parameter that is added to its gradient.
		weight_decay: f64,
	},
}

/// The learning rate by step: a linear warm-up, then half a cosine down to a part of it.
///
/// As PyTorch's `LinearLR` and `CosineAnnealingLR` one after the other; but at the end it stays low, where PyTorch's rises again.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Schedule {
	/// Once warm.
	pub learning_rate: f64,
	/// Steps until it is warm.
	pub warmup_steps: u32,
	/// Part of it that the warm-up begins at.
	pub start_factor: f64,
	/// Steps of the cosine.
	pub t_max: u32,
	/// Part of it that the cosine ends at.
	pub lowest: f64,
}

impl Rule {
	/// Adam with the defaults of its authors.
	pub fn adam() -> Self {
		Self::AdamW { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weight_decay: 0.0 }
	}
}

impl Schedule {
	/// The learning rate of the step after so many.
	pub fn at(&self, steps: u64) -> f64 {
		let warmup = u64::from(self.warmup_steps);
		if steps < warmup {
			let warm = steps as f64 / warmup as f64;
			return self.learning_rate * (self.start_factor + (1.0 - self.start_factor) * warm);
		}
		let part = ((steps - warmup) as f64 / f64::from(self.t_max)).min(1.0);
		let cosine = (1.0 + (std::f64::consts::PI * part).cos()) / 2.0;
		self.learning_rate * (self.lowest + (1.0 - self.lowest) * cosine)
	}
}

impl InnerOptimization {
	/// Whether every value is in its range.
	pub fn check(&self) -> Result<(), HparamsError> {
		self.optimizer.check()?;
		self.schedule.check()?;
		within("training.inner_optimization.inner_steps", self.inner_steps, 1..=1_000_000)?;
		within("training.inner_optimization.grad_clip", self.grad_clip, above(0.0, 1e9))?;
		within("training.inner_optimization.micro_batch_size", self.micro_batch_size, 1..=1_000_000)
	}
}

impl Rule {
	fn check(&self) -> Result<(), HparamsError> {
		match *self {
			Self::AdamW { beta1, beta2, epsilon, weight_decay } => {
				within("optimizer.adam_w.beta1", beta1, 0.0..1.0)?;
				within("optimizer.adam_w.beta2", beta2, 0.0..1.0)?;
				within("optimizer.adam_w.epsilon", epsilon, above(0.0, 1.0))?;
				within("optimizer.adam_w.weight_decay", weight_decay, 0.0..=1.0)
			},
			Self::Sgd { momentum, weight_decay } => {
				within("optimizer.sgd.momentum", momentum, 0.0..1.0)?;
				within("optimizer.sgd.weight_decay", weight_decay, 0.0..=1.0)
			},
		}
	}
}

impl Schedule {
	fn check(&self) -> Result<(), HparamsError> {
		within("schedule.learning_rate", self.learning_rate, above(0.0, 1.0))?;
		within("schedule.warmup_steps", self.warmup_steps, 0..=100_000_000)?;
		within("schedule.start_factor", self.start_factor, above(0.0, 1.0))?;
		within("schedule.t_max", self.t_max, 1..=u32::MAX)?;
		within("schedule.lowest", self.lowest, 0.0..=1.0)
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	fn head() -> Schedule {
		Schedule { learning_rate: 1.3e-4, warmup_steps: 1_500, start_factor: 1e-6, t_max: 140_000, lowest: 0.1 }
	}

	#[test]
	fn inner_learning_rates_are_those_recorded() {
		const FILE: &str = "mechanisms/lr_schedule.json";
		let Some(recorded) = golden::recording::<serde_json::Value>(FILE) else { return };
		let mut tally = golden::Tally::default();
		for row in recorded["head_inner"]["rows"].as_array().expect("rows") {
			let (steps, expected) = (row[0].as_u64().expect("steps"), row[1].as_f64().expect("a rate"));
			let found = head().at(steps);
			assert!((found - expected).abs() <= 1e-9 * expected, "after {steps} steps: {found}, not {expected}");
			tally.compared();
		}
		tally.finish(FILE, 11);
	}

	#[test]
	fn the_learning_rate_stays_low_at_the_end() {
		for steps in [141_500, 200_000, u64::MAX] {
			assert!((head().at(steps) - 1.3e-5).abs() < 1e-12);
		}
		let cold = Schedule { warmup_steps: 0, ..head() };
		assert_eq!(cold.at(0), cold.learning_rate);
	}

	#[test]
	fn a_value_out_of_range_is_told() {
		let inner = InnerOptimization {
			optimizer: Rule::adam(),
			schedule: head(),
			inner_steps: 30,
			grad_clip: 1.0,
			micro_batch_size: 1,
		};
		assert!(inner.check().is_ok());
		let refusal = |inner: InnerOptimization| inner.check().expect_err("out of range").to_string();
		let sgd = Rule::Sgd { momentum: 1.0, weight_decay: 0.0 };
		let told = refusal(InnerOptimization { optimizer: sgd, ..inner.clone() });
		assert!(told.contains("optimizer.sgd.momentum is 1"), "{told}");
		let schedule = Schedule { t_max: 0, ..head() };
		assert!(refusal(InnerOptimization { schedule, ..inner.clone() }).contains("schedule.t_max is 0"));
		assert!(refusal(InnerOptimization { micro_batch_size: 0, ..inner }).contains("micro_batch_size is 0"));
	}
}
