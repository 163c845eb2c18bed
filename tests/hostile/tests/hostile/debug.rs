// SPDX-License-Identifier: Apache-2.0

//! What can be wrong with the samples of a model.

use hostile::decoders::debug::DebugSamples;
use hostile::Decoder as _;
use offchain_validator::templar::debug::Debug;
use serde_json::{json, Value};

use crate::bucket;
use crate::case::{Case, Cell, Class};

/// What is said of what cannot be read.
const NONE: &str = "NothingPublished";

pub fn cell(class: Class) -> Cell {
	Cell::Cases(match class {
		Class::WrongShape => vec![
			changed(
				"three samples for two",
				|debug| debug["samples"]["m"] = json!([1.0, 2.0, 3.0]),
				r#"WrongLength("m")"#,
			),
			changed("none", |debug| debug["samples"]["v"] = json!([]), r#"WrongLength("v")"#),
		],
		Class::Missing => vec![
			changed(
				"no samples of a parameter",
				|debug| remove(&mut debug["samples"], "v"),
				r#"ParameterMissing("v")"#,
			),
			changed("no samples at all", |debug| remove(debug, "samples"), NONE),
		],
		Class::Extra => vec![
			changed(
				"samples nobody asked for",
				|debug| debug["samples"]["w"] = json!([9.0]),
				"0e0 steps behind: score 1",
			),
			changed("a key nobody knows", |debug| debug["format"] = "pt".into(), NONE),
		],
		Class::Duplicate => vec![
			text(
				"a parameter twice",
				|debug| debug.replace(r#""m":[1.0,2.0]"#, r#""m":[1.0,2.0],"m":[9.0,9.0]"#),
				"7.5e0 steps behind: score 0",
			),
			text("a key twice", |debug| debug.replacen('{', r#"{"window":7,"#, 1), NONE),
		],
		Class::OutOfRange => vec![
			changed("a uid too large", |debug| debug["successful_peers"] = json!([65536]), NONE),
			changed("a negative uid", |debug| debug["skipped_peers"] = json!([-1]), NONE),
		],
		Class::NotANumber => vec![
			text("NaN", |debug| debug.replace("2.0", "NaN"), NONE),
			changed("null", |debug| debug["samples"]["m"][1] = Value::Null, NONE),
		],
		Class::Infinite => vec![
			text("more than an f32 can hold", |debug| debug.replace("2.0", "1e39"), NONE),
			text("more than an f64 can hold", |debug| debug.replace("2.0", "1e999"), NONE),
		],
		Class::Huge => vec![text("nearly the largest number", |debug| debug.replace("2.0", "-3e38"), "1.")],
		Class::Truncated => {
			vec![whole("nothing", vec![], NONE), text("all but a byte", |debug| debug[..debug.len() - 1].into(), NONE)]
		},
		Class::Oversized => oversized(),
		Class::WrongWindow => vec![
			changed("an older window's", |debug| debug["window"] = 6.into(), NONE),
			changed("a window that is none", |debug| debug["window"] = json!(-1), NONE),
		],
		Class::WrongKey => return Cell::None("it says no uid: it is looked for under the miner's own"),
		Class::MalformedSamples => vec![
			changed("text", |debug| debug["samples"] = "m".into(), NONE),
			changed("a number", |debug| debug["samples"]["m"] = 1.0.into(), NONE),
			changed("lists in lists", |debug| debug["samples"]["m"] = json!([[1.0, 2.0]]), NONE),
			whole("no text", vec![0xff; 100], NONE),
			whole("brackets in brackets", b"[".repeat(100_000), NONE),
			text("samples in samples", |debug| debug.replace("[1.0,2.0]", &"{\"m\":".repeat(100_000)), NONE),
		],
		Class::HostileCommitment => return Cell::None("it is not on chain"),
		Class::LyingHeader => return Cell::None("it has no header"),
	})
}

/// The bound is on what is downloaded.
fn oversized() -> Vec<Case> {
	let most = Debug::max_bytes(2);
	let samples: String = (0..most / 12).map(|number| format!(r#""{number}":[1],"#)).collect();
	let numbers = format!("[{}1]", "1,".repeat(most / 3));
	vec![
		bucket::debug("more than is downloaded", vec![b' '; most + 1], NONE),
		text(
			"many parameters",
			|debug| debug.replace(r#""m""#, &format!(r#"{samples}"m""#)),
			"0e0 steps behind: score 1",
		),
		text("many numbers", |debug| debug.replace("[1.0,2.0]", &numbers), r#"WrongLength("m")"#),
	]
}

fn honest() -> String {
	let object = DebugSamples.honest().remove(0);
	String::from_utf8(object).expect("it is JSON")
}

fn remove(map: &mut Value, name: &str) {
	map.as_object_mut().expect("it is a map").remove(name);
}

fn whole(what: &'static str, object: Vec<u8>, expected: &str) -> Case {
	Case::object(what, &DebugSamples, object, expected)
}

fn text(what: &'static str, change: impl FnOnce(&str) -> String, expected: &str) -> Case {
	whole(what, change(&honest()).into(), expected)
}

fn changed(what: &'static str, change: impl FnOnce(&mut Value), expected: &str) -> Case {
	let change = |text: &str| {
		let mut debug = serde_json::from_str(text).expect("it is JSON");
		change(&mut debug);
		debug.to_string()
	};
	text(what, change, expected)
}
