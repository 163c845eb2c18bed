// SPDX-License-Identifier: Apache-2.0
//! What voting more, or not at all, does; and conservation.

use super::*;

proptest! {
	#[test]
	fn shares_sum_to_one_or_nobody_votes(votes in votes(), params in params()) {
		let shares = shares_of(&Vec::from_iter(1..=8), &votes, params);
		let votes_for_something = |(stake, row): &Vote| *stake > 0 && row.iter().any(|(id, w)| *id <= 8 && *w > 0);
		let expected = if votes.iter().any(votes_for_something) { u128::from(u64::MAX) } else { 0 };
		prop_assert_eq!(shares.into_iter().map(u128::from).sum::<u128>(), expected);
	}

	#[test]
	fn the_parts_sum_to_the_block_emission(votes in votes(), params in params(), amount: u64) {
		let shares = shares_of(&Vec::from_iter(1..=8), &votes, params);
		let paid: u128 = split(amount, &shares).into_iter().map(u128::from).sum();
		prop_assert_eq!(paid, if shares.iter().all(|share| *share == 0) { 0 } else { u128::from(amount) });
	}

	#[test]
	fn a_subnet_that_nobody_votes_for_changes_nothing_and_earns_nothing(
		votes in votes(),
		unvoted in proptest::collection::btree_set(12u16.., 1..5),
		first in prop_oneof![Just(None), Just(Some(0u16))],
		params in params(),
	) {
		let netuids = Vec::from_iter(1..=8);
		let shares = shares_of(&netuids, &votes, params);
		let before = usize::from(first.is_some());
		let more: Vec<u16> = first.into_iter().chain(netuids).chain(unvoted).collect();
		let with_more = shares_of(&more, &votes, params);
		prop_assert_eq!(&with_more[before..before + 8], shares.as_slice());
		prop_assert!(with_more[before + 8..].iter().all(|share| *share == 0));
	}

	#[test]
	fn a_voter_without_stake_changes_nothing(votes in votes(), row in votes(), params in params()) {
		let netuids = Vec::from_iter(1..=8);
		let stakeless = row.into_iter().map(|(_, row)| (0, row));
		let more: Vec<Vote> = votes.iter().cloned().chain(stakeless).collect();
		prop_assert_eq!(shares_of(&netuids, &more, params), shares_of(&netuids, &votes, params));
	}

	#[test]
	fn more_stake_on_one_subnet_never_lowers_its_share(
		votes in votes(),
		stake: u64,
		more in prop_oneof![1u64..1_000, any::<u64>()],
		subnet in 1u16..=8,
		params in params(),
	) {
		let share = |stake: u64| {
			let votes = [votes.as_slice(), &[(stake, alloc::vec![(subnet, 65_535)])]].concat();
			shares_of(&Vec::from_iter(1..=8), &votes, params)[usize::from(subnet) - 1]
		};
		let (before, after) = (share(stake), share(stake.saturating_add(more)));
		// In exact numbers it never does; each of the two shares may be off by the stated bound.
		prop_assert!(after.saturating_add(2 * bound(8, params)) >= before);
	}
}

#[test]
fn more_stake_never_lowers_a_payment() {
	let row = alloc::vec![(1, 20_000), (2, 65_535), (3, 1)];
	let mut last = 0;
	for stake in (0..=2_000).map(|step| step * 1_000_000) {
		let votes = [
			(1_000_000_000, row.clone()),
			(700_000_000, alloc::vec![(2, 9), (3, 7)]),
			(stake, alloc::vec![(3, 65_535)]),
		];
		let paid = split(RAO, &shares_of(&[1, 2, 3], &votes, PARAMS))[2];
		assert!(paid > last, "{paid} rao with {stake} of stake, {last} with less");
		last = paid;
	}
}
