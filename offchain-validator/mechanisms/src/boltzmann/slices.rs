// SPDX-License-Identifier: Apache-2.0
//! Which elements of each parameter a window's slice holds: the same for everybody, drawn from a seed.
//!
//! The reference takes the seed from the window's number, so that a miner may compute those elements alone, long before
//! the window ([`window_seed`]). Its README promises that slices are not known until the window ends; they are not, if the
//! seed is that of the hash of the first block after the window ([`block_seed`]).

use std::num::NonZeroUsize;

use md5::{Digest as _, Md5};

use crate::{numpy::Generator, Window};

/// The seed of a text: its MD5 modulo 2³².
///
/// That MD5 is broken matters not: nobody gains by two texts with one seed.
pub fn text_seed(text: &str) -> u32 {
	let [.., a, b, c, d]: [u8; 16] = Md5::digest(text).into();
	u32::from_be_bytes([a, b, c, d])
}

/// The seed that the reference uses: that of the window's number in decimal.
pub fn window_seed(window: Window) -> u32 {
	text_seed(&window.to_string())
}

/// The seed of slices that nobody can foretell before the block with this hash: that of the hash in hexadecimal.
pub fn block_seed(hash: &[u8; 32]) -> u32 {
	let digits: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
	text_seed(&format!("0x{digits}"))
}

/// The positions that a slice holds, parameter by parameter, in the order that the values are published in.
///
/// `lengths` are the numbers of elements of all parameters in the model's order, on which the draws depend. Of each, one
/// element in `compression` is held, rounded down, and at least one if there is any.
///
/// Each parameter's are drawn when asked for, in memory that grows with their number; where more than one in 50 of more
/// than 10,000 elements is held, with that of the elements (see [`Generator::choice`]).
pub fn positions(
	seed: u32,
	compression: NonZeroUsize,
	lengths: impl IntoIterator<Item = usize>,
) -> impl Iterator<Item = Vec<usize>> {
	let mut generator = Generator::new(seed);
	lengths.into_iter().map(move |length| {
		let held = (length / compression).max(1).min(length);
		generator.choice(length, held).unwrap_or_default() // No more are held than there are.
	})
}

#[cfg(test)]
mod tests {
	use proptest::prelude::*;

	use super::*;

	#[test]
	fn slices_of_blocks_are_not_those_of_windows() {
		let of_blocks = [block_seed(&[0; 32]), block_seed(&[1; 32])];
		assert_ne!(of_blocks[0], of_blocks[1]);
		assert!((0..1_000).all(|window| !of_blocks.contains(&window_seed(window))));
	}

	#[test]
	fn a_hash_is_read_as_chains_print_it() {
		assert_eq!(block_seed(&[0xab; 32]), text_seed(&format!("0x{}", "ab".repeat(32))));
	}

	#[test]
	fn an_empty_parameter_holds_nothing_and_takes_no_draw() {
		let held = |lengths: &[usize]| positions(7, NonZeroUsize::MIN, lengths.to_vec()).collect::<Vec<_>>();
		assert!(held(&[0, 20])[0].is_empty());
		assert_eq!(held(&[0, 20])[1], held(&[20])[0]);
	}

	proptest! {
		#[test]
		fn one_element_in_so_many_is_held(
			seed: u32,
			compression in 1usize..200,
			lengths in prop::collection::vec(1usize..20_000, 1..4),
		) {
			let held: Vec<_> = positions(seed, compression.try_into().unwrap(), lengths.clone()).collect();
			prop_assert_eq!(held.len(), lengths.len());
			for (mut held, length) in held.into_iter().zip(lengths) {
				prop_assert_eq!(held.len(), (length / compression).max(1));
				held.sort_unstable();
				prop_assert!(held.windows(2).all(|pair| pair[0] < pair[1]) && held.last().is_some_and(|last| *last < length));
			}
		}
	}
}
