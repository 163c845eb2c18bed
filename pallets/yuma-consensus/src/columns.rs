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

/// The two rows of one uid: columns ascend and are distinct.
pub(crate) struct Row<'a> {
	uid: u16,
	last_update: u64,
	weights: Cow<'a, [(u16, u16)]>,
	bonds: Cow<'a, [(u16, u16)]>,
	/// Sum of the weights that count.
	pub(crate) whole: u64,
	/// How many entries count.
	pub(crate) length: usize,
}

impl<'a> Row<'a> {
	/// From rows as stored: of a column named twice the last entry counts.
	pub(crate) fn new(uid: u16, last_update: u64, weights: &'a [(u16, u16)], bonds: &'a [(u16, u16)]) -> Self {
		Self { uid, last_update, weights: sorted(weights), bonds: sorted(bonds), whole: 0, length: 0 }
	}

	/// Whether nothing is said at all.
	pub(crate) fn is_empty(&self) -> bool {
		self.weights.is_empty() && self.bonds.is_empty()
	}

	pub(crate) fn uid(&self) -> usize {
		self.uid.into()
	}

	/// Weights for a predecessor of the uid do not count; a uid that does not exist has no column.
	fn is_meant_for(&self, column: &Column) -> bool {
		self.last_update > column.registered_at
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

/// A column while it is filled.
struct Column {
	registered_at: u64,
	/// Counts its entries first; then the place of the next one, and the end of the column when it is full.
	next: usize,
}

/// Entries column after column, those of a column by row.
pub(crate) struct Columns {
	entries: Vec<Entry>,
	ends: Vec<usize>,
}

impl Columns {
	/// Turns at most 65536 rows around, and tells each what of it counts: neither weights for itself nor anything that was
	/// meant for a predecessor. Columns are known by when they were registered.
	pub(crate) fn of(rows: &mut [Row], registered_at: &[u64]) -> Self {
		let mut columns: Vec<Column> =
			registered_at.iter().map(|registered_at| Column { registered_at: *registered_at, next: 0 }).collect();
		for row in rows.iter() {
			row.for_each(|column, _, _| {
				if let Some(column) = columns.get_mut(usize::from(column)).filter(|column| row.is_meant_for(column)) {
					column.next = column.next.wrapping_add(1); // At most one entry a row.
				}
			});
		}
		let mut start = 0usize;
		for column in &mut columns {
			let end = start.saturating_add(column.next);
			column.next = start;
			start = end;
		}
		let mut entries = vec![Entry::default(); start];
		for (place, row) in (0..=u16::MAX).zip(rows) {
			let (mut whole, mut length) = (0u64, 0usize);
			row.for_each(|uid, weight, bond| {
				let column = columns.get_mut(usize::from(uid)).filter(|column| row.is_meant_for(column));
				let Some(column) = column else { return };
				let weight = if uid == row.uid { 0 } else { weight };
				if let Some(entry) = entries.get_mut(column.next) {
					*entry = Entry { row: place, weight, bond };
				}
				// None of the three exceeds what the entries of one row or column can be: 65536 times a weight.
				column.next = column.next.wrapping_add(1);
				length = length.wrapping_add(1);
				whole = whole.wrapping_add(weight.into());
			});
			(row.whole, row.length) = (whole, length);
		}
		Self { entries, ends: columns.into_iter().map(|column| column.next).collect() }
	}

	pub(crate) fn len(&self) -> usize {
		self.ends.len()
	}

	/// All columns in order.
	pub(crate) fn iter(&self) -> impl Iterator<Item = &[Entry]> {
		let (mut rest, mut start) = (self.entries.as_slice(), 0usize);
		self.ends.iter().map(move |end| {
			let (column, after) = rest.split_at_checked(end.saturating_sub(start)).unwrap_or_default();
			(rest, start) = (after, *end);
			column
		})
	}
}

