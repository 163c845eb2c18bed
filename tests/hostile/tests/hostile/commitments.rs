// SPDX-License-Identifier: Apache-2.0

//! What can be wrong with what a hotkey publishes on chain.

use hostile::decoders::address::Address;
use hostile::decoders::model_id::Id;
use hostile::Decoder;

use crate::case::{Case, Cell, Class};

pub fn address(class: Class) -> Cell {
	let case = |what, text: &[u8]| Case::object(what, &Address, text.into(), "no bucket");
	Cell::Cases(match class {
		Class::Truncated => vec![
			case("nothing", b""),
			case("no name", b"local:"),
			case("credentials that end early", &b"a".repeat(127)),
		],
		Class::Oversized => vec![
			case("a name of 65 letters", format!("local:{}", "a".repeat(65)).as_bytes()),
			case("a megabyte", &b"a".repeat(1 << 20)),
		],
		Class::WrongKey => vec![case("a bucket of no kind we know", b"s3:bucket")],
		Class::HostileCommitment => vec![
			case("a folder above", b"local:.."),
			case("a path", b"local:../../etc"),
			case("a path from the root", b"local:/etc"),
			case("an end within", b"local:a\0b"),
			case("no text", &[0xff; 128]),
			case("another host", format!("{:<32}{}", "evil.example/#", "a".repeat(96)).as_bytes()),
			case("credentials of blanks", &b" ".repeat(128)),
		],
		class => return none(class),
	})
}

pub fn model_id(class: Class) -> Cell {
	let honest = String::from_utf8(Id.honest().remove(0)).expect("it is text");
	let case = |what, text: &str, expected: &str| Case::object(what, &Id, text.into(), expected);
	Cell::Cases(match class {
		Class::Truncated => vec![
			case("nothing", "", "1 fields are not"),
			case("no competition", &honest[..honest.len() - 3], "4 fields are not"),
			case("an empty competition", &honest[..honest.len() - 2], "the competition is not"),
		],
		Class::Oversized => vec![
			case("one byte too many", &format!("{}{honest}", "a".repeat(129 - honest.len())), "129 bytes are more"),
			case("colons", &":".repeat(128), "129 fields are not"),
			case("a megabyte", &"a".repeat(1 << 20), "1048576 bytes are more"),
		],
		Class::WrongKey => vec![
			case("a branch for a commit", &honest.replace(&"c0ffee00".repeat(5), "main"), "the commit is not"),
			case("a hash that is none", &honest.replace('=', "A"), "the hash is not"),
			case("no hash", &honest.replacen("alice:model-1", "a:b:c", 1), "6 fields are not"),
		],
		Class::HostileCommitment => vec![
			case("a folder above", &honest.replace("alice", ".."), "the namespace is not"),
			case("a path", &honest.replace("alice", "/etc"), "the namespace is not"),
			case("a link to elsewhere", &honest.replace("model-1", "a@evil.example"), "the name is not"),
			case("an end within", &honest.replace("model-1", "a\0b"), "the name is not"),
			Case::object("no text", &Id, vec![0xff; 128], "384 bytes are more"),
		],
		class => return none(class),
	})
}

/// Why there is nothing to try. Each class is named, so that a new one is thought about.
fn none(class: Class) -> Cell {
	Cell::None(match class {
		Class::WrongShape
		| Class::Missing
		| Class::Extra
		| Class::Duplicate
		| Class::OutOfRange
		| Class::NotANumber
		| Class::Infinite
		| Class::Huge => "it holds no tensors and no numbers",
		Class::WrongWindow => "it is not for a window",
		Class::MalformedSamples => "samples are another object",
		Class::LyingHeader => "it has no header",
		Class::Truncated | Class::Oversized | Class::WrongKey | Class::HostileCommitment => unreachable!("it is tried"),
	})
}
