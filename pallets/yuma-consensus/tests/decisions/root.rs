// SPDX-License-Identifier: Apache-2.0
//! The root epoch.

use yuma_consensus::{
	root::{emission_shares, emission_shares_without_renormalization},
	split, RootParams, RootVote,
};

type Row<'a> = &'a [(u16, u16)];

const PARAMS: RootParams = RootParams { kappa: 32_767, rho: 10 };
const RAO: u64 = 1_000_000_000;

fn shares(netuids: &[u16], votes: &[(u64, Row)], params: RootParams) -> Vec<u64> {
	let votes: Vec<RootVote> = votes.iter().map(|(stake, row)| RootVote { stake: *stake, row }).collect();
	emission_shares(netuids, &votes, params)
}

fn paid(netuids: &[u16], votes: &[(u64, Row)], params: RootParams) -> Vec<u64> {
	split(RAO, &shares(netuids, votes, params))
}

/// What the formula gives for voters of one subnet each, in floating point.
fn expected_of_single_votes(stakes: &[f64], kappa: f64, rho: f64) -> Vec<f64> {
	let all: f64 = stakes.iter().sum();
	let pull = |stake: &f64| stake / (1.0 + (-rho * (stake / all - kappa)).exp());
	let sum: f64 = stakes.iter().map(pull).sum();
	stakes.iter().map(|stake| pull(stake) / sum).collect()
}

fn as_parts(shares: Vec<u64>) -> Vec<f64> {
	shares.into_iter().map(|share| share as f64 / u64::MAX as f64).collect()
}

#[test]
fn r1_stake_belongs_to_its_row_whatever_the_order() {
	let mut votes: Vec<(u64, Row)> = vec![(0, &[]); 257];
	votes[1] = (1_000_000_000_000, &[(1, 65_535)]);
	votes[2] = (9_000_000_000_000, &[(2, 65_535)]);
	assert_eq!(paid(&[1, 2], &votes, PARAMS), [2_031_087, 997_968_913]);
	votes.swap(1, 256); // The order in which a map with `Identity` keys iterates: 0, 256, 1, 2, ...
	assert_eq!(paid(&[1, 2], &votes, PARAMS), [2_031_087, 997_968_913]);
}

#[test]
fn r2_one_list_of_subnets_is_all_there_is() {
	let votes: [(u64, Row); 2] = [(1, &[(3, 1), (300, 1)]), (1, &[(7, 1)])];
	for netuids in [&[3, 7, 300][..], &[1, 3, 7, 255, 256, 300], &[3], &[]] {
		let shares = shares(netuids, &votes, PARAMS);
		assert_eq!(shares.len(), netuids.len());
		assert_eq!(shares.iter().any(|share| *share > 0), !netuids.is_empty());
	}
}

#[test]
fn r3_the_parts_sum_to_the_block_emission() {
	for n in [10u16, 1_000] {
		let rows: Vec<[(u16, u16); 1]> = (1..=n).map(|netuid| [(netuid, 65_535)]).collect();
		let votes: Vec<(u64, Row)> = rows.iter().map(|row| (5, row.as_slice())).collect();
		let shares = shares(&Vec::from_iter(1..=n), &votes, PARAMS);
		for emission in [0, 1, 999, RAO, u64::MAX] {
			assert_eq!(split(emission, &shares).iter().sum::<u64>(), emission);
		}
		assert_eq!(split(1, &shares).first(), Some(&1)); // Ties go to the lower netuid.
	}
}

#[test]
fn r4_no_temperature_panics() {
	for rho in [10, 43, 86, 100, 1_000, 65_535] {
		for kappa in [0, 32_767, 65_535] {
			assert_eq!(paid(&[1, 2], &[(RAO, &[(1, 65_535)])], RootParams { kappa, rho }), [RAO, 0], "{kappa} {rho}");
		}
	}
}

#[test]
fn r4c_the_exponential_is_exact_at_every_temperature() {
	for rho in [10, 30, 60, 80, 200] {
		let votes: [(u64, Row); 3] = [(50, &[(1, 1)]), (45, &[(2, 1)]), (5, &[(3, 1)])];
		let parts = as_parts(shares(&[1, 2, 3], &votes, RootParams { kappa: 65_535, rho }));
		for (part, expected) in parts.iter().zip(expected_of_single_votes(&[50.0, 45.0, 5.0], 1.0, rho.into())) {
			assert!((part - expected).abs() < 1e-14, "rho {rho}: {part} is not {expected}");
		}
	}
}

#[test]
fn r5_the_exponential_of_one_is_no_exception() {
	// rho·(kappa − trust) is 1 for the first subnet, and only for that one.
	let votes: [(u64, Row); 3] = [(50, &[(1, 1)]), (30, &[(2, 1)]), (20, &[(3, 1)])];
	let parts = as_parts(shares(&[1, 2, 3], &votes, RootParams { kappa: 65_535, rho: 2 }));
	for (part, expected) in parts.iter().zip(expected_of_single_votes(&[50.0, 30.0, 20.0], 1.0, 2.0)) {
		assert!((part - expected).abs() < 1e-14, "{part} is not {expected}"); // The reference is 1e-8 off.
	}
}

