// SPDX-License-Identifier: Apache-2.0
//! The one home of fixed-point arithmetic: the two number formats and what the standard operators do not give.
//!
//! Every operation rounds towards zero unless its name says otherwise.

use alloc::vec::Vec;

use substrate_fixed::types::{I32F32, I64F64};

/// Proportions inside a subnet epoch: 32 fractional bits, as the recorded reference results.
pub(crate) type Q32 = I32F32;
/// Proportions inside root consensus: 64 fractional bits.
pub(crate) type Q64 = I64F64;

pub(crate) const Q32_ZERO: Q32 = Q32::from_bits(0);
pub(crate) const Q32_ONE: Q32 = Q32::from_bits(1 << 32);
pub(crate) const Q64_ZERO: Q64 = Q64::from_bits(0);
/// ln 2 · 2⁶⁴, rounded down.
const LN_2: u64 = 0xB172_17F7_D1CF_79AB;
/// 2³² / ln 2, rounded down.
const ONE_BY_LN_2: u64 = 0x1_7154_7652;
/// 2⁶⁴ / n from the last term of the Taylor series of exp(−r) to the second: for r < ln 2, the next one is below 2⁻⁶⁶.
const EXP_RECIPROCALS: [u64; 17] = [
	u64::MAX / 18,
	u64::MAX / 17,
	u64::MAX / 16,
	u64::MAX / 15,
	u64::MAX / 14,
	u64::MAX / 13,
	u64::MAX / 12,
	u64::MAX / 11,
	u64::MAX / 10,
	u64::MAX / 9,
	u64::MAX / 8,
	u64::MAX / 7,
	u64::MAX / 6,
	u64::MAX / 5,
	u64::MAX / 4,
	u64::MAX / 3,
	u64::MAX / 2,
];

/// `part / whole` as a proportion, zero when there is no whole; exact but for the last bit for `part ≤ whole < 2⁹⁶`.
pub(crate) fn proportion_q64(part: u128, whole: u128) -> Q64 {
	let bits = if part.max(whole) <= u128::from(u64::MAX) {
		(part << 64).checked_div(whole).unwrap_or(0)
	} else {
		// Long division in two digits of 32 bits: sums of many `u64` leave no room for 64 at once.
		let digit = |part: u128| {
			let scaled = part.checked_shl(32).unwrap_or(0);
			(scaled.checked_div(whole).unwrap_or(0), scaled.checked_rem(whole).unwrap_or(0))
		};
		let (high, rest) = digit(part);
		let (low, _) = digit(rest);
		(high << 32).saturating_add(low)
	};
	Q64::from_bits(i128::try_from(bits).unwrap_or(i128::MAX))
}

/// As [`proportion_q64`], with 32 fractional bits.
pub(crate) fn proportion_q32(part: u64, whole: u128) -> Q32 {
	let bits = (u128::from(part) << 32).checked_div(whole).unwrap_or(0);
	Q32::from_bits(i64::try_from(bits).unwrap_or(i64::MAX))
}

/// A stored `u16` parameter per 65535.
pub(crate) fn u16_proportion_q32(value: u16) -> Q32 {
	proportion_q32(value.into(), u16::MAX.into())
}

/// Scales proportions, of at most one each, so that they sum to one; all zeros stay as they are.
pub(crate) fn normalize(values: &mut [Q32]) {
	let whole = Divisor::new(bits(sum(values)));
	for value in values.iter_mut() {
		*value = from_bits(whole.proportion(bits(*value)));
	}
}

/// The sum; proportions of at most 2³¹ neurons cannot reach the type's bound.
pub(crate) fn sum(values: &[Q32]) -> Q32 {
	values.iter().fold(Q32_ZERO, |sum, value| sum.saturating_add(*value))
}

/// `a / b`, or `a` unchanged when `b` is zero: a vector without direction has nothing to be scaled by.
pub(crate) fn divide(a: Q32, b: Q32) -> Q32 {
	// Most uids have none of what is divided up, and zero needs no division.
	if a == Q32_ZERO {
		a
	} else {
		a.checked_div(b).unwrap_or(a)
	}
}

/// The raw bits of a value that is not negative.
pub(crate) fn bits(value: Q32) -> u64 {
	value.to_bits().unsigned_abs()
}

/// The value of these raw bits.
pub(crate) fn from_bits(bits: u64) -> Q32 {
	Q32::from_bits(i64::try_from(bits).unwrap_or(i64::MAX))
}

