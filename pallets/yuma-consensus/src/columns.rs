// SPDX-License-Identifier: Apache-2.0
//! Weights and bonds by server.
//!
//! Storage keeps them by validator, but nearly every step of an epoch asks what all validators say of one server: the
//! median, what it cuts, the shares of the bonds. So they are turned around once, and each server is then done with while
//! its column lies in the processor's nearest cache.
//!
//! A column without a weight and one with a weight of zero are the same to every step, and likewise for bonds: an entry
//! holds both, zero for what is not there.

use alloc::{borrow::Cow, vec, vec::Vec};
use core::mem;

use crate::row::sorted;

/// What one uid says of another.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Entry {
	row: u16,
	pub(crate) weight: u16,
	pub(crate) bond: u16,
}

impl Entry {
	/// The place of the row that has the entry.
	pub(crate) fn row(self) -> usize {
		self.row.into()
	}
}

/// Blocks from which on a uid must have been registered for what is said of it not to count.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Since {
	pub(crate) weights: u64,
	pub(crate) bonds: u64,
}

impl Since {
	/// The weight as far as it counts on a uid registered at that block.
	fn weight(self, weight: u16, registered_at: u64) -> u16 {
		if self.weights > registered_at {
			weight
		} else {
			0
		}
	}

	/// As [`Self::weight`], of a bond.
	fn bond(self, bond: u16, registered_at: u64) -> u16 {
		if self.bonds > registered_at {
			bond
		} else {
			0
		}
	}
}

/// The two rows of one uid: columns ascend and are distinct.
pub(crate) struct Row<'a> {
	uid: u16,
	/// Weights and bonds count on uids that were registered before these blocks.
	since: Since,
	weights: Cow<'a, [(u16, u16)]>,
	bonds: Cow<'a, [(u16, u16)]>,
	/// Sum of the weights that count.
	pub(crate) whole: u64,
	/// How many entries count.
	pub(crate) length: usize,
}

impl<'a> Row<'a> {
	/// From rows as stored: of a column named twice the last entry counts.
	pub(crate) fn new(uid: u16, since: Since, weights: &'a [(u16, u16)], bonds: &'a [(u16, u16)]) -> Self {
		let read = |row: &'a [(u16, u16)]| if ascends(row) { row.into() } else { sorted(row) };
		Self { uid, since, weights: read(weights), bonds: read(bonds), whole: 0, length: 0 }
	}

	/// Whether nothing is said at all.
	pub(crate) fn is_empty(&self) -> bool {
		self.weights.is_empty() && self.bonds.is_empty()
	}

	pub(crate) fn uid(&self) -> usize {
		self.uid.into()
	}

	/// Whether anything may count that was said of a uid registered at that block, and not of a predecessor.
	fn is_meant_for(&self, registered_at: u64) -> bool {
		self.since.weights.max(self.since.bonds) > registered_at
	}

	/// Calls `each` with every column that is named, its weight and its bond.
	fn for_each(&self, mut each: impl FnMut(u16, u16, u16)) {
		let (mut weights, mut bonds) = (&*self.weights, &*self.bonds);
		loop {
			match (weights, bonds) {
				([(a, weight), after_a @ ..], [(b, bond), after_b @ ..]) if a == b => {
					(weights, bonds) = (after_a, after_b);
					each(*a, *weight, *bond);
				},
				([(a, weight), after @ ..], [(b, _), ..]) if a < b => {
					weights = after;
					each(*a, *weight, 0);
				},
				(_, [(b, bond), after @ ..]) => {
					bonds = after;
					each(*b, 0, *bond);
				},
				([(a, weight), after @ ..], []) => {
					weights = after;
					each(*a, *weight, 0);
				},
				([], []) => return,
			}
		}
	}
}

/// Whether columns ascend and are distinct. Looks at all of the row, several entries at a time, as rows hardly ever fail.
fn ascends(row: &[(u16, u16)]) -> bool {
	let next = row.get(1..).unwrap_or_default();
	let gap = |((a, _), (b, _)): (&(u16, u16), &(u16, u16))| i32::from(*b).wrapping_sub(i32::from(*a)).wrapping_sub(1);
	row.iter().zip(next).fold(0, |gaps, pair| gaps | gap(pair)) >= 0 // Negative if any is.
}

