// SPDX-License-Identifier: Apache-2.0

//! What can be wrong with the name of an object.

use hostile::decoders::object_key::{Key, WANTED};
use offchain_validator::bucket::{Kind, ObjectKey};

use crate::case::{Case, Cell, Class};

pub fn cell(class: Class) -> Cell {
	Cell::Cases(match class {
		Class::WrongShape
		| Class::Missing
		| Class::Extra
		| Class::Duplicate
		| Class::NotANumber
		| Class::Infinite
		| Class::Huge
		| Class::MalformedSamples
		| Class::LyingHeader => return Cell::None("a name has no content"),
		Class::HostileCommitment => return Cell::None("it is not on chain"),
		Class::OutOfRange => vec![
			case("a uid too large", "gradient-7-65536-v1.safetensors", "no object"),
			case("a window too large", "gradient-4294967296-4-v1.safetensors", "no object"),
			case("a sign", "gradient-+7-4-v1.safetensors", "no object"),
			case("a leading zero", "gradient-07-4-v1.safetensors", "no object"),
		],
		Class::Truncated => vec![case("nothing", "", "no object"), case("half", "gradient-7", "no object")],
		Class::Oversized => {
			let digits = format!("gradient-{}-4-v1.safetensors", "9".repeat(1 << 20));
			vec![case("a million digits", &digits, "no object"), case("dashes", &"-".repeat(1 << 20), "no object")]
		},
		Class::WrongWindow => vec![key("another window's", ObjectKey { window: 8, ..WANTED })],
		Class::WrongKey => vec![
			key("another miner's", ObjectKey { uid: 3, ..WANTED }),
			key("another kind's", ObjectKey { kind: Kind::Debug, ..WANTED }),
			key("another run's", ObjectKey { version: 9, ..WANTED }),
			case("in a folder", "../gradient-7-4-v1.safetensors", "no object"),
		],
	})
}

fn case(what: &'static str, name: &str, expected: &str) -> Case {
	Case::object(what, &Key, name.into(), expected)
}

fn key(what: &'static str, key: ObjectKey) -> Case {
	case(what, &key.to_string(), "another object")
}
