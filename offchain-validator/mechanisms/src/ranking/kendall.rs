// SPDX-License-Identifier: Apache-2.0
//! How far two orders agree.

/// Kendall's rank correlation τ of two lists of scores of the same things: pairs in the same order, less those in the
/// opposite one, over all pairs; `[−1, 1]`. A pair that either list ties counts for neither. `None` without a pair, or
/// where the lists are not equally long. (M. G. Kendall, "A New Measure of Rank Correlation", Biometrika 30, 1938.)
pub fn kendall_tau(left: &[f64], right: &[f64]) -> Option<f64> {
	if left.len() != right.len() || left.len() < 2 {
		return None;
	}
	let things: Vec<(f64, f64)> = left.iter().copied().zip(right.iter().copied()).collect();
	let (mut sum, mut pairs) = (0.0, 0.0);
	for (place, (left, right)) in things.iter().enumerate() {
		for (other_left, other_right) in things.iter().take(place) {
			pairs += 1.0;
			sum += sign(left - other_left) * sign(right - other_right);
		}
	}
	Some(sum / pairs)
}

fn sign(difference: f64) -> f64 {
	if difference == 0.0 {
		0.0
	} else {
		difference.signum()
	}
}

#[cfg(test)]
mod tests {
	use proptest::prelude::*;

	use super::*;

	#[test]
	fn one_exchange_of_neighbours_costs_two_pairs_of_all() {
		let order = [1.0, 2.0, 3.0, 4.0];
		assert_eq!(kendall_tau(&order, &order), Some(1.0));
		assert_eq!(kendall_tau(&order, &[2.0, 1.0, 3.0, 4.0]), Some(4.0 / 6.0));
		assert_eq!(kendall_tau(&order, &[4.0, 3.0, 2.0, 1.0]), Some(-1.0));
		assert_eq!(kendall_tau(&order, &[1.0, 1.0, 3.0, 4.0]), Some(5.0 / 6.0));
		assert_eq!(kendall_tau(&[1.0], &[1.0]), None);
		assert_eq!(kendall_tau(&order, &[1.0]), None);
	}

	proptest! {
		#[test]
		fn it_is_symmetric_and_turns_its_sign(scores in prop::collection::vec((-1e3..1e3f64, -1e3..1e3f64), 2..20)) {
			let (left, right): (Vec<f64>, Vec<f64>) = scores.into_iter().unzip();
			let negated: Vec<f64> = right.iter().map(|score| -score).collect();
			let tau = kendall_tau(&left, &right).expect("two and more");
			prop_assert!((-1.0..=1.0).contains(&tau));
			prop_assert_eq!(kendall_tau(&right, &left), Some(tau));
			prop_assert_eq!(kendall_tau(&left, &negated), Some(-tau));
		}
	}
}