/// One, in raw bits of [`Q32`].
pub(crate) const ONE_BITS: u64 = 1 << 32;

/// `a·b`, rounded down, of two values of `[0, 1]` in raw bits.
pub(crate) fn mul_bits(a: u64, b: u64) -> u64 {
	// Only one times one has more than 64 bits.
	if b == ONE_BITS {
		a
	} else {
		mul_bits_below_one(a, b)
	}
}

/// As [`mul_bits`] if `b` is below one: for loops that can tell it of all factors at once.
pub(crate) fn mul_bits_below_one(a: u64, b: u64) -> u64 {
	a.wrapping_mul(b) >> 32
}

/// As [`mul_bits`], rounded up.
pub(crate) fn mul_up_bits(a: u64, b: u64) -> u64 {
	// The product's bits behind the point are those of its 64 lowest.
	mul_bits(a, b).wrapping_add(u64::from(a.wrapping_mul(b) as u32 > 0))
}

/// The raw bits of a proportion in `[0, 1]` as `u16` per 65535, rounded down.
pub(crate) fn q32_bits_to_u16(bits: u64) -> u16 {
	(bits.wrapping_mul(u16::MAX.into()) >> 32) as u16 // At most 65535.
}

/// A whole that many parts are divided by: the division is made once, each part then costs two multiplications.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Divisor {
	whole: u64,
	/// `ceil(2⁶⁴ / whole) − 1`.
	reciprocal: u64,
}

impl Divisor {
	/// Of a whole of zero every part is zero, and so is its proportion.
	pub(crate) fn new(whole: u64) -> Self {
		let whole = whole.max(1);
		Self { whole, reciprocal: u64::MAX.checked_div(whole).unwrap_or(0) }
	}

	/// `part / whole` in raw bits of [`Q32`], rounded down, for `part ≤ whole` and `part ≤ 2³²`.
	pub(crate) fn proportion(self, part: u64) -> u64 {
		// The reciprocal lacks at most one of 2⁶⁴, so the estimate lacks `part / 2³²` and its fraction: it is exact or one
		// too small. It does not overflow, as `part · reciprocal` is below 2⁶⁴; the remainder may wrap around on the way,
		// but is below `2 · whole` itself.
		let estimate = part.wrapping_mul(self.reciprocal) >> 32;
		let remainder = (part << 32).wrapping_sub(estimate.wrapping_mul(self.whole));
		estimate.wrapping_add(u64::from(remainder >= self.whole))
	}
}

/// `floor(share · amount)` for a share in `[0, 1]`.
pub(crate) fn mul_floor(share: Q32, amount: u64) -> u64 {
	let bits = u128::from(share.to_bits().unsigned_abs());
	let product = bits.saturating_mul(amount.into()) >> 32; // 2³² · 2⁶⁴ at most.
	u64::try_from(product).unwrap_or(u64::MAX)
}

/// `mantissa · 2^exponent`, for what may lie far below the smallest step of [`Q64`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Scaled {
	mantissa: u128,
	exponent: i32,
}

impl Scaled {
	/// `self · factor`, of which the 63 leading bits count; the mantissa of `self` has at most 65.
	pub(crate) fn times(self, factor: u128) -> Self {
		let excess = 65u32.saturating_sub(factor.leading_zeros());
		let factor = factor.checked_shr(excess).unwrap_or(0);
		let exponent = self.exponent.saturating_add_unsigned(excess);
		Self { mantissa: self.mantissa.saturating_mul(factor), exponent }
	}

	/// Bits before the binary point; negative where there are only some far behind it.
	fn bits(self) -> i32 {
		self.exponent.saturating_add_unsigned(u128::BITS.saturating_sub(self.mantissa.leading_zeros()))
	}
}

/// `values` in one common unit, rounded down: the one in which the largest of them takes all 64 bits.
pub(crate) fn in_common_unit(values: &[Scaled]) -> Vec<u64> {
	let top = values.iter().filter(|value| value.mantissa > 0).map(|value| value.bits()).max().unwrap_or(0);
	let scaled = values.iter().map(|value| {
		let up = value.exponent.saturating_sub(top).saturating_add(64);
		let by = up.unsigned_abs(); // No value has more bits than the largest, so going up does not overflow.
		if up < 0 { value.mantissa.checked_shr(by) } else { value.mantissa.checked_shl(by) }.unwrap_or(0)
	});
	scaled.map(|value| u64::try_from(value).unwrap_or(u64::MAX)).collect()
}

