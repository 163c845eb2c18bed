// SPDX-License-Identifier: Apache-2.0

//! Tokens as they lie in files: unsigned, little-endian, as wide as the vocabulary needs. Knows no file.

use std::slice;

/// Size of a token in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Width {
	One,
	Two,
	Four,
}

impl Width {
	/// The smallest that has room for tokens below `vocab_size`.
	pub(super) fn of_vocabulary(vocab_size: u32) -> Self {
		match vocab_size {
			..=0x100 => Self::One,
			..=0x1_0000 => Self::Two,
			_ => Self::Four,
		}
	}

	/// That of so many bytes, if there is one.
	pub(super) fn from_bytes(bytes: u32) -> Option<Self> {
		[Self::One, Self::Two, Self::Four].into_iter().find(|width| width.bytes() == bytes as usize)
	}

	pub(super) fn bytes(self) -> usize {
		match self {
			Self::One => 1,
			Self::Two => 2,
			Self::Four => 4,
		}
	}

	/// Appends `tokens`, which have room, as bytes.
	pub(super) fn encode(self, tokens: &[u32], to: &mut Vec<u8>) {
		match self {
			Self::One => to.extend(tokens.iter().map(|&token| token as u8)),
			Self::Two => to.extend(tokens.iter().flat_map(|&token| (token as u16).to_le_bytes())),
			Self::Four => to.extend(tokens.iter().flat_map(|token| token.to_le_bytes())),
		}
	}

	/// Appends the tokens that `bytes` are. What is no whole token at the end is left out.
	pub(super) fn decode<T: From<u32>>(self, bytes: &[u8], to: &mut Vec<T>) {
		match self {
			Self::One => to.extend(bytes.iter().map(|&byte| T::from(byte.into()))),
			Self::Two => to.extend(pairs(bytes).map(|&token| T::from(u16::from_le_bytes(token).into()))),
			Self::Four => to.extend(fours(bytes).map(|&token| T::from(u32::from_le_bytes(token)))),
		}
	}

	/// Counts each token of `bytes` at its place; tokens that have none are left out.
	pub(super) fn count(self, bytes: &[u8], frequency: &mut [u64]) {
		let mut count = |token: usize| {
			if let Some(count) = frequency.get_mut(token) {
				*count += 1;
			}
		};
		match self {
			Self::One => bytes.iter().for_each(|&byte| count(byte.into())),
			Self::Two => pairs(bytes).for_each(|&token| count(u16::from_le_bytes(token).into())),
			Self::Four => fours(bytes).for_each(|&token| count(u32::from_le_bytes(token) as usize)),
		}
	}
}

fn pairs(bytes: &[u8]) -> slice::Iter<'_, [u8; 2]> {
	bytes.as_chunks().0.iter()
}

fn fours(bytes: &[u8]) -> slice::Iter<'_, [u8; 4]> {
	bytes.as_chunks().0.iter()
}

#[cfg(test)]
mod tests {
	use proptest::prelude::*;

	use super::*;

	#[test]
	fn a_vocabulary_has_the_smallest_width_with_room() {
		for (vocab_size, bytes) in [(1, 1), (256, 1), (257, 2), (65_536, 2), (65_537, 4), (u32::MAX, 4)] {
			let width = Width::of_vocabulary(vocab_size);
			assert_eq!(width.bytes(), bytes);
			assert_eq!(Width::from_bytes(bytes as u32), Some(width));
		}
		assert_eq!(Width::from_bytes(3), None);
	}

	proptest! {
		#[test]
		fn what_is_encoded_is_decoded_and_counted(vocab_size: u32, tokens: Vec<u32>) {
			let tokens: Vec<u32> = tokens.into_iter().filter(|token| *token < vocab_size).collect();
			let width = Width::of_vocabulary(vocab_size);
			let (mut bytes, mut decoded) = (Vec::new(), Vec::<u32>::new());
			width.encode(&tokens, &mut bytes);
			width.decode(&bytes, &mut decoded);
			prop_assert_eq!(bytes.len(), tokens.len() * width.bytes());
			prop_assert_eq!(&decoded, &tokens);
			let mut frequency = [0; 300];
			width.count(&bytes, &mut frequency);
			let counted = tokens.iter().filter(|token| (**token as usize) < frequency.len()).count();
			prop_assert_eq!(frequency.iter().sum::<u64>(), counted as u64);
		}
	}
}
