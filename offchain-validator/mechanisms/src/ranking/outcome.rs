// SPDX-License-Identifier: Apache-2.0
//! What a ranking has found.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{mean::Mean, Moments, PageLoss, Ranking, Sampling};
use crate::Uid;

/// What a ranking has found, at its end or on the way.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Outcome {
	/// The miners that were measured, the best first.
	pub order: Vec<Uid>,
	/// What is known of each of them.
	pub miners: BTreeMap<Uid, Estimate>,
	/// Neighbours in the order that the sequential rule would have gone on with; none under the others, which never look.
	pub open: usize,
	/// Pages measured, of all miners together.
	pub pages: u64,
}

/// What is known of one miner.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Estimate {
	/// Part of the loss that the submission removes, at most 1; scores of better miners are never lower.
	pub score: f64,
	/// Chance that the order to both neighbours is right, or that they differ by no more than the indifference width:
	/// `[0, 1]`, one without neighbours. It is what the pages tell, whenever the rule stopped (Student's distribution, all
	/// differences beforehand as likely as each other); for an order that is left open, near a half or less.
	pub confidence: f64,
	/// Pages it was measured on.
	pub pages: usize,
	/// Mean loss before, on these pages, in nats per token.
	pub before: f64,
	/// Mean reduction of the loss on these pages, in nats per token.
	pub reduction: f64,
	/// Standard error of that, with all by which pages differ; none of a single page.
	pub reduction_error: Option<f64>,
	/// How much more it reduces the loss than the median of all that were measured on the same page, on average, in nats per
	/// token; none where miners have pages of their own.
	pub advantage: Option<f64>,
	/// Standard error of that, with the pages' own differences gone; none of a single page.
	pub advantage_error: Option<f64>,
}

impl Ranking {
	/// What has been found so far. Miners that were not measured, or are out, are not in it.
	pub fn outcome(&self) -> Outcome {
		let mut current = self.clone();
		current.reorder();
		let order: Vec<Uid> = current.order.iter().copied().filter(|uid| !current.of(*uid).is_empty()).collect();
		current.order.clone_from(&order);
		let mut scores: Vec<f64> = order.iter().map(|uid| Mean::relative(current.of(*uid)).value).collect();
		scores.sort_by(|one, other| other.total_cmp(one));
		let medians = current.medians();
		let estimate = |(place, (uid, score)): (usize, (&Uid, f64))| {
			(*uid, current.estimate(*uid, score, current.confidence(place), &medians))
		};
		let open = match current.sampling {
			Sampling::Sequential(_) => current.open().count(),
			Sampling::Reference | Sampling::Shared => 0,
		};
		let miners = order.iter().zip(scores).enumerate().map(estimate).collect();
		Outcome { order, miners, open, pages: current.spent }
	}

	fn estimate(&self, uid: Uid, score: f64, confidence: f64, medians: &[f64]) -> Estimate {
		let pages = self.of(uid);
		let reduction = Mean::reduction(pages);
		let ahead = pages.iter().zip(medians).map(|(loss, median)| median - loss.after);
		let advantage = Some(Mean::of(Moments::of(ahead))).filter(|_| self.sampling != Sampling::Reference);
		let known = |error: f64| Some(error).filter(|error| error.is_finite());
		Estimate {
			score,
			confidence,
			pages: pages.len(),
			before: Moments::of(pages.iter().map(|loss| loss.before)).mean,
			reduction: reduction.value,
			reduction_error: known(reduction.error),
			advantage: advantage.map(|advantage| advantage.value),
			advantage_error: advantage.and_then(|advantage| known(advantage.error)),
		}
	}

	/// That the miner at this place is in the right order to both neighbours: at least what neither's chance of being wrong
	/// takes away.
	fn confidence(&self, place: usize) -> f64 {
		let indifference = match self.sampling {
			Sampling::Sequential(rule) => rule.indifference,
			Sampling::Reference | Sampling::Shared => 0.0,
		};
		let at = |place: Option<usize>| place.and_then(|place| self.order.get(place)).copied();
		let wrong = |one: Option<Uid>, other: Option<Uid>| match (one, other) {
			(Some(one), Some(other)) => 1.0 - self.lead(one, other).chance_above(-indifference),
			_ => 0.0,
		};
		let (above, below) = (at(place.checked_sub(1)), at(place.checked_add(1)));
		(1.0 - wrong(above, at(Some(place))) - wrong(at(Some(place)), below)).max(0.0)
	}

	/// The median loss after, of all that were measured on each page. Of an even number the mean of both in the middle.
	fn medians(&self) -> Vec<f64> {
		let longest = self.losses.values().map(Vec::len).max().unwrap_or_default();
		let median = |page: usize| {
			let mut after: Vec<f64> =
				self.losses.values().filter_map(|losses| losses.get(page)).map(|loss: &PageLoss| loss.after).collect();
			after.sort_by(f64::total_cmp);
			let upper = after.len() / 2;
			let lower = after.len().saturating_sub(1) / 2;
			[lower, upper].iter().filter_map(|place| after.get(*place)).sum::<f64>() / 2.0
		};
		(0..longest).map(median).collect()
	}
}
