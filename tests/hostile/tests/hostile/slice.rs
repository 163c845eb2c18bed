// SPDX-License-Identifier: Apache-2.0

//! What can be wrong with a slice.

use hostile::decoders::slice::{encoded, selection, Slice, ORIGIN};
use offchain_validator::boltzmann::slice::{Origin, Part};
use serde_json::{json, Value};

use crate::case::{Case, Cell, Class};
use crate::file::Honest;

const HONEST: Honest = Honest { decoder: &Slice, said: "invalid: " };

pub fn cell(class: Class) -> Cell {
	Cell::Cases(match class {
		Class::WrongShape => vec![
			HONEST.header(
				"another length",
				|header| header["m"]["shape"] = json!([7]),
				"tensor m is F32 [7]: must be F32 [8]",
			),
			HONEST.header("other elements", |header| header["v"]["dtype"] = "F64".into(), "tensor v is F64"),
		],
		Class::Missing => vec![
			HONEST.header("no vector", |header| remove(header, "v"), "tensor v is missing"),
			HONEST.header("no metadata", |header| remove(header, "__metadata__"), "metadata codec is missing"),
		],
		Class::Extra => {
			let empty = json!({ "dtype": "F32", "shape": [0], "data_offsets": [40, 40] });
			vec![HONEST.header("a tensor too many", |header| header["w"] = empty, "tensor w is unknown")]
		},
		Class::Duplicate => {
			vec![HONEST.text("a tensor twice", |header| header.replace(r#""v""#, r#""m""#), "bad header: m comes")]
		},
		Class::OutOfRange => return Cell::None("it has no indices: a block's hash says where its values belong"),
		Class::NotANumber => vec![value("NaN", f32::NAN, "NotFinite { parameter: 0 }")],
		Class::Infinite => vec![
			value("infinity", f32::INFINITY, "NotFinite { parameter: 0 }"),
			value("minus infinity", f32::NEG_INFINITY, "NotFinite { parameter: 0 }"),
		],
		Class::Huge => vec![
			value("the largest number", f32::MAX, "TooFar { parameter: 0 }"),
			value("a large one", 100.0, "TooFar { parameter: 0 }"),
		],
		Class::Truncated => HONEST.truncated(),
		Class::Oversized => HONEST.oversized(selection().max_bytes()),
		Class::WrongWindow => vec![
			other("an older window's", Origin { window: ORIGIN.window - 1, ..ORIGIN }, r#"metadata window is "6""#),
			HONEST.metadata("a window that is none", "window", "-1", r#"metadata window is "-1""#),
		],
		Class::WrongKey => vec![
			other("another miner's", Origin { uid: 3, ..ORIGIN }, r#"metadata uid is "3""#),
			other("its state", Origin { part: Part::State, ..ORIGIN }, r#"metadata part is "state""#),
		],
		Class::MalformedSamples => return Cell::None("samples are another object"),
		Class::HostileCommitment => return Cell::None("it is not on chain"),
		Class::LyingHeader => {
			let mut cases = HONEST.lies("v");
			cases.push(HONEST.metadata(
				"another codec",
				"codec",
				"delta",
				r#"metadata codec is "delta": must be slice"#,
			));
			cases
		},
	})
}

fn remove(header: &mut Value, name: &str) {
	header.as_object_mut().expect("it is a map").remove(name);
}

fn other(what: &'static str, origin: Origin, expected: &str) -> Case {
	HONEST.replaced(what, encoded(&origin), expected)
}

/// Values are held against ours once the file is read.
fn value(what: &'static str, value: f32, expected: &str) -> Case {
	let honest = Honest { said: "no step of training: ", ..HONEST };
	honest.data(what, 4, &value.to_le_bytes(), expected)
}
