// SPDX-License-Identifier: Apache-2.0

//! What can be wrong with the description of a model, and with the samples it is measured on.

use hostile::decoders::model_config::Config;
use hostile::decoders::samples::Samples;
use hostile::Decoder as _;
use serde_json::{json, Value};

use crate::case::{Case, Cell, Class};

const UNREADABLE: &str = "config.json cannot be read";

pub fn config(class: Class) -> Cell {
	let set = |what, key: &str, value: Value, expected| changed(what, |config| config[key] = value, expected);
	Cell::Cases(match class {
		Class::WrongShape => vec![
			set("heads that do not fit", "num_attention_heads", json!(3), "config.json: "),
			set("another model", "model_type", json!("mistral"), "config.json: model_type is mistral: must be llama"),
			set("other numbers", "torch_dtype", json!("float8"), "config.json: torch_dtype is float8"),
		],
		Class::Missing => vec![changed(
			"no size",
			|config| _ = config.as_object_mut().expect("a map").remove("hidden_size"),
			UNREADABLE,
		)],
		Class::Extra => vec![
			set("what computes something else", "rope_scaling", json!({ "factor": 2.0 }), "config.json: rope_scaling"),
			set("code", "auto_map", json!({ "AutoModel": "evil.py" }), "106816 parameters"),
		],
		Class::Duplicate => vec![text("a key twice", |text| text.replacen('{', r#"{"vocab_size":1,"#, 1), UNREADABLE)],
		Class::OutOfRange => vec![
			set("no width", "hidden_size", json!(0), "config.json: hidden_size"),
			set("a negative size", "vocab_size", json!(-1), UNREADABLE),
			set("too many layers", "num_hidden_layers", json!(1025), "config.json: num_hidden_layers"),
		],
		Class::NotANumber => vec![text("NaN", |text| text.replace("1e-6", "NaN").replace("1e-06", "NaN"), UNREADABLE)],
		Class::Infinite => vec![text("infinity", |text| text.replace("10000.0", "1e999"), UNREADABLE)],
		Class::Huge => vec![
			set("a huge vocabulary", "vocab_size", json!(u64::MAX), "config.json: vocab_size"),
			set("a huge base", "rope_theta", json!(1e300), "config.json: rope_theta"),
		],
		Class::Truncated => vec![
			text("nothing", |_| String::new(), UNREADABLE),
			text("half", |text| text[..text.len() / 2].into(), UNREADABLE),
		],
		Class::Oversized => vec![
			set("the deepest model", "num_hidden_layers", json!(1024), "37912640 parameters"),
			text("brackets in brackets", |_| "[".repeat(1 << 16), UNREADABLE),
			set("values without end", "rope_scaling", vec![json!([]); 20_000].into(), "config.json: rope_scaling"),
		],
		Class::WrongWindow => return Cell::None("it is for no window"),
		Class::WrongKey => return Cell::None("whose it is, its commitment says"),
		Class::MalformedSamples => return Cell::None("samples are another object"),
		Class::HostileCommitment => return Cell::None("it is not on chain"),
		Class::LyingHeader => return Cell::None("it has no header"),
	})
}

pub fn samples(class: Class) -> Cell {
	let line = |what, line: &str, expected| Case::object(what, &Samples, line.into(), expected);
	Cell::Cases(match class {
		Class::WrongShape | Class::MalformedSamples => vec![
			line("no map", "[1, 2]\n", "0 samples, 1 bad lines"),
			line("no text", r#"{"prompt": ["a"], "response": "b"}"#, "0 samples, 1 bad lines"),
			Case::object("bytes", &Samples, vec![0xff; 100], "0 samples, 1 bad lines"),
		],
		Class::Missing => vec![
			line("no response", r#"{"prompt": "a"}"#, "0 samples, 1 bad lines"),
			line("an empty one", r#"{"prompt": "a", "response": ""}"#, "0 samples, 1 bad lines"),
		],
		Class::Extra => {
			vec![line("a key more", r#"{"prompt": "a", "response": "b", "id": 1}"#, "1 samples, 0 bad lines")]
		},
		Class::Duplicate => {
			vec![line("a key twice", r#"{"prompt": "a", "prompt": "b", "response": "c"}"#, "0 samples, 1 bad lines")]
		},
		Class::Truncated => vec![
			line("nothing", "", "0 samples, 0 bad lines"),
			line("half a line", r#"{"prompt": "a", "resp"#, "0 samples, 1 bad lines"),
		],
		Class::Oversized => vec![
			line("a long line", &format!(r#"{{"prompt": "{}", "response": "b"}}"#, "a".repeat(1 << 20)), "1 samples"),
			line("many lines", &"{\"prompt\":\"a\",\"response\":\"b\"}\n".repeat(10_000), "100 samples, 0 bad lines"),
			line("many that are none", &"x\n".repeat(100_000), "0 samples, 100000 bad lines"),
			line("brackets in brackets", &"[".repeat(100_000), "0 samples, 1 bad lines"),
		],
		Class::OutOfRange | Class::NotANumber | Class::Infinite | Class::Huge => {
			return Cell::None("it holds no numbers")
		},
		Class::WrongWindow | Class::WrongKey => return Cell::None("it is the operator's, for all windows and miners"),
		Class::HostileCommitment => return Cell::None("it is not on chain"),
		Class::LyingHeader => return Cell::None("it has no header"),
	})
}

fn text(what: &'static str, change: impl FnOnce(&str) -> String, expected: &str) -> Case {
	let honest = String::from_utf8(Config.honest().remove(0)).expect("it is JSON");
	Case::object(what, &Config, change(&honest).into(), expected)
}

fn changed(what: &'static str, change: impl FnOnce(&mut Value), expected: &str) -> Case {
	let change = |text: &str| {
		let mut config = serde_json::from_str(text).expect("it is JSON");
		change(&mut config);
		config.to_string()
	};
	text(what, change, expected)
}
