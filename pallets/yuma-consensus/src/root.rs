// SPDX-License-Identifier: Apache-2.0
//! Root consensus: from the votes of the root validators to the share of the block emission that each subnet earns.
//!
//! `E ∝ C ∘ R` with rank `R = Wᵀ·S`, trust `T` = the stake that votes for a subnet at all, and consensus
//! `C = σ(ρ·(T − κ))`; `S` are the validators' shares of stake and each row of `W` sums to one.
//! Source: subtensor, `root_epoch` (docs/consensus.md for the words).

use alloc::vec::Vec;

use crate::{
	fixed::{exp_neg, proportion_q64, u16_proportion_q32, Q64, Q64_ONE, Q64_ZERO},
	row::NormalizedRow,
	split::split,
};

/// What one root validator brings to the vote. The order of votes is irrelevant: stake and row travel together.
#[derive(Clone, Copy, Debug)]
pub struct RootVote<'a> {
	/// Stake in rao; any `u64`.
	pub stake: u64,
	/// `(netuid, weight)` as stored; empty for a validator that has not voted.
	pub row: &'a [(u16, u16)],
}

/// Parameters of root consensus; every value is legal.
#[derive(Clone, Copy, Debug)]
pub struct RootParams {
	/// Share of stake, per 65535, that must vote for a subnet before consensus favours it.
	pub kappa: u16,
	/// Temperature of the sigmoid.
	pub rho: u16,
}

/// Share of the block emission of each of `netuids` (ascending, distinct), per 2⁶⁴ − 1.
///
/// The shares sum to 2⁶⁴ − 1 exactly, or are all zero when no validator with stake votes for a live subnet.
/// Rows are renormalized as they are read; entries for other netuids are stale and do not count.
pub fn emission_shares(netuids: &[u16], votes: &[RootVote], params: RootParams) -> Vec<u64> {
	shares_of_rows(netuids, votes, params, NormalizedRow::from_stored)
}

/// What [`emission_shares`] would be if rows were taken as stored: the defect that renormalization removes.
pub fn emission_shares_without_renormalization(netuids: &[u16], votes: &[RootVote], params: RootParams) -> Vec<u64> {
	shares_of_rows(netuids, votes, params, NormalizedRow::without_renormalization)
}

fn shares_of_rows(
	netuids: &[u16],
	votes: &[RootVote],
	params: RootParams,
	read: impl Fn(&[(u16, u16)], &[u16]) -> NormalizedRow,
) -> Vec<u64> {
	let total: u128 = votes.iter().fold(0, |sum, vote| sum.saturating_add(vote.stake.into()));
	let mut rank = Vec::from_iter(netuids.iter().map(|_| Q64_ZERO));
	let mut backing = rank.clone();
	let mut stake_sum = Q64_ZERO;
	for vote in votes {
		let stake = proportion_q64(vote.stake, total);
		stake_sum = stake_sum.saturating_add(stake);
		for (index, weight) in read(vote.row, netuids).entries() {
			if let (Some(rank), Some(backing)) = (rank.get_mut(*index), backing.get_mut(*index)) {
				*rank = rank.saturating_add(stake.saturating_mul(*weight));
				*backing = backing.saturating_add(stake);
			}
		}
	}
	let trust = backing.into_iter().map(|stake| stake.checked_div(stake_sum).unwrap_or(Q64_ZERO));
	let consensus = relative_consensus(trust.collect(), params);
	split(u64::MAX, &proportional(&consensus, &rank))
}

/// The products `C_j·R_j`, up to one common factor that brings the largest to the top of the range: the products of
/// proportions lose half of their digits in the format of the factors, and with them the smallest of stakes.
fn proportional(consensus: &[Q64], rank: &[Q64]) -> Vec<u64> {
	let bits = |value: &Q64| u128::try_from(value.to_bits()).unwrap_or(0); // At most 2⁶⁴, a proportion of one.
	let products = consensus.iter().zip(rank).map(|(consensus, rank)| bits(consensus).saturating_mul(bits(rank)));
	let products: Vec<u128> = products.collect();
	let top = products.iter().copied().max().unwrap_or(0);
	let excess = u64::BITS.saturating_sub(top.leading_zeros());
	let scaled = products.into_iter().map(|product| product.checked_shr(excess).unwrap_or(0));
	scaled.map(|product| u64::try_from(product).unwrap_or(u64::MAX)).collect()
}

