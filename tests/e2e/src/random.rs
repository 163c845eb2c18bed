// SPDX-License-Identifier: Apache-2.0

//! Seeded randomness for inputs that should differ from run to run and be repeatable.

use std::time::{SystemTime, UNIX_EPOCH};

/// SplitMix64.
pub struct Random(u64);

impl Random {
	/// From `E2E_SEED`, or the clock; prints the seed, which a failed test shows.
	pub fn seeded() -> Self {
		let seed = match std::env::var("E2E_SEED") {
			Ok(seed) => seed.parse().expect("E2E_SEED is a number"),
			Err(_) => SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_nanos() as u64),
		};
		println!("E2E_SEED={seed}");
		Self(seed)
	}

	/// Any number.
	pub fn any(&mut self) -> u64 {
		self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
		let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
		let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
		mixed ^ (mixed >> 31)
	}

	/// A number from `low` to `high`, both included.
	pub fn between(&mut self, low: u64, high: u64) -> u64 {
		low + self.any() % (high - low + 1)
	}

	/// True once in `n`.
	pub fn one_in(&mut self, n: u64) -> bool {
		self.any().is_multiple_of(n)
	}
}