#[test]
fn r8_a_dust_vote_counts_for_full_trust_and_pays_dust() {
	let params = RootParams { rho: 30, ..PARAMS };
	let one: [(u64, Row); 2] = [(51, &[(1, 65_535)]), (49, &[(1, 65_535), (2, 1)])];
	let both: [(u64, Row); 2] = [(51, &[(1, 65_535), (2, 1)]), (49, &[(1, 65_535), (2, 1)])];
	// One weight unit of 65536 with the trust of all stake: its exact part of the weight, 15258.8 rao, and no more.
	assert_eq!(paid(&[1, 2], &both, params), [999_984_741, 15_259]);
	assert!(paid(&[1, 2], &one, params)[1] < 15_259 / 2);
	// Never more than a concentrated vote of the same stake at the same trust.
	let whole: [(u64, Row); 2] = [(51, &[(1, 65_535)]), (49, &[(2, 65_535)])];
	assert!(paid(&[1, 2], &one, params)[1] < paid(&[1, 2], &whole, params)[1] / 1_000);
}

#[test]
fn r9_silent_validators_count_as_not_trusting() {
	let rows: [Row; 2] = [&[(1, 65_535)], &[(2, 65_535)]];
	let silent = paid(&[1, 2], &[(40, rows[0]), (10, rows[1]), (50, &[])], PARAMS);
	let expected = expected_of_single_votes(&[40.0, 10.0, 50.0], 32_767.0 / 65_535.0, 10.0);
	let part = expected[0] / (expected[0] + expected[1]); // The third one's votes go nowhere.
	assert!((silent[0] as f64 / RAO as f64 - part).abs() < 1e-8, "{silent:?}");
	assert_eq!(silent.iter().sum::<u64>(), RAO); // Nothing is withheld for the silent.
	assert_ne!(silent, paid(&[1, 2], &[(40, rows[0]), (10, rows[1])], PARAMS));
}

#[test]
fn r10_without_votes_there_are_no_shares_and_nothing_to_mint() {
	for votes in [&[(5, &[][..]), (7, &[])][..], &[], &[(0, &[(1, 65_535)])], &[(5, &[(1, 0), (2, 0)])]] {
		assert_eq!(paid(&[1, 2], votes, PARAMS), [0, 0]);
	}
}

#[test]
fn r11_a_stored_vote_for_netuid_zero_is_stale() {
	let votes: [(u64, Row); 2] = [(5, &[(0, 65_535)]), (5, &[(0, 65_535), (1, 65_535)])];
	assert_eq!(paid(&[1, 2], &votes, PARAMS), [RAO, 0]); // See also `row.rs`: it cannot be set.
}

#[test]
fn r12_a_cleared_row_votes_for_nobody() {
	let votes: [(u64, Row); 2] = [(5, &[]), (5, &[(2, 65_535)])]; // The pallet clears the row with the key.
	assert_eq!(paid(&[1, 2], &votes, PARAMS), [0, RAO]);
}

#[test]
fn r13_no_stake_overflows() {
	let rows: [Row; 3] = [&[(1, 65_535)], &[(2, 65_535)], &[(3, 65_535)]];
	assert_eq!(paid(&[1, 2], &[(1 << 63, rows[0]), (RAO, rows[1])], PARAMS), [RAO, 0]);
	let three = rows.map(|row| (4_000_000_000_000_000_000, row));
	assert_eq!(paid(&[1, 2, 3], &three, PARAMS), [333_333_334, 333_333_333, 333_333_333]);
	let most: Vec<(u64, Row)> = (0..4_096).map(|uid| (u64::MAX, rows[uid % 2])).collect();
	assert_eq!(paid(&[1, 2], &most, PARAMS), [RAO / 2, RAO / 2]);
}

#[test]
fn r14_a_removed_subnet_leaves_rows_that_still_weigh_their_stake() {
	let votes: [(u64, Row); 2] = [(5, &[(1, 100), (2, 0), (3, 0)]), (5, &[(3, 65_535)])];
	assert_eq!(paid(&[1, 2, 3], &votes, PARAMS), [RAO / 2, 0, RAO / 2]);
	let rows = votes.map(|(stake, row)| RootVote { stake, row });
	let as_stored = split(RAO, &emission_shares_without_renormalization(&[1, 2, 3], &rows, PARAMS));
	assert_eq!(as_stored, [1_523_577, 0, 998_476_423]); // The defect: 1 % of the emission for half of the stake.
	let stale: [(u64, Row); 2] = [(5, &[(1, 100), (2, 65_535)]), (5, &[(3, 65_535)])];
	assert_eq!(paid(&[1, 3], &stale, PARAMS), [RAO / 2, RAO / 2]);
}
