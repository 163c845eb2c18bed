// SPDX-License-Identifier: Apache-2.0
//! Sparse matrices of proportions: rows are validators, columns are servers, absent entries are zero.
//!
//! All operations cost what the entries cost. Columns of a row ascend and are distinct.

use alloc::{vec, vec::Vec};

use crate::{
	fixed::{divide, sum, Q32, Q32_ONE, Q32_ZERO},
	row::sort_keeping_last,
};

/// One row's entries, `(column, value)`.
pub(crate) type SparseRow = Vec<(u16, Q32)>;

/// A square matrix; see the module.
#[derive(Clone, Debug)]
pub(crate) struct SparseMatrix {
	rows: Vec<SparseRow>,
}

impl SparseMatrix {
	/// Reads stored `u16` rows, one a validator; of a column named twice the last entry counts, columns that do not
	/// exist are dropped, and so is every entry that `keep(row, column)` denies.
	pub(crate) fn from_stored(stored: &[Vec<(u16, u16)>], n: usize, keep: impl Fn(usize, usize) -> bool) -> Self {
		let rows = (0..n)
			.map(|row| {
				let mut entries: SparseRow = stored
					.get(row)
					.into_iter()
					.flatten()
					.filter(|(column, _)| usize::from(*column) < n && keep(row, usize::from(*column)))
					.map(|(column, weight)| (*column, Q32::from_num(*weight)))
					.collect();
				sort_keeping_last(&mut entries);
				entries
			})
			.collect();
		Self { rows }
	}

	pub(crate) fn rows(&self) -> &[SparseRow] {
		&self.rows
	}

	/// Scales each row to the sum one.
	pub(crate) fn normalize_rows(&mut self) {
		for row in &mut self.rows {
			// Summed as integers: whole `u16` weights of many columns would overflow the format.
			let total = row.iter().fold(0i128, |sum, (_, value)| sum.saturating_add(value.to_bits().into()));
			for (_, value) in row.iter_mut() {
				let scaled = i128::from(value.to_bits()).saturating_mul(1 << 32).checked_div(total).unwrap_or(0);
				*value = Q32::from_bits(i64::try_from(scaled).unwrap_or(i64::MAX));
			}
		}
	}

	/// Scales each column to the sum one.
	pub(crate) fn normalize_columns(&mut self) {
		// Stored bonds are whole numbers up to 65535 each, so the sums are kept as integers too.
		let mut totals = vec![0i128; self.rows.len()];
		for (column, value) in self.rows.iter().flatten() {
			if let Some(total) = totals.get_mut(usize::from(*column)) {
				*total = total.saturating_add(value.to_bits().into());
			}
		}
		for (column, value) in self.rows.iter_mut().flatten() {
			let total = totals.get(usize::from(*column)).copied().unwrap_or(0);
			if total > 0 {
				let scaled = i128::from(value.to_bits()).saturating_mul(1 << 32).checked_div(total).unwrap_or(0);
				*value = Q32::from_bits(i64::try_from(scaled).unwrap_or(i64::MAX));
			}
		}
	}

	/// Each entry as a proportion of the largest of its column.
	pub(crate) fn column_proportions(&self) -> Self {
		let mut tops = vec![Q32_ZERO; self.rows.len()];
		for (column, value) in self.rows.iter().flatten() {
			if let Some(top) = tops.get_mut(usize::from(*column)) {
				*top = (*top).max(*value);
			}
		}
		self.map_entries(|_, column, value| divide(value, tops.get(column).copied().unwrap_or(Q32_ZERO)))
	}

	/// `Mᵀ·v`: for each column the sum of its entries, each times its row's factor.
	pub(crate) fn transposed_product(&self, factors: &[Q32]) -> Vec<Q32> {
		let mut product = vec![Q32_ZERO; self.rows.len()];
		for (row, factor) in self.rows.iter().zip(factors) {
			for (column, value) in row {
				if let Some(total) = product.get_mut(usize::from(*column)) {
					*total = total.saturating_add(factor.saturating_mul(*value));
				}
			}
		}
		product
	}

	/// `M·v`: for each row the sum of its entries, each times its column's factor.
	pub(crate) fn product(&self, factors: &[Q32]) -> Vec<Q32> {
		let factor = |column: u16| factors.get(usize::from(column)).copied().unwrap_or(Q32_ZERO);
		self.rows
			.iter()
			.map(|row| {
				row.iter()
					.fold(Q32_ZERO, |sum, (column, value)| sum.saturating_add(value.saturating_mul(factor(*column))))
			})
			.collect()
	}

	/// The sum of each row.
	pub(crate) fn row_sums(&self) -> Vec<Q32> {
		self.rows.iter().map(|row| sum(&row.iter().map(|(_, value)| *value).collect::<Vec<_>>())).collect()
	}

	/// Each entry cut to its column's limit; what becomes zero goes.
	pub(crate) fn clipped(&self, limits: &[Q32]) -> Self {
		self.map_entries(|_, column, value| value.min(limits.get(column).copied().unwrap_or(Q32_ZERO)))
	}

	/// Each row times its factor; what becomes zero goes.
	pub(crate) fn rows_scaled(&self, factors: &[Q32]) -> Self {
		self.map_entries(|row, _, value| value.saturating_mul(factors.get(row).copied().unwrap_or(Q32_ZERO)))
	}

	/// `alpha·new + (1 − alpha)·old`, entry by entry; what becomes zero goes.
	pub(crate) fn moving_average(new: &Self, old: &Self, alpha: Q32) -> Self {
		let keep = Q32_ONE.saturating_sub(alpha);
		let rows = new.rows.iter().zip(&old.rows).map(|(new, old)| average_rows(new, old, alpha, keep)).collect();
		Self { rows }
	}

	fn map_entries(&self, value: impl Fn(usize, usize, Q32) -> Q32) -> Self {
		let rows = self
			.rows
			.iter()
			.enumerate()
			.map(|(row, entries)| {
				let mapped = entries.iter().map(|(column, v)| (*column, value(row, usize::from(*column), *v)));
				mapped.filter(|(_, v)| *v > Q32_ZERO).collect()
			})
			.collect();
		Self { rows }
	}
}

/// Merges two rows in one pass over both.
fn average_rows(new: &[(u16, Q32)], old: &[(u16, Q32)], alpha: Q32, keep: Q32) -> SparseRow {
	let mut averaged = Vec::with_capacity(new.len().saturating_add(old.len()));
	let (mut new, mut old) = (new.iter().peekable(), old.iter().peekable());
	loop {
		let column = match (new.peek(), old.peek()) {
			(Some((a, _)), Some((b, _))) => *a.min(b),
			(Some((a, _)), None) => *a,
			(None, Some((b, _))) => *b,
			(None, None) => return averaged,
		};
		let taken = |entry: Option<&(u16, Q32)>, factor: Q32| {
			entry.map_or(Q32_ZERO, |(_, value)| factor.saturating_mul(*value))
		};
		let fresh = taken(new.next_if(|(c, _)| *c == column), alpha);
		let value = fresh.saturating_add(taken(old.next_if(|(c, _)| *c == column), keep));
		if value > Q32_ZERO {
			averaged.push((column, value));
		}
	}
}

/// `a / b` for each pair, zero where `b` is.
pub(crate) fn ratios(a: &[Q32], b: &[Q32]) -> Vec<Q32> {
	a.iter().zip(b).map(|(a, b)| if *b == Q32_ZERO { Q32_ZERO } else { divide(*a, *b) }).collect()
}
