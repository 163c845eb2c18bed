// SPDX-License-Identifier: Apache-2.0

//! Draws the batches that losses are measured on. Knows no tensor: any thread may draw.

use std::num::NonZeroU64;
use std::sync::Arc;

use mechanisms::numpy::Generator;
use mechanisms::Uid;

use crate::clock::Window;
use crate::data::{assigned, Batch, Seed};
use crate::model;
use crate::shared_model::{SharedModelError, Text};
use crate::templar::Hparams;

/// Draws the batches of one window.
pub(super) struct Sampler {
	pub hparams: Arc<Hparams>,
	pub text: Text,
	/// Training pages that there are.
	pub n_pages: u64,
	pub window: Window,
	/// Of the block that decides.
	pub hash: [u8; 32],
}

impl Sampler {
	/// Batches of pages that nobody could know; the same for all miners.
	pub fn random(&self) -> Result<Vec<model::Batch>, SharedModelError> {
		self.batches(Seed::of_block(&self.hash, "pages"), "random batches")
	}

	/// Batches of the pages that were assigned to `uid`.
	pub fn own(&self, uid: Uid) -> Result<Vec<model::Batch>, SharedModelError> {
		self.batches(Seed::of_uid(uid), &format!("batches of {uid}"))
	}

	fn batches(&self, pages: Seed, domain: &str) -> Result<Vec<model::Batch>, SharedModelError> {
		let pages = assigned(pages, self.window, self.hparams.data.pages_per_window, self.n_pages);
		let batches = self.text.batches(&pages)?;
		let mut random = Generator::new(Seed::of_block(&self.hash, domain).get());
		self.text.all_readable(&sample(batches, self.hparams.evaluation.validator_sample_rate, &mut random))
	}
}

/// A part `rate` of the batches, at least one, in their order. Rounded down, as the reference does.
fn sample(mut batches: Vec<Batch>, rate: f64, random: &mut Generator) -> Vec<Batch> {
	let wanted = ((batches.len() as f64 * rate) as usize).max(1);
	while batches.len() > wanted {
		let Some(bound) = NonZeroU64::new(batches.len() as u64) else { break };
		batches.remove(random.integers(bound) as usize);
	}
	batches
}

#[cfg(test)]
mod tests {
	use super::*;

	fn batches(n: i64) -> Vec<Batch> {
		(0..n).map(|token| Batch { tokens: vec![token], rows: 1, columns: 1 }).collect()
	}

	fn drawn(n: i64, rate: f64, seed: u32) -> Vec<i64> {
		let sampled = sample(batches(n), rate, &mut Generator::new(seed));
		sampled.iter().flat_map(|batch| batch.tokens.clone()).collect()
	}

	#[test]
	fn a_part_of_the_batches_is_drawn_in_their_order_and_the_same_for_everybody() {
		assert_eq!(drawn(40, 0.1, 7).len(), 4);
		assert_eq!(drawn(40, 0.1, 7), drawn(40, 0.1, 7));
		assert!(drawn(40, 0.5, 3).is_sorted());
		assert_ne!(drawn(40, 0.1, 7), drawn(40, 0.1, 8));
	}

	#[test]
	fn there_is_always_a_batch_unless_there_is_none_at_all() {
		assert_eq!(drawn(3, 0.1, 1).len(), 1);
		assert_eq!(drawn(3, 1.0, 1), [0, 1, 2]);
		assert!(drawn(0, 0.5, 1).is_empty());
	}
}
