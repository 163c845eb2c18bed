// SPDX-License-Identifier: Apache-2.0

//! Which pages belong to whom in which window.
//!
//! Pure: anybody can recompute what a miner was to train on, and what it is judged on. Knows no file and no chain.

use std::collections::BTreeMap;
use std::num::NonZeroU64;

use mechanisms::numpy::Generator;
use sha2::{Digest as _, Sha256};

/// Whose pages: the seed of a stream of page numbers.
///
/// A uid's seed is the uid and lies below 2¹⁶; a block's has its top bit set. So the pages drawn to judge everybody can
/// never be the very pages one miner was told to train on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Seed(u32);

impl Seed {
	/// The seed of the pages a uid has to train on.
	pub fn of_uid(uid: u16) -> Self {
		Self(uid.into())
	}

	/// The seed of pages nobody could foresee before the block with this hash. `domain` keeps apart what several
	/// purposes draw from one block.
	pub fn of_block(hash: &[u8], domain: &str) -> Self {
		const TOP: u32 = 1 << 31;
		// The length goes first, so that no part of a domain can pass for the beginning of a hash.
		let sized = (domain.len() as u64).to_le_bytes();
		let digest: [u8; 32] =
			Sha256::new().chain_update(sized).chain_update(domain).chain_update(hash).finalize().into();
		let [a, b, c, d, ..] = digest;
		Self(u32::from_le_bytes([a, b, c, d]) | TOP)
	}

	/// The number handed to the generator.
	pub fn get(self) -> u32 {
		self.0
	}
}

/// The pages of `seed` in `window`, out of `n_pages`; none if there are none. A page may come up twice.
///
/// Each page takes exactly one output of the stream, and each window skips those of the windows before it, so two
/// windows of a seed share no draw. That forbids rejecting a draw: the share of a page is off by at most
/// `n_pages / 2⁶⁴`, which nobody can measure.
pub fn assigned(seed: Seed, window: u32, pages_per_window: u32, n_pages: u64) -> Vec<u64> {
	if n_pages == 0 {
		return Vec::new();
	}
	let mut generator = at_window(seed, window, pages_per_window);
	let page = |_| ((u128::from(generator.next_u64()) * u128::from(n_pages)) >> 64) as u64;
	(0..pages_per_window).map(page).collect()
}

/// A page of a data set made of several tables: some rows of one of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowPage {
	/// Name of the table.
	pub config: String,
	/// Its first row.
	pub row: u64,
}

/// Rows in a [`RowPage`].
pub const ROWS_PER_PAGE: u64 = 100;

/// Like [`assigned`], for tables of the given numbers of rows, by the rule of networks that train on such data.
///
/// Tables too small to choose a row from are left out. A page takes two half outputs as long as no table has more than
/// 2³² rows to choose from; above, it takes more than one, and windows overlap. That is how those networks do it.
pub fn assigned_rows(seed: Seed, window: u32, pages_per_window: u32, configs: &BTreeMap<String, u64>) -> Vec<RowPage> {
	let starts = |rows: u64| rows.checked_sub(ROWS_PER_PAGE + 1).and_then(NonZeroU64::new);
	let configs: Vec<_> = configs.iter().filter_map(|(name, &rows)| Some((name, starts(rows)?))).collect();
	let Some(n_configs) = NonZeroU64::new(configs.len() as u64) else {
		return Vec::new();
	};
	let mut generator = at_window(seed, window, pages_per_window);
	let draw = |_| {
		let (name, starts) = configs[generator.integers(n_configs) as usize]; // Below the length, by its bound.
		RowPage { config: name.clone(), row: generator.integers(starts) }
	};
	(0..pages_per_window).map(draw).collect()
}

fn at_window(seed: Seed, window: u32, pages_per_window: u32) -> Generator {
	let mut generator = Generator::new(seed.0);
	generator.advance(u128::from(window) * u128::from(pages_per_window));
	generator
}

#[cfg(test)]
mod tests {
	use proptest::prelude::*;

	use super::*;

	#[derive(serde::Deserialize)]
	struct Recorded {
		configs: BTreeMap<String, Config>,
		cases: Vec<Case>,
	}

	#[derive(serde::Deserialize)]
	struct Config {
		num_rows: u64,
	}

	#[derive(serde::Deserialize)]
	struct Case {
		seed: u32,
		window: u32,
		pages_per_window: u32,
		pages: Vec<(String, u64, String)>,
	}

	#[test]
	fn pages_of_several_tables_are_those_recorded() {
		let Some(recorded) = golden::recording::<Recorded>("mechanisms/pages.json") else { return };
		let configs = recorded.configs.into_iter().map(|(name, config)| (name, config.num_rows)).collect();
		assert!(!recorded.cases.is_empty());
		for case in recorded.cases {
			let expected: Vec<_> = case.pages.into_iter().map(|(config, row, _)| RowPage { config, row }).collect();
			let pages = assigned_rows(Seed(case.seed), case.window, case.pages_per_window, &configs);
			assert_eq!(pages, expected, "seed {}, window {}", case.seed, case.window);
		}
	}

	#[test]
	fn nothing_to_choose_from_gives_no_pages() {
		assert!(assigned(Seed::of_uid(3), 5, 6, 0).is_empty());
		assert_eq!(assigned_rows(Seed::of_uid(3), 5, 6, &BTreeMap::new()), []);
		assert_eq!(assigned_rows(Seed::of_uid(3), 5, 6, &BTreeMap::from([("tiny".into(), 101)])), []);
	}

	#[test]
	fn purposes_and_blocks_have_seeds_of_their_own() {
		let seed = Seed::of_block(&[1; 32], "random pages");
		assert_eq!(seed, Seed::of_block(&[1; 32], "random pages"));
		assert_ne!(seed, Seed::of_block(&[1; 32], "sample of uids"));
		assert_ne!(seed, Seed::of_block(&[2; 32], "random pages"));
	}

	proptest! {
		#[test]
		fn pages_exist(seed: u32, window: u32, n_pages in 1..=u64::MAX) {
			prop_assert!(assigned(Seed(seed), window, 6, n_pages).into_iter().all(|page| page < n_pages));
		}

		#[test]
		fn windows_follow_one_another_in_one_stream(uid: u16, window in 0..u32::MAX, n_pages in 1..u64::MAX) {
			let seed = Seed::of_uid(uid);
			let mut generator = at_window(seed, window, 6);
			let stream: Vec<u64> = std::iter::repeat_with(|| generator.next_u64()).take(12).collect();
			let pages = [assigned(seed, window, 6, n_pages), assigned(seed, window + 1, 6, n_pages)].concat();
			let expected: Vec<u64> =
				stream.iter().map(|&draw| ((u128::from(draw) * u128::from(n_pages)) >> 64) as u64).collect();
			prop_assert_eq!(pages, expected);
		}

		#[test]
		fn no_block_has_the_seed_of_a_uid(uid: u16, hash: [u8; 32]) {
			prop_assert!(Seed::of_block(&hash, "random pages") > Seed::of_uid(uid));
		}
	}
}
