// SPDX-License-Identifier: Apache-2.0

//! The learning rate by window: a linear warm-up, then cosine periods with warm restarts (Loshchilov and Hutter 2017).
//!
//! It follows from the window's number alone, so a node that starts late or again takes the same steps as the others.

use super::hparams::Training;

/// Part of the learning rate that the warm-up starts from, and that each cosine period ends at.
const LOWEST: f64 = 0.1;
/// How much longer each cosine period is than the one before.
const GROWTH: u64 = 2;

impl Training {
	/// The learning rate after `steps` outer steps.
	pub fn learning_rate_at(&self, steps: u32) -> f64 {
		let lowest = self.learning_rate * LOWEST;
		let span = self.learning_rate - lowest;
		if steps < self.warmup_steps {
			return lowest + span * f64::from(steps) / f64::from(self.warmup_steps);
		}
		let (mut at, mut period) = (u64::from(steps - self.warmup_steps), u64::from(self.t_max));
		while at >= period {
			at -= period;
			period *= GROWTH; // Ends before it overflows: `at` began below 2^32.
		}
		lowest + span * (1.0 + (std::f64::consts::PI * at as f64 / period as f64).cos()) / 2.0
	}
}

#[cfg(test)]
mod tests {
	use super::super::hparams::Codec;
	use super::*;

	#[test]
	fn learning_rates_are_those_recorded() {
		const FILE: &str = "mechanisms/lr_schedule.json";
		let Some(recorded) = golden::recording::<serde_json::Value>(FILE) else { return };
		let training = Training {
			init_seed: 0,
			learning_rate: 4e-4,
			warmup_steps: 250,
			t_max: 20_000,
			weight_decay: 0.0,
			momentum_decay: 0.999,
			target_chunk: 64,
			topk_compression: 32,
			codec: Codec::Dct,
			checkpoint_frequency: 50,
			inner_optimization: None,
		};
		let mut tally = golden::Tally::default();
		for row in recorded["seed"]["rows"].as_array().expect("rows") {
			let steps = row[0].as_u64().and_then(|steps| u32::try_from(steps).ok()).expect("a number of steps");
			let (expected, found) = (row[1].as_f64().expect("a rate"), training.learning_rate_at(steps));
			assert!((found - expected).abs() <= 1e-9 * expected, "after {steps} steps: {found}, not {expected}");
			tally.compared();
		}
		tally.finish(FILE, 20);
	}
}
