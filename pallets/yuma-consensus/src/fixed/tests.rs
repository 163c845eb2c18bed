// SPDX-License-Identifier: Apache-2.0
//! Proportions, exponentials and sigmoids at their edges and against exact rationals.

use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::{One, ToPrimitive};
use proptest::prelude::*;

use super::*;
use crate::oracle;

fn exact(value: Q64) -> BigRational {
	BigRational::new(value.to_bits().into(), BigInt::one() << 64usize)
}

/// Relative error of the sigmoid, for |x| up to 300.
fn sigmoid_error(x: Q64) -> f64 {
	let computed = sigmoid(x);
	let scale = BigInt::one() << computed.exponent.unsigned_abs() as usize;
	let computed = BigRational::new(computed.mantissa.into(), scale);
	let small = oracle::exp_neg(&exact(x.saturating_abs()));
	let numerator = if x < Q64_ZERO { small.clone() } else { BigRational::one() };
	let truth = numerator / (BigRational::one() + small);
	((computed - &truth) / truth).to_f64().expect("finite").abs()
}

fn sigmoid_bound(x: Q64) -> f64 {
	2f64.powi(-60) + x.saturating_abs().to_num::<f64>() * 2f64.powi(-63)
}

/// Largest error of [`sigmoid_bits`] that its description allows, in raw bits.
const SIGMOID_BITS_BOUND: f64 = 3.0;
/// Beyond, a sigmoid of 32 bits is zero or one.
const SIGMOID_BITS_RANGE: i64 = 30 << 32;

/// Error of [`sigmoid_bits`] in raw bits, against exact rationals.
fn sigmoid_bits_error(x: i64) -> f64 {
	let fall = oracle::exp_neg(&oracle::binary(x.unsigned_abs().into(), 32));
	let numerator = if x < 0 { fall.clone() } else { BigRational::one() };
	let truth = numerator / (BigRational::one() + fall) * oracle::integer(ONE_BITS);
	(oracle::integer(sigmoid_bits(x)) - truth).to_f64().expect("finite").abs()
}

/// As [`sigmoid_bits_error`] in floating point, whose own error is below a ten thousandth of a bit: for sweeps.
fn sigmoid_bits_error_by_float(x: i64) -> f64 {
	let one = ONE_BITS as f64;
	(sigmoid_bits(x) as f64 - one / (1.0 + (-(x as f64) / one).exp())).abs()
}

/// Checks the bound at every one of `xs`, which ascend, and that the sigmoid does too.
#[track_caller]
fn check_sigmoid_bits(xs: impl Iterator<Item = i64>) {
	let mut last = 0;
	for x in xs {
		let sigmoid = sigmoid_bits(x);
		assert!(sigmoid >= last, "t6: falls at {x}");
		assert!(sigmoid_bits_error_by_float(x) < SIGMOID_BITS_BOUND, "t6: off at {x}");
		last = sigmoid;
	}
}

proptest! {
	#[test]
	fn t6_the_sigmoid_of_32_bits_is_exact_to_its_bound(x in -SIGMOID_BITS_RANGE..=SIGMOID_BITS_RANGE) {
		prop_assert!(sigmoid_bits_error(x) < SIGMOID_BITS_BOUND);
	}

	#[test]
	fn the_sigmoid_of_32_bits_and_its_mirror_sum_to_one(x: i64) {
		prop_assert!((ONE_BITS - 1..=ONE_BITS).contains(&(sigmoid_bits(x) + sigmoid_bits(x.saturating_neg()))));
	}

	#[test]
	fn the_sigmoid_is_exact_to_its_bound(bits in -(300i128 << 64)..300 << 64) {
		let x = Q64::from_bits(bits);
		prop_assert!(sigmoid_error(x) <= sigmoid_bound(x));
	}

	#[test]
	fn a_proportion_is_rounded_down_to_the_last_bit(part: u64, above: u64, times in 1u128..1 << 16) {
		let (part, whole) = (u128::from(part) * times, (u128::from(part) + u128::from(above)) * times);
		prop_assume!(whole > 0);
		let expected: BigInt = (BigInt::from(part) << 64usize) / BigInt::from(whole);
		prop_assert_eq!(BigInt::from(proportion_q64(part, whole).to_bits()), expected);
	}

	#[test]
	fn a_divisor_divides(part in 0u64..=1 << 32, above in prop_oneof![Just(0u64), 0u64..9, 0u64..1 << 52]) {
		let whole = (part + above).max(1);
		prop_assert_eq!(u128::from(Divisor::new(whole).proportion(part)), (u128::from(part) << 32) / u128::from(whole));
	}

	#[test]
	fn a_product_in_raw_bits_is_rounded_down(a in 0u64..=1 << 32, b in prop_oneof![Just(1u64 << 32), 0u64..1 << 32]) {
		prop_assert_eq!(u128::from(mul_bits(a, b)), (u128::from(a) * u128::from(b)) >> 32);
		prop_assert_eq!(q32_bits_to_u16(a), (from_bits(a) * Q32::from_num(u16::MAX)).to_num::<u16>());
	}

	#[test]
	fn a_product_in_raw_bits_is_rounded_up_where_its_name_says_so(
		a in prop_oneof![Just(1u64 << 32), 0u64..1 << 32],
		b in prop_oneof![Just(1u64 << 32), 0u64..1 << 32, 0u64..1 << 4],
	) {
		prop_assert_eq!(u128::from(mul_up_bits(a, b)), (u128::from(a) * u128::from(b)).div_ceil(1 << 32));
	}

	#[test]
	fn a_common_unit_keeps_ratios(a in 1u128..1 << 100, b in 1u128..1 << 100, x in -100i32..100) {
		let consensus = sigmoid(Q64::from_num(x));
		let scaled = in_common_unit(&[consensus.times(a), consensus.times(b)]);
		prop_assert!(scaled.iter().any(|value| *value >= 1 << 63));
		let ratio = a.min(b) as f64 / a.max(b) as f64;
		let kept = scaled[0].min(scaled[1]) as f64 / scaled[0].max(scaled[1]) as f64;
		prop_assert!((ratio - kept).abs() < 1e-15);
	}
}

