// SPDX-License-Identifier: Apache-2.0
//! Every parameter, the largest stakes, the largest networks: nothing panics and nothing is lost. Overflow checks are on
//! in this profile.

use super::*;

fn sums_to_one(shares: &[u64]) -> bool {
	shares.iter().map(|share| u128::from(*share)).sum::<u128>() == u128::from(u64::MAX)
}

/// A number that looks like noise.
fn noise(n: u64) -> u64 {
	let mixed = (n ^ (n >> 31)).wrapping_mul(0x7FB5_D329_728E_A185);
	(mixed ^ (mixed >> 27)).wrapping_mul(0x81DA_DEF4_BC2D_D44D)
}

#[test]
fn every_kappa_and_every_rho_is_legal() {
	let votes: [Vote; 4] = [
		(u64::MAX, alloc::vec![(1, 65_535), (2, 1)]),
		(u64::MAX, alloc::vec![(2, 7), (3, 65_535)]),
		(1, alloc::vec![(4, 1)]),
		(21_000_000_000_000_000, Vec::new()),
	];
	for free in 0..=u16::MAX {
		for fixed in [0, 10, 65_535] {
			for (kappa, rho) in [(free, fixed), (fixed, free)] {
				let shares = shares_of(&[1, 2, 3, 4], &votes, RootParams { kappa, rho });
				assert!(sums_to_one(&shares), "kappa {kappa}, rho {rho}: {shares:?}");
			}
		}
	}
}

#[test]
fn kappa_and_rho_are_legal_together() {
	let votes: [Vote; 2] = [(7, alloc::vec![(1, 65_535)]), (u64::MAX, alloc::vec![(2, 1)])];
	for n in 0..50_000 {
		let (kappa, rho) = (noise(n) as u16, (noise(n) >> 16) as u16);
		assert!(sums_to_one(&shares_of(&[1, 2], &votes, RootParams { kappa, rho })), "kappa {kappa}, rho {rho}");
	}
}

#[test]
fn the_largest_root_network_runs() {
	let netuids = Vec::from_iter(1..=u16::MAX);
	let full: StoredRow = netuids.iter().map(|netuid| (*netuid, 65_535)).collect();
	let short = |uid: u64| -> StoredRow {
		let mut row: StoredRow = (0..16).map(|n| noise(16 * uid + n)).map(|x| (x as u16, (x >> 16) as u16)).collect();
		row.sort_unstable();
		row
	};
	let votes: Vec<Vote> =
		(0..4_096).map(|uid| (u64::MAX, if uid % 1_024 == 0 { full.clone() } else { short(uid) })).collect();
	for params in [PARAMS, RootParams { kappa: 0, rho: 65_535 }, RootParams { kappa: 65_535, rho: 65_535 }] {
		let shares = shares_of(&netuids, &votes, params);
		assert!(sums_to_one(&shares));
		let paid = split(RAO, &shares);
		assert_eq!(paid.iter().sum::<u64>(), RAO);
	}
	let votes: Vec<RootVote> = votes.iter().map(|(stake, row)| RootVote { stake: *stake, row }).collect();
	assert!(sums_to_one(&emission_shares_without_renormalization(&netuids, &votes, PARAMS)));
}

#[test]
fn a_rao_among_all_the_stake_there_can_be_still_votes() {
	let mut votes: Vec<Vote> = alloc::vec![(u64::MAX, Vec::new()); 4_095];
	votes.push((1, alloc::vec![(1, 65_535), (2, 65_535)]));
	let half = u64::MAX / 2;
	assert_eq!(shares_of(&[1, 2], &votes, PARAMS), [half + 1, half]);
}

#[test]
fn netuids_of_any_size_are_told_apart() {
	let votes: [Vote; 1] = [(1, alloc::vec![(1, 1), (256, 2), (65_535, 1)])];
	assert_eq!(split(4, &shares_of(&[1, 2, 256, 65_535], &votes, PARAMS)), [1, 0, 2, 1]);
}
