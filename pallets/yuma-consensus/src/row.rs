// SPDX-License-Identifier: Apache-2.0
//! A weight row, as stored and as read.
//!
//! Storage keeps the full `u16` range: a row is scaled up until its largest entry is 65535, so small weights survive.
//! The scale of a stored row therefore says nothing, and whoever reads one must renormalize it: this module offers no
//! other way from a stored row to shares, but for the preview that shows what the omission would cost.

use alloc::vec::Vec;

use crate::fixed::proportion_q64;

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

/// A row that has been read back: its shares sum to one, or it is empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NormalizedRow {
	/// `(index, weight)`, ascending; a share is `weight / whole`. At most 65536 entries, so that no sum exceeds 2³².
	entries: Vec<(usize, u16)>,
	whole: u64,
}

impl NormalizedRow {
	/// Renormalizes the entries of `row` that are for one of `ids`, ascending; the others are stale and have no part in
	/// the sum. A row of zeros has no direction and reads as empty.
	pub fn from_stored(row: &[(u16, u16)], ids: &[u16]) -> Self {
		let entries = live_entries(row, ids);
		let whole = entries.iter().fold(0, |sum: u64, (_, weight)| sum.saturating_add((*weight).into()));
		Self { entries, whole }
	}

	/// The shares as `(index into ids, share per 2⁶⁴ − 1)`, rounded down.
	pub fn shares(&self) -> impl Iterator<Item = (usize, u64)> + '_ {
		self.entries.iter().map(|(index, weight)| {
			let share = proportion_q64((*weight).into(), self.whole.into());
			(*index, u64::try_from(share.to_bits()).unwrap_or(u64::MAX))
		})
	}

	/// Sum of the live entries: what the row would pull as stored.
	pub(crate) fn units(&self) -> u64 {
		self.entries.iter().fold(0, |sum, (_, weight)| sum.saturating_add((*weight).into()))
	}

	/// Whether there is nothing to vote for.
	pub(crate) fn is_empty(&self) -> bool {
		self.entries.is_empty()
	}

	/// Cuts `amount` by the shares, `(index into ids, part)`. The parts sum to the amount exactly: what rounding down
	/// takes from one entry goes to the next, so that each is less than one unit off.
	pub(crate) fn parts(&self, amount: u128) -> impl Iterator<Item = (usize, u128)> + '_ {
		let whole = u128::from(self.whole);
		let each = amount.checked_div(whole).unwrap_or(0); // What one unit of weight gets; the rest is below 2³².
		let rest = u64::try_from(amount.checked_rem(whole).unwrap_or(0)).unwrap_or(0);
		let (mut weight_so_far, mut rest_so_far) = (0u64, 0u64);
		self.entries.iter().map(move |(index, weight)| {
			weight_so_far = weight_so_far.saturating_add((*weight).into());
			let due = rest.saturating_mul(weight_so_far).checked_div(self.whole).unwrap_or(0); // Below 2⁶⁴.
			let of_rest = due.saturating_sub(rest_so_far);
			rest_so_far = due;
			(*index, each.saturating_mul((*weight).into()).saturating_add(of_rest.into()))
		})
	}

	/// The entries in units of 65535, not renormalized: what an even voter pulls is then a multiple of what a voter of
	/// the same stake pulls who concentrates. Only for showing that difference.
	pub(crate) fn without_renormalization(row: &[(u16, u16)], ids: &[u16]) -> Self {
		Self { entries: live_entries(row, ids), whole: u16::MAX.into() }
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
mod tests;
