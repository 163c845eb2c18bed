// SPDX-License-Identifier: Apache-2.0
//! The sequential rule: which pairs are settled, and what the next pages are spent on.

use std::collections::BTreeMap;

use super::{
	boundary::{first_finite, half_width},
	Measurement, Ranking, Sequential,
};
use crate::Uid;

/// A round goes on for one page, and for one in so many of those a pair has seen: so rounds are few, which spares a
/// device from changing submissions, and overshoot little.
const GROWTH: usize = 8;

impl Ranking {
	/// All measurements that are missing until everybody has so many pages.
	pub(super) fn everyone_up_to(&self, pages: usize) -> Vec<Measurement> {
		self.missing(&self.losses.keys().map(|uid| (*uid, pages)).collect())
	}

	/// Notes the neighbours whose order has been found, or that need none.
	pub(super) fn settle(&mut self, rule: &Sequential) {
		let alpha = self.alpha(rule);
		for (one, other) in self.open().collect::<Vec<_>>() {
			let differences = self.differences(one, other);
			let (lead, width) = (differences.mean, half_width(differences.count, differences.square.sqrt(), alpha));
			if lead - width > 0.0 {
				self.above.insert((one, other));
			} else if lead.abs() + width <= rule.indifference {
				self.level.insert(unordered(one, other));
			}
		}
	}

	/// What the sequential rule measures next.
	pub(super) fn plan(&self, rule: &Sequential) -> Vec<Measurement> {
		let first = first_finite(self.alpha(rule)).min(self.pages as usize);
		let start = self.everyone_up_to(first);
		if !start.is_empty() {
			return start;
		}
		let most = self.most_pages() as usize;
		let mut left = self.budget().saturating_sub(self.spent);
		let mut goals = BTreeMap::new();
		let mut open: Vec<(Uid, Uid)> = self.open().collect();
		// Those that are behind come first; so none waits longer than a round, should the budget not do for all.
		open.sort_by_key(|(one, other)| self.seen_by_both(*one, *other));
		for (one, other) in open {
			let seen = self.seen_by_both(one, other);
			let goal = seen.saturating_add(seen / GROWTH).saturating_add(1).min(most);
			// Both or none: a page that one alone has seen tells nothing.
			for goal in (seen.saturating_add(1)..=goal).rev() {
				let further: BTreeMap<Uid, usize> = [one, other].map(|uid| (uid, goal)).into();
				let cost = self.cost(&goals, &further);
				if cost <= left {
					left = left.saturating_sub(cost);
					for (uid, goal) in further {
						let reached = goals.entry(uid).or_insert(goal);
						*reached = goal.max(*reached);
					}
					break;
				}
			}
		}
		self.missing(&goals)
	}

	/// Neighbours whose order is open.
	pub(super) fn open(&self) -> impl Iterator<Item = (Uid, Uid)> + '_ {
		self.neighbours().filter(|(one, other)| {
			!self.above.contains(&(*one, *other)) && !self.level.contains(&unordered(*one, *other))
		})
	}

	/// The chance of an error that each pair has.
	fn alpha(&self, rule: &Sequential) -> f64 {
		let miners = self.entrants as f64;
		(1.0 - rule.confidence) / (miners * (miners - 1.0) / 2.0).max(1.0)
	}

	fn seen_by_both(&self, one: Uid, other: Uid) -> usize {
		self.of(one).len().min(self.of(other).len())
	}

	/// Pages to measure until `further` are reached besides `goals`.
	fn cost(&self, goals: &BTreeMap<Uid, usize>, further: &BTreeMap<Uid, usize>) -> u64 {
		let pages = |(uid, goal): (&Uid, &usize)| {
			let reached = goals.get(uid).copied().unwrap_or_default().max(self.of(*uid).len());
			goal.saturating_sub(reached) as u64
		};
		further.iter().map(pages).fold(0, u64::saturating_add)
	}

	/// The measurements between where each miner is and its goal, by page and then by uid.
	fn missing(&self, goals: &BTreeMap<Uid, usize>) -> Vec<Measurement> {
		let pages = |(uid, goal): (&Uid, &usize)| {
			let (uid, goal) = (*uid, u32::try_from(*goal).unwrap_or(u32::MAX));
			let next = u32::try_from(self.of(uid).len()).unwrap_or(u32::MAX);
			(next..goal).map(move |page| Measurement { uid, page })
		};
		let mut missing: Vec<Measurement> = goals.iter().flat_map(pages).collect();
		missing.sort_by_key(|measurement| measurement.page); // Stable, so uids stay in their order.
		missing
	}
}

fn unordered(one: Uid, other: Uid) -> (Uid, Uid) {
	(one.min(other), one.max(other))
}
