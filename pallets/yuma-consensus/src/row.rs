// SPDX-License-Identifier: Apache-2.0
//! A weight row, as stored and as read.
//!
//! Storage keeps the full `u16` range: a row is scaled up until its largest entry is 65535, so small weights survive.
//! The scale of a stored row therefore says nothing, and whoever reads one must renormalize it: this module offers no
//! other way from a stored row to shares, but for the preview that shows what the omission would cost.

use alloc::{borrow::Cow, vec, vec::Vec};
use core::ops::Range;

use crate::fixed::proportion_q64;

/// A row as kept in storage: `(netuid or uid, weight)`.
pub type StoredRow = Vec<(u16, u16)>;

/// Twice the top of a stored row: `(2·65535·value + max) / (2·max)` is `65535·value / max`, rounded half up.
const TWICE_U16_MAX: u64 = 131_070;

/// Scales a row up so that its largest entry becomes 65535, rounding half up. All zeros stay as they are.
pub fn max_upscale(weights: &[u16]) -> Vec<u16> {
	let weights: Vec<u64> = weights.iter().map(|weight| u64::from(*weight)).collect();
	max_upscale_proportions(&weights)
}

/// As [`max_upscale`], for proportions in any common unit of which the largest is below 2⁴⁷: the raw bits of numbers
/// with 32 fractional bits, say.
pub fn max_upscale_proportions(values: &[u64]) -> Vec<u16> {
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
pub(crate) struct Places<'a> {
	ids: &'a [u16],
	/// By id; [`NOWHERE`] for an id that is not in the list.
	of: Vec<u32>,
}

/// Beyond every list of ids, of which there are 65536.
const NOWHERE: u32 = u32::MAX;

