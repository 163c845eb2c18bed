// SPDX-License-Identifier: Apache-2.0

use serde_json::Value;

use super::super::recorded::{integer, numbers, sizes};
use super::*;

const CODING: Coding = Coding::Quantised(Quantiser { bins: 4, range: 6.0 });

fn layouts() -> Layouts {
	Layouts::new(&[("m".into(), vec![4, 8]), ("v".into(), vec![6])], 4, 3).unwrap()
}

fn tensors() -> BTreeMap<String, Compressed> {
	let m = Compressed { indices: vec![0, 5, 15, 1, 2, 3], values: vec![1.0, -2.0, 3.0, 0.0, -0.5, 9.0].into() };
	let v = Compressed { indices: vec![0, 1, 2, 0, 1, 2], values: vec![1.0; 6].into() };
	[("m".to_owned(), m), ("v".to_owned(), v)].into()
}

#[track_caller]
fn check(change: impl FnOnce(&mut BTreeMap<String, Compressed>), expected: &str) {
	let mut tensors = tensors();
	change(&mut tensors);
	let found = CompressedGradient::new(Header::default(), tensors, &layouts());
	assert_eq!(found.unwrap_err().to_string(), expected);
}

fn m(tensors: &mut BTreeMap<String, Compressed>) -> &mut Compressed {
	tensors.get_mut("m").unwrap()
}

fn values(tensors: &mut BTreeMap<String, Compressed>) -> &mut Vec<f32> {
	match &mut m(tensors).values {
		Values::Plain(values) => values,
		Values::Quantised(_) => panic!("they are plain"),
	}
}

#[test]
fn a_gradient_is_complete_and_of_its_layout() {
	assert!(CompressedGradient::new(Header::default(), tensors(), &layouts()).is_ok());
	check(|tensors| drop(tensors.remove("v")), "parameter v is missing");
	check(|tensors| drop(tensors.insert("w".into(), Compressed::default())), "parameter w is unknown");
	check(|tensors| values(tensors).truncate(5), "parameter m has 6 indices and 5 values: must have 6 of each");
	check(|tensors| *m(tensors) = Compressed::default(), "parameter m has 0 indices and 0 values: must have 6 of each");
}

#[test]
fn indices_ascend_within_their_chunk() {
	check(|tensors| m(tensors).indices[2] = 16, "parameter m, chunk 0: index 16 must be below 16");
	check(|tensors| m(tensors).indices[5] = -1_i16 as u16, "parameter m, chunk 1: index 65535 must be below 16");
	check(|tensors| m(tensors).indices[4] = 1, "parameter m, chunk 1: indices must ascend");
	check(|tensors| m(tensors).indices.swap(0, 1), "parameter m, chunk 0: indices must ascend");
}

#[test]
fn values_are_numbers_of_a_sane_size() {
	let refused = "parameter m, chunk 1: values must be finite numbers of a sane size";
	for value in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, f32::MAX, f32::MIN] {
		check(|tensors| values(tensors)[3] = value, refused);
	}
	check(|tensors| values(tensors)[3..].fill(f32::MAX / 5.0), refused);
	let mut tensors = tensors();
	values(&mut tensors)[3..].fill(f32::MAX / 7.0);
	assert!(CompressedGradient::new(Header::default(), tensors, &layouts()).is_ok());
}

/// A gradient of the later form with one parameter of two chunks, changed.
fn quantised(change: impl FnOnce(&mut Quantised)) -> Result<CompressedGradient, InvalidGradient> {
	let layouts = Layouts::with_coding(&[("p".into(), vec![4, 8])], 4, 2, CODING).unwrap();
	let mut values = Quantised { codes: vec![0, 3, 2, 1], lookup: vec![-2.0, -1.0, 1.0, 2.0], shift: 0.5, scale: 1.0 };
	change(&mut values);
	let sent = Compressed { indices: vec![3, 15, 0, 1], values: Values::Quantised(values) };
	CompressedGradient::new(Header::default(), [("p".to_owned(), sent)].into(), &layouts)
}

#[test]
fn codes_have_an_entry_in_a_table_of_the_runs_length() {
	let check = |change: &dyn Fn(&mut Quantised), expected: &str| {
		assert_eq!(quantised(change).unwrap_err().to_string(), expected);
	};
	assert!(quantised(|_| ()).is_ok());
	check(&|values| values.codes[2] = 4, "parameter p, chunk 1: code 4 must be below 4");
	let length = "parameter p: values must be quantised with a table of 4";
	check(&|values| values.lookup.truncate(3), length);
	check(&|values| values.lookup.push(0.0), length);
	check(&|values| values.codes.truncate(3), "parameter p has 4 indices and 3 values: must have 4 of each");
}

#[test]
fn what_codes_are_read_by_is_finite_and_of_a_sane_size() {
	let refused = "parameter p: shift, scale and lookup table must be finite numbers of a sane size";
	let check = |change: &dyn Fn(&mut Quantised)| assert_eq!(quantised(change).unwrap_err().to_string(), refused);
	for bad in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, f32::MAX] {
		check(&|values| values.lookup[3] = bad);
		check(&|values| values.shift = bad);
		check(&|values| values.scale = bad);
	}
	for scale in [0.0, 1e-13, -1e-13, 1.1e4] {
		check(&|values| values.scale = scale);
	}
	let huge = f32::MAX / 5.0;
	let sound = quantised(|values| (values.lookup[3], values.shift, values.scale) = (huge, huge, -1.0));
	assert!(sound.is_ok(), "{sound:?}");
}

