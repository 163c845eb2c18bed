// SPDX-License-Identifier: Apache-2.0

//! Files of the later form.

use super::*;

fn layouts() -> Layouts {
	let coding = Coding::Quantised(Quantiser { bins: 4, range: 6.0 });
	Layouts::with_coding(&[("m".into(), vec![4, 8]), ("v".into(), vec![6])], 4, 3, coding).unwrap()
}

/// Two of each chunk: a third would be left over.
fn of(codes: &[u8], lookup: &[f32], shift: f32) -> CompressedGradient {
	let values =
		|codes: &[u8]| Values::Quantised(Quantised { codes: codes.into(), lookup: lookup.into(), shift, scale: 0.25 });
	let m = Compressed { indices: vec![5, 15, 0, 3], values: values(&codes[..4]) };
	let v = Compressed { indices: vec![0, 2, 1, 2], values: values(&codes[4..]) };
	gradient([("m".to_owned(), m), ("v".to_owned(), v)].into(), &layouts())
}

fn valid() -> CompressedGradient {
	of(&[0, 1, 2, 3, 3, 3, 0, 0], &[-1.0, -0.5, 0.5, 1.0], 0.125)
}

#[test]
fn a_file_is_what_its_format_says() {
	let bytes = encode(&valid(), &layouts());
	assert!(bytes.len() <= max_bytes(&layouts()));
	assert_eq!(decode(&bytes, &layouts()), Ok(valid()));
	let (_, metadata) = SafeTensors::read_metadata(&bytes).unwrap();
	assert_eq!(metadata.metadata().as_ref().unwrap()["codec"], "topk-quantised");
	let file = SafeTensors::deserialize(&bytes).unwrap();
	let form = |name: &str| file.tensor(name).map(|tensor| (tensor.dtype(), tensor.shape().to_vec())).unwrap();
	assert_eq!(form("m.quant_params"), (Dtype::F32, vec![6]));
	assert_eq!(form("m.vals"), (Dtype::U8, vec![1, 2, 2]));
	assert_eq!(form("v.vals"), (Dtype::U8, vec![2, 2]));
	assert_eq!(file.tensor("m.idxs").unwrap().data(), [5, 0xf0, 0, 0, 0x30, 0]);
	let params = tensor_file::f32s(file.tensor("v.quant_params").unwrap().data());
	assert_eq!(params, [0.125, 0.25, -1.0, -0.5, 0.5, 1.0]);
}

#[test]
fn neither_form_is_taken_for_the_other() {
	let first = super::layouts();
	let refused = decode(&encode(&super::valid(), &first), &layouts());
	assert_eq!(refused.unwrap_err().to_string(), "tensor m.quant_params is missing");
	let refused = decode(&encode(&valid(), &layouts()), &first);
	assert!(refused.unwrap_err().to_string().starts_with("tensor m.vals is U8 [1, 2, 2]: must be F32"));
}

/// A recorded payload with the indices of each chunk in order, as far as it has any.
fn in_order(mut state: Value) -> Value {
	if state["wvals"]["dtype"] != "uint8" {
		return state;
	}
	let [indices, codes] = ["widxs", "wvals"].map(|key| numbers(&state[key]["data"]));
	let packed: Vec<u8> = indices.iter().map(|byte| *byte as u8).collect();
	let Ok(indices) = unpack12(&packed, codes.len()) else { return state };
	let mut pairs: Vec<(u16, f64)> = indices.into_iter().zip(codes).collect();
	pairs.chunks_mut(2).for_each(|chunk| chunk.sort_by_key(|(index, _)| *index));
	let (indices, codes): (Vec<u16>, Vec<f64>) = pairs.into_iter().unzip();
	state["widxs"]["data"] = pack12(&indices).unwrap().into();
	state["wvals"]["data"] = codes.into();
	state
}

/// What we say about a recorded payload.
fn verdict(state: &Value, layouts: &Layouts) -> String {
	let mut tensors = Tensors::new();
	for (key, tensor) in state.as_object().unwrap() {
		let Some(suffix) = ["idxs", "vals"].into_iter().find(|suffix| key.ends_with(suffix)) else { continue };
		let name = format!("{}.{suffix}", &key[..key.len() - suffix.len()]);
		tensors.insert(name, recorded_tensor(tensor));
	}
	if let Some([shift, scale, _, lookup, _]) = state["wquant_params"]["quant_params"].as_array().map(Vec::as_slice) {
		let params = [numbers(&shift["data"]), numbers(scale), numbers(&lookup["data"])].concat();
		let bytes = params.iter().flat_map(|value| (*value as f32).to_le_bytes()).collect();
		tensors.insert("w.quant_params".to_owned(), (Dtype::F32, vec![params.len()], bytes));
	}
	verdict_on(&tensors, layouts)
}

/// What the reference skips, we refuse; and what it accepts, but for values that are not quantised.
#[test]
fn recorded_payloads_are_judged_no_less_strictly() {
	let Some(file) = golden::recording::<Value>("mechanisms/gather_validation.json") else { return };
	let head = &file["head"];
	let coding = Coding::Quantised(Quantiser { bins: integer(&head["bins"]), range: 6.0 });
	let layouts = Layouts::with_coding(&[("w".into(), vec![4, 2])], 2, integer(&head["topk"]), coding).unwrap();
	assert_eq!(layouts.get("w").unwrap().total(), integer(&head["totalks"]["w"]));
	let accepted = sizes(&head["accepted_uids"]);
	for peer in head["peers"].as_array().unwrap() {
		let Some(state) = peer.get("state_dict").filter(|state| state.is_object()) else { continue };
		let verdict = verdict(&in_order(state.clone()), &layouts);
		let expected = accepted.contains(&integer(&peer["uid"])) && state["wvals"]["dtype"] == "uint8";
		assert_eq!(verdict == "valid", expected, "{}: {verdict}", peer["label"]);
	}
}

prop_compose! {
	/// Any valid gradient of the layouts.
	fn gradients()(
		codes in proptest::collection::vec(0_u8..4, 8), lookup in proptest::collection::vec(-1e30_f32..1e30, 4),
		shift in -1e30_f32..1e30,
	) -> CompressedGradient {
		of(&codes, &lookup, shift)
	}
}

proptest! {
	#[test]
	fn what_is_encoded_is_decoded(gradient in gradients()) {
		let bytes = encode(&gradient, &layouts());
		prop_assert_eq!(decode(&bytes, &layouts()), Ok(gradient));
	}

	/// What is compressed is a gradient, whatever the numbers.
	#[test]
	fn what_is_compressed_travels(values in proptest::collection::vec(-1e3_f32..1e3, 32)) {
		let codec = compression::Codec::new(layouts(), 1);
		let tensors = [("m", &values[..]), ("v", &values[..6])];
		let tensors = tensors.map(|(name, values)| (name.to_owned(), codec.compress(name, values).unwrap()));
		let sent = CompressedGradient::new(Header::default(), tensors.into(), &layouts());
		prop_assert!(sent.is_ok(), "{:?}", sent);
		prop_assert_eq!(decode(&encode(sent.as_ref().unwrap(), &layouts()), &layouts()), sent);
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
}
