// SPDX-License-Identifier: Apache-2.0

use proptest::prelude::*;

use super::*;

#[test]
fn what_cannot_be_packed_is_refused() {
	assert_eq!(pack12(&[1, 4096]), Err(PackError::Index(4096)));
	assert_eq!(pack12(&[1, 2, 3]).unwrap_err().to_string(), "3 indices: must be an even number");
	assert_eq!(unpack12(&[0; 3], 3), Err(PackError::Odd(3)));
	assert_eq!(unpack12(&[0; 3], 4).unwrap_err().to_string(), "3 bytes: 4 numbers take 6");
	assert!(unpack12(&[], usize::MAX - 1).is_err() && unpack_signs(&[], usize::MAX).is_err());
	assert_eq!(unpack_signs(&[0], 9).unwrap_err().to_string(), "1 bytes: 9 numbers take 2");
}

proptest! {
	#[test]
	fn indices_come_back(pairs in proptest::collection::vec([0_u16..4096, 0..4096], 0..100)) {
		let indices = pairs.concat();
		let packed = pack12(&indices).unwrap();
		prop_assert_eq!(packed.len(), indices.len() / 2 * 3);
		prop_assert_eq!(unpack12(&packed, indices.len()), Ok(indices));
	}

	#[test]
	fn any_bytes_are_indices_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..99), count in 0_usize..70) {
		if let Ok(indices) = unpack12(&bytes, count) {
			prop_assert_eq!(pack12(&indices), Ok(bytes));
		}
	}

	#[test]
	fn signs_come_back(numbers in proptest::collection::vec(any::<f32>(), 0..100)) {
		let signs = unpack_signs(&pack_signs(&numbers), numbers.len()).unwrap();
		prop_assert!(numbers.iter().zip(&signs).all(|(number, sign)| (*number > 0.0) == (*sign > 0.0)));
	}
}
