// SPDX-License-Identifier: Apache-2.0

use proptest::prelude::*;
use safetensors::SafeTensors;

use super::*;

fn spec(name: &str, kind: Kind, shape: &[usize]) -> TensorSpec {
	TensorSpec { name: name.into(), kind, shape: shape.into() }
}

fn specs() -> [TensorSpec; 2] {
	[spec("a", Kind::F32, &[2]), spec("b", Kind::I16, &[1, 3])]
}

const DATA: [u8; 14] = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14];

fn file(header: &str, data: &[u8]) -> Vec<u8> {
	[&(header.len() as u64).to_le_bytes()[..], header.as_bytes(), data].concat()
}

#[track_caller]
fn check(bytes: &[u8], expected: &str) {
	let error = read(bytes, &specs(), 1024).unwrap_err().to_string();
	let (what, _line_and_column) = error.split_once(" at line ").unwrap_or((&error, ""));
	assert_eq!(what, expected);
}

#[track_caller]
fn check_header(header: &str, expected: &str) {
	check(&file(header, &DATA), expected);
}

const A: &str = r#""a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}"#;
const B: &str = r#""b":{"dtype":"I16","shape":[1,3],"data_offsets":[8,14]}"#;

#[test]
fn the_safetensors_crate_reads_what_is_written() {
	let metadata = BTreeMap::from([("k".to_owned(), "v".to_owned())]);
	let written = [header(&metadata, &specs()), DATA.into()].concat();
	let tensors = SafeTensors::deserialize(&written).unwrap();
	assert_eq!((written.len() - DATA.len()) % 8, 0);
	assert_eq!(tensors.tensor("b").unwrap().shape(), [1, 3]);
	assert_eq!(tensors.tensor("b").unwrap().data(), &DATA[8..]);
	assert_eq!(SafeTensors::read_metadata(&written).unwrap().1.metadata().as_ref().unwrap()["k"], "v");
	let contents = read(&written, &specs(), max_bytes(&specs(), 16)).unwrap();
	assert_eq!(contents.metadata, metadata);
	assert_eq!(contents.tensors, [&DATA[..8], &DATA[8..]]);
}

#[test]
fn tensors_may_lie_in_any_order() {
	let a = r#""a":{"data_offsets":[6,14],"shape":[2],"dtype":"F32"}"#;
	let b = r#""b":{"dtype":"I16","shape":[1,3],"data_offsets":[0,6]}"#;
	let written = file(&format!("{{{a},{b}}}"), &DATA);
	assert_eq!(read(&written, &specs(), 1024).unwrap().tensors, [&DATA[6..], &DATA[..6]]);
}

#[test]
fn what_is_cut_off_is_refused() {
	check(&[], "cut off: the header alone needs 8 bytes, there are 0");
	check(&[1, 0, 0, 0, 0, 0, 0, 0], "cut off: the header alone needs 9 bytes, there are 8");
	check(&[255; 9], "cut off: the header alone needs 18446744073709551615 bytes, there are 9");
	check(&file(&format!("{{{A},{B}}}"), &DATA[..13]), "13 bytes of data: must be 14");
	check(&[0; 1025], "1025 bytes: at most 1024 are allowed");
}

#[test]
fn a_header_cannot_take_the_place_of_the_data() {
	check(&file(&" ".repeat(1011), &[]), "bad header: 1011 bytes: at most 1010 are allowed");
	check(&file(&" ".repeat(1010), &[]), "bad header: EOF while parsing a value");
}

#[test]
fn a_header_that_leaves_a_choice_is_refused() {
	check_header(&format!("{{{A},{A},{B}}}"), "bad header: a comes twice");
	let twice = r#"{"__metadata__":{"k":"1","k":"2"}}"#;
	check_header(twice, "bad header: data did not match any variant of untagged enum HeaderEntry");
	check_header("[]", "bad header: invalid type: sequence, expected a map");
	check_header(&format!("{{{A},{B}}}x"), "bad header: trailing characters");
}

#[test]
fn other_tensors_are_refused() {
	check_header(&format!("{{{A}}}"), "tensor b is missing");
	let other = r#""c":{"dtype":"F32","shape":[0],"data_offsets":[14,14]}"#;
	check_header(&format!("{{{A},{B},{other}}}"), "tensor c is unknown");
	let bytes = A.replace("F32", "I32");
	check_header(&format!("{{{bytes},{B}}}"), "tensor a is I32 [2]: must be F32 [2]");
	let flat = B.replace("1,3", "3");
	check_header(&format!("{{{A},{flat}}}"), "tensor b is I16 [3]: must be I16 [1, 3]");
	let tensor = A.replace("\"a\"", "\"__metadata__\"");
	check_header(&format!("{{{tensor},{B}}}"), "bad header: __metadata__ is no map of strings");
	check_header(&format!(r#"{{"a":{{"k":"v"}},{B}}}"#), "bad header: a is no tensor");
}

#[test]
fn tensors_that_overlap_or_leave_a_gap_are_refused() {
	let place = |name: &str| format!("tensor {name} does not lie where the one before it ends");
	let moved = |offsets: &str| format!("{{{A},{}}}", B.replace("8,14", offsets));
	check_header(&moved("2,8"), &place("b"));
	check_header(&moved("9,15"), &place("b"));
	check_header(&moved("14,8"), &place("b"));
	check_header(&moved("18446744073709551609,18446744073709551615"), &place("b"));
}

/// With `safetensors` 0.8 this header overflows an addition.
#[test]
fn offsets_that_wrap_around_are_refused() {
	let size = (1_usize << 61) - 1;
	let entry = |i: usize| {
		format!(r#""t{i}":{{"dtype":"U8","shape":[{size}],"data_offsets":[{},{}]}}"#, i * size, (i + 1) * size)
	};
	let entries: Vec<_> = (0..8).map(entry).collect();
	check_header(&format!("{{{}}}", entries.join(",")), "tensor a is missing");
}

proptest! {
	#[test]
	fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
		let _ = read(&bytes, &specs(), 1024);
	}

	#[test]
	fn any_header_is_read_or_refused(header in "[{}\\[\\],:\"a-b0-9FI\\-.e_]{0,120}") {
		let _ = read(&file(&header, &DATA), &specs(), 1024);
	}
}
