// SPDX-License-Identifier: Apache-2.0

//! What each peer's share in a sum is multiplied by, so that nobody gains by size.

/// Keeps the factor of an all-zero tensor finite.
const NORM_FLOOR: f64 = 1e-8;

/// Euclidean length. In f64, in which no square of an f32 overflows.
pub fn norm(values: &[f32]) -> f64 {
	values.iter().map(|value| f64::from(*value) * f64::from(*value)).sum::<f64>().sqrt()
}

/// The median of `numbers`, of an even number the lower of both in the middle, as published; none of nothing.
pub fn median(mut numbers: Vec<f64>) -> Option<f64> {
	numbers.sort_by(f64::total_cmp);
	numbers.get(numbers.len().saturating_sub(1) / 2).copied()
}

/// Scales to length one.
pub(crate) fn unit_factor(norm: f64) -> f64 {
	1.0 / (norm + NORM_FLOOR)
}

/// Scales to a length of `limit` at most.
pub fn clip_factor(norm: f64, limit: f64) -> f64 {
	(limit / (norm + NORM_FLOOR)).min(1.0)
}

#[cfg(test)]
mod tests {
	use proptest::prelude::*;

	use super::*;

	#[test]
	fn the_median_of_an_even_number_is_the_lower_one() {
		assert_eq!(median(vec![]), None);
		assert_eq!(median(vec![3.0]), Some(3.0));
		assert_eq!(median(vec![4.0, 1.0]), Some(1.0));
		assert_eq!(median(vec![4.0, 1.0, 3.0, 2.0]), Some(2.0));
		assert_eq!(median(vec![4.0, 1.0, 3.0]), Some(3.0));
	}

	proptest! {
		#[test]
		fn nobody_is_longer_than_allowed(values in proptest::collection::vec(any::<f32>(), 0..20), limit in 0.0_f64..1e9) {
			let norm = norm(&values);
			prop_assert!(norm.is_finite());
			prop_assert!(norm * unit_factor(norm) <= 1.0);
			let clipped = clip_factor(norm, limit);
			prop_assert!(norm * clipped <= limit * (1.0 + 1e-12) && (0.0..=1.0).contains(&clipped));
		}
	}
}
