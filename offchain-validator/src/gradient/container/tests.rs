// SPDX-License-Identifier: Apache-2.0

mod quantised;

use std::collections::HashMap;

use proptest::prelude::*;
use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors};
use serde_json::Value;

use super::super::recorded::{gradient, integer, numbers, sizes};
use super::*;
use crate::model::tensor_file::damaged::damaged;

fn layouts() -> Layouts {
	Layouts::new(&[("m".into(), vec![4, 8]), ("v".into(), vec![6])], 4, 3).unwrap()
}

fn valid() -> CompressedGradient {
	let m = Compressed { indices: vec![0, 5, 15, 1, 2, 3], values: vec![1.0, -2.0, 3.0, 0.0, -0.5, 9.0].into() };
	let v = Compressed { indices: vec![0, 1, 2, 0, 1, 2], values: vec![1.0; 6].into() };
	gradient([("m".to_owned(), m), ("v".to_owned(), v)].into(), &layouts())
}

#[track_caller]
fn check_metadata(change: impl FnOnce(&mut BTreeMap<String, String>), expected: &str) {
	let (layouts, valid) = (layouts(), valid());
	let mut metadata = metadata(valid.header(), Coding::Dct);
	change(&mut metadata);
	let old_length = tensor_file::header(&super::metadata(valid.header(), Coding::Dct), &specs(&layouts)).len();
	let mut bytes = tensor_file::header(&metadata, &specs(&layouts));
	bytes.extend(&encode(&valid, &layouts)[old_length..]);
	assert_eq!(decode(&bytes, &layouts).unwrap_err().to_string(), expected);
}

#[test]
fn a_file_is_what_its_format_says() {
	let bytes = encode(&valid(), &layouts());
	let (header, metadata) = SafeTensors::read_metadata(&bytes).unwrap();
	assert_eq!(metadata.metadata().as_ref().unwrap()["pages"], "7,8");
	assert_eq!(bytes[8 + header..][..4], 1.0_f32.to_le_bytes());
	let file = SafeTensors::deserialize(&bytes).unwrap();
	let (values, indices) = (file.tensor("m.vals").unwrap(), file.tensor("v.idxs").unwrap());
	assert_eq!((values.dtype(), values.shape()), (Dtype::F32, &[1, 2, 3][..]));
	assert_eq!((indices.dtype(), indices.shape()), (Dtype::I16, &[2, 3][..]));
	assert_eq!(decode(&bytes, &layouts()), Ok(valid()));
}

#[test]
fn the_largest_file_is_within_the_bound() {
	let text = StatedText::Pages(vec![u64::MAX; MAX_PAGES]);
	let header = Header { window: u32::MAX, uid: u16::MAX, text };
	let tensors = layouts().iter().map(|(name, _)| (name.to_owned(), valid().get(name).unwrap().clone())).collect();
	let largest = CompressedGradient::new(header, tensors, &layouts()).unwrap();
	let bytes = encode(&largest, &layouts());
	assert!(bytes.len() <= max_bytes(&layouts()));
	assert_eq!(decode(&bytes, &layouts()), Ok(largest));
	let expected = format!("{0} bytes: at most {1} are allowed", max_bytes(&layouts()) + 1, max_bytes(&layouts()));
	let too_large = vec![0; max_bytes(&layouts()) + 1];
	assert_eq!(decode(&too_large, &layouts()).unwrap_err().to_string(), expected);
}

