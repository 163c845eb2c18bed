// SPDX-License-Identifier: Apache-2.0

use std::fs;

use serde_json::{json, Value};

use super::*;

/// Words and letters, a beginning and an end. `size` tokens, of which those without a use are named by their number.
pub(crate) fn words(size: u32) -> Value {
	let known = ["<s>", "</s>", "<unk>", "the", "cat", "sat", "mat"];
	let name = |id: u32| known.get(id as usize).map_or_else(|| format!("w{id}"), ToString::to_string);
	let vocab: serde_json::Map<_, _> = (0..size).map(|id| (name(id), id.into())).collect();
	let special = |id: u32| {
		json!({"id": id, "content": name(id), "single_word": false, "lstrip": false, "rstrip": false,
			"normalized": false, "special": true})
	};
	let sequence = |id: &str| json!({"Sequence": {"id": id, "type_id": 0}});
	let beginning = json!({"SpecialToken": {"id": "<s>", "type_id": 0}});
	json!({
		"version": "1.0",
		"truncation": {"max_length": 2, "strategy": "LongestFirst", "stride": 0, "direction": "Right"},
		"padding": {"strategy": "BatchLongest", "direction": "Right", "pad_to_multiple_of": null, "pad_id": 0,
			"pad_type_id": 0, "pad_token": "<s>"},
		"added_tokens": [special(0), special(1)],
		"normalizer": null,
		"pre_tokenizer": {"type": "Whitespace"},
		"post_processor": {
			"type": "TemplateProcessing",
			"single": [beginning, sequence("A")],
			"pair": [beginning, sequence("A"), sequence("B")],
			"special_tokens": {"<s>": {"id": "<s>", "ids": [0], "tokens": ["<s>"]}}
		},
		"decoder": null,
		"model": {"type": "WordLevel", "vocab": vocab, "unk_token": "<unk>"}
	})
}

/// A tokenizer of [`words`], opened from a file.
pub(crate) fn tokenizer(size: u32) -> Tokenizer {
	open(&words(size), None).unwrap()
}

fn open(content: &Value, separator: Option<&str>) -> Result<Tokenizer, TokenizerError> {
	let folder = tempfile::tempdir().unwrap();
	let path = folder.path().join("tokenizer.json");
	fs::write(&path, content.to_string()).unwrap();
	Tokenizer::open(&path, separator)
}

#[test]
fn a_file_says_what_the_tokens_are() {
	let tokenizer = tokenizer(7);
	assert_eq!((tokenizer.id().vocab_size, tokenizer.id().separator), (7, 1));
	let tokens = tokenizer.encode(&["the cat sat", "", "the dog"]).unwrap();
	assert_eq!(tokens, [vec![0, 3, 4, 5], vec![0], vec![0, 3, 2]], "neither cut off nor padded");
	assert_eq!(tokenizer.decode(&[0, 3, 4, 1]).unwrap(), "the cat");
}

#[test]
fn a_byte_is_a_token_without_a_file() {
	let tokenizer = Tokenizer::bytes();
	assert_eq!(tokenizer.encode(&["é!"]).unwrap(), [[0xc3, 0xa9, 0x21]]);
	assert_eq!(tokenizer.decode(&[0xc3, 0xa9, 0x21, 999]).unwrap(), "é!");
}

#[test]
fn each_document_ends_once() {
	let documents = ["the cat".to_owned(), "the mat </s>".to_owned()];
	let mut bytes = Vec::new();
	tokenizer(7).append(&documents, &mut bytes).unwrap();
	assert_eq!(bytes, [0, 3, 4, 1, 0, 3, 6, 1]);
	bytes.clear();
	tokenizer(300).append(&documents[..1], &mut bytes).unwrap();
	assert_eq!(bytes, [0, 0, 3, 0, 4, 0, 1, 0], "two bytes a token");
	bytes.clear();
	Tokenizer::bytes().append(&documents[..1], &mut bytes).unwrap();
	assert_eq!(bytes, b"the cat\0");
}

#[test]
fn equal_files_are_one_tokenizer() {
	assert_eq!(tokenizer(7), tokenizer(7));
	assert_ne!(tokenizer(7), tokenizer(8));
	assert_ne!(tokenizer(7), open(&words(7), Some("mat")).unwrap());
	assert!(!format!("{:?}", tokenizer(7)).contains("cat"));
}

#[test]
fn a_file_that_is_none_is_refused() {
	assert!(matches!(open(&json!({"model": {}}), None), Err(TokenizerError::Format { .. })));
	assert!(matches!(Tokenizer::open(Path::new("/nowhere"), None), Err(TokenizerError::Read { .. })));
	let refused = open(&words(7), Some("<end>")).unwrap_err().to_string();
	assert!(refused.ends_with("no token `<end>` for the end of a document: name one with --separator"), "{refused}");
	let mut endless = words(7);
	endless["added_tokens"] = json!([]);
	endless["model"]["vocab"] = json!({"<s>": 0, "<unk>": 1});
	assert!(matches!(open(&endless, None), Err(TokenizerError::Separator { .. })));
}
