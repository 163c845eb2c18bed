// SPDX-License-Identifier: Apache-2.0
//! Shares and payments against exact rationals.

use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::{One, Zero};
use proptest::strategy::ValueTree;
use proptest::test_runner::{RngAlgorithm, TestRng, TestRunner};

use super::*;
use crate::oracle;

const NETUIDS: [u16; 8] = [1, 2, 3, 4, 5, 6, 7, 8];

/// How far the share that is worst off is from the exact one, per 2⁶⁴.
fn worst_error(netuids: &[u16], votes: &[Vote], params: RootParams) -> f64 {
	let exact = oracle::emission_shares(netuids, votes, params);
	let unit = BigRational::new(BigInt::one(), (BigInt::one() << 64usize) - 1);
	let shares = shares_of(netuids, votes, params).into_iter();
	let error = |(share, exact)| oracle::difference_in_2_64ths(&(oracle::integer(share) * &unit), exact);
	shares.zip(&exact).map(error).fold(0.0, f64::max)
}

#[test]
fn the_bound_is_stated_and_holds_with_any_stake_and_parameters() {
	let mut runner = TestRunner::new_with_rng(Default::default(), TestRng::deterministic_rng(RngAlgorithm::ChaCha));
	let (mut worst, mut worst_of_bound) = (0f64, 0f64);
	for _ in 0..400 {
		let (votes, params) = (votes(), params()).new_tree(&mut runner).expect("a case").current();
		let (error, bound) = (worst_error(&NETUIDS, &votes, params), bound(NETUIDS.len(), params) as f64);
		assert!(error <= bound, "{error} of {bound} in 2^-64: {votes:?} {params:?}");
		if params.rho <= 30 {
			worst = worst.max(error);
		}
		worst_of_bound = worst_of_bound.max(error / bound);
	}
	std::println!("worst share: {worst:.2} of 2^-64 with rho up to 30; {worst_of_bound:.3} of the bound with any rho");
}

#[test]
fn long_odds_lose_no_digits() {
	let dust: Vote = (u64::MAX, NETUIDS.iter().map(|id| (*id, if *id == 8 { 1 } else { 65_535 })).collect());
	let cases: [Vec<Vote>; 4] = [
		alloc::vec![dust.clone(), (1, alloc::vec![(8, 65_535)])],
		alloc::vec![(u64::MAX, Vec::new()), (1, alloc::vec![(1, 1), (2, 65_535)])],
		alloc::vec![(21_000_000_000_000_000, alloc::vec![(1, 1)]), (1, alloc::vec![(2, 1), (3, 65_535)])],
		(1..=8).map(|id| (1 << (8 * (id - 1)), alloc::vec![(id, 65_535), (9 - id, 1)])).collect(),
	];
	for votes in cases {
		for (kappa, rho) in [(32_767, 10), (0, 65_535), (65_535, 65_535), (32_767, 65_535), (1, 86)] {
			let params = RootParams { kappa, rho };
			let (error, bound) = (worst_error(&NETUIDS, &votes, params), bound(NETUIDS.len(), params) as f64);
			assert!(error <= bound, "{error} of {bound} in 2^-64: {votes:?} {params:?}");
		}
	}
}

#[test]
fn a_large_network_stays_within_the_bound() {
	let netuids = Vec::from_iter(1..=64u16);
	let row = |uid: u16| netuids.iter().map(|id| (*id, id.wrapping_mul(40_503) ^ uid.wrapping_mul(12_289))).collect();
	let votes: Vec<Vote> = (1..=64).map(|uid: u16| (u64::from(uid) * 1_234_567_891, row(uid))).collect();
	for params in [PARAMS, RootParams { kappa: 65_535, rho: 1_000 }] {
		let (error, bound) = (worst_error(&netuids, &votes, params), bound(64, params) as f64);
		assert!(error <= bound, "{error} of {bound} in 2^-64: {params:?}");
	}
}

proptest! {
	#![proptest_config(ProptestConfig::with_cases(64))]

	#[test]
	fn every_subnet_is_paid_its_exact_part_within_a_rao(votes in votes(), params in params(), amount in 0u64..1 << 40) {
		let exact = oracle::emission_shares(&NETUIDS, &votes, params);
		let paid = split(amount, &shares_of(&NETUIDS, &votes, params));
		let all: u64 = paid.iter().sum();
		prop_assert_eq!(all, if exact.iter().all(Zero::is_zero) { 0 } else { amount });
		for (paid, exact) in paid.iter().zip(exact) {
			let due = exact * oracle::integer(amount);
			let rao = oracle::integer(*paid);
			let off = if rao > due { rao - due } else { due - rao };
			prop_assert!(off < oracle::fraction(1_001, 1_000)); // One rao by the split, the rest by the shares.
		}
	}
}
