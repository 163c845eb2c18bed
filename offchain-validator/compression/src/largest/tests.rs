// SPDX-License-Identifier: Apache-2.0

use proptest::prelude::*;

use super::*;

fn found(values: &[f32], kept: usize) -> Vec<u16> {
	let mut indices = vec![u16::MAX; kept];
	largest(values, &mut indices, &mut Scratch::default());
	indices
}

/// All values sorted, the first of equally large ones first.
fn sorted(values: &[f32], kept: usize) -> Vec<u16> {
	let mut indices: Vec<u16> = (0..values.len() as u16).collect();
	indices.sort_by(|a, b| values[usize::from(*b)].abs().total_cmp(&values[usize::from(*a)].abs()));
	indices.truncate(kept);
	indices.sort_unstable();
	indices
}

#[test]
fn signs_do_not_count_and_the_first_of_equals_is_taken() {
	assert_eq!(found(&[1.0, -3.0, 2.0], 1), [1]);
	assert_eq!(found(&[2.0, -2.0, 2.0, 1.0], 2), [0, 1]);
	assert_eq!(found(&[0.0; 4096], 3), [0, 1, 2]);
	assert_eq!(found(&[], 0), [0_u16; 0]);
}

#[test]
fn what_is_no_number_is_the_largest() {
	let mut values = vec![1.0; 4096];
	values[4000] = f32::NAN;
	values[7] = f32::INFINITY;
	assert_eq!(found(&values, 2), [7, 4000]);
}

#[test]
fn one_scratch_serves_many_chunks() {
	let mut scratch = Scratch::default();
	for n in [4096, 25, 64, 1, 2048] {
		let values: Vec<f32> = (0..n).map(|i| (i as f32 * 0.7).sin()).collect();
		let mut indices = vec![0; n.min(9)];
		largest(&values, &mut indices, &mut scratch);
		assert_eq!(indices, sorted(&values, n.min(9)));
	}
}

proptest! {
	/// From few different values, so that many are equal, and from many.
	#[test]
	fn they_are_those_that_sorting_finds(
		values in prop_oneof![
			proptest::collection::vec((-3_i8..3).prop_map(f32::from), 1..2000),
			proptest::collection::vec(any::<f32>(), 1..5000),
		],
		kept in 1_usize..300,
	) {
		let kept = kept.min(values.len());
		prop_assert_eq!(found(&values, kept), sorted(&values, kept));
	}
}
