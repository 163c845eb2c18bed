// SPDX-License-Identifier: Apache-2.0

//! Numbers that look random and are the same in every run.

/// The generator SplitMix64.
pub struct Random(pub u64);

impl Random {
	fn next(&mut self) -> u64 {
		self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
		let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
		let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
		mixed ^ (mixed >> 31)
	}

	/// A weight of `1..=65535`.
	pub fn weight(&mut self) -> u16 {
		(self.next() % 65_535) as u16 + 1
	}
}
