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
use tracing::info;

use crate::clock::Window;
use crate::data::{assigned, Assigned, Assignment, Batch, Seed};
use crate::gradient::Header;
use crate::model;
use crate::shared_model::{SharedModelError, Text};
use crate::templar::text::stated;
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
		let (data, rate) = (&self.hparams.data, self.hparams.evaluation.validator_sample_rate);
		let sequences = match data.assignment {
			Assignment::Pages => {
				let tokens = data.page_tokens * data.pages_per_window as usize;
				wanted(tokens / (data.sequence_length * data.batch_size), rate) * data.batch_size
			},
			Assignment::Pool { measured, .. } => measured,
		};
		u32::try_from(sequences).unwrap_or(u32::MAX)
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

	/// Batches of the text that was assigned to a miner. What it says of that is compared, and told where it is false; it is
	/// judged by what its gradient does, as in the reference.
	pub fn own(&self, miner: &Header) -> Result<Vec<model::Batch>, SharedModelError> {
		let assigned = self.text.assigned(miner.uid, self.window);
		if miner.text != stated(&assigned) {
			info!(uid = miner.uid, window = self.window, "says that it trained on other text than it was assigned");
		}
		let domain = format!("batches of {}", miner.uid);
		let batches = match &assigned {
			Assigned::Pages(pages) => self.part(self.text.batches(pages)?, &domain),
			Assigned::Sequences(numbers) => {
				let chosen = self.chosen(numbers.len() as u64, &domain);
				self.one_by_one(chosen.into_iter().filter_map(|place| numbers.get(place).copied()))?
			},
		};
		self.text.all_readable(&batches)
	}

	/// Random sequences by their numbers, each a batch of its own: those of `owner`, or of everybody.
	pub fn random(&self, owner: Option<Uid>, numbers: Range<u32>) -> Result<Vec<model::Batch>, SharedModelError> {
		let domain = owner.map_or("random batches".into(), |uid| format!("random batches of {uid}"));
		let (first, count) = (numbers.start as usize, numbers.len());
		let data = &self.hparams.data;
		let sequences = match (self.hparams.evaluation.sampling, data.assignment) {
			(Sampling::Sequential(_), _) => self.one_by_one(numbers.map(|number| self.sequence(number)))?,
			(_, Assignment::Pool { .. }) => {
				let chosen = self.chosen(self.text.n_sequences(), &domain).into_iter().skip(first).take(count);
				self.one_by_one(chosen.map(|number| number as u64))?
			},
			(_, Assignment::Pages) => {
				let seed = Seed::of_block(&self.hash, "pages");
				let pages = assigned(seed, self.window, data.pages_per_window, self.n_pages);
				let batches = self.part(self.text.batches(&pages)?, &domain);
				batches.iter().flat_map(rows).skip(first).take(count).collect()
			},
		};
		self.text.all_readable(&sequences)
	}

	/// The part of the batches that is measured.
	fn part(&self, batches: Vec<Batch>, domain: &str) -> Vec<Batch> {
		sample(batches, self.hparams.evaluation.validator_sample_rate, &mut self.chance(domain))
	}

	/// Which of so many sequences are measured where they are drawn from a pool, ascending.
	fn chosen(&self, sequences: u64, domain: &str) -> Vec<usize> {
		let sequences = usize::try_from(sequences).unwrap_or(usize::MAX);
		let chosen = self.chance(domain).choice(sequences, self.sequences() as usize);
		let mut chosen = chosen.unwrap_or_default(); // There are as many, see `Text::new`.
		chosen.sort_unstable();
		chosen
	}

	/// One sequence of a page of its own, so that each is drawn without regard to the others; its number.
	fn sequence(&self, number: u32) -> u64 {
		let mut random = self.chance(&format!("sequence {number}"));
		let mut below = |bound: u64| NonZeroU64::new(bound).map_or(0, |bound| random.integers(bound));
		let page = below(self.n_pages);
		let of_a_page = (self.hparams.data.page_tokens / self.hparams.data.sequence_length) as u64;
		page * of_a_page + below(of_a_page)
	}

	fn one_by_one(&self, numbers: impl Iterator<Item = u64>) -> Result<Vec<Batch>, SharedModelError> {
		numbers.map(|number| self.text.sequences(&[number])).collect()
	}

	fn chance(&self, domain: &str) -> Generator {
		Generator::new(Seed::of_block(&self.hash, domain).get())
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
mod tests;
