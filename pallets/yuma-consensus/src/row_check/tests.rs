// SPDX-License-Identifier: Apache-2.0
//! What passes, what is refused, and which reason is given first.

use alloc::collections::BTreeSet;

use proptest::{collection::vec, prelude::*, sample::Index};

use super::*;

fn limits(min_entries: u16, max_weight: u16) -> RowLimits {
	RowLimits { min_entries, max_weight }
}

#[test]
fn a_good_row_is_scaled_up_and_sorted() {
	assert_eq!(subnet_row(9, 10, RowLimits::NONE, &[3, 1], &[2, 1]), Ok(alloc::vec![(1, 32_768), (3, 65_535)]));
	assert_eq!(
		root_row(&[1, 3, 300], RowLimits::NONE, &[300, 1, 3], &[2, 1, 0]),
		Ok(alloc::vec![(1, 32_768), (300, 65_535)])
	);
}

#[test]
fn each_fault_has_its_name() {
	let subnet = |uids: &[u16], weights: &[u16]| subnet_row(0, 5, limits(2, 40_000), uids, weights).unwrap_err();
	assert_eq!(subnet(&[1, 2], &[1]), RowError::UnequalLengths);
	assert_eq!(subnet(&[1; 6], &[1; 6]), RowError::TooManyEntries);
	assert_eq!(subnet(&[1, 5], &[1, 1]), RowError::UnknownId(5));
	assert_eq!(subnet(&[1], &[1]), RowError::TooFewEntries { minimum: 2 });
	assert_eq!(subnet(&[1, 2], &[1, 3]), RowError::OverLimit(2));
	assert_eq!(subnet(&[2, 2], &[1, 1]), RowError::DuplicateId(2));
	let root = |dests: &[u16], weights: &[u16]| root_row(&[1, 2, 7], limits(2, 40_000), dests, weights).unwrap_err();
	assert_eq!(root(&[1, 2], &[1]), RowError::UnequalLengths);
	assert_eq!(root(&[1, 3], &[1, 1]), RowError::UnknownId(3));
	assert_eq!(root(&[1, 2], &[0, 0]), RowError::NoWeights);
	assert_eq!(root(&[7], &[1]), RowError::TooFewEntries { minimum: 2 });
	assert_eq!(root(&[1, 2], &[1, 3]), RowError::OverLimit(2));
	assert_eq!(root(&[2, 2], &[1, 1]), RowError::DuplicateId(2));
}

#[test]
fn a_self_weight_alone_passes_every_limit() {
	assert_eq!(subnet_row(3, 10, limits(8, 1), &[3], &[5]), Ok(alloc::vec![(3, 65_535)]));
	assert_eq!(subnet_row(3, 10, limits(8, 1), &[4], &[5]), Err(RowError::TooFewEntries { minimum: 8 }));
	assert_eq!(subnet_row(3, 10, limits(1, 1), &[3, 4], &[5, 5]), Err(RowError::OverLimit(4)));
	assert_eq!(subnet_row(3, 3, limits(0, 1), &[3], &[5]), Err(RowError::UnknownId(3)));
}

#[test]
fn a_limit_is_met_by_equality() {
	assert!(subnet_row(9, 10, limits(0, 13_107), &[0, 1, 2, 3, 4], &[1; 5]).is_ok()); // 65535 / 5.
	assert!(subnet_row(9, 10, limits(0, 13_106), &[0, 1, 2, 3, 4], &[1; 5]).is_err());
}

#[test]
fn a_root_limit_below_an_even_vote_counts_as_an_even_vote() {
	let root = |limit, weights: &[u16]| root_row(&[1, 2, 3, 4], limits(0, limit), &[1, 2, 3, 4], weights);
	for limit in [0, 1, 655, 16_384] {
		assert!(root(limit, &[7; 4]).is_ok(), "{limit}"); // 65535 / 4 is 16383.75.
		assert_eq!(root(limit, &[8, 7, 7, 7]), Err(RowError::OverLimit(1)), "{limit}");
		assert_eq!(root(limit, &[7, 7, 7, 0]), Err(RowError::OverLimit(3)), "{limit}");
	}
	assert!(root(21_845, &[7, 7, 7, 0]).is_ok()); // A limit that can be met stays what it is.
	assert_eq!(root(21_844, &[7, 7, 7, 0]), Err(RowError::OverLimit(3)));
	assert!(root_row(&[3], limits(0, 6_553), &[3], &[1]).is_ok()); // The only subnet there is.
	assert_eq!(root_row(&[], limits(0, 6_553), &[3], &[1]), Err(RowError::UnknownId(3)));
}

