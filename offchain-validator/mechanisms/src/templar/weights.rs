// SPDX-License-Identifier: Apache-2.0
//! From final scores to shares: the min-power curve.

/// Scores whose powers sum to no more than this earn nothing: they are dust left over by slashing.
const DUST: f64 = 1e-8;

/// The share of each score, `s^p / Σ s^p` over the positive ones; the shares sum to one, or are all zero.
///
/// `power` is positive. A score that is not a positive finite number has no share. Shares are rounded to `f32`, as they
/// are stored.
pub fn min_power_shares(scores: &[f32], power: f64) -> Vec<f32> {
	let counts = |score: &f32| score.is_finite() && *score > 0.0;
	let largest = scores.iter().copied().filter(counts).fold(0.0, f32::max);
	// In units of the largest score, so that no power overflows.
	let powers: Vec<f64> = scores
		.iter()
		.map(|score| if counts(score) { (f64::from(*score) / f64::from(largest)).powf(power) } else { 0.0 })
		.collect();
	let sum: f64 = powers.iter().sum();
	let is_dust = sum * f64::from(largest).powf(power) <= DUST;
	powers.iter().map(|raised| if is_dust { 0.0 } else { (raised / sum) as f32 }).collect()
}

#[cfg(test)]
mod tests {
	use proptest::prelude::*;

	use super::*;

	#[track_caller]
	fn check(scores: &[f32], power: f64, expected: &[f32]) {
		let shares = min_power_shares(scores, power);
		assert_eq!(shares.len(), expected.len());
		assert!(shares.iter().zip(expected).all(|(share, expected)| (share - expected).abs() < 1e-6), "{shares:?}");
	}

	#[test]
	fn the_power_favours_the_best() {
		check(&[1.0, 3.0], 1.0, &[0.25, 0.75]);
		check(&[1.0, 3.0], 2.0, &[0.1, 0.9]);
	}

	#[test]
	fn only_positive_numbers_earn() {
		check(&[-1.0, 2.0, 0.0], 2.0, &[0.0, 1.0, 0.0]);
		check(&[f32::NAN, 2.0, f32::INFINITY], 2.0, &[0.0, 1.0, 0.0]);
		check(&[], 2.0, &[]);
		check(&[-1.0, 0.0], 2.0, &[0.0, 0.0]);
	}

	#[test]
	fn dust_earns_nothing() {
		check(&[1e-5, 2e-5], 2.0, &[0.0, 0.0]);
		check(&[1e-4, 1e-4], 2.0, &[0.5, 0.5]);
	}

	#[test]
	fn no_power_overflows() {
		check(&[f32::MAX, f32::MAX], 16.0, &[0.5, 0.5]);
	}

	proptest! {
		#[test]
		fn shares_sum_to_one(scores in prop::collection::vec(-10.0..10.0f32, 0..50), power in 0.1..4.0) {
			let sum: f64 = min_power_shares(&scores, power).into_iter().map(f64::from).sum();
			let somebody_earns = scores.iter().any(|score| *score > 0.01);
			prop_assert!((sum - 1.0).abs() < 1e-5 || sum == 0.0 && !somebody_earns, "{}", sum);
		}

		#[test]
		fn a_higher_score_never_earns_less(a in 0.001..10.0f32, b in 0.001..10.0f32, power in 0.1..4.0) {
			let shares = min_power_shares(&[a.min(b), a.max(b)], power);
			prop_assert!(shares[0] <= shares[1]);
		}
	}
}
