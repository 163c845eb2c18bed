// SPDX-License-Identifier: Apache-2.0
//! Sparse matrices of proportions: rows are validators, columns are servers, absent entries are zero.
//!
//! All entries lie in one list, row after row; columns of a row ascend and are distinct. Every operation is one pass over
//! that list, works in place where it can, and divides once a row or a column, not once an entry.

use alloc::{vec, vec::Vec};
use core::mem;

use crate::{
	fixed::{bits, divide, from_bits, mul_bits, q32_bits_to_u16, Divisor, Q32, Q32_ONE, Q32_ZERO},
	row::{sort_keeping_last, StoredRow},
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

impl SparseMatrix {
	/// Reads stored `u16` rows, each with what says which of its columns count; of a column named twice the last entry
	/// counts. No column is named that is not below `columns`.
	pub(crate) fn from_stored<'a, Keep: Fn(u16) -> bool>(
		rows: impl Iterator<Item = (&'a [(u16, u16)], Keep)> + Clone,
		columns: usize,
	) -> Self {
		let stored = rows.clone().fold(0usize, |sum, (row, _)| sum.saturating_add(row.len()));
		let mut entries = Vec::with_capacity(stored);
		let mut lengths = Vec::with_capacity(rows.size_hint().0);
		for (row, keep) in rows {
			let before = entries.len();
			let kept = |row: &[(u16, u16)], entries: &mut Vec<Entry>| {
				let kept = row.iter().filter(|(column, _)| keep(*column));
				entries.extend(kept.map(|(column, weight)| Entry::new(*column, (*weight).into())));
			};
			if row.is_sorted_by(|(a, _), (b, _)| a < b) {
				kept(row, &mut entries);
			} else {
				let mut sorted = row.to_vec();
				sort_keeping_last(&mut sorted);
				kept(&sorted, &mut entries);
			}
			lengths.push(entries.len().saturating_sub(before));
		}
		Self { lengths, entries, columns }
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

	/// Scales each row of stored weights to the sum one.
	pub(crate) fn normalize_rows(&mut self) {
		for row in self.rows_mut() {
			let total = row.iter().fold(0u64, |sum, entry| sum.saturating_add(entry.value()));
			let total = Divisor::new(total);
			for entry in row {
				entry.set(total.proportion(entry.value()));
			}
		}
	}

	/// The sum of each column.
	fn column_sums(&self) -> Vec<u64> {
		let mut sums = vec![0u64; self.columns];
		for entry in &self.entries {
			add(&mut sums, *entry, entry.value());
		}
		sums
	}

	/// `Mᵀ·v`: for each column the sum of its entries, each times its row's factor.
	pub(crate) fn transposed_product(&self, factors: &[Q32]) -> Vec<Q32> {
		let mut product = vec![0u64; self.columns];
		for (row, factor) in self.rows().zip(factors).filter(|(_, factor)| **factor > Q32_ZERO) {
			let factor = bits(*factor);
			for entry in row {
				add(&mut product, *entry, mul_bits(entry.value(), factor));
			}
		}
		product.into_iter().map(from_bits).collect()
	}

	/// Cuts each entry to its column's limit. Returns the sum of each row.
	pub(crate) fn clip(&mut self, limits: &[Q32]) -> Vec<Q32> {
		let limits: Vec<u64> = limits.iter().map(|limit| bits(*limit)).collect();
		self.rows_mut()
			.map(|row| {
				let mut sum = 0u64;
				for entry in row {
					let limit = limits.get(usize::from(entry.column())).copied().unwrap_or(0);
					let value = entry.value().min(limit);
					entry.set(value);
					sum = sum.saturating_add(value);
				}
				from_bits(sum)
			})
			.collect()
	}

	/// Multiplies each row by its factor. Returns the sum of each column, `Mᵀ·v`.
	pub(crate) fn scale_rows(&mut self, factors: &[Q32]) -> Vec<Q32> {
		let mut sums = vec![0u64; self.columns];
		for (row, factor) in self.rows_mut().zip(factors) {
			let factor = bits(*factor);
			for entry in row {
				let scaled = mul_bits(entry.value(), factor);
				entry.set(scaled);
				add(&mut sums, *entry, scaled);
			}
		}
		sums.into_iter().map(from_bits).collect()
	}

	/// `alpha·new + (1 − alpha)·old`, entry by entry, where the columns of both are first scaled to the sum one, and so is
	/// the result. What becomes zero goes. `new_sums` are the sums of the columns of `new`.
	pub(crate) fn moving_average(new: &Self, new_sums: &[Q32], old: &Self, alpha: Q32) -> Self {
		let new_sums: Vec<Divisor> = new_sums.iter().map(|sum| Divisor::new(bits(*sum))).collect();
		let old_sums: Vec<Divisor> = old.column_sums().into_iter().map(Divisor::new).collect();
		let new_part = Part { sums: &new_sums, factor: bits(alpha) };
		let old_part = Part { sums: &old_sums, factor: bits(Q32_ONE.saturating_sub(alpha)) };
		let mut entries = Vec::with_capacity(new.entries.len().max(old.entries.len()));
		let mut lengths = Vec::with_capacity(new.lengths.len());
		for (new, old) in new.rows().zip(old.rows()) {
			let before = entries.len();
			average_rows((new, &new_part), (old, &old_part), &mut entries);
			lengths.push(entries.len().saturating_sub(before));
		}
		let mut average = Self { lengths, entries, columns: new.columns };
		average.normalize_columns();
		average
	}

	/// Scales each column to the sum one.
	fn normalize_columns(&mut self) {
		let sums: Vec<Divisor> = self.column_sums().into_iter().map(Divisor::new).collect();
		for entry in &mut self.entries {
			if let Some(sum) = sums.get(usize::from(entry.column())) {
				entry.set(sum.proportion(entry.value()));
			}
		}
	}

	/// `M·v`: for each row the sum of its entries, each times its column's factor.
	pub(crate) fn product(&self, factors: &[Q32]) -> Vec<Q32> {
		let factors: Vec<u64> = factors.iter().map(|factor| bits(*factor)).collect();
		let term =
			|entry: &Entry| mul_bits(entry.value(), factors.get(usize::from(entry.column())).copied().unwrap_or(0));
		self.rows().map(|row| from_bits(row.iter().fold(0u64, |sum, entry| sum.saturating_add(term(entry))))).collect()
	}

	/// The rows that `is_stored` wants, as they are stored: entries per 65535 of the largest of their column, rounded down.
	pub(crate) fn to_stored(&self, is_stored: impl Fn(usize) -> bool) -> Vec<Option<StoredRow>> {
		let mut tops = vec![0u64; self.columns];
		for entry in &self.entries {
			if let Some(top) = tops.get_mut(usize::from(entry.column())) {
				*top = entry.value().max(*top);
			}
		}
		let tops: Vec<Divisor> = tops.into_iter().map(Divisor::new).collect();
		let stored = |entry: &Entry| {
			let top = tops.get(usize::from(entry.column()));
			(entry.column(), q32_bits_to_u16(top.map_or(0, |top| top.proportion(entry.value()))))
		};
		let rows = self.rows().enumerate();
		rows.map(|(uid, row)| is_stored(uid).then(|| row.iter().map(stored).collect())).collect()
	}
}

fn add(sums: &mut [u64], entry: Entry, value: u64) {
	if let Some(sum) = sums.get_mut(usize::from(entry.column())) {
		*sum = sum.saturating_add(value);
	}
}

/// What scales one side of a moving average.
struct Part<'a> {
	/// Of the columns.
	sums: &'a [Divisor],
	factor: u64,
}

impl Part<'_> {
	fn of(&self, entry: &Entry) -> u64 {
		let sum = self.sums.get(usize::from(entry.column()));
		mul_bits(sum.map_or(0, |sum| sum.proportion(entry.value())), self.factor)
	}
}

/// Merges two rows in one pass over both.
fn average_rows(new: (&[Entry], &Part), old: (&[Entry], &Part), averaged: &mut Vec<Entry>) {
	let ((mut new, new_part), (mut old, old_part)) = (new, old);
	loop {
		let (column, value) = match (new.split_first(), old.split_first()) {
			(Some((a, after_a)), Some((b, after_b))) if a.column() == b.column() => {
				(new, old) = (after_a, after_b);
				(a.column(), new_part.of(a).saturating_add(old_part.of(b)))
			},
			(Some((a, after)), b) if b.is_none_or(|(b, _)| a.column() < b.column()) => {
				new = after;
				(a.column(), new_part.of(a))
			},
			(_, Some((b, after))) => {
				old = after;
				(b.column(), old_part.of(b))
			},
			_ => return,
		};
		if value > 0 {
			averaged.push(Entry::new(column, value));
		}
	}
}

/// `a / b` for each pair, zero where `b` is.
pub(crate) fn ratios(a: &[Q32], b: &[Q32]) -> Vec<Q32> {
	a.iter().zip(b).map(|(a, b)| if *b == Q32_ZERO { Q32_ZERO } else { divide(*a, *b) }).collect()
}
