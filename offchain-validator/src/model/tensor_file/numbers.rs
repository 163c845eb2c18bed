// SPDX-License-Identifier: Apache-2.0

//! Numbers as such files hold them: little-endian.

/// The numbers of an F32 tensor.
pub(crate) fn f32s(data: &[u8]) -> Vec<f32> {
	data.as_chunks().0.iter().copied().map(f32::from_le_bytes).collect()
}

/// Numbers as an F32 tensor.
#[cfg(feature = "torch")]
pub(crate) fn f32_bytes(numbers: &[f32]) -> Vec<u8> {
	numbers.iter().flat_map(|number| number.to_le_bytes()).collect()
}

/// The numbers of a BF16 tensor: the upper halves of as many F32.
#[cfg(feature = "torch")]
pub(crate) fn bf16s(data: &[u8]) -> Vec<f32> {
	let number = |bytes: &[u8; 2]| f32::from_bits(u32::from(u16::from_le_bytes(*bytes)) << 16);
	data.as_chunks().0.iter().map(number).collect()
}

/// Numbers as a BF16 tensor: each the nearest there is, of two as near the one whose last bit is zero.
#[cfg(feature = "torch")]
pub(crate) fn bf16_bytes(numbers: &[f32]) -> Vec<u8> {
	numbers.iter().flat_map(|number| nearest_bf16(*number).to_le_bytes()).collect()
}

#[cfg(feature = "torch")]
fn nearest_bf16(number: f32) -> u16 {
	const NAN: u16 = 0x7fc0;
	let bits = number.to_bits();
	match number.is_nan() {
		true => NAN, // Rounded, it could become infinite.
		// What is beyond the largest becomes infinite, as it should.
		false => ((bits + 0x7fff + (bits >> 16 & 1)) >> 16) as u16,
	}
}

#[cfg(all(test, feature = "torch"))]
mod tests {
	use proptest::prelude::*;

	use super::*;

	#[test]
	fn infinities_stay_and_what_is_no_number_stays_none() {
		let read = |number: f32| bf16s(&bf16_bytes(&[number]))[0];
		assert_eq!((read(f32::INFINITY), read(f32::NEG_INFINITY)), (f32::INFINITY, f32::NEG_INFINITY));
		assert_eq!((read(f32::MAX), read(-0.0).to_bits()), (f32::INFINITY, (-0.0_f32).to_bits()));
		assert!(read(f32::NAN).is_nan() && read(f32::from_bits(0xffff_ffff)).is_nan());
	}

	proptest! {
		/// As libtorch rounds them.
		#[test]
		fn halves_are_the_nearest(bits: u32) {
			let number = f32::from_bits(bits);
			let expected = tch::Tensor::from_slice(&[number]).to_kind(tch::Kind::BFloat16).to_kind(tch::Kind::Float);
			let (read, expected) = (bf16s(&bf16_bytes(&[number]))[0], expected.double_value(&[0]) as f32);
			prop_assert!(read.to_bits() == expected.to_bits() || read.is_nan() && expected.is_nan());
			prop_assert_eq!(f32s(&f32_bytes(&[number]))[0].to_bits(), bits);
		}
	}
}
