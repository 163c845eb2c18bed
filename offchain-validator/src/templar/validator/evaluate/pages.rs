// SPDX-License-Identifier: Apache-2.0

//! Draws the text that losses are measured on, from the hash of a block: nobody knew it, and everybody can check it. Knows
//! no tensor: any thread may draw.
//!
//! What a ranking calls a page is one sequence here, as short as the model reads text, so that a ranking can stop in time.

use std::num::NonZeroU64;
use std::ops::Range;
use std::sync::Arc;

use mechanisms::numpy::Generator;
use mechanisms::ranking::{Ranking, Sampling};
use mechanisms::Uid;

use crate::clock::Window;
use crate::data::{assigned, Batch, Seed};
use crate::model;
use crate::shared_model::{SharedModelError, Text};
use crate::templar::Hparams;

/// Draws the text of one window.
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
	/// A ranking of these miners on what this draws.
	pub fn ranking(&self, miners: impl IntoIterator<Item = Uid>) -> Ranking {
		Ranking::new(self.hparams.evaluation.sampling, self.sequences(), miners)
	}

	/// Random sequences that each miner is measured on, or the average one at most.
	pub fn sequences(&self) -> u32 {
		let data = &self.hparams.data;
		let tokens = data.page_tokens * data.pages_per_window as usize;
		let batches =
			wanted(tokens / (data.sequence_length * data.batch_size), self.hparams.evaluation.validator_sample_rate);
		u32::try_from(batches * data.batch_size).unwrap_or(u32::MAX)
	}

	/// How many of them all miners begin with.
	pub fn first_sequences(&self) -> u32 {
		let miners = Uid::try_from(self.hparams.scoring.uids_per_window).unwrap_or(Uid::MAX);
		let round = self.ranking(0..miners).next_round();
		round.last().map_or(0, |last| last.page.saturating_add(1))
	}

	/// Tokens that each miner is measured on at once, about.
	pub fn tokens(&self) -> usize {
		self.first_sequences() as usize * self.hparams.data.sequence_length
	}

	/// Batches of the pages that were assigned to `uid`.
	pub fn own(&self, uid: Uid) -> Result<Vec<model::Batch>, SharedModelError> {
		self.text.all_readable(&self.batches(Seed::of_uid(uid), &format!("batches of {uid}"))?)
	}

	/// Sequences of random pages by their numbers, each a batch of its own: those of `owner`, or of everybody.
	pub fn random(&self, owner: Option<Uid>, numbers: Range<u32>) -> Result<Vec<model::Batch>, SharedModelError> {
		let sequences: Vec<Batch> = match self.hparams.evaluation.sampling {
			Sampling::Sequential(_) => numbers.map(|number| self.sequence(number)).collect::<Result<_, _>>()?,
			Sampling::Reference | Sampling::Shared => {
				let domain = owner.map_or("random batches".into(), |uid| format!("random batches of {uid}"));
				let batches = self.batches(Seed::of_block(&self.hash, "pages"), &domain)?;
				let rows = batches.iter().flat_map(rows).skip(numbers.start as usize);
				rows.take(numbers.len()).collect()
			},
		};
		self.text.all_readable(&sequences)
	}

	fn batches(&self, pages: Seed, domain: &str) -> Result<Vec<Batch>, SharedModelError> {
		let pages = assigned(pages, self.window, self.hparams.data.pages_per_window, self.n_pages);
		let mut random = Generator::new(Seed::of_block(&self.hash, domain).get());
		Ok(sample(self.text.batches(&pages)?, self.hparams.evaluation.validator_sample_rate, &mut random))
	}

	/// One sequence of a page of its own, so that each is drawn without regard to the others.
	fn sequence(&self, number: u32) -> Result<Batch, SharedModelError> {
		let mut random = Generator::new(Seed::of_block(&self.hash, &format!("sequence {number}")).get());
		let mut below = |bound: u64| NonZeroU64::new(bound).map_or(0, |bound| random.integers(bound));
		let page = below(self.n_pages);
		let data = &self.hparams.data;
		self.text.sequence(page, below((data.page_tokens / data.sequence_length) as u64) as usize)
	}
}

/// Each sequence of a batch as a batch of its own.
fn rows(batch: &Batch) -> impl Iterator<Item = Batch> + '_ {
	let row = |tokens: &[i64]| Batch { tokens: tokens.to_vec(), rows: 1, columns: batch.columns };
	batch.tokens.chunks_exact(batch.columns.max(1)).map(row)
}

/// A part `rate` of so many batches, at least one. Rounded down, as the reference does.
fn wanted(batches: usize, rate: f64) -> usize {
	((batches as f64 * rate) as usize).max(1)
}

/// A part `rate` of the batches, in their order.
fn sample(mut batches: Vec<Batch>, rate: f64, random: &mut Generator) -> Vec<Batch> {
	let wanted = wanted(batches.len(), rate);
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

	#[test]
	fn a_batch_falls_into_its_sequences() {
		let batch = Batch { tokens: (0..6).collect(), rows: 2, columns: 3 };
		let rows: Vec<Vec<i64>> = rows(&batch).map(|row| row.tokens).collect();
		assert_eq!(rows, [vec![0, 1, 2], vec![3, 4, 5]]);
	}
}
