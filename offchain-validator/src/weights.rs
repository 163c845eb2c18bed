// SPDX-License-Identifier: Apache-2.0

//! From shares to the `u16` weights that the chain stores. Pure; knows no chain.

/// Why shares cannot become weights.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum WeightsError {
	/// An entry is not a number, or infinite.
	#[error("entry {index} is {value}: weights must be finite numbers")]
	NotFinite {
		/// Position of the entry.
		index: usize,
		/// The entry.
		value: f64,
	},
	/// An entry is below zero.
	#[error("entry {index} is {value}: weights must not be negative")]
	Negative {
		/// Position of the entry.
		index: usize,
		/// The entry.
		value: f64,
	},
	/// No entry is above zero, so the row points nowhere.
	#[error("all weights are zero: at least one must be positive")]
	AllZero,
}

/// Scales `shares` so that the largest becomes 65535, each rounded to the nearest, a half up.
pub fn to_u16(shares: &[f64]) -> Result<Vec<u16>, WeightsError> {
	for (index, &value) in shares.iter().enumerate() {
		if !value.is_finite() {
			return Err(WeightsError::NotFinite { index, value });
		}
		if value < 0.0 {
			return Err(WeightsError::Negative { index, value });
		}
	}
	let largest = shares.iter().copied().fold(0.0, f64::max);
	if largest == 0.0 {
		return Err(WeightsError::AllZero);
	}
	Ok(shares.iter().map(|share| upscale(*share, largest)).collect())
}

/// `share / largest` in 65535ths. Integers all the way: the only rounding is the one asked for.
fn upscale(share: f64, largest: f64) -> u16 {
	let (numerator, exponent) = mantissa_and_exponent(share);
	let (denominator, largest_exponent) = mantissa_and_exponent(largest);
	let shift = largest_exponent.saturating_sub(exponent); // Not below zero: no share exceeds the largest.
	if shift > 70 {
		return 0; // The largest is at least 2^70 times as large; and below, 53 + 70 + 1 bits fit.
	}
	let (numerator, denominator) = (numerator * u128::from(u16::MAX), denominator << shift);
	((2 * numerator + denominator) / (2 * denominator)) as u16 // At most 65535, as no share exceeds the largest.
}

/// `m` and `e` of `value = m · 2^(e - c)` with `c` the same for all values; `value` is finite and not negative.
fn mantissa_and_exponent(value: f64) -> (u128, u64) {
	const FRACTION: u32 = f64::MANTISSA_DIGITS - 1;
	let bits = value.abs().to_bits(); // Zero may carry a sign.
	let (exponent, fraction) = (bits >> FRACTION, bits & ((1 << FRACTION) - 1));
	match exponent {
		0 => (fraction.into(), 1),
		_ => ((fraction | 1 << FRACTION).into(), exponent),
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	fn check(shares: &[f64], expected: &[u16]) {
		assert_eq!(to_u16(shares).as_deref(), Ok(expected));
	}

	#[test]
	fn the_largest_share_becomes_the_largest_weight() {
		check(&[0.75, 0.2, 0.05], &[65_535, 17_476, 4_369]);
		check(&[0.1; 10], &[65_535; 10]);
		check(&[0.25; 4], &[65_535; 4]);
	}

	#[test]
	fn a_half_is_rounded_up() {
		check(&[1.0, 0.5], &[65_535, 32_768]);
		check(&[65_535.0, 0.5, 0.25], &[65_535, 1, 0]);
		check(&[6.0, 1.0], &[65_535, 10_923]);
		check(&[65_535.0, 0.499_999_999_999_999_9], &[65_535, 0]);
	}

	#[test]
	fn any_positive_scale_gives_the_same_weights() {
		check(&[3e-300, 1.5e-300], &[65_535, 32_768]);
		check(&[f64::MAX, f64::MAX / 2.0], &[65_535, 32_768]);
		check(&[f64::MIN_POSITIVE / 4.0, f64::MIN_POSITIVE / 8.0], &[65_535, 32_768]);
		check(&[f64::MAX, 1.0, f64::MIN_POSITIVE], &[65_535, 0, 0]);
	}

	#[test]
	fn zero_stays_zero() {
		check(&[0.0, 7.0, -0.0], &[0, 65_535, 0]);
	}

	#[test]
	fn what_points_nowhere_is_refused() {
		assert_eq!(to_u16(&[]), Err(WeightsError::AllZero));
		assert_eq!(to_u16(&[0.0, 0.0]), Err(WeightsError::AllZero));
	}

	#[test]
	fn what_is_no_share_is_refused() {
		assert_eq!(to_u16(&[1.0, -0.5]), Err(WeightsError::Negative { index: 1, value: -0.5 }));
		assert_eq!(to_u16(&[1.0, f64::INFINITY]), Err(WeightsError::NotFinite { index: 1, value: f64::INFINITY }));
		assert!(matches!(to_u16(&[f64::NAN]), Err(WeightsError::NotFinite { index: 0, .. })));
	}
}
