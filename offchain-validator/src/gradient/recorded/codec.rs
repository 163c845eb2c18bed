// SPDX-License-Identifier: Apache-2.0

//! The codec against what the reference has made of the same numbers.

use compression::{basis, median, norm, pack12, pack_signs, unpack12, unpack_signs, Codec};
use serde_json::Value;

use super::super::{Coding, Compressed, Layout, Layouts, Quantised, Quantiser};
use super::{compressed, floats, integer, numbers, pairs, sizes};

/// Above one the tolerance is a part of the number: f32 has no more digits.
#[track_caller]
fn check_close(what: &str, found: &[f32], expected: &[f32], tolerance: f32) {
	assert_eq!(found.len(), expected.len(), "{what}");
	for (found, expected) in found.iter().zip(expected) {
		assert!((found - expected).abs() <= tolerance * expected.abs().max(1.0), "{what}: {found} is not {expected}");
	}
}

/// One parameter `p`, and its codec.
fn codec(shape: &[usize], target_chunk: usize, topk: usize, coding: Coding) -> Codec {
	Codec::new(Layouts::with_coding(&[("p".into(), shape.into())], target_chunk, topk, coding).unwrap(), 2)
}

fn layout(codec: &Codec) -> &Layout {
	codec.layouts().get("p").unwrap()
}

fn decoded(codec: &Codec, sent: &Compressed) -> Vec<f32> {
	let mut decoded = vec![f32::NAN; layout(codec).elements()];
	codec.decode("p", sent, None, &mut decoded).unwrap();
	decoded
}

fn array<'a>(file: &'a Value, key: &str) -> &'a [Value] {
	file[key].as_array().unwrap_or_else(|| panic!("{key} is no list"))
}

fn quantiser(case: &Value) -> Quantiser {
	Quantiser { bins: integer(&case["bins"]), range: case["range_sigmas"].as_f64().unwrap() }
}

#[test]
fn sides_are_cut_as_recorded() {
	let Some(file) = golden::recording::<Value>("mechanisms/dct_basis.json") else { return };
	for (target, splits) in file["smaller_split"].as_object().unwrap() {
		for (length, piece) in splits.as_object().unwrap() {
			let (target, length): (usize, usize) = (target.parse().unwrap(), length.parse().unwrap());
			let layout = Layout::new(&[length], target, 1, Coding::Dct).unwrap();
			assert_eq!(layout.chunk()[1], integer(piece), "{length} by {target}");
		}
	}
}

/// A row of either matrix is what becomes of a vector with a single one.
#[test]
fn bases_are_as_recorded() {
	for case in golden::cases::<Value>("mechanisms/dct_basis.json") {
		let n = integer(&case["n"]);
		let codec = codec(&[n], n, usize::MAX, Coding::Dct);
		let unit = |at: usize| (0..n).map(|other| f32::from(u8::from(other == at))).collect::<Vec<_>>();
		let forward = |at| codec.encode("p", &unit(at)).unwrap();
		let inverse = |at| decoded(&codec, &Compressed { indices: (0..n as u16).collect(), values: unit(at).into() });
		check_close("forward", &(0..n).flat_map(forward).collect::<Vec<_>>(), &floats(&case["forward"]), 1e-6);
		let defined: Vec<f32> = basis(n).into_iter().map(|element| element as f32).collect();
		check_close("basis", &defined, &floats(&case["forward"]), 1e-6);
		check_close("inverse", &(0..n).flat_map(inverse).collect::<Vec<_>>(), &floats(&case["inverse"]), 1e-6);
	}
}

