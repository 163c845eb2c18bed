// SPDX-License-Identifier: Apache-2.0

//! What can be wrong with the parameters of a model, and with the index of their files.

use hostile::decoders::model_files::{model, ModelFile};
use hostile::Decoder as _;
use offchain_validator::model::repository::MAX_INDEX_BYTES;
use offchain_validator::model::Params;
use serde_json::{json, Value};

use crate::case::{Case, Cell, Class};
use crate::file::Honest;

const HONEST: Honest =
	Honest { decoder: &ModelFile::Weights, said: "model.safetensors does not hold the parameters of this model: " };
/// For what is found in the numbers.
const NUMBERS: Honest = Honest { said: "", ..HONEST };
/// Where the queries' matrix begins in the data: after the embedding.
const QUERIES: usize = 16;
/// The last tensor in the file.
const LAST: &str = "model.norm.weight";
/// What is said of a model that is opened.
const OPENED: &str = "32 parameters";

const UNREADABLE: &str = "model.safetensors.index.json cannot be read";
const ELSEWHERE: &str = "model.safetensors.index.json names a file that is none of the repository's";

pub fn weights(class: Class) -> Cell {
	Cell::Cases(match class {
		Class::WrongShape => {
			let shape =
				|what, shape: Value, expected| HONEST.header(what, |header| header[LAST]["shape"] = shape, expected);
			vec![
				shape("more sides", json!([1, 2]), "tensor model.norm.weight is F32 [1, 2]: must be F32 [2]"),
				shape("huge sides", json!([u64::MAX, 2]), "tensor model.norm.weight is F32 [18446744073709551615, 2]"),
				shape("negative sides", json!([-2]), "bad header"),
				HONEST.header(
					"other numbers",
					|header| header[LAST]["dtype"] = "BF16".into(),
					"tensor model.norm.weight is BF16",
				),
			]
		},
		Class::Missing => vec![
			HONEST.header("no norm", |header| remove(header, LAST), "tensor model.norm.weight is missing"),
			HONEST.header("nothing", |header| *header = json!({}), "tensor model.embed_tokens.weight is missing"),
			NUMBERS.header("no metadata, which nobody needs", |header| remove(header, "__metadata__"), OPENED),
		],
		Class::Extra => {
			let empty = json!({ "dtype": "F32", "shape": [0], "data_offsets": [128, 128] });
			vec![HONEST.header(
				"a tensor too many",
				|header| header["lm_head.weight"] = empty,
				"tensor lm_head.weight is unknown",
			)]
		},
		Class::Duplicate => vec![HONEST.text(
			"a tensor twice",
			|header| header.replace(LAST, "model.embed_tokens.weight"),
			"bad header: model.embed_tokens.weight comes twice",
		)],
		Class::OutOfRange => return Cell::None("it has no indices"),
		Class::NotANumber => vec![not_finite("NaN", f32::NAN)],
		Class::Infinite => {
			vec![not_finite("infinity", f32::INFINITY), not_finite("minus infinity", f32::NEG_INFINITY)]
		},
		Class::Huge => vec![
			number("the largest number", QUERIES, f32::MAX, "a norm in layer 0 is inf: more than 1000"),
			number("a large one", QUERIES, -1001.0, "a norm in layer 0 is 1001"),
			number("large ones", QUERIES, 500.0, "0.16666666666666666 of all norms are large"),
			number("in the embedding, which has no limit", 0, f32::MAX, OPENED),
		],
		Class::Truncated => HONEST.truncated(),
		Class::Oversized => HONEST.oversized(Params::max_bytes(&model())),
		Class::LyingHeader => HONEST.lies(LAST),
		class => return none(class),
	})
}

