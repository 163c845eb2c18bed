// SPDX-License-Identifier: Apache-2.0
//! A row's pull is its stake: the defect that this project removes, as properties.

use super::*;

const NETUIDS: [u16; 8] = [1, 2, 3, 4, 5, 6, 7, 8];

fn ranks_of(votes: &[Vote], whole: impl Fn(u64) -> u64) -> Vec<u128> {
	let votes: Vec<RootVote> = votes.iter().map(|(stake, row)| RootVote { stake: *stake, row }).collect();
	tally(&NETUIDS, &votes, whole).subnets.iter().map(|subnet| subnet.rank).collect()
}

fn rank_sum(votes: &[Vote]) -> u128 {
	ranks_of(votes, |units| units).iter().sum()
}

fn names_a_subnet(row: &[(u16, u16)]) -> bool {
	row.iter().any(|(id, weight)| NETUIDS.contains(id) && *weight > 0)
}

/// The unit of ranks for this much voting stake.
fn unit(voting: u128) -> u128 {
	1 << (RANK_BITS - (128 - voting.leading_zeros()))
}

proptest! {
	#[test]
	fn the_sum_of_ranks_is_the_stake_of_those_who_vote(votes in votes()) {
		let voting = votes.iter().filter(|(_, row)| names_a_subnet(row)).map(|(stake, _)| u128::from(*stake));
		let voting: u128 = voting.sum();
		prop_assume!(voting > 0);
		prop_assert_eq!(rank_sum(&votes), voting * unit(voting));
	}

	#[test]
	fn each_row_adds_exactly_its_stake_however_many_subnets_it_names(
		votes in votes(),
		stake in 1u64..,
		named in 1u16..=8,
		weights in proptest::collection::vec(1u16.., 8),
	) {
		let row: StoredRow = (1..=named).zip(weights).collect();
		let without = votes.iter().filter(|(_, row)| names_a_subnet(row)).map(|(stake, _)| u128::from(*stake)).sum();
		let with = without + u128::from(stake);
		let mut more = votes.clone();
		more.push((stake, row));
		// Compared in the finer of the two units.
		let before = if without == 0 { 0 } else { rank_sum(&votes) / unit(without) };
		prop_assert_eq!(rank_sum(&more), (before + u128::from(stake)) * unit(with));
	}

	#[test]
	fn spreading_or_concentrating_a_vote_leaves_the_sum_of_ranks(
		votes in votes(),
		stake in 1u64..,
		row in proptest::collection::btree_map(1u16..=8, 1u16.., 1..8),
	) {
		let with = |row: StoredRow| [votes.as_slice(), &[(stake, row)]].concat();
		let concentrated = rank_sum(&with(alloc::vec![(1, 65_535)]));
		prop_assert_eq!(rank_sum(&with(row.into_iter().collect())), concentrated);
	}

	#[test]
	fn rows_taken_as_stored_add_a_multiple_of_their_stake(stake in 1u64.., named in 2u16..=8) {
		let row: StoredRow = (1..=named).map(|netuid| (netuid, 65_535)).collect();
		let rank = ranks_of(&[(stake, row)], |_| u16::MAX.into());
		prop_assert_eq!(rank.iter().sum::<u128>(), u128::from(named) * u128::from(stake) * unit(stake.into()));
	}

	#[test]
	fn scaling_a_row_changes_nothing(
		stakes in proptest::collection::vec(any::<u64>(), 1..6),
		weights in proptest::collection::vec(1u16..=100, 1..6),
		factor in 1u16..=600,
		params in params(),
	) {
		let row = |scale: u16| -> StoredRow { (1u16..).zip(&weights).map(|(id, w)| (id, w * scale)).collect() };
		let votes = |scale| stakes.iter().map(|stake| (*stake, row(scale))).collect::<Vec<_>>();
		prop_assert_eq!(shares_of(&NETUIDS, &votes(1), params), shares_of(&NETUIDS, &votes(factor), params));
	}

	#[test]
	fn scaling_one_row_among_others_changes_nothing(votes in votes(), factor in 2u16..=9, params in params()) {
		let small = |row: &StoredRow| row.iter().map(|(id, weight)| (*id, weight / factor)).collect::<StoredRow>();
		let votes: Vec<Vote> = votes.iter().map(|(stake, row)| (*stake, small(row))).collect();
		for scaled in 0..votes.len() {
			let mut others = votes.clone();
			for (_, weight) in &mut others[scaled].1 {
				*weight *= factor;
			}
			prop_assert_eq!(shares_of(&NETUIDS, &votes, params), shares_of(&NETUIDS, &others, params));
		}
	}
}
