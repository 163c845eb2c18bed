// SPDX-License-Identifier: Apache-2.0
//! Which submissions lower the loss more, from as few pages of text as will do, and how surely that is known.
//!
//! A submission changes the loss on a page from `before` to `after`. Pages differ far more from one another than good
//! submissions do, so two miners that are measured on different pages are told apart by luck first. On the same pages the
//! page cancels: of the differences `D = after(other) − after(one)`, page by page, what remains is what matters. A
//! [`Sampling`] says which pages each miner is measured on; a [`Ranking`] asks for them, takes the losses and tells the
//! order, an [`Estimate`] for each miner, and the confidence of it.
//!
//! # The sequential rule
//!
//! All miners begin on the same few pages. Then only those neighbours in the order go on whose order is still open: each
//! gets the next pages of one sequence that is the same for all, so any two can always be compared on the pages that both
//! have seen. A pair is settled once the [confidence sequence](boundary) of its mean difference leaves out zero, or is
//! *level* once it lies within the indifference width. The error `1 − confidence` is divided by all pairs that there are,
//! not only the neighbours, because the data choose the neighbours. So with that confidence no pair is ever settled the
//! wrong way, whatever the rule spends and whenever it stops. It stops when all neighbours are settled or level, when the
//! budget is spent (what the shared rule would have spent), or at the most pages for one miner.
//!
//! Miners of which one has seen more pages than the other are compared on those that both have seen, so what a wild
//! submission does to the loss enters no comparison but its own. Scores are the relative reductions of the loss on a
//! miner's own pages, dealt out in the order found: where nobody was measured longer than others these are everybody's own.
//!
//! # What a miner can predict or gain
//!
//! * *Which pages.* Nobody knows them before uploads have closed, under any rule: the caller draws them from a block that
//!   comes later. (The published program draws from a constant seed, so all of its pages can be known beforehand.)
//! * *[`Sampling::Reference`]* is a lottery with a draw for each uid: of ten uids that submit much the same, the one with the
//!   luckiest pages is ranked above an honest miner that is better. Noise pays, as only the good draws win matches.
//! * *[`Sampling::Shared`]*: the same submission has the same score, so further uids draw nothing more. What remains of luck
//!   is how well a submission suits these pages, and the confidence tells how much that may be.
//! * *[`Sampling::Sequential`]*: who is measured longer has neighbours that are hard to tell from it, which lowers or raises
//!   no score. Miners that keep close to each other on purpose use up pages; yet every open pair gets pages in each round, so
//!   what they take from others ends at `depth` times the pages of the shared rule for each of them, and a level pair ends
//!   sooner. A submission that is a little better on almost every page and ruinous on few can be settled as better before
//!   such a page comes up. No rule without a bound on the loss can exclude that (Bahadur and Savage 1956); it lasts as long as
//!   the luck does, for each window draws anew.
//!
//! Knows no page's content, no model and no chain.

pub mod boundary;
mod kendall;
mod mean;
mod outcome;
mod params;
mod plan;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::Uid;
use mean::{Mean, Moments};

pub use kendall::kendall_tau;
pub use outcome::{Estimate, Outcome};
pub use params::{Sampling, Sequential};

/// Largest magnitude of a loss, in nats per token. What a model can bring about is below 1e39, where f32 ends.
const LARGEST: f64 = 1e50;

/// Mean loss on one page before and after a submission, in nats per token.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PageLoss {
	/// Of the model as it is.
	pub before: f64,
	/// With the submission applied.
	pub after: f64,
}

/// One miner is to be measured on one page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Measurement {
	/// Which miner.
	pub uid: Uid,
	/// Number of the page, from zero: in the sequence that all miners share, or in the miner's own under
	/// [`Sampling::Reference`].
	pub page: u32,
}

/// What became of a loss that was handed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recorded {
	/// It counts.
	Kept,
	/// The submission made the loss infinite or not a number: the miner is out.
	Exploded,
}

/// Why a loss cannot be taken. Never a miner's doing.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum RecordError {
	/// The model itself has no usable loss on the page.
	#[error("the loss on page {page} is {before} before anything is applied: the model or the data are unusable")]
	NoBaseline {
		/// Number of the page.
		page: u32,
		/// What it is.
		before: f64,
	},
	/// The miner is not ranked, or is out.
	#[error("uid {uid} is not being ranked")]
	NotRanked {
		/// Which one.
		uid: Uid,
	},
	/// Pages are measured in their order.
	#[error("uid {uid} is to be measured on page {expected} next, not on {page}")]
	OutOfTurn {
		/// Which miner.
		uid: Uid,
		/// The page that was handed in.
		page: u32,
		/// The page that comes next.
		expected: usize,
	},
	/// There is nothing left to spend.
	#[error("all of the {budget} pages are spent: measure what was asked for alone")]
	Spent {
		/// Pages for all miners together.
		budget: u64,
	},
}

/// The miners of one window, being ranked. Plain data: saved and restored, it goes on as if nothing had been.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ranking {
	sampling: Sampling,
	/// Pages of each miner, on average under the sequential rule.
	pages: u32,
	/// Miners at the beginning.
	entrants: u64,
	/// Pages measured so far, of all miners together.
	spent: u64,
	/// By miner, page after page.
	losses: BTreeMap<Uid, Vec<PageLoss>>,
	/// The miners in the order found so far, the best first.
	order: Vec<Uid>,
	/// Pairs of which the first is better, at the confidence of the rule.
	above: BTreeSet<(Uid, Uid)>,
	/// Pairs, the lower uid first, that differ by no more than the indifference width.
	level: BTreeSet<(Uid, Uid)>,
}

