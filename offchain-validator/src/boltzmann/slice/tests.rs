// SPDX-License-Identifier: Apache-2.0

use std::collections::BTreeMap;

use proptest::prelude::*;
use safetensors::{Dtype, SafeTensors};

use super::*;
use crate::model::tensor_file::damaged::damaged;

const ORIGIN: Origin = Origin { part: Part::Delta, window: 7, uid: 3 };

/// Two values of the first parameter, one of the second.
fn selection() -> Selection {
	let parameters = [("m".to_owned(), vec![2, 4]), ("v".to_owned(), vec![3])];
	Selection::of_block(&[9; 32], NonZeroUsize::new(4).unwrap(), &parameters)
}

fn valid() -> Vec<u8> {
	encode(&vec![vec![1.0, -0.5], vec![3.0]], &ORIGIN, &selection())
}

/// The valid file with another header before its data.
fn with_header(metadata: &[(&str, &str)], specs: &[TensorSpec]) -> Vec<u8> {
	let metadata = metadata.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
	let data = valid().split_off(valid().len() - 12);
	[tensor_file::header(&metadata, specs), data].concat()
}

#[track_caller]
fn check(bytes: &[u8], expected: &str) {
	assert_eq!(decode(bytes, &ORIGIN, &selection()).unwrap_err().to_string(), expected);
}

#[track_caller]
fn check_metadata(key: &str, value: Option<&str>, expected: &str) {
	let written = ORIGIN.metadata();
	let mut metadata: BTreeMap<_, _> = written.iter().map(|(key, value)| (*key, value.as_str())).collect();
	match value {
		Some(value) => drop(metadata.insert(key, value)),
		None => drop(metadata.remove(key)),
	}
	check(&with_header(&metadata.into_iter().collect::<Vec<_>>(), &selection().specs), expected);
}

#[test]
fn a_file_is_what_its_format_says() {
	let (bytes, selection) = (valid(), selection());
	let file = SafeTensors::deserialize(&bytes).unwrap();
	let (m, v) = (file.tensor("m").unwrap(), file.tensor("v").unwrap());
	assert_eq!((m.dtype(), m.shape(), v.shape()), (Dtype::F32, &[2][..], &[1][..]));
	assert_eq!(decode(&bytes, &ORIGIN, &selection), Ok(vec![vec![1.0, -0.5], vec![3.0]]));
	assert!(bytes.len() <= selection.max_bytes());
}

#[test]
fn another_block_draws_other_elements() {
	let parameters = [("m".to_owned(), vec![100, 100])];
	let drawn = |hash| Selection::of_block(&[hash; 32], NonZeroUsize::new(10).unwrap(), &parameters);
	assert_eq!(drawn(1), drawn(1));
	assert_ne!(drawn(1).positions(), drawn(2).positions());
	assert_eq!(drawn(1).positions()[0].len(), 1_000);
}

#[test]
fn another_slice_is_refused() {
	check_metadata("uid", None, "metadata uid is missing");
	check_metadata("codec", Some("dct-topk"), r#"metadata codec is "dct-topk": must be slice"#);
	check_metadata("version", Some("2"), r#"metadata version is "2": must be 1"#);
	check_metadata("part", Some("state"), r#"metadata part is "state": must be delta"#);
	check_metadata("window", Some("07"), r#"metadata window is "07": must be 7"#);
	check_metadata("uid", Some("4"), r#"metadata uid is "4": must be 3"#);
	let long = "x".repeat(500);
	check_metadata("uid", Some(&long), &format!("metadata uid is {:?}: must be 3", "x".repeat(40)));
}

#[test]
fn other_tensors_are_refused() {
	let (metadata, specs) = (ORIGIN.metadata(), selection().specs);
	let metadata: Vec<_> = metadata.iter().map(|(key, value)| (*key, value.as_str())).collect();
	check(&with_header(&metadata, &specs[..1]), "tensor v is missing");
	let other = |shape, name: &str| TensorSpec { shape, name: name.into(), ..specs[1].clone() };
	check(&with_header(&metadata, &[specs[0].clone(), other(vec![1], "w")]), "tensor v is missing");
	let wrong = [specs[0].clone(), other(vec![1, 1], "v")];
	check(&with_header(&metadata, &wrong), "tensor v is F32 [1, 1]: must be F32 [1]");
	let more = [specs[0].clone(), specs[1].clone(), other(vec![0], "w")];
	check(&with_header(&metadata, &more), "tensor w is unknown");
}

#[test]
fn what_is_cut_off_or_too_large_is_refused() {
	let bytes = valid();
	check(&bytes[..bytes.len() - 1], "11 bytes of data: must be 12");
	check(&[], "cut off: the header alone needs 8 bytes, there are 0");
	let max = selection().max_bytes();
	check(&vec![0; max + 1], &format!("{} bytes: at most {max} are allowed", max + 1));
	let lies = [&u64::MAX.to_le_bytes()[..], b"{}"].concat();
	check(&lies, "cut off: the header alone needs 18446744073709551615 bytes, there are 10");
}

proptest! {
	#[test]
	fn what_is_encoded_is_decoded(values in proptest::collection::vec(any::<u32>(), 3), window: u32, uid: u16) {
		let values: Vec<f32> = values.into_iter().map(f32::from_bits).collect();
		let origin = Origin { part: Part::State, window, uid };
		let bytes = encode(&vec![values[..2].into(), values[2..].into()], &origin, &selection());
		prop_assert!(bytes.len() <= selection().max_bytes());
		let bits = |values: &[f32]| values.iter().map(|value| value.to_bits()).collect::<Vec<_>>();
		let decoded = decode(&bytes, &origin, &selection()).unwrap();
		prop_assert_eq!(bits(&decoded.concat()), bits(&values));
	}

	#[test]
	fn a_damaged_file_is_a_slice_or_refused(bytes in damaged(Just(valid()))) {
		if let Ok(values) = decode(&bytes, &ORIGIN, &selection()) {
			prop_assert_eq!(values.iter().map(Vec::len).collect::<Vec<_>>(), [2, 1]);
		}
	}

	#[test]
	fn any_bytes_are_a_slice_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..900)) {
		let _ = decode(&bytes, &ORIGIN, &selection());
	}
}
