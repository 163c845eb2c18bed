// SPDX-License-Identifier: Apache-2.0
//! Root consensus: examples, and the topics in files of their own.

use proptest::prelude::*;

use super::*;
use crate::{oracle::Vote, row::StoredRow};

mod edges;
mod exact;
mod ranks;
mod renaming;
mod voting;

const PARAMS: RootParams = RootParams { kappa: 32_767, rho: 10 };
const RAO: u64 = 1_000_000_000;

/// The example of the readme: an even voter over four subnets, one over ten, one who concentrates; equal stake.
fn example_rows() -> [StoredRow; 3] {
	[
		(1..=4).map(|netuid| (netuid, 65_535)).collect(),
		(1..=10).map(|netuid| (netuid, 65_535)).collect(),
		alloc::vec![(1, 65_535), (2, 17_476), (3, 4_369)],
	]
}

/// Votes for netuids below 12, some of them without stake, without a row, or with zeros in it.
fn votes() -> impl Strategy<Value = Vec<Vote>> {
	let row = proptest::collection::btree_map(1u16..12, prop_oneof![Just(0), 1u16..=3, any::<u16>()], 0..8);
	let stake = prop_oneof![0u64..1_000, Just(u64::MAX), any::<u64>()];
	proptest::collection::vec((stake, row.prop_map(|row| row.into_iter().collect())), 0..12)
}

fn params() -> impl Strategy<Value = RootParams> {
	let any_params = (any::<u16>(), any::<u16>()).prop_map(|(kappa, rho)| RootParams { kappa, rho });
	prop_oneof![Just(PARAMS), any_params.clone(), any_params.prop_map(|params| RootParams { rho: 30, ..params })]
}

fn shares_of(netuids: &[u16], votes: &[Vote], params: RootParams) -> Vec<u64> {
	let votes: Vec<RootVote> = votes.iter().map(|(stake, row)| RootVote { stake: *stake, row }).collect();
	emission_shares(netuids, &votes, params)
}

/// How far a share may be off, per 2⁶⁴: the bound that [`emission_shares`] states.
fn bound(subnets: usize, params: RootParams) -> u64 {
	2 * u64::from(params.rho) + 3 * subnets as u64 + 16
}

#[track_caller]
fn check_rao(shares: Vec<u64>, expected: &[u64]) {
	let rao = split(RAO, &shares);
	assert_eq!(rao.iter().sum::<u64>(), RAO);
	for (paid, expected) in rao.iter().zip(expected) {
		assert!(paid.abs_diff(*expected) <= 1, "{rao:?} is not {expected:?}");
	}
}

#[test]
fn the_example_is_paid_by_stake_when_renormalized() {
	let (netuids, rows) = (Vec::from_iter(1..=10), example_rows());
	let votes = rows.each_ref().map(|row| RootVote { stake: 5_000, row });
	let tail = [6_549_002; 6];
	let mut expected = alloc::vec![450_385_397, 225_192_698, 163_776_508, 121_351_381];
	expected.extend(tail);
	check_rao(emission_shares(&netuids, &votes, PARAMS), &expected);
}

#[test]
fn the_example_is_paid_to_the_even_voter_without_renormalization() {
	let (netuids, rows) = (Vec::from_iter(1..=10), example_rows());
	let votes = rows.each_ref().map(|row| RootVote { stake: 5_000, row });
	let mut expected = alloc::vec![300_401_089, 226_969_711, 206_942_972, 169_588_074];
	expected.extend([16_016_358; 6]);
	check_rao(emission_shares_without_renormalization(&netuids, &votes, PARAMS), &expected);
}

#[test]
fn no_valid_vote_earns_nothing() {
	let none = [RootVote { stake: 9, row: &[] }, RootVote { stake: 0, row: &[(1, 65_535)] }];
	assert_eq!(emission_shares(&[1, 2], &none, PARAMS), [0, 0]);
	assert_eq!(emission_shares(&[1, 2], &[], PARAMS), [0, 0]);
	let stale = [RootVote { stake: 9, row: &[(7, 65_535)] }];
	assert_eq!(emission_shares(&[1, 2], &stale, PARAMS), [0, 0]);
}

#[test]
fn a_single_subnet_earns_everything_under_any_parameters() {
	for (kappa, rho) in [(0, 0), (0, 65_535), (65_535, 0), (65_535, 65_535), (32_767, 86)] {
		let votes = [RootVote { stake: 1, row: &[(3, 1)] }, RootVote { stake: u64::MAX, row: &[] }];
		assert_eq!(emission_shares(&[3], &votes, RootParams { kappa, rho }), [u64::MAX], "kappa {kappa}, rho {rho}");
	}
}

#[test]
fn stake_of_any_size_is_weighed() {
	let votes = [RootVote { stake: u64::MAX, row: &[(1, 65_535)] }, RootVote { stake: u64::MAX, row: &[(2, 1)] }];
	let shares = emission_shares(&[1, 2], &votes, PARAMS);
	assert_eq!(shares, [u64::MAX / 2 + 1, u64::MAX / 2]);
}

proptest! {
	/// In ascending order these rows are read as runs, in descending order entry by entry.
	#[test]
	fn rows_count_the_same_as_runs_and_entry_by_entry(
		votes in proptest::collection::vec(
			(any::<u64>(), 0u16..8, proptest::collection::vec(prop_oneof![Just(0), any::<u16>()], 0..8)),
			0..12,
		),
		params in params(),
	) {
		let runs = votes.into_iter().map(|(stake, first, weights)| (stake, (first..).zip(weights).collect()));
		let runs: Vec<Vote> = runs.collect();
		let reversed = runs.iter().map(|(stake, row)| (*stake, row.iter().rev().copied().collect()));
		let reversed: Vec<Vote> = reversed.collect();
		let netuids = Vec::from_iter(0..16);
		prop_assert_eq!(shares_of(&netuids, &runs, params), shares_of(&netuids, &reversed, params));
	}
}