pub fn index(class: Class) -> Cell {
	Cell::Cases(match class {
		Class::WrongShape => vec![
			changed("a list for a map", |index| index["weight_map"] = json!(["a.safetensors"]), UNREADABLE),
			changed("a number for a file", |index| index["weight_map"][LAST] = 1.into(), UNREADABLE),
			changed("a map for a file", |index| index["weight_map"][LAST] = json!({}), UNREADABLE),
			text("a list", |index| format!("[{index}]"), UNREADABLE),
		],
		Class::Missing => vec![
			changed("no map", |index| remove(index, "weight_map"), UNREADABLE),
			changed(
				"a parameter without a file",
				|index| remove(&mut index["weight_map"], LAST),
				"parameter model.norm.weight is in no file",
			),
			changed("no total, which nobody needs", |index| remove(index, "metadata"), OPENED),
		],
		Class::Extra => vec![
			changed(
				"a parameter too many",
				|index| index["weight_map"]["lm_head.weight"] = "a.safetensors".into(),
				"model.safetensors.index.json names parameter lm_head.weight, which the model does not have",
			),
			changed("a key nobody knows", |index| index["auto_map"] = "evil.py".into(), OPENED),
		],
		Class::Duplicate => vec![
			text(
				"a parameter twice",
				|index| index.replacen(LAST, "model.embed_tokens.weight", 1),
				"model.safetensors.index.json cannot be read: model.embed_tokens.weight comes twice",
			),
			text("two maps", |index| index.replacen('{', r#"{"weight_map":{},"#, 1), UNREADABLE),
		],
		Class::OutOfRange | Class::NotANumber | Class::Infinite | Class::Huge => {
			return Cell::None("it holds no numbers")
		},
		Class::Truncated => vec![
			text("nothing", |_| String::new(), UNREADABLE),
			text("all but a byte", |index| index[..index.len() - 1].into(), UNREADABLE),
		],
		Class::Oversized => oversized(),
		Class::WrongKey => {
			let names = [
				("a folder above", "../a.safetensors"),
				("a path from the root", "/etc/passwd.safetensors"),
				("a folder below", "a/b.safetensors"),
				("an end within", "a\0b.safetensors"),
				("a pickle", "pytorch_model.bin"),
			];
			let mut cases = Vec::from(names.map(|(what, name)| placed(what, name, ELSEWHERE)));
			cases.push(placed("a name that no file can have", &format!("{}.safetensors", "a".repeat(244)), ELSEWHERE));
			cases
		},
		Class::LyingHeader => vec![
			placed("a file that is not there", "a.safetensors", "reading a.safetensors: No such file"),
			placed("the other file", &file(0), &format!("{} does not hold the parameters of this model", file(0))),
			text(
				"all in one file",
				|index| index.replace(&file(1), &file(0)),
				&format!("{} does not hold the parameters of this model", file(0)),
			),
		],
		class => return none(class),
	})
}

fn oversized() -> Vec<Case> {
	let most = MAX_INDEX_BYTES as usize;
	let filled = |start: &str, unit: &str, end: &str| {
		let count = (most - start.len() - end.len()) / unit.len();
		format!("{start}{}{end}", unit.repeat(count))
	};
	let mut names: String = (0..most / 12 - 10).map(|number| format!(r#""{number:06}":"","#)).collect();
	names.pop();
	vec![
		text(
			"more than any has",
			|index| index.to_owned() + &" ".repeat(most),
			"model.safetensors.index.json cannot be read: it has more than 1048576 bytes",
		),
		text("as much as any may have", |index| index.to_owned() + &" ".repeat(most - index.len()), OPENED),
		text(
			"parameters without end",
			|_| format!(r#"{{"weight_map":{{{names}}}}}"#),
			"model.safetensors.index.json names parameter 000000, which the model does not have",
		),
		text(
			"a name without end",
			|_| filled(r#"{"weight_map":{""#, "a", r#"":""}}"#),
			"model.safetensors.index.json names",
		),
		text("brackets in brackets", |_| filled("", "[", ""), UNREADABLE),
		text("maps in maps", |_| filled("", r#"{"weight_map":"#, ""), UNREADABLE),
		text("lists that nobody reads", |_| filled(r#"{"metadata":["#, "[],", ""), UNREADABLE),
	]
}

/// Why there is nothing to try. Each class is named, so that a new one is thought about.
fn none(class: Class) -> Cell {
	Cell::None(match class {
		Class::WrongWindow => "it is for no window",
		Class::WrongKey => "whose it is, its commitment says",
		Class::MalformedSamples => "samples are another object",
		Class::HostileCommitment => "it is not on chain",
		Class::WrongShape
		| Class::Missing
		| Class::Extra
		| Class::Duplicate
		| Class::OutOfRange
		| Class::NotANumber
		| Class::Infinite
		| Class::Huge
		| Class::Truncated
		| Class::Oversized
		| Class::LyingHeader => unreachable!("it is tried"),
	})
}

fn remove(map: &mut Value, name: &str) {
	map.as_object_mut().expect("it is a map").remove(name);
}

fn number(what: &'static str, at: usize, number: f32, expected: &str) -> Case {
	NUMBERS.data(what, at, &number.to_le_bytes(), expected)
}

fn not_finite(what: &'static str, value: f32) -> Case {
	let expected =
		"model.safetensors: parameter model.layers.0.self_attn.q_proj.weight holds a number that is not finite";
	number(what, QUERIES, value, expected)
}

/// The name of a half's file.
fn file(half: usize) -> String {
	format!("model-{:05}-of-00002.safetensors", half + 1)
}

fn text(what: &'static str, change: impl FnOnce(&str) -> String, expected: &str) -> Case {
	let honest = String::from_utf8(ModelFile::Index.honest().remove(0)).expect("it is JSON");
	Case::object(what, &ModelFile::Index, change(&honest).into(), expected)
}

fn changed(what: &'static str, change: impl FnOnce(&mut Value), expected: &str) -> Case {
	let change = |text: &str| {
		let mut index = serde_json::from_str(text).expect("it is JSON");
		change(&mut index);
		index.to_string()
	};
	text(what, change, expected)
}

/// With the last parameter in a file of this name.
fn placed(what: &'static str, file: &str, expected: &str) -> Case {
	changed(what, |index| index["weight_map"][LAST] = file.into(), expected)
}