/// Where the entries of a column are: from the start to before the end.
struct Column {
	registered_at: u64,
	start: usize,
	end: usize,
}

/// Entries column after column, those of a column by row.
pub(crate) struct Columns {
	entries: Vec<Entry>,
	columns: Vec<Column>,
}

impl Columns {
	/// Turns at most 65536 rows around, and tells each what of it counts: neither what was meant for a predecessor nor
	/// weights for itself, unless it is the `owner`. Columns are known by when they were registered.
	pub(crate) fn of(rows: &mut [Row], registered_at: &[u64], owner: Option<u16>) -> Self {
		let mut columns = reserve(rows, registered_at);
		let mut entries = vec![Entry::default(); columns.last().map_or(0, |last| last.start)];
		columns.pop();
		for (place, row) in (0..=u16::MAX).zip(rows) {
			let (mut whole, mut length) = (0u64, 0usize);
			let own = Some(row.uid).filter(|_| owner != Some(row.uid));
			row.for_each(|uid, weight, bond| {
				let column = columns.get_mut(usize::from(uid)).filter(|column| row.is_meant_for(column.registered_at));
				let Some(column) = column else { return };
				let weight = if own == Some(uid) { 0 } else { row.since.weight(weight, column.registered_at) };
				let bond = row.since.bond(bond, column.registered_at);
				if let Some(entry) = entries.get_mut(column.end) {
					*entry = Entry { row: place, weight, bond };
				}
				// None of the three exceeds what the entries of one row or column can be: 65536 times a weight.
				column.end = column.end.wrapping_add(1);
				length = length.wrapping_add(1);
				whole = whole.wrapping_add(weight.into());
			});
			(row.whole, row.length) = (whole, length);
		}
		Self { entries, columns }
	}

	pub(crate) fn len(&self) -> usize {
		self.columns.len()
	}

	/// How many entries there are, or more.
	pub(crate) fn entries(&self) -> usize {
		self.entries.len()
	}

	/// All columns in order.
	pub(crate) fn iter(&self) -> impl Iterator<Item = &[Entry]> {
		self.columns.iter().map(|column| self.entries.get(column.start..column.end).unwrap_or_default())
	}

	/// All columns in order, each with the values of its entries; of those there are as many as entries.
	pub(crate) fn zip<'a>(
		&'a self,
		mut values: &'a mut [u64],
	) -> impl Iterator<Item = (&'a [Entry], &'a mut [u64])> + 'a {
		self.iter().map(move |entries| {
			let (of_column, rest) = mem::take(&mut values).split_at_mut_checked(entries.len()).unwrap_or_default();
			values = rest;
			(entries, of_column)
		})
	}
}

/// Room for each column, all of them empty yet; one after the last tells where they end. If most rows name most columns
/// there is room for all rows in each of them, which saves counting.
fn reserve(rows: &[Row], registered_at: &[u64]) -> Vec<Column> {
	let named = rows.iter().fold(0usize, |sum, row| sum.saturating_add(row.weights.len().max(row.bonds.len())));
	let is_dense = rows.len().saturating_mul(registered_at.len()) <= named.saturating_mul(2);
	let room = if is_dense { rows.len() } else { 0 };
	let column = |registered_at: &u64| Column { registered_at: *registered_at, start: 0, end: room };
	let mut columns: Vec<Column> = registered_at.iter().chain(&[0]).map(column).collect();
	if !is_dense {
		for row in rows {
			row.for_each(|column, _, _| {
				if let Some(column) =
					columns.get_mut(usize::from(column)).filter(|column| row.is_meant_for(column.registered_at))
				{
					column.end = column.end.wrapping_add(1); // At most one entry a row.
				}
			});
		}
	}
	let mut start = 0usize;
	for column in &mut columns {
		let after = start.saturating_add(column.end);
		(column.start, column.end) = (start, start);
		start = after;
	}
	columns
}
