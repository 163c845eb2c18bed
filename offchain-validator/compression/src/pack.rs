// SPDX-License-Identifier: Apache-2.0

//! Indices of 12 bits and signs of one bit, packed into bytes.

/// Indices that are packed are below this.
pub(crate) const MAX_INDICES: usize = 1 << 12;

/// Why indices cannot be packed, or bytes not be unpacked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PackError {
	/// Two indices share three bytes.
	#[error("{0} indices: must be an even number")]
	Odd(usize),
	/// An index has more than 12 bits.
	#[error("index {0}: must be below {MAX_INDICES}")]
	Index(u16),
	/// There are more or fewer bytes than the numbers take.
	#[error("{bytes} bytes: {count} numbers take {expected}")]
	Size {
		/// Bytes there are.
		bytes: usize,
		/// Numbers that they should hold.
		count: usize,
		/// Bytes there should be.
		expected: usize,
	},
}

/// Packs indices of 12 bits: `a, b` become the bytes `a`, `a >> 8 | b << 4`, `b >> 4`.
pub fn pack12(indices: &[u16]) -> Result<Vec<u8>, PackError> {
	if let Some(&index) = indices.iter().find(|index| usize::from(**index) >= MAX_INDICES) {
		return Err(PackError::Index(index));
	}
	let (pairs, []) = indices.as_chunks::<2>() else { return Err(PackError::Odd(indices.len())) };
	let bytes = |[a, b]: &[u16; 2]| [*a as u8, (a >> 8 | b << 4) as u8, (b >> 4) as u8];
	Ok(pairs.iter().flat_map(bytes).collect())
}

/// The `count` indices in the bytes.
pub fn unpack12(bytes: &[u8], count: usize) -> Result<Vec<u16>, PackError> {
	if !count.is_multiple_of(2) {
		return Err(PackError::Odd(count));
	}
	let expected = (count / 2).saturating_mul(3);
	match bytes.as_chunks::<3>() {
		(triples, []) if bytes.len() == expected => {
			let pair = |[a, both, b]: &[u8; 3]| {
				let [a, both, b] = [*a, *both, *b].map(u16::from);
				[a | (both & 0xf) << 8, both >> 4 | b << 4]
			};
			Ok(triples.iter().flat_map(pair).collect())
		},
		_ => Err(PackError::Size { bytes: bytes.len(), count, expected }),
	}
}

/// Packs which numbers are above zero: the bit `i % 8` of byte `i / 8`. Bits that are left over are zero.
pub fn pack_signs(numbers: &[f32]) -> Vec<u8> {
	let byte = |numbers: &[f32]| {
		let bits = numbers.iter().enumerate().map(|(bit, number)| u8::from(*number > 0.0) << bit);
		bits.fold(0, |byte, bit| byte | bit)
	};
	numbers.chunks(8).map(byte).collect()
}

/// The first `count` signs in the bytes, 1 or -1: zero was packed as if it were negative.
pub fn unpack_signs(bytes: &[u8], count: usize) -> Result<Vec<f32>, PackError> {
	let expected = count.div_ceil(8);
	if bytes.len() != expected {
		return Err(PackError::Size { bytes: bytes.len(), count, expected });
	}
	let sign = |at: usize| if bytes[at / 8] >> (at % 8) & 1 == 1 { 1.0 } else { -1.0 };
	Ok((0..count).map(sign).collect())
}

#[cfg(test)]
mod tests;
