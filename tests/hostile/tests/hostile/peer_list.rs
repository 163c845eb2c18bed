// SPDX-License-Identifier: Apache-2.0

//! What can be wrong with a list of peers.

use hostile::decoders::peer_list::List;
use hostile::Decoder as _;
use serde_json::{json, Value};

use crate::case::{Case, Cell, Class};

pub fn cell(class: Class) -> Cell {
	Cell::Cases(match class {
		Class::WrongShape => vec![
			changed("no list", |list| list["peers"] = json!(1)),
			changed("lists in a list", |list| list["peers"] = json!([[1], [2]])),
		],
		Class::Missing => vec![
			changed("no peers", |list| list["peers"] = json!([])),
			changed("no key", |list| _ = list.as_object_mut().expect("it is a map").remove("peers")),
		],
		Class::Extra => vec![
			changed("too many peers", |list| list["peers"] = json!([1, 2, 5, 6])),
			changed("too many in reserve", |list| list["reserve_peers"] = json!([3, 4])),
			changed("a key nobody knows", |list| list["weights"] = json!([1.0])),
		],
		Class::Duplicate => vec![
			changed("a peer twice", |list| list["peers"] = json!([1, 1])),
			changed("a peer in reserve", |list| list["reserve_peers"] = json!([1])),
			text("a key twice", |list| list.replacen('{', r#"{"peers":[1,2],"#, 1)),
		],
		Class::OutOfRange => vec![
			changed("a uid too large", |list| list["peers"] = json!([1, 65536])),
			changed("a negative uid", |list| list["peers"] = json!([-1, 1])),
			changed("half a uid", |list| list["peers"] = json!([1, 2.5])),
		],
		Class::NotANumber => vec![text("NaN", |list| list.replace("[1,2]", "[1,NaN]"))],
		Class::Infinite => vec![text("infinity", |list| list.replace("[1,2]", "[1,1e999]"))],
		Class::Huge => vec![text("a huge number", |list| list.replace("[1,2]", "[1,99999999999999999999999]"))],
		Class::Truncated => vec![text("nothing", |_| "".into()), text("half", |list| list[..list.len() / 2].into())],
		Class::Oversized => vec![
			changed("every uid there can be", |list| list["peers"] = (0..=u16::MAX).collect::<Vec<_>>().into()),
			text("brackets in brackets", |_| "[".repeat(100_000)),
		],
		Class::WrongWindow => vec![
			changed("another window's", |list| list["first_effective_window"] = json!(8)),
			changed("made at another time", |list| list["sync_window"] = json!(4)),
		],
		Class::WrongKey => return Cell::None("it says nobody's uid: it is looked for under its writer's own"),
		Class::MalformedSamples => return Cell::None("samples are another object"),
		Class::HostileCommitment => return Cell::None("it is not on chain"),
		Class::LyingHeader => return Cell::None("it has no header"),
	})
}

fn text(what: &'static str, change: impl FnOnce(&str) -> String) -> Case {
	let honest = String::from_utf8(List.honest().remove(0)).expect("it is JSON");
	Case::object(what, &List, change(&honest).into(), "no list")
}

fn changed(what: &'static str, change: impl FnOnce(&mut Value)) -> Case {
	text(what, |list| {
		let mut list = serde_json::from_str(list).expect("it is JSON");
		change(&mut list);
		list.to_string()
	})
}
