// SPDX-License-Identifier: Apache-2.0
//! What passes, what is refused, and which reason is given first.

use proptest::prelude::*;

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
	assert_eq!(subnet(&[1, 5], &[1, 1]), RowError::UnknownId);
	assert_eq!(subnet(&[1], &[1]), RowError::TooFewEntries);
	assert_eq!(subnet(&[1, 2], &[1, 3]), RowError::OverLimit);
	assert_eq!(subnet(&[2, 2], &[1, 1]), RowError::DuplicateId);
	let root = |dests: &[u16], weights: &[u16]| root_row(&[1, 2, 7], limits(2, 40_000), dests, weights).unwrap_err();
	assert_eq!(root(&[1, 2], &[1]), RowError::UnequalLengths);
	assert_eq!(root(&[1, 3], &[1, 1]), RowError::UnknownId);
	assert_eq!(root(&[1, 2], &[0, 0]), RowError::NoWeights);
	assert_eq!(root(&[7], &[1]), RowError::TooFewEntries);
	assert_eq!(root(&[1, 2], &[1, 3]), RowError::OverLimit);
	assert_eq!(root(&[2, 2], &[1, 1]), RowError::DuplicateId);
}

#[test]
fn a_self_weight_alone_passes_every_limit() {
	assert_eq!(subnet_row(3, 10, limits(8, 1), &[3], &[5]), Ok(alloc::vec![(3, 65_535)]));
	assert_eq!(subnet_row(3, 10, limits(8, 1), &[4], &[5]), Err(RowError::TooFewEntries));
	assert_eq!(subnet_row(3, 10, limits(1, 1), &[3, 4], &[5, 5]), Err(RowError::OverLimit));
	assert_eq!(subnet_row(3, 3, limits(0, 1), &[3], &[5]), Err(RowError::UnknownId));
}

#[test]
fn a_limit_is_met_by_equality() {
	assert!(subnet_row(9, 10, limits(0, 13_107), &[0, 1, 2, 3, 4], &[1; 5]).is_ok()); // 65535 / 5.
	assert!(subnet_row(9, 10, limits(0, 13_106), &[0, 1, 2, 3, 4], &[1; 5]).is_err());
}

proptest! {
	#[test]
	fn what_is_stored_is_ascending_distinct_and_scaled_up(
		row in proptest::collection::vec((0u16..12, prop_oneof![Just(0), any::<u16>()]), 0..8),
		bounds: (u16, u16),
	) {
		let (ids, weights): (Vec<u16>, Vec<u16>) = row.iter().copied().unzip();
		let netuids = Vec::from_iter(1..10);
		let limits = limits(bounds.0 % 4, bounds.1);
		for stored in [subnet_row(20, 10, limits, &ids, &weights), root_row(&netuids, limits, &ids, &weights)] {
			let Ok(stored) = stored else { continue };
			prop_assert!(stored.is_sorted_by(|(a, _), (b, _)| a < b));
			let top = stored.iter().map(|(_, weight)| *weight).max().unwrap_or(0);
			prop_assert!(top == u16::MAX || weights.iter().all(|weight| *weight == 0));
			prop_assert!(stored.iter().all(|(id, _)| *id < 10));
		}
		if let Ok(stored) = root_row(&netuids, limits, &ids, &weights) {
			prop_assert!(stored.iter().all(|(id, weight)| *id > 0 && *weight > 0));
		}
	}
}
