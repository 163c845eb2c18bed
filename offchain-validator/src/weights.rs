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

/// `share / largest`, in 65535ths.
fn upscale(share: f64, largest: f64) -> u16 {
	// Multiplying first is exact for short numbers, so that a half is seen as one. Numbers too large for that are first
	// made smaller by a power of two, which is exact as well.
	let smaller = if largest > f64::MAX / 65_536.0 { 1.0 / 65_536.0 } else { 1.0 };
	let weight = share * smaller * f64::from(u16::MAX) / (largest * smaller);
	weight.round() as u16 // Takes a half away from zero, here up.
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
	}

	#[test]
	fn any_positive_scale_gives_the_same_weights() {
		check(&[3e-300, 1.5e-300], &[65_535, 32_768]);
		check(&[f64::MAX, f64::MAX / 2.0], &[65_535, 32_768]);
		check(&[f64::MIN_POSITIVE / 4.0], &[65_535]);
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
		assert_eq!(
			to_u16(&[1.0, f64::INFINITY]),
			Err(WeightsError::NotFinite { index: 1, value: f64::INFINITY })
		);
		assert!(matches!(to_u16(&[f64::NAN]), Err(WeightsError::NotFinite { index: 0, .. })));
	}
}
