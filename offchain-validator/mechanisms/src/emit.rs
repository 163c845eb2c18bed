// SPDX-License-Identifier: Apache-2.0
//! From shares to the `u16` weights that a chain stores.

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

/// Scales `shares` so that the largest becomes 65535, each rounded to the nearest, a half to the even one.
///
/// To the unit what validators of the reference send for the same numbers (bittensor's
/// `convert_weights_and_uids_for_emit`): `share / largest · 65535` in `f64`. A weight of zero says nothing, and is to be
/// left out of the row.
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
	Ok(shares.iter().map(|share| (share / largest * f64::from(u16::MAX)).round_ties_even() as u16).collect())
}

#[cfg(test)]
mod tests {
	use proptest::prelude::*;

	use super::*;

	#[track_caller]
	fn check(shares: &[f64], expected: &[u16]) {
		assert_eq!(to_u16(shares).as_deref(), Ok(expected));
	}

	#[test]
	fn the_largest_share_becomes_the_largest_weight() {
		check(&[0.75, 0.2, 0.05], &[65_535, 17_476, 4_369]);
		check(&[0.1; 10], &[65_535; 10]);
	}

	/// Trap 5.
	#[test]
	fn a_half_goes_to_the_even_one() {
		check(&[1.0, 0.5], &[65_535, 32_768]);
		check(&[65_535.0, 0.5, 1.5, 2.5], &[65_535, 0, 2, 2]);
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

	/// Trap 15.
	#[test]
	fn what_points_nowhere_is_refused() {
		assert_eq!(to_u16(&[]), Err(WeightsError::AllZero));
		assert_eq!(to_u16(&[0.0, 0.0]), Err(WeightsError::AllZero));
	}

	proptest! {
		/// Trap 15. A share too small for a weight leaves the row; never all of them do.
		#[test]
		fn what_is_sent_has_its_largest_weight(shares in prop::collection::vec(0.0..1e300, 0..300), scale in -300..0) {
			let shares: Vec<f64> = shares.into_iter().map(|share: f64| share * 10f64.powi(scale)).collect();
			match to_u16(&shares) {
				Ok(weights) => prop_assert_eq!(weights.into_iter().max(), Some(u16::MAX)),
				Err(refusal) => {
					prop_assert_eq!(refusal, WeightsError::AllZero);
					prop_assert!(shares.iter().all(|share| *share == 0.0));
				},
			}
		}
	}

	#[test]
	fn what_is_no_share_is_refused() {
		assert_eq!(to_u16(&[1.0, -0.5]), Err(WeightsError::Negative { index: 1, value: -0.5 }));
		assert_eq!(to_u16(&[1.0, f64::INFINITY]), Err(WeightsError::NotFinite { index: 1, value: f64::INFINITY }));
		assert!(matches!(to_u16(&[f64::NAN]), Err(WeightsError::NotFinite { index: 0, .. })));
	}
}