impl Ranking {
	/// Nothing measured yet. `pages`, of which there is at least one, are those of each miner under
	/// [`Sampling::Reference`] and [`Sampling::Shared`], and of the average miner at most under [`Sampling::Sequential`].
	pub fn new(sampling: Sampling, pages: u32, miners: impl IntoIterator<Item = Uid>) -> Self {
		let losses: BTreeMap<Uid, Vec<PageLoss>> = miners.into_iter().map(|uid| (uid, Vec::new())).collect();
		Self {
			sampling,
			pages: pages.max(1),
			entrants: losses.len() as u64,
			spent: 0,
			order: losses.keys().copied().collect(),
			losses,
			above: BTreeSet::new(),
			level: BTreeSet::new(),
		}
	}

	/// Most pages that are measured, of all miners together.
	pub fn budget(&self) -> u64 {
		self.entrants.saturating_mul(self.pages.into())
	}

	/// Most pages that one miner is measured on.
	pub fn most_pages(&self) -> u32 {
		match self.sampling {
			Sampling::Reference | Sampling::Shared => self.pages,
			Sampling::Sequential(rule) => self.pages.saturating_mul(rule.depth),
		}
	}

	/// What to measure next, by page and then by uid; nothing when it is done. Until these are recorded it stays the same.
	pub fn next_round(&mut self) -> Vec<Measurement> {
		self.reorder();
		match self.sampling {
			Sampling::Reference | Sampling::Shared => self.everyone_up_to(self.pages as usize),
			Sampling::Sequential(rule) => {
				self.settle(&rule);
				self.plan(&rule)
			},
		}
	}

	/// Takes the losses of one measurement. Those of a miner come in the order of the pages.
	pub fn record(&mut self, at: Measurement, loss: PageLoss) -> Result<Recorded, RecordError> {
		let Measurement { uid, page } = at;
		let budget = self.budget();
		let losses = self.losses.get_mut(&uid).ok_or(RecordError::NotRanked { uid })?;
		if losses.len() != page as usize {
			return Err(RecordError::OutOfTurn { uid, page, expected: losses.len() });
		}
		if !(loss.before.is_finite() && loss.before.abs() <= LARGEST) {
			return Err(RecordError::NoBaseline { page, before: loss.before });
		}
		if self.spent >= budget {
			return Err(RecordError::Spent { budget });
		}
		self.spent = self.spent.saturating_add(1);
		if loss.after.is_finite() && loss.after.abs() <= LARGEST {
			losses.push(loss);
			return Ok(Recorded::Kept);
		}
		self.withdraw(uid);
		Ok(Recorded::Exploded)
	}

	/// Takes a miner out that cannot be measured any more. What was spent on it is spent.
	pub fn withdraw(&mut self, uid: Uid) {
		self.losses.remove(&uid);
		self.order.retain(|other| *other != uid);
	}

	/// The pairs of which the first is better, at the confidence of the sequential rule.
	pub fn settled(&self) -> impl ExactSizeIterator<Item = (Uid, Uid)> + '_ {
		self.above.iter().copied()
	}

	/// How far the first miner is ahead of the second.
	fn lead(&self, one: Uid, other: Uid) -> Mean {
		match self.sampling {
			Sampling::Reference => Mean::relative(self.of(one)).minus(Mean::relative(self.of(other))),
			Sampling::Shared | Sampling::Sequential(_) => Mean::of(self.differences(one, other)),
		}
	}

	/// Of the differences on the pages that both have seen, in nats per token; positive where the first is better.
	fn differences(&self, one: Uid, other: Uid) -> Moments {
		// Of pages that both have seen the loss before cancels.
		let pages = self.of(one).iter().zip(self.of(other));
		Moments::of(pages.map(|(one, other)| other.after - one.after))
	}

	fn of(&self, uid: Uid) -> &[PageLoss] {
		self.losses.get(&uid).map_or(&[], Vec::as_slice)
	}

	/// Brings the order up to date: no miner stands right behind one that it is ahead of. What is settled stays.
	fn reorder(&mut self) {
		// Where comparisons on different pages go round in a circle there is no such order, so the passes are limited.
		for _ in 0..self.order.len() {
			let mut order = std::mem::take(&mut self.order);
			let mut moved = false;
			for place in 1..order.len() {
				if let Some([one, other]) = order.get_mut(place.saturating_sub(1)..=place) {
					if self.is_behind(*one, *other) {
						std::mem::swap(one, other);
						moved = true;
					}
				}
			}
			self.order = order;
			if !moved {
				break;
			}
		}
	}

	fn is_behind(&self, one: Uid, other: Uid) -> bool {
		if self.above.contains(&(one, other)) {
			return false;
		}
		self.above.contains(&(other, one)) || self.lead(one, other).value < 0.0
	}

	/// Neighbours in the order, the better one first.
	fn neighbours(&self) -> impl Iterator<Item = (Uid, Uid)> + '_ {
		self.order.iter().copied().zip(self.order.iter().copied().skip(1))
	}
}

#[cfg(test)]
mod tests;