/// Consensus `σ(ρ·(T − κ))` of every subnet up to one common factor, which the caller's normalization removes.
///
/// The factor is one unless every subnet is far below kappa: then the plain sigmoids of a high temperature would all
/// underflow to zero and the vote be lost, so the largest is brought near one.
fn relative_consensus(trust: Vec<Q64>, params: RootParams) -> Vec<Q64> {
	// Kappa has 32 fractional bits, as in a subnet epoch: the reference's definition, felt from 10¹² rao a block on.
	let kappa = Q64::from(u16_proportion_q32(params.kappa));
	let rho = Q64::from_num(params.rho);
	let steepness: Vec<Q64> = trust.into_iter().map(|t| rho.saturating_mul(t.saturating_sub(kappa))).collect();
	let top = steepness.iter().copied().max().unwrap_or(Q64_ZERO).min(Q64_ZERO);
	steepness.into_iter().map(|x| relative_sigmoid(x, top)).collect()
}

/// `σ(x)·exp(−top)` for `top ≤ 0` and `x ≤ top` wherever `top < 0`.
fn relative_sigmoid(x: Q64, top: Q64) -> Q64 {
	let below = exp_neg(x.saturating_abs()); // exp(−|x|), in [0, 1].
	let numerator = if x >= Q64_ZERO { Q64_ONE } else { exp_neg(top.saturating_sub(x)) };
	numerator.checked_div(Q64_ONE.saturating_add(below)).unwrap_or(Q64_ZERO)
}

#[cfg(test)]
mod tests {
	use super::*;
	use proptest::prelude::*;

	const PARAMS: RootParams = RootParams { kappa: 32_767, rho: 10 };
	const RAO: u64 = 1_000_000_000;

	/// The example of the readme: an even voter over four subnets, one over ten, one who concentrates; equal stake.
	fn example_rows() -> [StoredRows; 3] {
		[
			(1..=4).map(|netuid| (netuid, 65_535)).collect(),
			(1..=10).map(|netuid| (netuid, 65_535)).collect(),
			alloc::vec![(1, 65_535), (2, 17_476), (3, 4_369)],
		]
	}
	type StoredRows = crate::row::StoredRow;

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
			assert_eq!(
				emission_shares(&[3], &votes, RootParams { kappa, rho }),
				[u64::MAX],
				"kappa {kappa}, rho {rho}"
			);
		}
	}

	#[test]
	fn stake_of_any_size_is_weighed() {
		let votes = [RootVote { stake: u64::MAX, row: &[(1, 65_535)] }, RootVote { stake: u64::MAX, row: &[(2, 1)] }];
		let shares = emission_shares(&[1, 2], &votes, PARAMS);
		assert_eq!(shares, [u64::MAX / 2 + 1, u64::MAX / 2]);
	}

	fn vote() -> impl Strategy<Value = (u64, StoredRows)> {
		let row =
			proptest::collection::btree_map(1u16..12, any::<u16>(), 0..8).prop_map(|row| row.into_iter().collect());
		(prop_oneof![0u64..1_000, any::<u64>()], row)
	}

	fn shares_of(votes: &[(u64, StoredRows)], params: RootParams) -> Vec<u64> {
		let votes: Vec<RootVote> = votes.iter().map(|(stake, row)| RootVote { stake: *stake, row }).collect();
		emission_shares(&Vec::from_iter(1..=8), &votes, params)
	}

	proptest! {
		#[test]
		fn shares_sum_exactly_or_are_zero(votes in proptest::collection::vec(vote(), 0..12), kappa: u16, rho: u16) {
			let sum: u128 = shares_of(&votes, RootParams { kappa, rho }).into_iter().map(u128::from).sum();
			prop_assert!(sum == 0 || sum == u128::from(u64::MAX));
		}

		#[test]
		fn order_of_validators_changes_nothing(votes in proptest::collection::vec(vote(), 1..12), turn: usize) {
			let mut turned = votes.clone();
			turned.rotate_left(turn % votes.len());
			prop_assert_eq!(shares_of(&votes, PARAMS), shares_of(&turned, PARAMS));
		}

		#[test]
		fn upscaling_by_a_whole_factor_changes_nothing(
			stakes in proptest::collection::vec(1u64..1_000_000, 1..6),
			weights in proptest::collection::vec(1u16..=100, 1..6),
			factor in 1u16..=600,
		) {
			let row = |scale: u16| -> StoredRows { (1u16..).zip(&weights).map(|(id, w)| (id, w * scale)).collect() };
			let votes = |scale| stakes.iter().map(|stake| (*stake, row(scale))).collect::<Vec<_>>();
			prop_assert_eq!(shares_of(&votes(1), PARAMS), shares_of(&votes(factor), PARAMS));
		}
	}
}