#[test]
fn the_sigmoid_is_total() {
	assert_eq!(in_common_unit(&[sigmoid(Q64_ZERO)]), [1 << 63]);
	for x in [Q64::max_value(), Q64::min_value(), Q64::from_num(65_535), Q64::from_num(-65_535)] {
		let sigmoid = sigmoid(x);
		assert!(sigmoid.mantissa > 0 && sigmoid.mantissa <= 1 << 64, "{sigmoid:?}");
	}
}

#[test]
fn the_sigmoid_is_exact_at_zero_and_around_the_multiples_of_ln_2() {
	for k in 0..200 {
		for step in -3..=3 {
			let x = Q64::from_bits(i128::from(LN_2) * k + step);
			assert!(sigmoid_error(x) <= sigmoid_bound(x), "{x}");
			let x = Q64_ZERO - x;
			assert!(sigmoid_error(x) <= sigmoid_bound(x), "{x}");
		}
	}
}

#[test]
fn t6_the_sigmoid_of_32_bits_never_falls() {
	check_sigmoid_bits((-SIGMOID_BITS_RANGE..=SIGMOID_BITS_RANGE).step_by((1 << 18) - 1));
	let ln_2 = (LN_2 >> 32) as i64; // Where one more halving starts, and the series anew.
	for middle in (-44..=44).map(|halvings| halvings * ln_2) {
		check_sigmoid_bits(middle - 2_000..=middle + 2_000);
	}
	check_sigmoid_bits(ONE_BITS as i64 - 2_000..=ONE_BITS as i64 + 2_000); // An exponent of one is no exception.
}

#[test]
fn the_sigmoid_of_32_bits_is_total() {
	assert_eq!([i64::MIN, 0, i64::MAX].map(sigmoid_bits), [0, ONE_BITS / 2, ONE_BITS]);
}

#[test]
fn nothing_divides_by_zero() {
	assert_eq!(proportion_q64(5, 0), Q64_ZERO);
	assert_eq!(divide(Q32_ONE, Q32_ZERO), Q32_ONE);
	assert_eq!(in_common_unit(&[]), [0u64; 0]);
	assert_eq!(in_common_unit(&[sigmoid(Q64::from_num(1)).times(0)]), [0]);
}

#[test]
fn mul_floor_holds_at_the_edges() {
	assert_eq!(mul_floor(Q32_ONE, u64::MAX), u64::MAX);
	assert_eq!(mul_floor(proportion_q32(1, 3), 3), 0);
	assert_eq!(mul_floor(Q32_ZERO, u64::MAX), 0);
}

#[test]
fn a_divisor_divides_at_the_edges() {
	for whole in (0..=48).flat_map(|bits| [(1u64 << bits) - 1, 1 << bits, (1 << bits) + 1]) {
		for part in [0, 1, 2, whole / 2, whole.saturating_sub(1), whole, 1 << 32].map(|part| part.min(1 << 32)) {
			let exact = (u128::from(part) << 32) / u128::from(whole.max(1));
			if part <= whole {
				assert_eq!(u128::from(Divisor::new(whole).proportion(part)), exact, "{part} / {whole}");
			}
		}
	}
}