#[test]
fn the_root_network_is_none_of_the_subnets_that_a_minimum_may_ask_for() {
	assert!(root_row(&[0, 1, 2], limits(3, u16::MAX), &[1, 2], &[1, 1]).is_ok());
	assert!(root_row(&[0, 1, 2], limits(0, 0), &[1, 2], &[1, 1]).is_ok());
}

/// A row as somebody may send it, and what it is sent to.
#[derive(Clone, Debug)]
struct Sent {
	uid: u16,
	/// Of a subnet; the root network has the netuids below, but for two.
	n: u16,
	limits: RowLimits,
	ids: Vec<u16>,
	weights: Vec<u16>,
}

impl Sent {
	fn netuids(&self) -> Vec<u16> {
		(0..self.n).filter(|id| ![3, 5].contains(id)).collect()
	}

	fn on_subnet(&self) -> Result<StoredRow, RowError> {
		subnet_row(self.uid, self.n, self.limits, &self.ids, &self.weights)
	}

	fn on_root(&self) -> Result<StoredRow, RowError> {
		root_row(&self.netuids(), self.limits, &self.ids, &self.weights)
	}

	/// One weight for each id, each id known and named once.
	fn names(&self, known: &[u16]) -> bool {
		let distinct: BTreeSet<u16> = self.ids.iter().copied().collect();
		self.ids.len() == self.weights.len()
			&& distinct.len() == self.ids.len()
			&& distinct.iter().all(|id| known.contains(id))
	}

	/// No entry is more than `most` of the row, as exact fractions.
	fn is_within(&self, most: (u64, u64)) -> bool {
		let sum: u64 = self.weights.iter().copied().map(u64::from).sum();
		self.weights.iter().all(|weight| u64::from(*weight) * most.1 <= most.0 * sum)
	}

	fn is_long_enough(&self, known: &[u16]) -> bool {
		self.ids.len() >= known.len() || self.ids.len() >= usize::from(self.limits.min_entries)
	}

	/// What [`subnet_row`] says that it accepts.
	fn may_be_on_subnet(&self) -> bool {
		let known: Vec<u16> = (0..self.n).collect();
		let most = (self.limits.max_weight.into(), 65_535);
		self.names(&known) && (self.ids == [self.uid] || (self.is_long_enough(&known) && self.is_within(most)))
	}

	/// What [`root_row`] says that it accepts.
	fn may_be_on_root(&self) -> bool {
		let known: Vec<u16> = self.netuids().into_iter().filter(|netuid| *netuid > 0).collect();
		let limit = u64::from(self.limits.max_weight);
		let k = known.len() as u64;
		let rounded_up = || (limit..=65_535).find(|limit| limit * k >= 65_535).unwrap_or(65_535);
		self.names(&known)
			&& self.weights.iter().any(|weight| *weight > 0)
			&& self.is_long_enough(&known)
			&& self.is_within((rounded_up(), 65_535))
	}
}

/// Most rows are of distinct ids and equal lengths, so that what follows is reached; the limit of many is their own
/// largest part, or a step from it.
fn sent() -> impl Strategy<Value = Sent> {
	let weight = prop_oneof![2 => Just(0), 3 => 1u16..5, 2 => any::<u16>(), 1 => Just(u16::MAX)];
	let even = (1u16..5, 0usize..12).prop_map(|(weight, n)| alloc::vec![weight; n]);
	let weights = prop_oneof![4 => vec(weight, 0..12), 1 => even];
	let ids = prop_oneof![
		8 => Just((0..12u16).collect::<Vec<_>>()).prop_shuffle(),
		1 => vec(0u16..12, 12),
	];
	let limit = prop_oneof![
		any::<u16>().prop_map(Limit::Any),
		Just(Limit::Any(u16::MAX)),
		(-1i64..=1).prop_map(Limit::NextToLargestPart),
	];
	let missing_ids = prop_oneof![8 => Just(0usize), 1 => 1usize..3];
	(0u16..14, 0u16..14, 0u16..8, limit, ids, weights, missing_ids).prop_map(
		|(uid, n, min_entries, limit, mut ids, weights, missing_ids)| {
			let max_weight = match limit {
				Limit::Any(limit) => limit,
				Limit::NextToLargestPart(step) => {
					let sum: i64 = weights.iter().copied().map(i64::from).sum();
					let max: i64 = weights.iter().copied().max().unwrap_or(0).into();
					(max * 65_535 / sum.max(1) + step).clamp(0, 65_535) as u16
				},
			};
			ids.truncate(weights.len().saturating_sub(missing_ids));
			Sent { uid, n, limits: limits(min_entries, max_weight), ids, weights }
		},
	)
}

