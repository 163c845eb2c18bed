// SPDX-License-Identifier: Apache-2.0
//! Rows as stored and as read.

use super::*;
use proptest::prelude::*;

#[test]
fn upscaling_brings_the_largest_to_the_top() {
	assert_eq!(max_upscale(&[1, 2, 4]), [16_384, 32_768, 65_535]);
	assert_eq!(max_upscale(&[7, 7]), [65_535, 65_535]);
	assert_eq!(max_upscale(&[0, 0]), [0, 0]);
	assert_eq!(max_upscale(&[]), [0u16; 0]);
}

#[test]
fn upscaling_rounds_half_up_also_above_half_range() {
	assert_eq!(max_upscale(&[3_277, 32_770]), [6_554, 65_535]); // W2: exactly 6553.5.
}

#[test]
fn even_and_concentrated_rows_read_alike() {
	let even = NormalizedRow::from_stored(&[(1, 65_535), (2, 65_535)], &[1, 2, 3]);
	let half: u64 = 1 << 63;
	assert_eq!(even.shares().collect::<Vec<_>>(), [(0, half), (1, half)]);
}

#[test]
fn stale_entries_do_not_count() {
	let row = [(1, 100), (9, 65_535)];
	assert_eq!(NormalizedRow::from_stored(&row, &[1, 2]).shares().collect::<Vec<_>>(), [(0, u64::MAX)]);
	assert_eq!(NormalizedRow::from_stored(&row, &[2]).shares().count(), 0);
	assert_eq!(NormalizedRow::from_stored(&[(1, 0)], &[1]).shares().count(), 0);
}

/// Cuts `amount` by the shares, `(index into ids, part)`.
fn parts(read: &NormalizedRow, whole: u64, amount: u128) -> Vec<(usize, u128)> {
	let mut cut = Cut::new(amount, whole);
	read.entries.iter().map(|(index, weight)| (*index, cut.next(*weight))).collect()
}

fn stored_row() -> impl Strategy<Value = StoredRow> {
	proptest::collection::btree_map(0u16..400, 0u16.., 0..64).prop_map(|row| row.into_iter().collect())
}

proptest! {
	#[test]
	fn a_read_row_sums_to_one_or_is_empty(row in stored_row()) {
		let ids: Vec<u16> = (0..300).collect();
		let read = NormalizedRow::from_stored(&row, &ids);
		let sum: u128 = read.shares().map(|(_, share)| u128::from(share)).sum();
		let voted = row.iter().any(|(id, weight)| *id < 300 && *weight > 0);
		let complete = (1u128 << 64) - 64..=1 << 64;
		let read_right = if voted { complete.contains(&sum) } else { sum == 0 };
		prop_assert!(read_right);
	}

	#[test]
	fn upscaling_keeps_order_and_touches_the_top(weights in proptest::collection::vec(any::<u16>(), 1..40)) {
		let upscaled = max_upscale(&weights);
		prop_assert!(weights.iter().all(|w| *w == 0) || upscaled.iter().max() == Some(&u16::MAX));
		for (a, b) in weights.iter().zip(&upscaled) {
			for (c, d) in weights.iter().zip(&upscaled) {
				prop_assert!(a > c || b <= d);
			}
		}
		prop_assert_eq!(max_upscale(&upscaled), upscaled);
	}
}

proptest! {
	#[test]
	fn the_parts_of_an_amount_sum_to_it_exactly(row in stored_row(), amount in 0u128..1 << 111) {
		let ids: Vec<u16> = (0..300).collect();
		let read = NormalizedRow::from_stored(&row, &ids);
		let parts = parts(&read, read.whole, amount);
		prop_assert_eq!(parts.iter().map(|(_, part)| part).sum::<u128>(), if read.whole == 0 { 0 } else { amount });
		for ((_, part), (_, weight)) in parts.iter().zip(&read.entries) {
			let (each, rest) = (amount / u128::from(read.whole), amount % u128::from(read.whole));
			let floor = each * u128::from(*weight) + rest * u128::from(*weight) / u128::from(read.whole);
			prop_assert!(part.abs_diff(floor) <= 1);
		}
	}

	#[test]
	fn scaling_a_row_changes_no_part(weights in proptest::collection::vec(1u16..=100, 1..9), factor in 1u16..=600) {
		let row = |scale: u16| -> StoredRow { (1u16..).zip(&weights).map(|(id, w)| (id, w * scale)).collect() };
		let read = |scale: u16| {
			let read = NormalizedRow::from_stored(&row(scale), &Vec::from_iter(1..10));
			(parts(&read, read.whole, u128::from(u64::MAX)), read.shares().collect::<Vec<_>>())
		};
		prop_assert_eq!(read(1), read(factor));
	}

	#[test]
	fn upscaling_forgets_the_scale(weights in proptest::collection::vec(0u16..=100, 1..9), factor in 1u16..=600) {
		let scaled: Vec<u16> = weights.iter().map(|weight| weight * factor).collect();
		prop_assert_eq!(max_upscale(&scaled), max_upscale(&weights));
	}
}