impl<'a> Places<'a> {
	/// Of `ids`, ascending.
	pub(crate) fn new(ids: &'a [u16]) -> Self {
		let length = ids.last().map_or(0, |last| usize::from(*last).saturating_add(1));
		let mut of = vec![NOWHERE; length];
		for (id, place) in ids.iter().zip(0..) {
			if let Some(slot) = of.get_mut(usize::from(*id)) {
				*slot = place;
			}
		}
		Self { ids, of }
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
	/// If the places of all entries are a run: none then needs to be looked up.
	pub(crate) run: Option<Run>,
}

/// The places of a row that names one id of the list after the other, without a gap.
pub(crate) struct Run {
	pub(crate) places: Range<usize>,
	/// Whether every entry has weight.
	pub(crate) is_positive: bool,
}

impl<'a> LiveRow<'a> {
	/// Of an id named twice the last entry counts. Rows are stored sorted and distinct, so this is one pass over them; only
	/// rows of another origin are copied.
	pub(crate) fn read(row: &'a [(u16, u16)], places: &Places) -> Self {
		if let Some((run, units)) = run_and_units(row, places) {
			return Self { entries: row.into(), units, run: Some(run) };
		}
		if let Some(units) = units_of_sorted(row, places) {
			return Self { entries: row.into(), units, run: None };
		}
		let mut entries = row.to_vec();
		sort_keeping_last(&mut entries);
		Self { units: units_of_sorted(&entries, places).unwrap_or(0), entries: entries.into(), run: None }
	}
}

/// The run and the sum of a row that is one, as that of whoever votes for all is; it is sorted, as the list is.
fn run_and_units(row: &[(u16, u16)], places: &Places) -> Option<(Run, u64)> {
	let ((first, _), (last, _)) = (row.first()?, row.last()?);
	let start = places.of(*first);
	let run = start..start.checked_add(row.len())?;
	let ids = places.ids.get(run.clone())?;
	// Most rows with a gap are told by their ends. Of the others all entries are compared: faster than to stop.
	if ids.last() != Some(last) {
		return None;
	}
	let (mut differences, mut units, mut is_positive) = (0u32, 0u32, true);
	for ((id, weight), listed) in row.iter().zip(ids) {
		differences |= u32::from(*id) ^ u32::from(*listed);
		is_positive &= *weight > 0;
		units = units.wrapping_add((*weight).into()); // 65536 distinct ids at most, so below 2³².
	}
	(differences == 0).then_some((Run { places: run, is_positive }, units.into()))
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

/// Parts of amounts, summed by place, of rows whose places are a run. Digit by digit: so no carry passes from one to
/// the next, and a machine makes several of the multiplications at once; in wasm one of 128 bits would be a call.
pub(crate) struct PartSums {
	/// Of 32, 32 and 47 bits.
	digits: [Vec<u64>; 3],
	/// What is due of the rests up to each place, its own included; what comes before a place is to be taken off.
	due: Vec<u64>,
	/// Of what comes before a place, what is due of rows that have ended there.
	ended: Vec<u64>,
	/// Of the row at hand.
	weights: Vec<u32>,
	weights_so_far: Vec<u32>,
}

impl PartSums {
	/// How many rows fit: a digit of 32 bits times a weight is below 2⁴⁸.
	pub(crate) const MOST_ROWS: usize = 1 << 16;

	/// Of nothing yet.
	pub(crate) fn new(places: usize) -> Self {
		let zeros = || vec![0; places];
		let digits = [zeros(), zeros(), zeros()];
		Self { digits, due: zeros(), ended: zeros(), weights: Vec::new(), weights_so_far: Vec::new() }
	}

	/// Adds what [`Cut::next`] gives for one entry after the other; `cut` is fresh, of an amount below 2¹¹¹.
	pub(crate) fn add(&mut self, cut: &Cut, entries: &[(u16, u16)], run: &Range<usize>) {
		self.weights.clear();
		self.weights.extend(entries.iter().map(|(_, weight)| u32::from(*weight)));
		let mut so_far = 0u32;
		self.weights_so_far.clear();
		self.weights_so_far.extend(self.weights.iter().map(|weight| {
			so_far = so_far.wrapping_add(*weight); // Below 2³².
			so_far
		}));
		let [low, middle, high] = &mut self.digits;
		add_multiples(cut.each as u32, low, run, &self.weights);
		add_multiples((cut.each >> 32) as u32, middle, run, &self.weights);
		add_multiples((cut.each >> 64) as u64, high, run, &self.weights); // At most the upper digit of the amount.
		let due = self.due.get_mut(run.clone()).unwrap_or_default();
		for (sum, weight_so_far) in due.iter_mut().zip(&self.weights_so_far) {
			*sum = sum.wrapping_add(due_of(cut.rest, (*weight_so_far).into()));
		}
		if let Some(ended) = self.ended.get_mut(run.end) {
			*ended = ended.wrapping_add(due_of(cut.rest, so_far.into()));
		}
	}

	/// The sums, by place.
	pub(crate) fn totals(&self) -> impl Iterator<Item = u128> + '_ {
		let [low, middle, high] = &self.digits;
		let mut before = 0u64;
		let rests = self.due.iter().zip(&self.ended).map(move |(due, ended)| {
			let rest = due.wrapping_sub(before).wrapping_add(*ended);
			before = *due;
			rest
		});
		low.iter().zip(middle).zip(high).zip(rests).map(|(((low, middle), high), rest)| {
			let upper = (u128::from(*high) << 64).wrapping_add(u128::from(*middle) << 32);
			upper.wrapping_add(u128::from(*low)).wrapping_add(u128::from(rest))
		})
	}
}

/// Adds `factor` times each weight.
fn add_multiples(factor: impl Into<u64>, sums: &mut [u64], run: &Range<usize>, weights: &[u32]) {
	let factor = factor.into();
	for (sum, weight) in sums.get_mut(run.clone()).unwrap_or_default().iter_mut().zip(weights) {
		*sum = sum.wrapping_add(factor.wrapping_mul((*weight).into()));
	}
}

/// `rest · weight / 2⁶⁴`, rounded down, for a weight below 2³²: in two digits, neither product of which overflows.
fn due_of(rest: u64, weight: u64) -> u64 {
	let below = (rest & u64::from(u32::MAX)).wrapping_mul(weight) >> 32;
	(rest >> 32).wrapping_mul(weight).wrapping_add(below) >> 32
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
