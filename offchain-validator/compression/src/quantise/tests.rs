// SPDX-License-Identifier: Apache-2.0

use proptest::prelude::*;

use super::*;

const FOUR: Quantiser = Quantiser { bins: 4, range: 6.0 };

#[test]
fn numbers_that_are_all_the_same_come_back_as_they_are() {
	for numbers in [vec![], vec![0.3], vec![0.5; 9], vec![0.0; 3]] {
		let quantised = FOUR.quantise(&numbers);
		assert_eq!(quantised.scale, 1.0);
		assert_eq!(quantised.numbers(), numbers);
	}
}

#[test]
fn what_is_no_number_makes_no_panic() {
	for number in [f32::NAN, f32::INFINITY, f32::MAX] {
		let quantised = FOUR.quantise(&[number, number, 1.0, -f32::MAX]);
		assert_eq!(quantised.codes.len(), 4);
	}
}

#[test]
fn a_code_without_an_entry_is_no_number() {
	let quantised = Quantised { codes: vec![0, 4], lookup: vec![1.0; 4], shift: 0.5, scale: 1.0 };
	let numbers = quantised.numbers();
	assert!(numbers[0] == 1.5 && numbers[1].is_nan());
}

proptest! {
	/// A number within the range is at most a bin away from what it is read as, the bin's mean.
	#[test]
	fn numbers_are_read_within_a_bin_of_what_they_were(
		numbers in proptest::collection::vec(-1e3_f32..1e3, 2..200), bins in 2_usize..=256,
	) {
		let quantised = Quantiser { bins, range: 6.0 }.quantise(&numbers);
		let reach = f64::from(quantised.scale) * (bins as f64 / 2.0 - 1.5); // The outermost bins have no end.
		for (number, read) in numbers.iter().zip(quantised.numbers()) {
			let inside = f64::from((number - quantised.shift).abs()) < reach;
			prop_assert!(!inside || (number - read).abs() <= quantised.scale * 1.0001 + 1e-3, "{} {}", number, read);
		}
	}

	/// Means of bins: reading changes neither the sum nor the order.
	#[test]
	fn the_mean_and_the_order_are_kept(numbers in proptest::collection::vec(-1.0_f32..1.0, 2..200)) {
		let read = FOUR.quantise(&numbers).numbers();
		let sum = |numbers: &[f32]| numbers.iter().map(|number| f64::from(*number)).sum::<f64>();
		prop_assert!((sum(&numbers) - sum(&read)).abs() < 1e-4);
		let mut pairs: Vec<_> = numbers.iter().zip(&read).collect();
		pairs.sort_by(|a, b| a.0.total_cmp(b.0));
		prop_assert!(pairs.is_sorted_by(|a, b| a.1 <= b.1));
	}

	#[test]
	fn there_are_no_more_different_numbers_than_bins(
		numbers in proptest::collection::vec(any::<f32>(), 2..200), bins in 2_usize..=256,
	) {
		let quantised = Quantiser { bins, range: 6.0 }.quantise(&numbers);
		prop_assert_eq!(quantised.lookup.len(), bins);
		prop_assert!(quantised.codes.iter().all(|code| usize::from(*code) < bins));
	}
}
