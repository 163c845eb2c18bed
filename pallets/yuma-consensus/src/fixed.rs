// SPDX-License-Identifier: Apache-2.0
//! The one home of fixed-point arithmetic: the two number formats and what the standard operators do not give.
//!
//! Every operation rounds towards zero unless its name says otherwise.

use substrate_fixed::types::{I32F32, I64F64};

/// Proportions inside a subnet epoch: 32 fractional bits, as the recorded reference results.
pub(crate) type Q32 = I32F32;
/// Proportions inside root consensus: 64 fractional bits.
pub(crate) type Q64 = I64F64;

pub(crate) const Q32_ZERO: Q32 = Q32::from_bits(0);
pub(crate) const Q32_ONE: Q32 = Q32::from_bits(1 << 32);
pub(crate) const Q64_ZERO: Q64 = Q64::from_bits(0);
pub(crate) const Q64_ONE: Q64 = Q64::from_bits(1 << 64);
/// ln 2, rounded down.
const LN_2: Q64 = Q64::from_bits(0xB172_17F7_D1CF_79AB);
/// Terms of the Taylor series of exp(−r) for r < ln 2: the next one is below 2⁻⁶⁷.
const EXP_TERMS: i32 = 20;

/// `part / whole` as a proportion, zero when there is no whole. `part ≤ whole` is the caller's meaning of the words.
pub(crate) fn proportion_q64(part: u64, whole: u128) -> Q64 {
	let bits = (u128::from(part) << 64).checked_div(whole).unwrap_or(0);
	Q64::from_bits(i128::try_from(bits).unwrap_or(i128::MAX))
}

/// As [`proportion_q64`], with 32 fractional bits.
pub(crate) fn proportion_q32(part: u64, whole: u128) -> Q32 {
	let bits = (u128::from(part) << 32).checked_div(whole).unwrap_or(0);
	Q32::from_bits(i64::try_from(bits).unwrap_or(i64::MAX))
}

/// A stored `u16` parameter per 65535.
pub(crate) fn u16_proportion_q64(value: u16) -> Q64 {
	proportion_q64(value.into(), u16::MAX.into())
}

/// A stored `u16` parameter per 65535.
pub(crate) fn u16_proportion_q32(value: u16) -> Q32 {
	proportion_q32(value.into(), u16::MAX.into())
}

/// A proportion in `[0, 1]` as `u16` per 65535, rounded down.
pub(crate) fn q32_to_u16(value: Q32) -> u16 {
	value.saturating_mul(Q32::from_num(u16::MAX)).saturating_to_num()
}

/// Scales `values` so that they sum to one; all zeros stay as they are.
pub(crate) fn normalize(values: &mut [Q32]) {
	let sum = sum(values);
	for value in values.iter_mut() {
		*value = divide(*value, sum);
	}
}

/// The sum; proportions of at most 2³¹ neurons cannot reach the type's bound.
pub(crate) fn sum(values: &[Q32]) -> Q32 {
	values.iter().fold(Q32_ZERO, |sum, value| sum.saturating_add(*value))
}

/// `a / b`, or `a` unchanged when `b` is zero: a vector without direction has nothing to be scaled by.
pub(crate) fn divide(a: Q32, b: Q32) -> Q32 {
	a.checked_div(b).unwrap_or(a)
}

/// `floor(share · amount)` for a share in `[0, 1]`.
pub(crate) fn mul_floor(share: Q32, amount: u64) -> u64 {
	let bits = u128::from(share.to_bits().unsigned_abs());
	let product = bits.saturating_mul(amount.into()) >> 32; // 2³² · 2⁶⁴ at most.
	u64::try_from(product).unwrap_or(u64::MAX)
}

/// exp(−x) for x ≥ 0, to 2⁻⁵⁸ absolute.
///
/// x = k·ln 2 + r with 0 ≤ r < ln 2, so exp(−x) = exp(−r) / 2ᵏ: the series runs where it converges fast, for every x.
pub(crate) fn exp_neg(x: Q64) -> Q64 {
	let halvings: u32 = x.checked_div(LN_2).map_or(u32::MAX, |k| k.saturating_to_num());
	if halvings > 64 {
		return Q64_ZERO; // Below the smallest step of the format.
	}
	let r = x.saturating_sub(LN_2.saturating_mul(Q64::from_num(halvings)));
	let mut exp = Q64_ONE;
	for n in (1..=EXP_TERMS).rev() {
		let term = r.saturating_mul(exp).checked_div(Q64::from_num(n)).unwrap_or(Q64_ZERO);
		exp = Q64_ONE.saturating_sub(term);
	}
	exp.checked_shr(halvings).unwrap_or(Q64_ZERO)
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn exp_neg_follows_the_real_function() {
		for step in 0..2_000 {
			let x = f64::from(step) / 40.0;
			let computed: f64 = exp_neg(Q64::from_num(x)).to_num();
			assert!((computed - (-x).exp()).abs() < 1e-15, "exp(-{x}) = {computed}");
		}
	}

	#[test]
	fn exp_neg_is_total() {
		assert_eq!(exp_neg(Q64_ZERO), Q64_ONE);
		assert_eq!(exp_neg(Q64::from_num(65_535)), Q64_ZERO);
		assert_eq!(exp_neg(Q64::max_value()), Q64_ZERO);
	}

	#[test]
	fn nothing_divides_by_zero() {
		assert_eq!(proportion_q64(5, 0), Q64_ZERO);
		assert_eq!(divide(Q32_ONE, Q32_ZERO), Q32_ONE);
	}

	#[test]
	fn mul_floor_holds_at_the_edges() {
		assert_eq!(mul_floor(Q32_ONE, u64::MAX), u64::MAX);
		assert_eq!(mul_floor(proportion_q32(1, 3), 3), 0);
		assert_eq!(mul_floor(Q32_ZERO, u64::MAX), 0);
	}
}
