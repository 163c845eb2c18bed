// SPDX-License-Identifier: Apache-2.0
//! Sparse matrices of proportions: rows are validators, columns are servers, absent entries are zero.
//!
//! All entries lie in one list, row after row; columns of a row ascend and are distinct. Every operation is one pass over
//! that list, works in place where it can, and divides once a row or a column, not once an entry.
//!
//! Sums are over at most 65536 columns or 2³¹ rows of values below 2³³, so they are added without a look at overflow.

use alloc::{vec, vec::Vec};
use core::mem;

use crate::{
	fixed::{bits, divide, from_bits, mul_bits, q32_bits_to_u16, Divisor, Q32, Q32_ONE, Q32_ZERO},
	row::{sorted, StoredRow},
};

/// A column and its value, packed: the value has 33 bits, one and below in the raw bits of [`Q32`].
#[derive(Clone, Copy, Debug)]
pub(crate) struct Entry(u64);

impl Entry {
	fn new(column: u16, value: u64) -> Self {
		Self((value << 16) | u64::from(column))
	}

	pub(crate) fn column(self) -> u16 {
		(self.0 & 0xFFFF) as u16
	}

	/// The column as an index.
	pub(crate) fn place(self) -> usize {
		self.column().into()
	}

	pub(crate) fn value(self) -> u64 {
		self.0 >> 16
	}

	fn set(&mut self, value: u64) {
		*self = Self::new(self.column(), value);
	}
}

/// A matrix; see the module.
#[derive(Clone, Debug)]
pub(crate) struct SparseMatrix {
	/// How many entries each row has.
	lengths: Vec<usize>,
	entries: Vec<Entry>,
	columns: usize,
}

/// Sums of a matrix.
pub(crate) struct Sums {
	/// Of each row.
	pub(crate) rows: Vec<Q32>,
	/// Of each column.
	pub(crate) columns: Vec<Q32>,
}

impl SparseMatrix {
	/// Reads stored `u16` rows, each with what says which of its columns count; of a column named twice the last entry
	/// counts. No column is named that is not below `columns`.
	pub(crate) fn from_stored<'a, Keep: Fn(u16) -> bool>(
		rows: impl Iterator<Item = (&'a [(u16, u16)], Keep)> + Clone,
		columns: usize,
	) -> Self {
		let stored = rows.clone().fold(0usize, |sum, (row, _)| sum.saturating_add(row.len()));
		let mut matrix = Self { lengths: Vec::new(), entries: Vec::with_capacity(stored), columns };
		for (row, keep) in rows {
			let before = matrix.entries.len();
			if !matrix.read(row, &keep) {
				matrix.entries.truncate(before);
				matrix.read(&sorted(row), &keep);
			}
			matrix.lengths.push(matrix.entries.len().saturating_sub(before));
		}
		matrix
	}

	/// Appends the entries of a row; says whether they ascend.
	fn read(&mut self, row: &[(u16, u16)], keep: impl Fn(u16) -> bool) -> bool {
		let (mut is_sorted, mut next) = (true, 0u32);
		for (column, weight) in row {
			is_sorted &= u32::from(*column) >= next;
			next = u32::from(*column).wrapping_add(1); // 65536 at most.
			if keep(*column) {
				self.entries.push(Entry::new(*column, (*weight).into()));
			}
		}
		is_sorted
	}

	pub(crate) fn rows(&self) -> impl Iterator<Item = &[Entry]> {
		let mut rest = self.entries.as_slice();
		self.lengths.iter().map(move |length| {
			let (row, after) = rest.split_at_checked(*length).unwrap_or_default();
			rest = after;
			row
		})
	}

	fn rows_mut(&mut self) -> impl Iterator<Item = &mut [Entry]> {
		let mut rest = self.entries.as_mut_slice();
		self.lengths.iter().map(move |length| {
			let (row, after) = mem::take(&mut rest).split_at_mut_checked(*length).unwrap_or_default();
			rest = after;
			row
		})
	}

	/// Scales each row of stored weights to the sum one. Returns `Mᵀ·v` of the result: for each column the sum of its
	/// entries, each times its row's factor.
	pub(crate) fn normalize_rows(&mut self, factors: &[Q32]) -> Vec<Q32> {
		let mut product = vec![0u64; self.columns];
		for (row, factor) in self.rows_mut().zip(factors) {
			let total = row.iter().fold(0u64, |sum, entry| sum.wrapping_add(entry.value()));
			let (total, factor) = (Divisor::new(total), bits(*factor));
			for entry in row {
				let share = total.proportion(entry.value());
				entry.set(share);
				if let Some(sum) = product.get_mut(entry.place()) {
					*sum = sum.wrapping_add(mul_bits(share, factor));
				}
			}
		}
		product.into_iter().map(from_bits).collect()
	}

	/// Cuts each entry to its column's limit, then multiplies each row by its factor. Returns the sums of the rows as cut,
	/// and of the columns as multiplied: `Mᵀ·v`.
	pub(crate) fn clip_and_scale(&mut self, limits: &[Q32], factors: &[Q32]) -> Sums {
		let mut columns: Vec<(u64, u64)> = limits.iter().map(|limit| (bits(*limit), 0)).collect();
		let mut clip = |(row, factor): (&mut [Entry], &Q32)| {
			let (mut sum, factor) = (0u64, bits(*factor));
			for entry in row {
				if let Some((limit, column)) = columns.get_mut(entry.place()) {
					let value = entry.value().min(*limit);
					let scaled = mul_bits(value, factor);
					entry.set(scaled);
					sum = sum.wrapping_add(value);
					*column = column.wrapping_add(scaled);
				}
			}
			from_bits(sum)
		};
		let rows = self.rows_mut().zip(factors).map(&mut clip).collect();
		Sums { rows, columns: columns.into_iter().map(|(_, sum)| from_bits(sum)).collect() }
	}

