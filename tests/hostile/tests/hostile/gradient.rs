// SPDX-License-Identifier: Apache-2.0

//! What can be wrong with a gradient of the first form.

use bytes::Bytes;
use hostile::decoders::gradient::{encoded, layouts, Gradient};
use hostile::{tensor_file, OFFENDER, WINDOW};
use offchain_validator::bucket::Fetched;
use offchain_validator::gradient::{max_bytes, Layouts};
use offchain_validator::hparams::Hparams as _;
use offchain_validator::templar::gather::judge;
use offchain_validator::templar::Hparams;
use serde_json::{json, Value};

use crate::case::{Case, Cell, Class};
use crate::file::Honest;
use crate::scores::file;

const HONEST: Honest = Honest { decoder: &Gradient::Plain, said: "invalid: " };
/// Where the indices begin in the data.
const INDICES: usize = 48;

pub fn cell(class: Class) -> Cell {
	Cell::Cases(match class {
		Class::WrongShape => wrong_shape(),
		Class::Missing => vec![
			HONEST.header("no indices", |header| remove(header, "v.idxs"), "tensor v.idxs is missing"),
			HONEST.header("no metadata", |header| remove(header, "__metadata__"), "metadata codec is missing"),
		],
		Class::Extra => {
			let empty = json!({ "dtype": "F32", "shape": [0], "data_offsets": [72, 72] });
			vec![HONEST.header("a tensor too many", |header| header["w.vals"] = empty, "tensor w.vals is unknown")]
		},
		Class::Duplicate => vec![
			index("an index twice", 2, 0, "parameter m, chunk 0: indices must ascend"),
			HONEST.text(
				"a tensor twice",
				|header| header.replace("m.idxs", "m.vals"),
				"bad header: m.vals comes twice",
			),
		],
		Class::OutOfRange => vec![
			index("an index too large", 4, 16, "parameter m, chunk 0: index 16 must be below 16"),
			index("a negative index", 4, -1, "parameter m, chunk 0: index 65535 must be below 16"),
		],
		Class::NotANumber => vec![value("NaN", f32::NAN)],
		Class::Infinite => vec![value("infinity", f32::INFINITY), value("minus infinity", f32::NEG_INFINITY)],
		Class::Huge => vec![value("the largest number", f32::MAX), value("the smallest", f32::MIN)],
		Class::Truncated => HONEST.truncated(),
		Class::Oversized => {
			let pages = format!("{}1", "1,".repeat(256));
			let mut cases = HONEST.oversized(max_bytes(&layouts()));
			cases.push(header_for_data());
			cases.push(HONEST.metadata("too many pages", "pages", &pages, "257 pages: at most 256 are allowed"));
			cases
		},
		Class::WrongWindow => vec![
			HONEST.replaced("an older window's", encoded(WINDOW - 1, OFFENDER), "from uid 4 for window 6"),
			HONEST.replaced("a later window's", encoded(u32::MAX, OFFENDER), "from uid 4 for window 4294967295"),
			HONEST.metadata("a window that is none", "window", "-1", r#"metadata window is "-1""#),
		],
		Class::WrongKey => vec![
			HONEST.replaced("another miner's", encoded(WINDOW, 3), "from uid 3 for window 7"),
			HONEST.metadata("a uid that is none", "uid", "65536", r#"metadata uid is "65536""#),
		],
		Class::MalformedSamples => return Cell::None("samples are another object"),
		Class::HostileCommitment => return Cell::None("it is not on chain"),
		Class::LyingHeader => {
			let mut cases = HONEST.lies("v.vals");
			cases.push(HONEST.metadata(
				"another codec",
				"codec",
				"topk",
				r#"metadata codec is "topk": must be dct-topk"#,
			));
			cases.push(HONEST.metadata("pages that are none", "pages", "1,,2", r#"metadata pages is "1,,2""#));
			cases.push(HONEST.metadata("text told twice", "sample_digest", "00", r#"metadata pages is "7,8""#));
			cases
		},
	})
}

fn wrong_shape() -> Vec<Case> {
	let shape =
		|what, shape: Value, expected| HONEST.header(what, |header| header["m.vals"]["shape"] = shape, expected);
	vec![
		shape("fewer sides", json!([2, 3]), "tensor m.vals is F32 [2, 3]: must be F32 [1, 2, 3]"),
		shape("huge sides", json!([u64::MAX, u64::MAX, 3]), "tensor m.vals is F32 [18446744073709551615, "),
		shape("a thousand sides", vec![1; 1000].into(), "tensor m.vals is F32 [1, 1, 1"),
		shape("negative sides", json!([-1, 2, 3]), "bad header"),
		HONEST.header("other elements", |header| header["m.idxs"]["dtype"] = "I64".into(), "tensor m.idxs is I64"),
	]
}

/// As large as a gradient of the reference's model, of which all is header: tens of megabytes, and what is made of JSON
/// would take gigabytes.
fn header_for_data() -> Case {
	let hparams = Hparams::read(&file("hparams.json")).expect("our own parameters are sound");
	let (shapes, training) = (hparams.model.parameter_shapes(), hparams.training);
	let layouts = Layouts::new(&shapes, training.target_chunk, training.topk_compression).expect("they can be cut");
	let header = r#"{"m":{"shape":["#.to_owned() + &"0,".repeat(max_bytes(&layouts) / 2 - 100);
	let object = Bytes::from(tensor_file::join(header.as_bytes(), &[]));
	let read = move || {
		let fetched = Fetched::Object { bytes: object.clone(), uploaded_ms: 0 };
		judge(fetched, WINDOW, OFFENDER, &layouts).into()
	};
	Case::new("a header for data", 1 << 20, &format!("invalid: bad header: {} bytes: at most", header.len()), read)
}

fn remove(header: &mut Value, name: &str) {
	header.as_object_mut().expect("it is a map").remove(name);
}

fn index(what: &'static str, at: usize, index: i16, expected: &str) -> Case {
	HONEST.data(what, INDICES + at, &index.to_le_bytes(), expected)
}

fn value(what: &'static str, value: f32) -> Case {
	let expected = "parameter m, chunk 0: values must be finite numbers of a sane size";
	HONEST.data(what, 4, &value.to_le_bytes(), expected)
}
