// SPDX-License-Identifier: Apache-2.0
//! What the consensus must be, in exact rationals and in the plainest way; shares no arithmetic with the crate.
//!
//! Parameters are those of the chain: `kappa` per 65535, cut to 32 binary places, is part of the definition.

use std::vec::Vec;

use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::{One, ToPrimitive, Zero};

use crate::RootParams;

pub(crate) mod epoch;

/// Binary places of [`exp_neg`].
const PLACES: usize = 512;

pub(crate) fn integer(n: u64) -> BigRational {
	BigRational::from_integer(n.into())
}

pub(crate) fn fraction(numerator: u64, denominator: u64) -> BigRational {
	BigRational::new(numerator.into(), denominator.into())
}

/// `n / 2^bits`.
pub(crate) fn binary(n: u128, bits: usize) -> BigRational {
	BigRational::new(n.into(), BigInt::one() << bits)
}

/// `value` per `unit`, cut to 32 binary places: how the chain reads its parameters.
pub(crate) fn parameter(value: u64, unit: u64) -> BigRational {
	binary((u128::from(value) << 32) / u128::from(unit), 32)
}

/// |a − b| in units of 2⁻⁶⁴, for printing and comparing.
pub(crate) fn difference_in_2_64ths(a: &BigRational, b: &BigRational) -> f64 {
	let difference = if a > b { a - b } else { b - a };
	(difference * BigRational::from_integer(BigInt::one() << 64usize)).to_f64().expect("it is finite")
}

/// `exp(−x)` for x ≥ 0, to 2⁻⁴⁰⁰ absolute: the series at x/2²⁰, then twenty times the square.
pub(crate) fn exp_neg(x: &BigRational) -> BigRational {
	if *x > integer(400) {
		return BigRational::zero();
	}
	let one = BigInt::one() << PLACES;
	let small = ((x.numer() << PLACES) / x.denom()) >> 20usize;
	let (mut term, mut sum) = (one.clone(), one.clone());
	for n in 1..60 {
		term = -((&term * &small) >> PLACES) / n;
		sum += &term;
	}
	for _ in 0..20 {
		sum = (&sum * &sum) >> PLACES;
	}
	BigRational::new(sum, one)
}

/// A root validator: stake and `(netuid, weight)` with distinct netuids.
pub(crate) type Vote = (u64, Vec<(u16, u16)>);

/// Share of each of `netuids`: `E ∝ C ∘ R`, `R = Wᵀ·S`, `C = σ(ρ·(T − κ))`; zeros when nobody votes for any.
pub(crate) fn emission_shares(netuids: &[u16], votes: &[Vote], params: RootParams) -> Vec<BigRational> {
	let all_stake = total(votes.iter().map(|(stake, _)| integer(*stake)));
	let mut rank: Vec<BigRational> = netuids.iter().map(|_| BigRational::zero()).collect();
	let mut trust = rank.clone();
	for (stake, row) in votes.iter().filter(|(stake, _)| *stake > 0) {
		let stake = integer(*stake) / &all_stake;
		let weight = |netuid: &u16| row.iter().find(|(id, _)| id == netuid).map_or(0, |(_, weight)| *weight);
		let whole: u64 = netuids.iter().map(|netuid| u64::from(weight(netuid))).sum();
		for (index, netuid) in netuids.iter().enumerate().filter(|(_, netuid)| weight(netuid) > 0) {
			rank[index] += fraction(weight(netuid).into(), whole) * &stake;
			trust[index] += &stake;
		}
	}
	let kappa = parameter(params.kappa.into(), 65_535);
	let x: Vec<BigRational> = trust.iter().map(|trust| integer(params.rho.into()) * (trust - &kappa)).collect();
	// A factor common to all consensus cancels out; this one keeps the largest of them away from zero.
	let voted = x.iter().zip(&rank).filter(|(_, rank)| !rank.is_zero()).map(|(x, _)| x.clone());
	let top = voted.max().unwrap_or_else(BigRational::zero).min(BigRational::zero());
	let pull = |(x, rank): (&BigRational, &BigRational)| relative_sigmoid(x, &top) * rank;
	shares(x.iter().zip(&rank).map(pull).collect())
}

/// `σ(x)·exp(−top)` for top ≤ 0.
fn relative_sigmoid(x: &BigRational, top: &BigRational) -> BigRational {
	let zero = BigRational::zero();
	if *x >= zero {
		return exp_neg(&-top) / (BigRational::one() + exp_neg(x)); // Here top is zero, as x is at most top otherwise.
	}
	if x > top {
		return zero; // Nobody votes for it, so it has no rank either.
	}
	exp_neg(&(top - x)) / (BigRational::one() + exp_neg(&-x))
}

pub(crate) fn total(values: impl Iterator<Item = BigRational>) -> BigRational {
	values.fold(BigRational::zero(), |sum, value| sum + value)
}

/// `values` over their sum; zeros stay.
pub(crate) fn shares(values: Vec<BigRational>) -> Vec<BigRational> {
	let sum = total(values.iter().cloned());
	if sum.is_zero() {
		return values;
	}
	values.into_iter().map(|value| value / &sum).collect()
}

#[test]
fn exp_is_the_one_of_the_library() {
	for x in [0, 1, 2, 5, 40, 300] {
		let exact = exp_neg(&integer(x)).to_f64().expect("it fits");
		assert!((exact / (-(x as f64)).exp() - 1.0).abs() < 1e-14, "{x}");
	}
	// exp(−1), OEIS A068985.
	let digits = exp_neg(&BigRational::one()) * BigRational::from_integer(BigInt::from(10).pow(50));
	let expected: BigInt = "36787944117144232159552377016146086744581113103176".parse().expect("digits");
	assert_eq!(digits.to_integer(), expected);
}