	/// `alpha·new + (1 − alpha)·old`, entry by entry, where the columns of both are first scaled to the sum one. What
	/// becomes zero goes. `new_sums` are the sums of the columns of `new`. The second result are the sums of its columns.
	pub(crate) fn moving_average(new: &Self, new_sums: &[Q32], old: &Self, alpha: Q32) -> (Self, Vec<u64>) {
		let mut columns: Vec<Average> = new_sums.iter().map(|sum| Average::of(bits(*sum))).collect();
		for entry in &old.entries {
			if let Some(column) = columns.get_mut(entry.place()) {
				column.sum = column.sum.wrapping_add(entry.value());
			}
		}
		for column in &mut columns {
			*column = Average { old: Divisor::new(column.sum), sum: 0, ..*column };
		}
		let factors = (bits(alpha), bits(Q32_ONE.saturating_sub(alpha)));
		let mut entries = Vec::with_capacity(new.entries.len().max(old.entries.len()));
		let mut lengths = Vec::with_capacity(new.lengths.len());
		for (new, old) in new.rows().zip(old.rows()) {
			let before = entries.len();
			average_rows(new, old, &mut columns, factors, &mut entries);
			lengths.push(entries.len().saturating_sub(before));
		}
		(Self { lengths, entries, columns: new.columns }, columns.into_iter().map(|column| column.sum).collect())
	}

	/// Scales each column, of which `sums` are the sums, to the sum one. Returns `M·v` of the result: for each row the sum of
	/// its entries, each times its column's factor.
	pub(crate) fn normalize_columns(&mut self, sums: &[u64], factors: &[Q32]) -> Vec<Q32> {
		let columns: Vec<(Divisor, u64)> =
			sums.iter().zip(factors).map(|(sum, factor)| (Divisor::new(*sum), bits(*factor))).collect();
		let normalize = |row: &mut [Entry]| {
			let mut product = 0u64;
			for entry in row {
				if let Some((sum, factor)) = columns.get(entry.place()) {
					let share = sum.proportion(entry.value());
					entry.set(share);
					product = product.wrapping_add(mul_bits(share, *factor));
				}
			}
			from_bits(product)
		};
		self.rows_mut().map(normalize).collect()
	}

	/// The rows that `is_stored` wants, as they are stored: entries per 65535 of the largest of their column, rounded down.
	pub(crate) fn to_stored(&self, is_stored: impl Fn(usize) -> bool) -> Vec<Option<StoredRow>> {
		let mut tops = vec![0u64; self.columns];
		for entry in &self.entries {
			if let Some(top) = tops.get_mut(entry.place()) {
				*top = entry.value().max(*top);
			}
		}
		let tops: Vec<Divisor> = tops.into_iter().map(Divisor::new).collect();
		let stored = |entry: &Entry| {
			let proportion = tops.get(entry.place()).map_or(0, |top| top.proportion(entry.value()));
			(entry.column(), q32_bits_to_u16(proportion))
		};
		let rows = self.rows().enumerate();
		rows.map(|(uid, row)| is_stored(uid).then(|| row.iter().map(stored).collect())).collect()
	}
}

/// A column of a moving average.
#[derive(Clone, Copy)]
struct Average {
	/// Sums of the column on both sides.
	new: Divisor,
	old: Divisor,
	/// Of the average, so far.
	sum: u64,
}

impl Average {
	fn of(new: u64) -> Self {
		Self { new: Divisor::new(new), old: Divisor::new(0), sum: 0 }
	}
}

/// Merges two rows in one pass over both.
fn average_rows(
	mut new: &[Entry],
	mut old: &[Entry],
	columns: &mut [Average],
	factors: (u64, u64),
	averaged: &mut Vec<Entry>,
) {
	loop {
		let (column, new_value, old_value) = match (new, old) {
			([a, after_a @ ..], [b, after_b @ ..]) if a.column() == b.column() => {
				(new, old) = (after_a, after_b);
				(*a, a.value(), b.value())
			},
			([a, after @ ..], [b, ..]) if a.column() < b.column() => {
				new = after;
				(*a, a.value(), 0)
			},
			(_, [b, after @ ..]) => {
				old = after;
				(*b, 0, b.value())
			},
			([a, after @ ..], []) => {
				new = after;
				(*a, a.value(), 0)
			},
			([], []) => return,
		};
		let Some(average) = columns.get_mut(column.place()) else { continue };
		let fresh = mul_bits(average.new.proportion(new_value), factors.0);
		let value = fresh.wrapping_add(mul_bits(average.old.proportion(old_value), factors.1));
		average.sum = average.sum.wrapping_add(value);
		if value > 0 {
			averaged.push(Entry::new(column.column(), value));
		}
	}
}

/// `a / b` for each pair, zero where `b` is.
pub(crate) fn ratios(a: &[Q32], b: &[Q32]) -> Vec<Q32> {
	a.iter().zip(b).map(|(a, b)| if *b == Q32_ZERO { Q32_ZERO } else { divide(*a, *b) }).collect()
}
