// SPDX-License-Identifier: Apache-2.0

//! Training text by sequences: each page is cut on its own, and what is left of it at the end is in none of them.

use super::{Batch, Dataset, DatasetError};

impl Dataset {
	/// Sequences of so many tokens in all training pages; numbered from zero, those of a page one after the other.
	pub fn n_train_sequences(&self, columns: usize) -> u64 {
		self.n_train_pages().saturating_mul(self.sequences_of_a_page(columns))
	}

	/// The sequences of these numbers, in this order, as one batch.
	pub fn train_sequences(&self, numbers: &[u64], columns: usize) -> Result<Batch, DatasetError> {
		let (of_a_page, bytes) = (self.sequences_of_a_page(columns), columns.saturating_mul(self.width.bytes()));
		let mut tokens = Vec::with_capacity(numbers.len().saturating_mul(columns));
		for number in numbers {
			// No page has a number as high as that.
			let page = number.checked_div(of_a_page).unwrap_or(u64::MAX);
			let start = number.checked_rem(of_a_page).unwrap_or_default() as usize * bytes;
			let page = self.train_bytes(page)?;
			self.width.decode(page.get(start..start + bytes).unwrap_or_default(), &mut tokens);
		}
		Ok(Batch { tokens, rows: numbers.len(), columns })
	}

	fn sequences_of_a_page(&self, columns: usize) -> u64 {
		self.page_tokens().checked_div(columns).unwrap_or_default() as u64
	}
}

#[cfg(test)]
mod tests {
	use super::super::tests::letters;
	use super::*;

	#[test]
	fn sequences_end_with_their_page() {
		let (_folder, dataset) = letters();
		assert_eq!([1, 2, 3, 4, 5, 0].map(|columns| dataset.n_train_sequences(columns)), [76, 38, 19, 19, 0, 0]);
		let tokens = |numbers: &[u64], columns| dataset.train_sequences(numbers, columns).map(|batch| batch.tokens);
		assert_eq!(tokens(&[8, 0], 2).unwrap(), b"56!\"".map(i64::from));
		assert_eq!(tokens(&[4], 3).unwrap(), b"567".map(i64::from), "the fourth of each page is left");
		let batch = dataset.train_sequences(&[37, 0, 37], 2).unwrap();
		assert_eq!((batch.rows, batch.columns, batch.tokens.len()), (3, 2, 6));
		for (number, columns) in [(38, 2), (u64::MAX, 2), (0, 5), (0, 0)] {
			assert!(matches!(tokens(&[number], columns), Err(DatasetError::NoSuchPage { n_pages: 19, .. })));
		}
	}
}