#[test]
fn metadata_says_what_it_must() {
	let set = |key: &'static str, value: &'static str| {
		move |metadata: &mut BTreeMap<String, String>| drop(metadata.insert(key.into(), value.into()))
	};
	check_metadata(|metadata| drop(metadata.remove("uid")), "metadata uid is missing");
	check_metadata(BTreeMap::clear, "metadata codec is missing");
	check_metadata(set("codec", "topk"), r#"metadata codec is "topk": must be dct-topk"#);
	check_metadata(set("version", "2"), r#"metadata version is "2": must be 1"#);
	check_metadata(set("window", "-1"), r#"metadata window is "-1": must be a number below 2^32"#);
	check_metadata(set("window", "07"), r#"metadata window is "07": must be a number below 2^32"#);
	check_metadata(set("uid", "65536"), r#"metadata uid is "65536": must be a number below 2^16"#);
	check_metadata(set("pages", "1,,2"), r#"metadata pages is "1,,2": must be numbers with commas between them"#);
	let many = vec!["1"; MAX_PAGES + 1].join(",");
	check_metadata(|metadata| drop(metadata.insert("pages".into(), many)), "257 pages: at most 256 are allowed");
}

#[test]
fn text_is_told_by_pages_or_by_a_digest() {
	let digest = "0123456789abcdef0123456789abcdef";
	let told = |digest: &'static str, count: &'static str| {
		move |metadata: &mut BTreeMap<String, String>| {
			metadata.remove("pages");
			metadata.extend([("sample_digest".into(), digest.into()), ("sample_count".into(), count.into())]);
		}
	};
	check_metadata(|metadata| drop(metadata.remove("pages")), "metadata pages is missing");
	let both = |metadata: &mut BTreeMap<String, String>| drop(metadata.insert("sample_digest".into(), digest.into()));
	check_metadata(both, r#"metadata pages is "7,8": must be left out beside a sample_digest"#);
	let expected = r#"metadata sample_digest is "0123": must be 32 hexadecimal digits"#;
	check_metadata(told("0123", "5"), expected);
	let expected = r#"metadata sample_digest is "0123456789ABCDEF0123456789abcdef": must be 32 hexadecimal digits"#;
	check_metadata(told("0123456789ABCDEF0123456789abcdef", "5"), expected);
	let expected = r#"metadata sample_count is "4294967296": must be a number below 2^32"#;
	check_metadata(told(digest, "4294967296"), expected);
	let mut file = metadata(valid().header(), Coding::Dct);
	told(digest, "5")(&mut file);
	let text = StatedText::Sequences { digest: digest.into(), count: 5 };
	let header = header(&file, Coding::Dct).unwrap();
	assert_eq!(header, Header { text, ..valid().header().clone() });
	assert_eq!(metadata(&header, Coding::Dct), file);
}

#[test]
fn metadata_may_say_more() {
	let mut file = metadata(valid().header(), Coding::Dct);
	file.insert("format".into(), "pt".into());
	assert_eq!(header(&file, Coding::Dct), Ok(valid().header().clone()));
}

/// Type, shape and data of tensors, by name.
type Tensors = BTreeMap<String, (Dtype, Vec<usize>, Vec<u8>)>;

/// A recorded tensor, as bytes of the same type.
fn recorded_tensor(tensor: &Value) -> (Dtype, Vec<usize>, Vec<u8>) {
	let data = numbers(&tensor["data"]).into_iter();
	let (dtype, bytes) = match tensor["dtype"].as_str().unwrap() {
		"uint8" => (Dtype::U8, data.map(|value| value as u8).collect()),
		"int16" => (Dtype::I16, data.flat_map(|value| (value as i16).to_le_bytes()).collect()),
		"float32" => (Dtype::F32, data.flat_map(|value| (value as f32).to_le_bytes()).collect()),
		"float16" => (Dtype::F16, data.flat_map(|_| [0, 0]).collect()),
		other => panic!("{other}"),
	};
	(dtype, sizes(&tensor["shape"]), bytes)
}

/// What we say about these tensors, once they are written as a file of ours by the library that others use.
fn verdict_on(tensors: &Tensors, layouts: &Layouts) -> String {
	let views = tensors
		.iter()
		.map(|(name, (dtype, shape, data))| (name, TensorView::new(*dtype, shape.clone(), data).unwrap()));
	let metadata: HashMap<_, _> = metadata(&Header::default(), layouts.coding()).into_iter().collect();
	let file = safetensors::serialize(views, Some(metadata)).unwrap();
	decode(&file, layouts).map_or_else(|error| error.to_string(), |_| "valid".into())
}

/// What we say about a recorded payload.
fn verdict(state: &Value, layouts: &Layouts) -> String {
	let tensors = state
		.as_object()
		.unwrap()
		.iter()
		.filter_map(|(key, tensor)| {
			let suffix = key.len().checked_sub(4)?;
			let name = format!("{}.{}", &key[..suffix], &key[suffix..]);
			(key != "metadata").then(|| (name, recorded_tensor(tensor)))
		})
		.collect();
	verdict_on(&tensors, layouts)
}

/// Whether a recorded payload holds the parameter `w` and nothing else, in tensors of our types and form.
fn is_as_asked_for(state: &Value, layouts: &Layouts) -> bool {
	let [indices, values] = [&state["widxs"], &state["wvals"]];
	let layout = layouts.get("w").unwrap();
	let is_whole = |tensor: &Value| tensor.is_object() && sizes(&tensor["shape"]) == [layout.chunks(), layout.kept()];
	state.as_object().unwrap().keys().filter(|name| *name != "metadata").count() == 2
		&& (is_whole(indices) && indices["dtype"] == "int16")
		&& (is_whole(values) && values["dtype"] == "float32")
		&& numbers(&indices["data"]).chunks(layout.kept()).all(|chunk| chunk.is_sorted_by(|a, b| a < b))
}

/// What the reference skips, we refuse. Of what it accepts, we refuse what is not complete, has tensors of another form or
/// order, or tensors that nobody asked for.
#[test]
fn recorded_payloads_are_judged_no_less_strictly() {
	let Some(file) = golden::recording::<Value>("mechanisms/gather_validation.json") else { return };
	let seed = &file["seed"];
	let layouts =
		Layouts::new(&[("w".into(), vec![8])], integer(&seed["totalks"]["w"]), integer(&seed["topk"])).unwrap();
	let accepted = sizes(&seed["accepted_uids"]);
	for peer in seed["peers"].as_array().unwrap() {
		// The others sent nothing that could be a file.
		let Some(state) = peer.get("state_dict").filter(|state| state.is_object()) else { continue };
		let verdict = verdict(state, &layouts);
		let expected = accepted.contains(&integer(&peer["uid"])) && is_as_asked_for(state, &layouts);
		assert_eq!(verdict == "valid", expected, "{}: {verdict}", peer["label"]);
	}
}

#[test]
fn what_is_wrong_with_a_payload_is_told() {
	let check = |name: &str, change: &dyn Fn(&mut Value), expected: &str| {
		let mut state = serde_json::json!({
			"widxs": { "dtype": "int16", "shape": [2, 2], "data": [0, 3, 1, 2] },
			"wvals": { "dtype": "float32", "shape": [2, 2], "data": [1.0, -2.0, 2.0, 0.5] },
		});
		change(&mut state[name]);
		let layouts = Layouts::new(&[("w".into(), vec![8])], 4, 2).unwrap();
		let state = state.as_object().unwrap().iter().filter(|(_, tensor)| !tensor.is_null());
		let state = Value::Object(state.map(|(name, tensor)| (name.clone(), tensor.clone())).collect());
		assert_eq!(verdict(&state, &layouts), expected);
	};
	let insane = "parameter w, chunk 0: values must be finite numbers of a sane size";
	check("wvals", &|_| (), "valid");
	check("wvals", &|tensor| tensor["data"][1] = "NaN".into(), insane);
	check("wvals", &|tensor| tensor["data"][1] = "Infinity".into(), insane);
	check("widxs", &|tensor| tensor["data"][1] = 4.into(), "parameter w, chunk 0: index 4 must be below 4");
	let short = serde_json::json!({ "dtype": "int16", "shape": [2, 1], "data": [0, 1] });
	check("widxs", &|tensor| *tensor = short.clone(), "tensor w.idxs is I16 [2, 1]: must be I16 [2, 2]");
	check("wvals", &|tensor| tensor["dtype"] = "float16".into(), "tensor w.vals is F16 [2, 2]: must be F32 [2, 2]");
	check("wvals", &|tensor| *tensor = Value::Null, "tensor w.vals is missing");
	check("zzidxs", &|tensor| *tensor = short.clone(), "tensor zz.idxs is unknown");
}

/// What is decoded is what is encoded again.
#[track_caller]
fn check_any(bytes: &[u8], layouts: &Layouts) {
	if let Ok(decoded) = decode(bytes, layouts) {
		assert_eq!(decode(&encode(&decoded, layouts), layouts), Ok(decoded));
	}
}

prop_compose! {
	/// Any valid gradient of the layouts.
	fn gradients()(
		window in any::<u32>(), uid in any::<u16>(), pages in proptest::collection::vec(any::<u64>(), 0..9),
		values in proptest::collection::vec(-1e30_f32..1e30, 12), first in 0_u16..12,
	) -> CompressedGradient {
		let m = Compressed { indices: vec![0, 1, 15, first, first + 1, first + 3], values: values[..6].to_vec().into() };
		let v = Compressed { indices: vec![0, 1, 2, 0, 1, 2], values: values[6..].to_vec().into() };
		let tensors = [("m".to_owned(), m), ("v".to_owned(), v)].into();
		CompressedGradient::new(Header { window, uid, text: StatedText::Pages(pages) }, tensors, &layouts()).unwrap()
	}
}

proptest! {
	#[test]
	fn what_is_encoded_is_decoded(gradient in gradients()) {
		let bytes = encode(&gradient, &layouts());
		prop_assert!(bytes.len() <= max_bytes(&layouts()));
		let decoded = decode(&bytes, &layouts());
		prop_assert_eq!(decoded.as_ref().map(|decoded| encode(decoded, &layouts())), Ok(bytes));
		prop_assert_eq!(decoded, Ok(gradient));
	}

	#[test]
	fn any_bytes_are_a_gradient_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..900)) {
		check_any(&bytes, &layouts());
	}

	#[test]
	fn a_damaged_file_is_a_gradient_or_refused(
		bytes in damaged(gradients().prop_map(|gradient| encode(&gradient, &layouts()))),
	) {
		check_any(&bytes, &layouts());
	}

	/// Digits are where a header can lie and still be read.
	#[test]
	fn a_header_with_other_numbers_is_refused(gradient in gradients(), at in any::<prop::sample::Index>(), digit in b'0'..=b'9') {
		let mut bytes = encode(&gradient, &layouts());
		let length = u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
		let start = bytes.windows(6).position(|window| window == b"m.vals").unwrap();
		let digits: Vec<usize> = (start..8 + length).filter(|at| bytes[*at].is_ascii_digit()).collect();
		let at = digits[at.index(digits.len())];
		prop_assume!(bytes[at] != digit);
		bytes[at] = digit;
		prop_assert!(decode(&bytes, &layouts()).is_err());
	}
}
