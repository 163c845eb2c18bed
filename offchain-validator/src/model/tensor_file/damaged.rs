// SPDX-License-Identifier: Apache-2.0

//! Damaged files, for tests of whatever reads one.

use proptest::prelude::*;

/// Files of which some bytes are others, and of which the end is missing or comes twice.
pub(crate) fn damaged(file: impl Strategy<Value = Vec<u8>>) -> impl Strategy<Value = Vec<u8>> {
	let flips = proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..4);
	(file, flips, any::<prop::sample::Index>(), 0..3).prop_map(|(mut bytes, flips, cut, mode)| {
		for (at, to) in flips {
			let at = at.index(bytes.len());
			bytes[at] = to;
		}
		let cut = cut.index(bytes.len());
		match mode {
			0 => bytes.truncate(cut),
			1 => bytes.extend_from_within(cut..),
			_ => {},
		}
		bytes
	})
}