/// `σ(x) = 1 / (1 + exp(−x))` for |x| up to 2²⁰, what is beyond counting as that; the relative error is below
/// `2⁻⁶⁰ + |x|·2⁻⁶³`.
pub(crate) fn sigmoid(x: Q64) -> Scaled {
	const ONE: u128 = 1 << 64;
	let (fraction, halvings) = exp_neg(x.to_bits().unsigned_abs().min(ONE << 20));
	let whole = ONE.saturating_add(fraction.checked_shr(halvings).unwrap_or(0)); // 1 + exp(−|x|), at most 2.
	let (numerator, halvings) = if x >= Q64_ZERO { (ONE, 0) } else { (fraction, halvings) };
	// Both halved: so the quotient fits, and but for x = 0 the divisor is one that the machine divides by.
	let mantissa = (numerator << 63).checked_div(whole >> 1).unwrap_or(0);
	Scaled { mantissa, exponent: (-64i32).saturating_sub_unsigned(halvings) }
}

/// exp(−x) for 0 ≤ x ≤ 2²⁰ as `(mantissa, k)` with exp(−x) = mantissa / 2ᵏ and the mantissa in [½, 1]; both x and the
/// mantissa have 64 fractional bits.
///
/// x = k·ln 2 + r with 0 ≤ r < ln 2, so exp(−x) = exp(−r) / 2ᵏ: the series runs where it converges fast, for every x.
/// Off by 2⁻⁶² at the most, and by x·2⁻⁶³ for the digits that ln 2 lacks.
fn exp_neg(x: u128) -> (u128, u32) {
	// From the upper bits of both factors: exact, or one too small.
	let estimate = (x >> 32).saturating_mul(ONE_BY_LN_2.into()) >> 64;
	let above = x.saturating_sub(estimate.saturating_mul(LN_2.into()));
	let (k, r) = match above.checked_sub(LN_2.into()) {
		Some(r) => (estimate.saturating_add(1), r),
		None => (estimate, above),
	};
	let r = u64::try_from(r).unwrap_or(LN_2);
	// 1 − exp(−r) = r·(1 − r/2·(1 − r/3·(…))), from the inside.
	let inner = EXP_RECIPROCALS
		.iter()
		.fold(0, |rest, reciprocal| mul_fractions(r.saturating_sub(mul_fractions(r, rest)), *reciprocal));
	let fall = r.saturating_sub(mul_fractions(r, inner));
	((1u128 << 64).saturating_sub(fall.into()), u32::try_from(k).unwrap_or(u32::MAX))
}

/// Raw bits of `σ(x) = 1 / (1 + exp(−x))` for `x` in raw bits, off by less than three; it never falls where `x` rises.
///
/// Of 32 bits only: liquid alpha asks for it once a bond, and wider products cost a call each in wasm.
pub(crate) fn sigmoid_bits(x: i64) -> u64 {
	let exp = exp_neg_bits(x.unsigned_abs());
	let numerator = if x < 0 { exp } else { ONE_BITS };
	Divisor::new(ONE_BITS.saturating_add(exp)).proportion(numerator)
}

/// exp(−x), as [`exp_neg`] takes it.
fn exp_neg_bits(x: u64) -> u64 {
	const LN_2_BITS: u64 = LN_2 >> 32;
	let halvings = u32::try_from(x / LN_2_BITS).unwrap_or(u32::MAX);
	let r = x % LN_2_BITS;
	let inner = (2..=12).rev().fold(0, |rest, n: u64| {
		mul_bits_below_one(r.saturating_sub(mul_bits_below_one(r, rest)), ONE_BITS.checked_div(n).unwrap_or(0))
	});
	let fall = r.saturating_sub(mul_bits_below_one(r, inner));
	ONE_BITS.saturating_sub(fall).checked_shr(halvings).unwrap_or(0)
}

/// `a·b`, rounded down, of two fractions of 64 bits.
fn mul_fractions(a: u64, b: u64) -> u64 {
	let product = u128::from(a).saturating_mul(b.into()) >> 64;
	u64::try_from(product).unwrap_or(u64::MAX) // Below 2⁶⁴, as both are.
}

#[cfg(test)]
mod tests;
