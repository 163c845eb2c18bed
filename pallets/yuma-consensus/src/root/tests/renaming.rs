// SPDX-License-Identifier: Apache-2.0
//! Order and names mean nothing: of rows, of uids, of entries, of subnets.

use super::*;

/// A share whose last bits rounding may turn is off by no more than this, per 2⁶⁴.
const ROUNDING: u64 = 64;

/// Places of `0..n`, shuffled by the bits of `seed`.
fn shuffled(n: usize, mut seed: u64) -> Vec<usize> {
	let mut order: Vec<usize> = (0..n).collect();
	for i in (1..n).rev() {
		seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
		order.swap(i, (seed >> 33) as usize % (i + 1));
	}
	order
}

proptest! {
	#[test]
	fn order_of_rows_and_uids_changes_nothing(votes in votes(), seed: u64, params in params()) {
		let netuids = Vec::from_iter(1..=8);
		let turned: Vec<Vote> = shuffled(votes.len(), seed).into_iter().map(|uid| votes[uid].clone()).collect();
		prop_assert_eq!(shares_of(&netuids, &votes, params), shares_of(&netuids, &turned, params));
	}

	#[test]
	fn order_of_entries_as_storage_may_keep_them_changes_nothing(votes in votes(), seed: u64, params in params()) {
		let netuids = Vec::from_iter(1..=8);
		let turn = |row: &StoredRow| shuffled(row.len(), seed).into_iter().map(|entry| row[entry]).collect();
		let turned: Vec<Vote> = votes.iter().map(|(stake, row)| (*stake, turn(row))).collect();
		prop_assert_eq!(shares_of(&netuids, &votes, params), shares_of(&netuids, &turned, params));
	}

	#[test]
	fn names_of_subnets_that_keep_their_order_change_nothing(votes in votes(), step in 1u16..5_000, params in params()) {
		let renamed = |row: &StoredRow| row.iter().map(|(netuid, weight)| (netuid * step, *weight)).collect();
		let others: Vec<Vote> = votes.iter().map(|(stake, row)| (*stake, renamed(row))).collect();
		let spread = Vec::from_iter((1..=8).map(|netuid| netuid * step));
		prop_assert_eq!(shares_of(&Vec::from_iter(1..=8), &votes, params), shares_of(&spread, &others, params));
	}

	#[test]
	fn renaming_subnets_permutes_the_shares(votes in votes(), seed: u64, amount in 0u64..1 << 40, params in params()) {
		let netuids = Vec::from_iter(1..12);
		let name: Vec<u16> = shuffled(netuids.len(), seed).into_iter().map(|place| place as u16 + 1).collect();
		let renamed = |row: &StoredRow| -> StoredRow {
			let mut row: StoredRow = row.iter().map(|(id, weight)| (name[usize::from(*id) - 1], *weight)).collect();
			row.sort_unstable();
			row
		};
		let others: Vec<Vote> = votes.iter().map(|(stake, row)| (*stake, renamed(row))).collect();
		let (shares, permuted) = (shares_of(&netuids, &votes, params), shares_of(&netuids, &others, params));
		let (paid, paid_permuted) = (split(amount, &shares), split(amount, &permuted));
		for (place, name) in name.iter().enumerate() {
			let renamed = usize::from(*name) - 1;
			prop_assert!(shares[place].abs_diff(permuted[renamed]) <= ROUNDING);
			prop_assert!(paid[place].abs_diff(paid_permuted[renamed]) <= 1); // The rao of the tie-break.
		}
	}
}

#[test]
fn the_tie_break_goes_to_the_lower_netuid_and_is_one_rao() {
	let votes: [Vote; 2] = [(5, alloc::vec![(3, 65_535)]), (5, alloc::vec![(4, 65_535)])];
	assert_eq!(split(9, &shares_of(&[3, 4], &votes, PARAMS)), [5, 4]);
	let renamed: [Vote; 2] = [(5, alloc::vec![(4, 65_535)]), (5, alloc::vec![(3, 65_535)])];
	assert_eq!(split(9, &shares_of(&[3, 4], &renamed, PARAMS)), [5, 4]);
}
