// SPDX-License-Identifier: Apache-2.0
//! What a block mints and how it is cut, and that it is exact in every case there is.

use yuma_consensus::{
	cut_for_owner,
	epoch::run_epoch,
	issuance::{block_emission, INITIAL_BLOCK_EMISSION, MAX_SUPPLY},
	root::emission_shares,
	split, EpochInput, OwnerCut, RootParams, RootVote,
};

const PARAMS: RootParams = RootParams { kappa: 32_767, rho: 10 };

#[test]
fn b1_the_last_rao_are_never_minted() {
	assert_eq!(block_emission(20_999_999_980_442_225), 1);
	assert_eq!(block_emission(20_999_999_980_442_226), 0);
	assert_eq!(MAX_SUPPLY - 20_999_999_980_442_226, 19_557_774);
}

#[test]
fn b2_every_halving_is_at_half_of_what_is_left() {
	for i in 1..=29 {
		let threshold = MAX_SUPPLY - (MAX_SUPPLY >> i); // Rounded up: half of an odd number of rao is not minted yet.
		assert_eq!(block_emission(threshold - 1), INITIAL_BLOCK_EMISSION >> (i - 1), "halving {i}");
		assert_eq!(block_emission(threshold), INITIAL_BLOCK_EMISSION >> i, "halving {i}");
	}
}

#[test]
fn c1_owner_and_rest_sum_to_the_emission() {
	let cut = cut_for_owner(1_000_000_000, 32_767);
	assert_eq!(cut, OwnerCut { owner: 499_992_370, rest: 500_007_630 }); // The reference's rest is a rao less.
	assert_eq!(cut_for_owner(u64::MAX, u16::MAX), OwnerCut { owner: u64::MAX, rest: 0 });
	assert_eq!(cut_for_owner(7, 0), OwnerCut { owner: 0, rest: 7 });
	assert_eq!(cut_for_owner(0, 5), OwnerCut { owner: 0, rest: 0 });
}

#[track_caller]
fn check_emission(netuids: &[u16], votes: &[(u64, &[(u16, u16)])], expected: &[u64]) {
	let votes: Vec<RootVote> = votes.iter().map(|(stake, row)| RootVote { stake: *stake, row }).collect();
	let shares = emission_shares(netuids, &votes, PARAMS);
	assert_eq!(split(1_000, &shares), expected);
	for emission in [0, 1, 500_000_000, 1_000_000_000] {
		let minted: u64 = split(emission, &shares).iter().sum();
		assert_eq!(minted, if expected.iter().all(|part| *part == 0) { 0 } else { emission });
	}
}

#[test]
fn every_block_pays_exactly_its_emission_or_has_nobody_to_pay() {
	check_emission(&[1, 2], &[], &[0, 0]); // No root validators.
	check_emission(&[1, 2], &[(9, &[]), (9, &[])], &[0, 0]); // No votes.
	check_emission(&[1, 2], &[(0, &[(1, 65_535)])], &[0, 0]); // No stake.
	check_emission(&[1, 2], &[(9, &[(7, 65_535)])], &[0, 0]); // All for a subnet that was removed.
	check_emission(&[1, 2], &[(9, &[(2, 1), (7, 65_535)])], &[0, 1_000]); // Some of it.
	check_emission(&[1, 2], &[(9, &[(7, 65_535)]), (1, &[(1, 1)])], &[1_000, 0]);
	check_emission(&[], &[(9, &[(1, 65_535)])], &[]); // No subnets.
	check_emission(&[1, 2, 3], &[(9, &[(1, 1), (2, 1), (3, 1)])], &[334, 333, 333]);
}

#[test]
fn a_halving_between_two_root_epochs_splits_the_new_emission_by_the_old_shares() {
	let rows = [[(1, 65_535)], [(2, 65_535)], [(3, 65_535)]];
	let votes = rows.each_ref().map(|row| RootVote { stake: 5, row });
	let shares = emission_shares(&[1, 2, 3], &votes, PARAMS);
	let halving = MAX_SUPPLY / 2;
	assert_eq!(split(block_emission(halving - 1), &shares), [333_333_334, 333_333_333, 333_333_333]);
	assert_eq!(split(block_emission(halving), &shares), [166_666_667, 166_666_667, 166_666_666]);
}

#[test]
fn what_a_subnet_cannot_pay_stays_pending() {
	let empty = EpochInput { emission: 1_000, ..EpochInput::default() }; // No neurons.
	assert_eq!(run_epoch(&empty).paid(), 0);
	let stakeless = EpochInput { neurons: vec![Default::default(); 3], ..empty };
	assert_eq!(run_epoch(&stakeless).paid(), 0);
}
