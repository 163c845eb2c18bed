// SPDX-License-Identifier: Apache-2.0
//! From the results of a step to shares.

use std::collections::BTreeMap;

use super::{params::Form, wins::Record};
use crate::Uid;

/// Parts of one step's reward, in the order of `ranked`; they sum to one, or there are none.
///
/// The softmax of the win rates, or, as documented, everybody's part of all wins.
pub fn step_shares(ranked: &[Record], form: Form, temperature: f64) -> Vec<f64> {
	match form {
		Form::Coded => {
			let rates: Vec<f64> = ranked.iter().map(Record::win_rate).collect();
			softmax(&rates, temperature)
		},
		Form::Documented => {
			let total: f64 = ranked.iter().map(|record| record.wins as f64).sum();
			let equal = 1.0 / ranked.len() as f64;
			ranked.iter().map(|record| if total > 0.0 { record.wins as f64 / total } else { equal }).collect()
		},
	}
}

/// `exp(v / temperature) / Σ exp(v / temperature)`. What is not a finite number has no part; `temperature` is positive.
pub fn softmax(values: &[f64], temperature: f64) -> Vec<f64> {
	let finite = values.iter().copied().filter(|value| value.is_finite());
	let largest = finite.fold(f64::NEG_INFINITY, f64::max);
	// In units of the largest, so that no power overflows and at least one is not zero.
	let power = |value: &f64| if value.is_finite() { ((value - largest) / temperature).exp() } else { 0.0 };
	let powers: Vec<f64> = values.iter().map(power).collect();
	normalized(&powers)
}

/// A moving average after one more value; `alpha` is the part of it that stays, `[0, 1)`. Zero if it is not a number.
pub fn moving_average(average: f64, newest: f64, alpha: f64) -> f64 {
	let next = alpha * average + (1.0 - alpha) * newest;
	if next.is_finite() {
		next
	} else {
		0.0
	}
}

/// The positive parts of the sum, by uid; they sum to one within 1e-6, or there are none.
pub(super) fn shares(weights: &BTreeMap<Uid, f64>) -> Vec<(Uid, f32)> {
	let values: Vec<f64> = weights.values().copied().collect();
	let shares = weights.keys().zip(normalized(&values)).map(|(uid, share)| (*uid, share as f32));
	shares.filter(|(_, share)| *share > 0.0).collect()
}

/// Each value's part of the sum of all; zeros when that is no positive finite number.
fn normalized(values: &[f64]) -> Vec<f64> {
	let sum: f64 = values.iter().sum();
	let part = |value: &f64| if sum > 0.0 && sum.is_finite() { value / sum } else { 0.0 };
	values.iter().map(part).collect()
}

#[cfg(test)]
mod tests {
	use proptest::prelude::*;

	use super::*;

	#[track_caller]
	fn check(parts: &[f64], expected: &[f64]) {
		assert_eq!(parts.len(), expected.len());
		assert!(parts.iter().zip(expected).all(|(part, expected)| (part - expected).abs() < 1e-9), "{parts:?}");
	}

	#[test]
	fn rates_a_temperature_apart_differ_by_e() {
		let one = 1.0f64.exp();
		check(&softmax(&[0.5, 0.42], 0.08), &[one / (one + 1.0), 1.0 / (one + 1.0)]);
		check(&softmax(&[0.0; 4], 0.08), &[0.25; 4]);
		check(&softmax(&[], 0.08), &[]);
	}

	#[test]
	fn no_rate_over_or_underflows_all() {
		check(&softmax(&[1e300, -1e300], 1e-300), &[1.0, 0.0]);
		check(&softmax(&[f64::NAN, 3.0, f64::INFINITY], 0.08), &[0.0, 1.0, 0.0]);
		check(&softmax(&[f64::NAN], 0.08), &[0.0]);
	}

	#[test]
	fn documented_parts_are_parts_of_all_wins() {
		let record = |wins| Record { wins, matches: 8 };
		check(&step_shares(&[record(6), record(2)], Form::Documented, 0.08), &[0.75, 0.25]);
		check(&step_shares(&[record(0), record(0)], Form::Documented, 0.08), &[0.5, 0.5]);
		check(&step_shares(&[], Form::Documented, 0.08), &[]);
	}

	/// Trap: what the published validator cleans of NaN before it submits, it throws away.
	#[test]
	fn an_average_is_a_number() {
		assert_eq!(moving_average(0.5, 1.0, 0.9), 0.55);
		for bad in [f64::NAN, f64::INFINITY] {
			assert_eq!((moving_average(bad, 1.0, 0.9), moving_average(1.0, bad, 0.9)), (0.0, 0.0));
		}
	}

	proptest! {
		#[test]
		fn parts_sum_to_one_and_keep_the_order(values in prop::collection::vec(-1e3..1e3, 1..50), temperature in 1e-3..1e3) {
			let parts = softmax(&values, temperature);
			prop_assert!((parts.iter().sum::<f64>() - 1.0).abs() < 1e-9);
			for (value, part) in values.iter().zip(&parts) {
				prop_assert!(values.iter().zip(&parts).all(|(other, theirs)| value < other || part >= theirs));
			}
		}
	}
}
