// SPDX-License-Identifier: Apache-2.0
//! A weight row, as stored and as read.
//!
//! Storage keeps the full `u16` range: a row is scaled up until its largest entry is 65535, so small weights survive.
//! The scale of a stored row therefore says nothing, and whoever reads one must renormalize it: this module offers no
//! other way from a stored row to shares, but for the preview that shows what the omission would cost.

use alloc::{borrow::Cow, vec, vec::Vec};

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
		let places = Places::new(ids);
		let live = LiveRow::read(row, &places);
		let entries = live.entries.iter().filter(|(id, weight)| *weight > 0 && places.holds(*id));
		Self { entries: entries.map(|(id, weight)| (places.of(*id), *weight)).collect(), whole: live.units }
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
		self.whole
	}
}

/// The place of each id in a list of ids, as a table: an entry then costs one look.
pub(crate) struct Places {
	/// By id; [`NOWHERE`] for an id that is not in the list.
	of: Vec<u32>,
}

/// Beyond every list of ids, of which there are 65536.
const NOWHERE: u32 = u32::MAX;

impl Places {
	/// Of `ids`, ascending.
	pub(crate) fn new(ids: &[u16]) -> Self {
		let length = ids.last().map_or(0, |last| usize::from(*last).saturating_add(1));
		let mut of = vec![NOWHERE; length];
		for (id, place) in ids.iter().zip(0..) {
			if let Some(slot) = of.get_mut(usize::from(*id)) {
				*slot = place;
			}
		}
		Self { of }
	}

	/// The place of `id`, or one beyond the list.
	pub(crate) fn of(&self, id: u16) -> usize {
		self.of.get(usize::from(id)).copied().unwrap_or(NOWHERE) as usize // 32 bits at least, with std and in wasm.
	}

	fn holds(&self, id: u16) -> bool {
		self.of.get(usize::from(id)).is_some_and(|place| *place != NOWHERE)
	}
}

/// A row as stored, of which it is known what counts.
pub(crate) struct LiveRow<'a> {
	/// Ascending and distinct; entries without a place or a weight are still among them.
	pub(crate) entries: Cow<'a, [(u16, u16)]>,
	/// Sum of the entries that have a place; zero when there is nothing to vote for.
	pub(crate) units: u64,
}

impl<'a> LiveRow<'a> {
	/// Of an id named twice the last entry counts. Rows are stored sorted and distinct, so this is one pass over them; only
	/// rows of another origin are copied.
	pub(crate) fn read(row: &'a [(u16, u16)], places: &Places) -> Self {
		if let Some(units) = units_of_sorted(row, places) {
			return Self { entries: row.into(), units };
		}
		let mut entries = row.to_vec();
		sort_keeping_last(&mut entries);
		Self { units: units_of_sorted(&entries, places).unwrap_or(0), entries: entries.into() }
	}
}

/// Sum of the entries that have a place, if ids ascend.
fn units_of_sorted(row: &[(u16, u16)], places: &Places) -> Option<u64> {
	let (mut is_sorted, mut next, mut units) = (true, 0u32, 0u64);
	for (id, weight) in row {
		is_sorted &= u32::from(*id) >= next;
		next = u32::from(*id).wrapping_add(1); // 65536 at most.
		units = units.wrapping_add(if places.holds(*id) { u64::from(*weight) } else { 0 });
		// If it wraps, the row is not sorted.
	}
	is_sorted.then_some(units)
}

/// Cuts an amount by weight, part after part. The parts sum to the amount exactly if the weights sum to the whole: what
/// rounding down takes from one entry goes to the next, so that each is less than one unit off.
pub(crate) struct Cut {
	/// What one unit of weight gets.
	each: u128,
	/// What is left of the amount, below the whole, over the whole; rounded up to 2⁻⁶⁴.
	rest: u64,
	weight_so_far: u64,
	rest_so_far: u64,
}

impl Cut {
	/// For a whole below 2³².
	pub(crate) fn new(amount: u128, whole: u64) -> Self {
		let whole = u128::from(whole);
		let each = amount.checked_div(whole).unwrap_or(0);
		let left = amount.wrapping_sub(each.wrapping_mul(whole)); // The remainder, so below 2³².
		let rest = (left << 64).checked_add(whole.saturating_sub(1)).and_then(|up| up.checked_div(whole)).unwrap_or(0);
		Self { each, rest: u64::try_from(rest).unwrap_or(u64::MAX), weight_so_far: 0, rest_so_far: 0 }
	}

	/// The part of the next weight; all weights together stay below 2³².
	pub(crate) fn next(&mut self, weight: u16) -> u128 {
		self.weight_so_far = self.weight_so_far.wrapping_add(weight.into());
		// Rounding the rest up adds less than 2⁻³² to what is due so far, which is a multiple of one over the whole: rounded
		// down, it is what dividing would give.
		let due = u128::from(self.rest).wrapping_mul(self.weight_so_far.into()) >> 64;
		let due = (due & u128::from(u64::MAX)) as u64;
		let of_rest = due.wrapping_sub(self.rest_so_far);
		self.rest_so_far = due;
		self.each.wrapping_mul(weight.into()).wrapping_add(of_rest.into()) // At most the amount, or 65536 times that.
	}
}

/// The row sorted by id; of an id named twice the last entry counts.
pub(crate) fn sorted(row: &[(u16, u16)]) -> Cow<'_, [(u16, u16)]> {
	if row.is_sorted_by(|(a, _), (b, _)| a < b) {
		return row.into();
	}
	let mut entries = row.to_vec();
	sort_keeping_last(&mut entries);
	entries.into()
}

fn sort_keeping_last(entries: &mut StoredRow) {
	entries.reverse();
	entries.sort_by_key(|(id, _)| *id); // Stable: the last of equals now comes first.
	entries.dedup_by(|(a, _), (b, _)| a == b);
}

#[cfg(test)]
mod tests;
