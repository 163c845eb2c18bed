// SPDX-License-Identifier: Apache-2.0
//! Which texts name a model.

use std::path::{Component, Path};

use proptest::prelude::*;

use super::*;

const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";
const NAME: &str = "letters, digits, and single - _ . within";

fn text(namespace: &str, name: &str) -> String {
	format!("{namespace}:{name}:{COMMIT}:{}:l3", Digest::of(""))
}

#[track_caller]
fn check_refused(text: &str, message: &str) {
	assert_eq!(text.parse::<ModelId>().unwrap_err().to_string(), message);
}

#[test]
fn a_model_is_named_by_five_fields() {
	let id: ModelId = text("some-one", "tiny.model_2").parse().unwrap();
	assert_eq!((id.namespace(), id.name()), ("some-one", "tiny.model_2"));
	assert_eq!((id.commit(), id.hash(), id.competition()), (COMMIT, Digest::of(""), "l3"));
	check_refused(&text("a", "b").replace(":l3", ""), "4 fields are not namespace:name:commit:hash:competition");
	check_refused(&format!("{}:x", text("a", "b")), "6 fields are not namespace:name:commit:hash:competition");
	check_refused("", "1 fields are not namespace:name:commit:hash:competition");
}

/// Trap: the published validator makes folders of whatever the chain says.
#[test]
fn no_name_leaves_its_folder() {
	for bad in ["", ".", "..", "a/b", "/a", "a\\b", "a\0", "a..b", ".git", "a.", "-a", "a--b", "~", "é", "a b", "a\n"]
	{
		check_refused(&text(bad, "b"), &format!("the namespace is not {NAME}"));
		check_refused(&text("a", bad), &format!("the name is not {NAME}"));
	}
}

#[test]
fn a_branch_is_no_commit() {
	for bad in ["main", "None", "", &COMMIT[1..], &COMMIT.to_uppercase(), "../../../../../../../../../../etc/passwd"] {
		check_refused(&text("a", "b").replace(COMMIT, bad), "the commit is not 40 hexadecimal digits");
	}
}

#[test]
fn what_cannot_be_verified_or_entered_is_no_model() {
	let hash = Digest::of("").to_string();
	check_refused(&text("a", "b").replace(&hash, "None"), "the hash is not the base64 of 32 bytes");
	for bad in ["None", "", "l-3", "../l3"] {
		check_refused(&text("a", "b").replace(":l3", &format!(":{bad}")), "the competition is not letters and digits");
	}
}

#[test]
fn a_commitment_fits_on_the_chain() {
	let room = MAX_BYTES - text("a", "").len();
	assert_eq!(text("a", &"b".repeat(room)).parse::<ModelId>().unwrap().to_string().len(), MAX_BYTES);
	check_refused(&text("a", &"b".repeat(room + 1)), "129 bytes are more than 128");
	check_refused(&":".repeat(1_000_000), "1000000 bytes are more than 128");
	assert!(ModelId::new(&"a".repeat(200), "b", COMMIT, Digest::of(""), "l3").is_err());
}

#[test]
fn the_published_reader_takes_anything_of_four_fields() {
	assert_eq!(PublishedId::parse("a:b:c"), None);
	let read = PublishedId::parse("../..:/:None:\0:None:more").unwrap();
	assert_eq!((read.namespace, read.name, read.commit), ("../..", "/", None));
	assert_eq!((read.hash, read.competition), (Some("\0"), None));
}

proptest! {
	#[test]
	fn a_model_survives_its_text(
		namespace in "[a-zA-Z0-9]([_.-]?[a-zA-Z0-9]){0,7}",
		name in "[a-zA-Z0-9]([_.-]?[a-zA-Z0-9]){0,7}",
		commit in "[0-9a-f]{40}",
		content: Vec<u8>,
		competition in "[a-z0-9]{1,2}",
	) {
		let id = ModelId::new(&namespace, &name, &commit, Digest::of(content), &competition).unwrap();
		prop_assert_eq!(id.to_string().parse(), Ok(id));
	}

	#[test]
	fn what_is_read_is_what_was_written(namespace in ".{0,6}", name in "[a-z./\\\\\0-]{0,6}") {
		let text = text(&namespace, &name);
		if let Ok(id) = text.parse::<ModelId>() {
			prop_assert_eq!(id.to_string(), text);
			for part in [id.namespace(), id.name(), id.commit(), id.competition()] {
				let parts: Vec<_> = Path::new(part).components().collect();
				prop_assert!(matches!(parts[..], [Component::Normal(_)]), "{}", part);
			}
		}
	}

	#[test]
	fn no_text_is_too_strange(text: String) {
		let _ = (text.parse::<ModelId>(), PublishedId::parse(&text));
	}
}