fn check_first_form(case: &Value) {
	let (shape, target, topk) =
		(sizes(&case["shape"]), integer(&case["target_chunk"]), integer(&case["topk_requested"]));
	let dct = codec(&shape, target, topk, Coding::Dct);
	assert_eq!((layout(&dct).total(), layout(&dct).kept()), (integer(&case["totalk"]), integer(&case["topk"])));
	let x = floats(&case["x"]);
	check_close("encoded", &dct.encode("p", &x).unwrap(), &floats(&case["encoded"]), 1e-5);
	let found = dct.compress("p", &x).unwrap();
	let expected = compressed(&case["idx_sorted"], &case["val_sorted"], layout(&dct).kept());
	assert_eq!(found.indices, expected.indices);
	check_close("values", &found.values.numbers(), &expected.values.numbers(), 1e-5);
	let elements = decoded(&dct, &expected);
	check_close("decoded", &elements, &floats(&case["decoded"]), 1e-5);
	check_close("decompressed", &dct.encode("p", &elements).unwrap(), &floats(&case["decompressed"]), 1e-5);
	let coding = Coding::Quantised(Quantiser { bins: 4, range: 6.0 });
	// Of a chunk of one element the later form, which sends two, can make nothing.
	if layout(&dct).total() > 1 {
		let blocks = codec(&shape, target, topk, coding).encode("p", &x).unwrap();
		assert_eq!(blocks, floats(&case["encoded_no_dct"]));
	}
}

#[test]
fn the_first_form_is_as_recorded() {
	golden::cases::<Value>("mechanisms/dct_topk_seed.json").iter().for_each(check_first_form);
}

#[track_caller]
fn check_quantised(found: &Quantised, recorded: &Value) {
	check_close("shift", &[found.shift], &floats(&recorded["shift"]), 1e-6);
	check_close("scale", &[found.scale], &floats(&recorded["scale"]), 1e-6);
	check_close("lookup", &found.lookup, &floats(&recorded["lookup"]), 1e-5);
	assert_eq!(found.lookup.len() / 2, integer(&recorded["offset"]));
	assert_eq!(found.codes.iter().map(|code| f64::from(*code)).collect::<Vec<_>>(), numbers(&recorded["q"]));
	check_close("dequantised", &found.numbers(), &floats(&recorded["dequantised"]), 1e-6);
}

fn check_later_form(case: &Value) {
	let quantiser = quantiser(case);
	let (shape, target, topk) =
		(sizes(&case["shape"]), integer(&case["target_chunk"]), integer(&case["topk_requested"]));
	let codec = codec(&shape, target, topk, Coding::Quantised(quantiser));
	let (kept, layout) = (integer(&case["topk"]), layout(&codec));
	assert_eq!(layout.kept(), kept);
	// In the reference's order, and in ours.
	let (unsorted, indices) = (floats(&case["vals_before_quant"]), sizes(&case["idx_unpacked"]));
	check_quantised(&quantiser.quantise(&unsorted), case);
	let indices: Vec<u16> = indices.into_iter().map(|index| index as u16).collect();
	let packed: Vec<u8> = sizes(&case["packed"]).into_iter().map(|byte| byte as u8).collect();
	assert_eq!(pack12(&indices), Ok(packed.clone()));
	assert_eq!(unpack12(&packed, indices.len()), Ok(indices));
	let sent = codec.compress("p", &floats(&case["x"])).unwrap();
	let expected = pairs(&case["idx_unpacked"], &case["dequantised"], kept);
	assert_eq!(sent.indices, expected.iter().map(|(index, _)| *index as u16).collect::<Vec<_>>());
	let expected: Vec<f32> = expected.into_iter().map(|(_, value)| value).collect();
	check_close("values", &sent.values.numbers(), &expected, 1e-6);
	check_close("decoded", &decoded(&codec, &sent), &floats(&case["decoded"]), 1e-6);
}

#[test]
fn the_later_form_is_as_recorded() {
	let Some(file) = golden::recording::<Value>("mechanisms/compress_head.json") else { return };
	array(&file, "cases").iter().for_each(check_later_form);
	for case in array(&file, "quantiser_edge_cases") {
		let bins = array(case, "lookup").len();
		check_quantised(&Quantiser { bins, range: 6.0 }.quantise(&floats(&case["vals"])), case);
	}
}

/// What the reference takes for an error, we do; it takes the bytes of -1 for those of 4095, and gives out the two indices of
/// three bytes twice if four are asked for.
#[test]
fn indices_are_packed_as_recorded() {
	let Some(file) = golden::recording::<Value>("mechanisms/pack12.json") else { return };
	let bytes = |value: &Value| sizes(value).into_iter().map(|byte| byte as u8).collect::<Vec<_>>();
	let indices = |value: &Value| numbers(value).into_iter().map(|index| index as i64 as u16).collect::<Vec<_>>();
	for case in array(&file, "cases") {
		let (unpacked, packed) = (indices(&case["indices"]), bytes(&case["packed"]));
		assert_eq!(pack12(&unpacked), Ok(packed.clone()));
		assert_eq!(unpack12(&packed, unpacked.len()), Ok(unpacked));
	}
	for case in array(&file, "pack_errors") {
		assert!(pack12(&indices(&case["indices"])).is_err(), "{case}");
	}
	for case in array(&file, "unpack_size_mismatch") {
		assert!(unpack12(&bytes(&case["packed"]), sizes(&case["shape"]).iter().product()).is_err(), "{case}");
	}
}