#[test]
fn values_are_coded_as_the_run_says() {
	let layouts = |coding| Layouts::with_coding(&[("p".into(), vec![4])], 4, 2, coding).unwrap();
	let found = |coding, values| {
		let tensors = [("p".to_owned(), Compressed { indices: vec![0, 1], values })].into();
		CompressedGradient::new(Header::default(), tensors, &layouts(coding)).unwrap_err().to_string()
	};
	let quantised = Quantised { codes: vec![0; 2], lookup: vec![0.0; 4], shift: 0.0, scale: 1.0 };
	assert_eq!(found(Coding::Dct, Values::Quantised(quantised)), "parameter p: values must be plain");
	let expected = "parameter p: values must be quantised with a table of 4";
	assert_eq!(found(CODING, vec![1.0; 2].into()), expected);
}

#[test]
fn a_header_names_few_pages() {
	let header = |count| Header { text: StatedText::Pages(vec![1; count]), ..Header::default() };
	assert!(CompressedGradient::new(header(MAX_PAGES), tensors(), &layouts()).is_ok());
	let refused = CompressedGradient::new(header(MAX_PAGES + 1), tensors(), &layouts());
	assert_eq!(refused, Err(InvalidGradient::Pages { count: 257 }));
}

#[test]
fn a_gradient_of_another_uid_or_window_is_told() {
	let header = Header { window: 7, uid: 3, ..Header::default() };
	let gradient = CompressedGradient::new(header, tensors(), &layouts()).unwrap();
	assert_eq!(gradient.check_origin(7, 3), Ok(()));
	assert_eq!(gradient.check_origin(7, 4), Err(InvalidGradient::Origin { window: 7, uid: 3 }));
	assert_eq!(gradient.check_origin(8, 3), Err(InvalidGradient::Origin { window: 7, uid: 3 }));
}

/// What a recorded index tensor is for us; one chunk was expected. The reference sends its indices in any order.
fn verdict(case: &Value) -> Result<(), InvalidGradient> {
	let total = integer(&case["totalk"]);
	let layouts = Layouts::new(&[("p".into(), vec![total])], total, integer(&case["allowed_topk"])).unwrap();
	let mut indices: Vec<u16> = numbers(&case["idxs"]["data"]).into_iter().map(|index| index as i16 as u16).collect();
	indices.sort_unstable();
	let values = vec![1.0; indices.len()];
	let tensors = [("p".to_owned(), Compressed { indices, values: values.into() })].into();
	CompressedGradient::new(Header::default(), tensors, &layouts).map(|_| ())
}

/// What the reference refuses, we refuse. What it accepts, we accept, but for repeated indices and for another number of
/// chunks. Lists, single numbers and fractions cannot occur: our files hold nothing but `I16` tensors.
#[test]
fn recorded_indices_are_judged_no_less_strictly() {
	const FILE: &str = "mechanisms/check_indices.json";
	let mut tally = golden::Tally::default();
	for case in &golden::cases::<Value>(FILE) {
		if !case["idxs"]["dtype"].as_str().is_some_and(|dtype| dtype.starts_with("int")) {
			continue;
		}
		let label = case["label"].as_str().unwrap();
		let mut indices: Vec<i64> = numbers(&case["idxs"]["data"]).into_iter().map(|index| index as i64).collect();
		let one_chunk = integer(&case["allowed_topk"]).min(integer(&case["totalk"]));
		let is_stricter = indices.len() != one_chunk || {
			indices.sort_unstable();
			indices.windows(2).any(|pair| pair[0] == pair[1])
		};
		let expected = case["result"] == "ok" && !is_stricter;
		assert_eq!(verdict(case).is_ok(), expected, "{label}: {:?}", verdict(case));
		assert!(!sizes(&case["idxs"]["shape"]).is_empty());
		tally.compared();
	}
	tally.finish(FILE, 10);
}

/// What a recorded tensor of packed indices is for us; of the later form, whose values have the recorded shape.
fn later_verdict(case: &Value) -> Result<(), InvalidGradient> {
	let (total, topk) = (integer(&case["totalk"]), integer(&case["allowed_topk"]));
	let layouts = Layouts::with_coding(&[("p".into(), vec![total])], total, topk, CODING).unwrap();
	let packed: Vec<u8> = sizes(&case["packed"]["data"]).into_iter().map(|byte| byte as u8).collect();
	let count = case["vals_shape"].as_array().map_or(0, |_| sizes(&case["vals_shape"]).iter().product());
	let mut indices = compression::unpack12(&packed, count).unwrap_or_default();
	indices.sort_unstable();
	let values = Quantised { codes: vec![0; count], lookup: vec![0.0; 4], shift: 0.0, scale: 1.0 };
	let sent = Compressed { indices, values: Values::Quantised(values) };
	CompressedGradient::new(Header::default(), [("p".to_owned(), sent)].into(), &layouts).map(|_| ())
}

/// But for one: where a chunk has an odd number of elements, the reference's miners send one less than its validators ask for.
/// Here both mean the same.
#[test]
fn recorded_packed_indices_are_judged_alike() {
	let Some(file) = golden::recording::<Value>("mechanisms/check_indices.json") else { return };
	for case in file["head_cases"].as_array().unwrap() {
		// No file of ours holds indices as anything but bytes.
		if case["packed"]["dtype"] != "uint8" {
			continue;
		}
		let label = case["label"].as_str().unwrap();
		let expected = case["result"] == "ok" || label.starts_with("odd totalk");
		assert_eq!(later_verdict(case).is_ok(), expected, "{label}: {:?}", later_verdict(case));
	}
}
