// SPDX-License-Identifier: Apache-2.0
//! A weight row, as stored and as read.
//!
//! Storage keeps the full `u16` range: a row is scaled up until its largest entry is 65535, so small weights survive.
//! The scale of a stored row therefore says nothing, and whoever reads one must renormalize it: this module offers no
//! other way from a stored row to shares, but for the preview that shows what the omission would cost.

use alloc::vec::Vec;

use crate::fixed::{proportion_q64, u16_proportion_q64, Q64};

/// A row as kept in storage: `(netuid or uid, weight)`.
pub type StoredRow = Vec<(u16, u16)>;

/// Twice the top of a stored row: `(2·65535·value + max) / (2·max)` is `65535·value / max`, rounded half up.
const TWICE_U16_MAX: u64 = 131_070;

/// Scales a row up so that its largest entry becomes 65535, rounding half up. All zeros stay as they are.
pub fn max_upscale(weights: &[u16]) -> Vec<u16> {
	let weights: Vec<u64> = weights.iter().map(|weight| u64::from(*weight)).collect();
	max_upscale_wide(&weights)
}

/// As [`max_upscale`], for entries below 2⁴⁷ (raw bits of proportions).
pub(crate) fn max_upscale_wide(values: &[u64]) -> Vec<u16> {
	let max = values.iter().copied().max().unwrap_or(0);
	values
		.iter()
		.map(|value| {
			let doubled = value.saturating_mul(TWICE_U16_MAX).saturating_add(max);
			doubled.checked_div(max.saturating_mul(2)).map_or(0, |upscaled| u16::try_from(upscaled).unwrap_or(u16::MAX))
		})
		.collect()
}

/// A row that has been read back: its shares sum to one (less rounding, 2⁻⁶⁴ an entry), or it is empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NormalizedRow(Vec<(usize, Q64)>);

impl NormalizedRow {
	/// Renormalizes the entries of `row` that are for one of `ids`, ascending; the others are stale and have no part in
	/// the sum. A row of zeros has no direction and reads as empty.
	pub fn from_stored(row: &[(u16, u16)], ids: &[u16]) -> Self {
		let live = live_entries(row, ids);
		let sum: u128 = live.iter().fold(0, |sum, (_, weight)| sum.saturating_add((*weight).into()));
		Self(live.into_iter().map(|(index, weight)| (index, proportion_q64(weight.into(), sum))).collect())
	}

	/// The shares as `(index into ids, share per 2⁶⁴ − 1)`, rounded down.
	pub fn shares(&self) -> impl Iterator<Item = (usize, u64)> + '_ {
		self.0.iter().map(|(index, share)| (*index, u64::try_from(share.to_bits()).unwrap_or(u64::MAX)))
	}

	pub(crate) fn entries(&self) -> &[(usize, Q64)] {
		&self.0
	}

	/// The entries in units of 65535, not renormalized: what an even voter pulls is then a multiple of what a voter of
	/// the same stake pulls who concentrates. Only for showing that difference.
	pub(crate) fn without_renormalization(row: &[(u16, u16)], ids: &[u16]) -> Self {
		Self(live_entries(row, ids).into_iter().map(|(index, weight)| (index, u16_proportion_q64(weight))).collect())
	}
}

fn live_entries(row: &[(u16, u16)], ids: &[u16]) -> Vec<(usize, u16)> {
	let index_of = |id| ids.binary_search(id).ok();
	let mut live = row.iter().filter_map(|(id, weight)| index_of(id).map(|index| (index, *weight))).collect();
	sort_keeping_last(&mut live);
	live.retain(|(_, weight)| *weight > 0);
	live
}

/// Sorts entries by id; of an id named twice the last entry counts. Rows are stored sorted and distinct, so this is one
/// pass over them; only rows of another origin cost more.
pub(crate) fn sort_keeping_last<Id: Ord, Value>(entries: &mut Vec<(Id, Value)>) {
	if entries.is_sorted_by(|(a, _), (b, _)| a < b) {
		return;
	}
	entries.reverse();
	entries.sort_by(|(a, _), (b, _)| a.cmp(b)); // Stable: the last of equals now comes first.
	entries.dedup_by(|(a, _), (b, _)| a == b);
}

#[cfg(test)]
mod tests {
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
}
