// SPDX-License-Identifier: Apache-2.0

//! What can be wrong with a gradient of the later form.

use hostile::decoders::gradient::Gradient;
use hostile::{OFFENDER, WINDOW};
use offchain_validator::gradient::max_bytes;
use serde_json::{json, Value};

use crate::case::{Case, Cell, Class};
use crate::file::Honest;

const HONEST: Honest = Honest { decoder: &Gradient::Quantised, said: "invalid: " };
/// Where in the data the matrix has what its codes are read by, its codes, and its packed indices.
const SHIFT: usize = 0;
const SCALE: usize = 4;
const LOOKUP: usize = 8;
const CODES: usize = 48;
const INDICES: usize = 56;

pub fn cell(class: Class) -> Cell {
	Cell::Cases(match class {
		Class::WrongShape => wrong_shape(),
		Class::Missing => vec![
			HONEST.header("no table", |header| remove(header, "v.quant_params"), "tensor v.quant_params is missing"),
			HONEST.header("no indices", |header| remove(header, "m.idxs"), "tensor m.idxs is missing"),
			HONEST.header("no metadata", |header| remove(header, "__metadata__"), "metadata codec is missing"),
		],
		Class::Extra => {
			let empty = json!({ "dtype": "U8", "shape": [0], "data_offsets": [68, 68] });
			vec![HONEST.header("a tensor too many", |header| header["w.vals"] = empty, "tensor w.vals is unknown")]
		},
		Class::Duplicate => vec![
			// The pair 0, 5 becomes 0, 0.
			HONEST.data("an index twice", INDICES + 1, &[0], "parameter m, chunk 0: indices must ascend"),
			HONEST.text(
				"a tensor twice",
				|header| header.replace("m.idxs", "m.vals"),
				"bad header: m.vals comes twice",
			),
		],
		Class::OutOfRange => vec![
			HONEST.data("an index too large", INDICES + 1, &[0, 1], "parameter m, chunk 0: index 16 must be below 16"),
			HONEST.data("the largest", INDICES + 1, &[0xf0, 0xff], "parameter m, chunk 0: index 4095 must be below 16"),
			HONEST.data("a code too large", CODES + 2, &[4], "parameter m, chunk 1: code 4 must be below 4"),
			HONEST.data("the largest code", CODES, &[255], "parameter m, chunk 0: code 255 must be below 4"),
		],
		Class::NotANumber => vec![
			number("a shift that is NaN", SHIFT, f32::NAN),
			number("a scale that is NaN", SCALE, f32::NAN),
			number("an entry that is NaN", LOOKUP + 8, f32::NAN),
		],
		Class::Infinite => vec![
			number("an infinite shift", SHIFT, f32::NEG_INFINITY),
			number("an infinite scale", SCALE, f32::INFINITY),
			number("an infinite entry", LOOKUP, f32::INFINITY),
		],
		Class::Huge => vec![
			number("the largest shift", SHIFT, f32::MAX),
			number("the smallest entry", LOOKUP + 12, f32::MIN),
			number("a huge scale", SCALE, 1e5),
			number("a scale of nothing", SCALE, 0.0),
		],
		Class::Truncated => HONEST.truncated(),
		Class::Oversized => HONEST.oversized(max_bytes(&Gradient::Quantised.layouts())),
		Class::WrongWindow => {
			let older = Gradient::Quantised.encoded(WINDOW - 1, OFFENDER);
			vec![HONEST.replaced("an older window's", older, "from uid 4 for window 6")]
		},
		Class::WrongKey => {
			let another = Gradient::Quantised.encoded(WINDOW, 3);
			vec![HONEST.replaced("another miner's", another, "from uid 3 for window 7")]
		},
		Class::MalformedSamples => return Cell::None("samples are another object"),
		Class::HostileCommitment => return Cell::None("it is not on chain"),
		Class::LyingHeader => {
			let mut cases = HONEST.lies("v.vals");
			let first = r#"metadata codec is "dct-topk": must be topk-quantised"#;
			cases.push(HONEST.metadata("the first form's name", "codec", "dct-topk", first));
			cases.push(HONEST.replaced(
				"the first form itself",
				Gradient::Plain.encoded(WINDOW, OFFENDER),
				"tensor m.quant_params is missing",
			));
			cases
		},
	})
}

fn wrong_shape() -> Vec<Case> {
	let shape = |what, name: &'static str, shape: Value, expected| {
		HONEST.header(what, move |header| header[name]["shape"] = shape, expected)
	};
	vec![
		shape("fewer sides", "m.vals", json!([4]), "tensor m.vals is U8 [4]: must be U8 [1, 2, 2]"),
		shape("huge sides", "m.vals", json!([u64::MAX, u64::MAX, 3]), "tensor m.vals is U8 [18446744073709551615, "),
		shape("negative sides", "m.vals", json!([-1, 2, 2]), "bad header"),
		shape("a longer table", "m.quant_params", json!([258]), "tensor m.quant_params is F32 [258]: must be F32 [6]"),
		shape("more indices", "m.idxs", json!([1_u64 << 40]), "tensor m.idxs is U8 [1099511627776]: must be U8 [6]"),
		HONEST.header("plain values", |header| header["m.vals"]["dtype"] = "F32".into(), "tensor m.vals is F32"),
		HONEST.header("unpacked indices", |header| header["m.idxs"]["dtype"] = "I16".into(), "tensor m.idxs is I16"),
	]
}

fn remove(header: &mut Value, name: &str) {
	header.as_object_mut().expect("it is a map").remove(name);
}

fn number(what: &'static str, at: usize, number: f32) -> Case {
	let expected = "parameter m: shift, scale and lookup table must be finite numbers of a sane size";
	HONEST.data(what, at, &number.to_le_bytes(), expected)
}