#[derive(Clone, Debug)]
enum Limit {
	Any(u16),
	NextToLargestPart(i64),
}

proptest! {
	#![proptest_config(ProptestConfig::with_cases(2_000))]

	#[test]
	fn a_row_is_stored_exactly_if_the_description_says_so(sent in sent()) {
		prop_assert_eq!(sent.on_subnet().is_ok(), sent.may_be_on_subnet(), "on a subnet: {:?}", sent.on_subnet());
		prop_assert_eq!(sent.on_root().is_ok(), sent.may_be_on_root(), "on root: {:?}", sent.on_root());
	}

	#[test]
	fn a_fault_that_is_named_is_one_of_the_row(sent in sent()) {
		for (row, known) in [
			(sent.on_subnet(), (0..sent.n).collect::<Vec<_>>()),
			(sent.on_root(), sent.netuids().into_iter().filter(|netuid| *netuid > 0).collect()),
		] {
			let Err(fault) = row else { continue };
			let is_so = match fault {
				RowError::UnequalLengths => sent.ids.len() != sent.weights.len(),
				RowError::TooManyEntries => sent.ids.len() > known.len(),
				RowError::UnknownId(id) => sent.ids.contains(&id) && !known.contains(&id),
				RowError::TooFewEntries { .. } => !sent.is_long_enough(&known),
				RowError::OverLimit(_) => !sent.is_within((sent.limits.max_weight.into(), 65_535)),
				RowError::DuplicateId(id) => sent.ids.iter().filter(|named| **named == id).count() > 1,
				RowError::NoWeights => sent.weights.iter().all(|weight| *weight == 0),
			};
			prop_assert!(is_so, "{:?}", fault);
		}
	}

	/// A subnet's row of zeros is kept as it was sent; on root there is none.
	#[test]
	fn what_is_stored_is_ascending_distinct_and_scaled_up(sent in sent()) {
		let is_zero = sent.weights.iter().all(|weight| *weight == 0);
		for stored in [sent.on_subnet(), sent.on_root()].into_iter().flatten() {
			prop_assert!(stored.is_sorted_by(|(a, _), (b, _)| a < b));
			let top = stored.iter().map(|(_, weight)| *weight).max();
			prop_assert_eq!(top.unwrap_or(0), if is_zero { 0 } else { u16::MAX });
		}
		if let Ok(stored) = sent.on_subnet() {
			prop_assert_eq!(stored.len(), sent.ids.len());
		}
		if let Ok(stored) = sent.on_root() {
			prop_assert!(!is_zero && stored.iter().all(|(id, weight)| *id > 0 && *weight > 0));
		}
	}

	#[test]
	fn the_order_of_entries_changes_nothing(sent in sent(), swaps in vec((any::<Index>(), any::<Index>()), 0..12)) {
		prop_assume!(sent.ids.len() == sent.weights.len() && !sent.ids.is_empty());
		let mut other = sent.clone();
		for (a, b) in swaps {
			let (a, b) = (a.index(other.ids.len()), b.index(other.ids.len()));
			other.ids.swap(a, b);
			other.weights.swap(a, b);
		}
		prop_assert_eq!(sent.on_subnet(), other.on_subnet());
		prop_assert_eq!(sent.on_root(), other.on_root());
	}

	/// With or without the root network among them.
	#[test]
	fn an_even_vote_for_all_subnets_passes_every_root_limit(
		k in prop_oneof![1u16..300, any::<u16>().prop_map(|k| k.max(1))],
		first in 0u16..2,
		(weight, min_entries, max_weight) in (1u16.., any::<u16>(), any::<u16>()),
	) {
		let netuids: Vec<u16> = (first..=k).collect();
		let dests: Vec<u16> = (1..=k).collect();
		let weights = alloc::vec![weight; dests.len()];
		prop_assert!(root_row(&netuids, limits(min_entries, max_weight), &dests, &weights).is_ok());
	}
}
