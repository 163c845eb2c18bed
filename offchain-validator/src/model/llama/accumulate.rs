// SPDX-License-Identifier: Apache-2.0

//! The gradient of a batch that is too large for memory, part by part.

use super::backward::{summed, Gradients};
use super::batch::{Batch, NO_TOKEN};
use crate::model::Params;

impl Batch {
	/// The batch in parts of at most so many sequences, each with its share of the targets that count; parts without one are
	/// left out.
	fn parts(&self, sequences: usize) -> Vec<(Self, f64)> {
		let (sequences, predicted) = (sequences.max(1), self.length - 1);
		let counted = |targets: &[i64]| targets.iter().filter(|target| **target != NO_TOKEN).count();
		let all = counted(&self.targets) as f64;
		let (tokens, targets) = (
			self.tokens.chunks(sequences.saturating_mul(self.length)),
			self.targets.chunks(sequences.saturating_mul(predicted)),
		);
		let part = |(tokens, targets): (&[i64], &[i64])| {
			let share = counted(targets) as f64 / all;
			(Self { tokens: tokens.to_vec(), targets: targets.to_vec(), length: self.length }, share)
		};
		tokens.zip(targets).map(part).filter(|(_, share)| *share > 0.0).collect()
	}
}

/// The gradient of the loss on `batch`, with no more than so many of its sequences in memory at a time.
///
/// It is that of the whole batch, whatever the parts: each counts by its share of the targets. Sums of floating point differ in
/// their last digits.
pub fn accumulated(params: &Params, batch: &Batch, sequences: usize) -> Gradients {
	let parts = batch.parts(sequences);
	let sum = summed(params, parts.iter().map(|(part, share)| (part, *share)));
	sum.unwrap_or_else(|fault| panic!("{fault}"))
}

#[cfg(test)]
mod tests {
	use proptest::prelude::*;

	use super::super::{gradients, Example};
	use super::*;
	use crate::model::config_of_tests as tiny;

	proptest! {
		#![proptest_config(ProptestConfig::with_cases(16))]

		/// Also where parts have different numbers of targets, or none.
		#[test]
		fn parts_add_up_to_the_whole(prompts in prop::collection::vec(0..6_usize, 1..7), sequences in 1..8_usize) {
			let example = |(at, prompt): (u32, &usize)| {
				Example { tokens: (0..6).map(|token| (7 * at + token) % 48).collect(), prompt: *prompt }
			};
			let examples: Vec<Example> = (0..).zip(&prompts).map(example).collect();
			let batch = Batch::responses(&examples, &tiny()).unwrap();
			let params = Params::init(&tiny(), 1).unwrap();
			let (whole, parts) = (gradients(&params, &[batch.clone()]), accumulated(&params, &batch, sequences));
			prop_assert!((whole.loss - parts.loss).abs() < 1e-5 * whole.loss);
			for ((name, whole), (_, parts)) in whole.named().zip(parts.named()) {
				prop_assert!(whole.allclose(parts, 1e-4, 1e-6, false), "{}", name);
			}
		}
	}
}
