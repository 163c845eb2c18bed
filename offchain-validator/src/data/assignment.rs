// SPDX-License-Identifier: Apache-2.0

//! What text belongs to whom in which window, by either rule. Pure; knows no file and no chain.

use serde::{Deserialize, Serialize};

use super::{assigned, pool, Seed};

/// The rule by which training text is assigned.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Assignment {
	/// Pages of a stream of the uid's own, of which no two windows share a draw, see [`assigned`] (Templar's first version).
	#[default]
	Pages,
	/// Sequences that are drawn anew from all training text in each window, none of them twice, see [`pool`] (Templar's later
	/// version). Windows overlap.
	Pool {
		/// Sequences of a uid in a window.
		sequences: usize,
		/// How many of them a validator measures the uid's own loss on; and as many that nobody could foresee beside them.
		measured: usize,
	},
}

/// What a uid has to train on in a window, or a part of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Assigned {
	/// Training pages, laid end to end.
	Pages(Vec<u64>),
	/// Training sequences.
	Sequences(Vec<u64>),
}

impl Assignment {
	/// Whether pages are assigned.
	pub fn is_pages(&self) -> bool {
		*self == Self::Pages
	}
}

impl Assigned {
	/// So many pages of `uid` in `window`, out of `n_pages`.
	pub fn pages(uid: u16, window: u32, pages_per_window: u32, n_pages: u64) -> Self {
		Self::Pages(assigned(Seed::of_uid(uid), window, pages_per_window, n_pages))
	}

	/// So many sequences of `uid` in `window`, out of `n_sequences`; none if there are not so many.
	pub fn pool(uid: u16, window: u32, count: usize, n_sequences: u64) -> Self {
		let n_sequences = usize::try_from(n_sequences).unwrap_or(usize::MAX);
		let drawn = pool::drawn(uid.into(), window, count, n_sequences).unwrap_or_default();
		Self::Sequences(drawn.into_iter().map(|number| number as u64).collect())
	}

	/// Parts that can be read one by one where batches have so many sequences; together they give the batches of the whole.
	pub fn parts(self, rows: usize) -> Vec<Self> {
		match self {
			Self::Pages(_) => vec![self], // A batch may begin on one page and end on another.
			Self::Sequences(numbers) => {
				numbers.chunks_exact(rows.max(1)).map(|numbers| Self::Sequences(numbers.into())).collect()
			},
		}
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn a_pool_falls_into_whole_batches() {
		let pool = Assigned::pool(3, 5, 10, 100);
		let Assigned::Sequences(numbers) = pool.clone() else { panic!("{pool:?}") };
		let parts = pool.parts(4);
		assert_eq!(parts, [Assigned::Sequences(numbers[..4].into()), Assigned::Sequences(numbers[4..8].into())]);
		assert_eq!(Assigned::pool(3, 5, 101, 100), Assigned::Sequences(vec![]), "there are not so many");
		let pages = Assigned::pages(3, 5, 6, 100);
		assert_eq!(pages.clone().parts(4), [pages]);
	}
}