#[test]
fn the_longest_row_reads_without_overflow() {
	let ids: Vec<u16> = (0..=u16::MAX).collect();
	let row: StoredRow = ids.iter().map(|id| (*id, u16::MAX)).collect();
	let read = NormalizedRow::from_stored(&row, &ids);
	let sum = |whole: u64, amount: u128| parts(&read, whole, amount).into_iter().map(|(_, part)| part).sum::<u128>();
	assert_eq!(sum(read.whole, (1 << 111) - 1), (1 << 111) - 1);
	assert!(read.shares().all(|(_, share)| share == 1 << 48));
	let not_renormalized = sum(u16::MAX.into(), (1 << 111) - 65_535);
	assert_eq!(not_renormalized / 65_536, (1 << 111) - 65_535);
}

proptest! {
	#[test]
	fn cutting_by_a_reciprocal_is_cutting_by_division(row in stored_row(), amount in 0u128..1 << 111, extra in 0u64..1 << 30) {
		let read = NormalizedRow::from_stored(&row, &Vec::from_iter(0..300));
		let whole = read.whole + extra;
		prop_assume!(whole > 0);
		let (mut so_far, mut due_before) = (0u128, 0);
		for ((_, weight), (_, part)) in read.entries.iter().zip(parts(&read, whole, amount)) {
			so_far += u128::from(*weight);
			let due = amount % u128::from(whole) * so_far / u128::from(whole);
			prop_assert_eq!(part, amount / u128::from(whole) * u128::from(*weight) + due - due_before);
			due_before = due;
		}
	}
}

/// The parts of runs, each a place, weights and an amount, by place: summed at once, and one by one.
fn sums_of_runs(places: usize, runs: &[(usize, Vec<u16>, u128)], whole: impl Fn(u64) -> u64) -> (Vec<u128>, Vec<u128>) {
	let (mut sums, mut one_by_one) = (PartSums::new(places), vec![0; places]);
	for (start, weights, amount) in runs {
		let entries: StoredRow = (0..=u16::MAX).zip(weights.iter().copied()).collect();
		let whole = whole(weights.iter().map(|weight| u64::from(*weight)).sum());
		sums.add(&Cut::new(*amount, whole), &entries, &(*start..start + weights.len()));
		let mut cut = Cut::new(*amount, whole);
		for (sum, weight) in one_by_one[*start..].iter_mut().zip(weights) {
			*sum += cut.next(*weight);
		}
	}
	(sums.totals().collect(), one_by_one)
}

proptest! {
	#[test]
	fn runs_are_summed_as_their_entries(
		runs in proptest::collection::vec(
			(0usize..20, proptest::collection::vec(prop_oneof![Just(0), any::<u16>()], 1..20), 0u128..1 << 106),
			0..32,
		),
	) {
		let (sums, one_by_one) = sums_of_runs(40, &runs, |units| units);
		prop_assert_eq!(sums, one_by_one);
		let (sums, one_by_one) = sums_of_runs(40, &runs, |_| 65_535);
		prop_assert_eq!(sums, one_by_one);
	}

	#[test]
	fn a_row_is_a_run_if_it_names_neighbours_in_the_list(
		ids in proptest::collection::btree_set(0u16..30, 0..20),
		row in proptest::collection::vec((0u16..30, 0u16..3), 0..6),
		(start, length) in (0usize..20, 0usize..20),
	) {
		let ids = Vec::from_iter(ids);
		let places = Places::new(&ids);
		let neighbours: StoredRow = ids.iter().skip(start).take(length).map(|id| (*id, id % 3)).collect();
		for row in [row, neighbours] {
			let run = LiveRow::read(&row, &places).run;
			let listed = ids.windows(row.len().max(1)).position(|some| some.iter().eq(row.iter().map(|(id, _)| id)));
			prop_assert_eq!(run.as_ref().map(|run| run.places.clone()), listed.map(|place| place..place + row.len()));
			prop_assert!(run.is_none_or(|run| run.is_positive == row.iter().all(|(_, weight)| *weight > 0)));
		}
	}
}

#[test]
fn as_many_and_as_long_runs_as_may_be_do_not_overflow() {
	let full = 1u128 << 95;
	let runs = vec![(0, vec![u16::MAX, 0], full - 1); PartSums::MOST_ROWS];
	let (sums, _) = sums_of_runs(2, &runs, |units| units);
	assert_eq!(sums, [(full - 1) << 16, 0]);
	let weights = vec![u16::MAX; 1 << 16];
	let (sums, one_by_one) = sums_of_runs(1 << 16, &[(0, weights, (1 << 111) - 1)], |units| units);
	assert_eq!(sums.iter().sum::<u128>(), (1 << 111) - 1);
	assert_eq!(sums, one_by_one);
}
