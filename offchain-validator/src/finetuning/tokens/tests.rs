// SPDX-License-Identifier: Apache-2.0

use std::fs;

use proptest::prelude::*;
use serde_json::{json, Value};
use tempfile::TempDir;

use super::*;
use crate::data::tokenizer::tests::trained;

/// Tokens of the tokenizer that tests train, of which three are special.
pub(crate) const SIZE: usize = 400;
/// A conversation in its special tokens.
const TEMPLATE: &str = "{% for message in messages %}{{ '<|' + message.role + '|>' + message.content + eos_token }}\
	{% endfor %}{% if add_generation_prompt %}<|assistant|>{% endif %}";

/// The files of a tokenizer as models are published with it, trained on a little text.
pub(crate) fn files(config: &Value) -> TempDir {
	let folder = tempfile::tempdir().unwrap();
	let text = include_str!("../tokens.rs");
	let tokenizer = trained(text, SIZE, &["<|end|>", "<|user|>", "<|assistant|>"]);
	fs::write(folder.path().join(TOKENIZER), tokenizer).unwrap();
	fs::write(folder.path().join(CONFIG), config.to_string()).unwrap();
	folder
}

/// What is said of it, if it writes conversations.
pub(crate) fn chat() -> Value {
	json!({"chat_template": TEMPLATE, "eos_token": "<|end|>", "model_max_length": 2048})
}

fn sample(prompt: &str, response: &str) -> Sample {
	Sample { prompt: prompt.into(), response: response.into() }
}

/// Prompt and response of an example, as text.
fn texts(reader: &Reader, example: &Example) -> (String, String) {
	let (prompt, response) = example.tokens.split_at(example.prompt);
	(reader.tokenizer.decode(prompt).unwrap(), reader.tokenizer.decode(response).unwrap())
}

#[test]
fn the_response_begins_after_the_prompts_line() {
	let (reader, sample) = (Reader::bytes(), sample("Hi", "you"));
	let example = |max_tokens| reader.example(&sample, max_tokens);
	let whole = example(99).unwrap();
	assert_eq!((whole.prompt, texts(&reader, &whole)), (3, ("Hi\n".into(), "you".into())));
	assert_eq!(texts(&reader, &example(4).unwrap()).1, "y");
	assert_eq!(example(3), None);
}

#[test]
fn a_conversation_is_written_by_its_template() {
	let folder = files(&chat());
	let reader = Reader::open(folder.path()).unwrap();
	assert!(reader.has_chat() && reader.vocabulary() <= SIZE);
	let (end, user, assistant) = (0, 1, 2);
	let whole = reader.example(&sample("the sample", "the tokens"), 99).unwrap();
	assert_eq!((whole.tokens[0], whole.tokens.last()), (user, Some(&end)));
	assert_eq!((whole.tokens[whole.prompt - 2], whole.tokens[whole.prompt - 1]), (end, assistant));
	assert_eq!(texts(&reader, &whole), ("the sample".into(), "the tokens".into()));
	let cut = reader.example(&sample("the sample", "the tokens"), whole.prompt + 1).unwrap();
	assert_eq!((cut.prompt, &cut.tokens[..]), (whole.prompt, &whole.tokens[..=whole.prompt]));
	assert_eq!(reader.example(&sample("the sample", "the tokens"), whole.prompt), None);
}

#[test]
fn without_a_template_there_are_lines() {
	let folder = files(&json!({"eos_token": "<|end|>"}));
	let reader = Reader::open(folder.path()).unwrap();
	let whole = reader.example(&sample("the sample", "the tokens"), 99).unwrap();
	assert_eq!((reader.has_chat(), texts(&reader, &whole)), (false, ("the sample\n".into(), "the tokens".into())));
	assert!(whole.tokens.len() < "the sample\nthe tokens".len(), "tokens of several bytes");
}

#[test]
fn a_tokenizer_that_cannot_do_is_refused() {
	let refusal = |folder: TempDir| crate::one_line(&Reader::open(folder.path()).err().expect("it is refused"));
	let refused = refusal(files(&json!({})));
	assert!(refused.contains("must name an eos_token"), "{refused}");
	let refused = refusal(files(&json!({"chat_template": "{% for", "eos_token": "<|end|>"})));
	assert!(refused.contains("tokenizer_config.json: chat_template"), "{refused}");
	let refused = refusal(files(&json!({"chat_template": 7})));
	assert!(refused.contains("tokenizer_config.json"), "{refused}");
	let refused = refusal(tempfile::tempdir().unwrap());
	assert!(refused.contains("tokenizer.json"), "{refused}");
}

proptest! {
	#![proptest_config(ProptestConfig::with_cases(32))]

	/// The mask ends where the response begins, whatever is on either side.
	#[test]
	fn no_token_that_counts_has_anything_of_the_prompt(prompt in "[a-z .\u{e9}]{1,30}", response in "[a-z .\u{e9}]{1,30}") {
		thread_local! {
			static READER: Reader = Reader::open(files(&chat()).path()).unwrap();
		}
		READER.with(|reader| {
			let example = reader.example(&sample(&prompt, &response), 999).unwrap();
			prop_assert_eq!(texts(reader, &example), (prompt.clone(), response.clone()));
			Ok(())
		})?;
	}
}