#[test]
fn signs_are_packed_as_recorded() {
	let Some(file) = golden::recording::<Value>("mechanisms/binary_pack_seed.json") else { return };
	for case in array(&file, "cases") {
		let (signs, packed) = (floats(&case["signs"]), sizes(&case["packed"]));
		let found = pack_signs(&signs);
		assert_eq!(found.iter().copied().map(usize::from).collect::<Vec<_>>(), packed);
		assert_eq!(unpack_signs(&found, signs.len()), Ok(floats(&case["unpacked"])));
	}
	for case in array(&file, "length_not_multiple_of_8") {
		let n = integer(&case["n"]);
		assert_eq!(unpack_signs(&pack_signs(&vec![1.0; n]), n).is_ok(), case["ok"].as_bool().unwrap());
	}
}

/// Decoded sums and steps of one parameter.
fn check_aggregated(case: &Value, coding: Coding, kept: usize, lr: f64) {
	let codec = codec(&sizes(&case["shape"]), integer(&case["target_chunk"]), kept, coding);
	let peers: Vec<_> = array(case, "peers").iter().map(|peer| compressed(&peer["idx"], &peer["val"], kept)).collect();
	let sent: Vec<_> = peers.iter().collect();
	let before = floats(&case["param"]);
	let check_step = |gradient: &[f32], lr: f64, expected: &Value| {
		for ((gradient, before), after) in gradient.iter().zip(&before).zip(floats(expected)) {
			let direction = match coding {
				// A sign of rounding noise is nobody's.
				Coding::Dct if gradient.abs() < 1e-7 => continue,
				Coding::Dct => gradient.signum(),
				Coding::Quantised(_) => *gradient,
			};
			let stepped = before - lr as f32 * direction;
			assert!((stepped - after).abs() < 1e-6, "{before} {gradient}: {stepped}, not {after}");
		}
	};
	let mut gradient = vec![f32::NAN; before.len()];
	codec.aggregate("p", &sent, &mut gradient).unwrap();
	check_close("aggregated", &gradient, &floats(&case["aggregated_dense"]), 1e-5);
	check_step(&gradient, lr, &case["param_after_outer_step"]);
	let limit = match coding {
		Coding::Dct => None,
		Coding::Quantised(_) => median(peers.iter().map(|peer| norm(&peer.values.numbers())).collect()),
	};
	if let Some(limit) = limit {
		check_close("limit", &[limit as f32], &floats(&case["median_norm"]), 1e-7);
	}
	codec.decode("p", &peers[0], limit, &mut gradient).unwrap();
	check_step(&gradient, lr * case["eval_lr_factor"].as_f64().unwrap(), &case["param_after_eval_of_peer0"]);
}

#[test]
fn aggregation_of_the_first_form_is_as_recorded() {
	for case in golden::cases::<Value>("mechanisms/aggregate_seed.json") {
		let lr = case["lr"].as_f64().unwrap();
		check_aggregated(&case, Coding::Dct, integer(&case["topk"]), lr);
	}
}

#[test]
fn aggregation_of_the_later_form_is_as_recorded() {
	for case in golden::cases::<Value>("mechanisms/aggregate_head.json") {
		// The recording says what peers sent as it was read back, and so as plain numbers.
		let coding = Coding::Quantised(Quantiser { bins: 4, range: 6.0 });
		let rows = &case["peers"][0]["idx"];
		let kept = std::iter::successors(Some(rows), |row| row.get(0).filter(|row| row.is_array())).last();
		let kept = kept.and_then(Value::as_array).map_or(0, Vec::len);
		check_aggregated(&case, coding, kept, case["outer_lr"].as_f64().unwrap());
	}
}
