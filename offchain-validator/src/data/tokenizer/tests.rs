// SPDX-License-Identifier: Apache-2.0

use std::fs;

use proptest::prelude::*;
use serde_json::{json, Value};
use tokenizers::models::bpe::{BpeTrainer, BPE};
use tokenizers::pre_tokenizers::byte_level::ByteLevel;
use tokenizers::{
	AddedToken, DecoderWrapper, NormalizerWrapper, PostProcessorWrapper, PreTokenizerWrapper, TokenizerImpl,
};

use super::*;

/// The content of a `tokenizer.json` as large models have it, made of a little `text`: pairs of bytes merged to `size`
/// tokens in all, of which these `special` ones come first.
pub(crate) fn trained(text: &str, size: usize, special: &[&str]) -> String {
	type Trained = TokenizerImpl<BPE, NormalizerWrapper, PreTokenizerWrapper, PostProcessorWrapper, DecoderWrapper>;
	let mut tokenizer = Trained::new(BPE::default());
	tokenizer.with_pre_tokenizer(Some(ByteLevel::new(false, true, true)));
	tokenizer.with_post_processor(Some(ByteLevel::new(false, true, true)));
	tokenizer.with_decoder(Some(ByteLevel::default()));
	let mut trainer = BpeTrainer::builder()
		.vocab_size(size)
		.show_progress(false)
		.initial_alphabet(ByteLevel::alphabet().into_iter().collect())
		.special_tokens(special.iter().map(|token| AddedToken::from(*token, true)).collect())
		.build();
	tokenizer.train(&mut trainer, text.lines()).unwrap();
	tokenizer.to_string(false).unwrap()
}

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

/// A tokenizer of merged bytes, with a token for the end.
fn merged() -> Tokenizer {
	let text = "you and you, the cat that sat on the mat, and the \u{e9}clair\n".repeat(9);
	let folder = tempfile::tempdir().unwrap();
	let path = folder.path().join("tokenizer.json");
	fs::write(&path, trained(&text, 400, &["<eos>"])).unwrap();
	Tokenizer::open(&path, None).unwrap()
}

#[test]
fn what_comes_before_a_place_is_told_apart() {
	let split = |tokenizer: Tokenizer, text: &str, at, framed| tokenizer.encode_split(text, at, framed).unwrap();
	assert_eq!(split(tokenizer(7), "the cat sat", 8, true), (vec![0, 3, 4, 5], 3));
	assert_eq!(split(tokenizer(7), "the cat sat", 8, false), (vec![3, 4, 5], 2));
	assert_eq!(split(tokenizer(7), "the cat sat", 5, false), (vec![3, 4, 5], 2), "the cat is on both sides");
	assert_eq!(split(tokenizer(7), "the cat", 7, true), (vec![0, 3, 4], 3), "nothing comes after");
	assert_eq!(split(Tokenizer::bytes(), "h\u{e9}!", 3, true), (vec![0x68, 0xc3, 0xa9, 0x21], 3));
	for at in [3, 4] {
		let (tokens, before) = split(merged(), "you you", at, false);
		assert_eq!((tokens.len(), before), (2, 1), "the space before a word is of its token");
	}
	let (tokens, before) = split(merged(), "you<eos>you", 8, false);
	assert_eq!((tokens[1], before), (0, 2));
}

proptest! {
	#![proptest_config(ProptestConfig::with_cases(64))]

	/// Whatever is on either side: the tokens are those of the whole, and what is before the place is in the first of them.
	#[test]
	fn a_place_divides_the_tokens_of_a_text(one in "[a-z \u{e9}\n]{1,12}", other in "[a-z \u{e9}\n]{1,12}") {
		let (tokenizer, whole) = (merged(), format!("{one}{other}"));
		let (tokens, before) = tokenizer.encode_split(&whole, one.len(), false).unwrap();
		prop_assert_eq!(&tokens, &tokenizer.encode(&[&whole]).unwrap()[0]);
		let after = tokenizer.decode(&tokens[before..]).unwrap();
		// All but a space, which a token that begins the other side may begin with.
		prop_assert!(other.ends_with(&after) || other == after.trim_start_matches(' '), "{:?} of {:?}", after, other);
	}
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
