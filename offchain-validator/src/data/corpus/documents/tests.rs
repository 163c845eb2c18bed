// SPDX-License-Identifier: Apache-2.0

use std::path::PathBuf;

use super::*;

/// What there is in a file of this name with this content; documents may have 12 bytes.
fn found(name: &str, content: &[u8]) -> Vec<Found> {
	let folder = tempfile::tempdir().unwrap();
	let path = folder.path().join(name);
	fs::write(&path, content).unwrap();
	let options = CutOptions { text_field: Some("text".into()), max_file_bytes: 12, ..CutOptions::default() };
	let files = super::super::walk::select(&[PathBuf::from(folder.path())], &options).unwrap().files;
	let mut documents = Documents::open(&files[0], &options).unwrap();
	let found = std::iter::from_fn(|| documents.next().unwrap()).collect();
	assert_eq!(documents.bytes_read(), content.len() as u64);
	found
}

fn text(text: &str) -> Found {
	Found::Text(text.into())
}

#[test]
fn a_file_of_text_is_a_document() {
	assert_eq!(found("a.txt", b"two\nlines"), [text("two\nlines")]);
	assert_eq!(found("a.txt", b"a\0b"), [Found::NotText]);
	assert_eq!(found("a.txt", b"\xff"), [Found::NotText]);
}

#[test]
fn each_line_is_a_document() {
	let lines = br#"{"text": "one\nand a half", "id": 7}
{"id": 8, "text": "two"}

{"text": 3}
["text"]
{"text": "nul\u0000"}
{"id": 9}
no JSON
{"text": "the last, without an end"}"#;
	let none = || Found::NotText;
	let expected = [Found::TooLarge, text("two"), none(), none(), none(), none(), none(), Found::TooLarge];
	assert_eq!(found("a.jsonl", lines), expected);
	assert_eq!(found("a.ndjson", br#"{"text": "\u00e9t\u00e9"}"#), [text("été")]);
}

#[test]
fn an_endless_line_is_one_document_that_is_too_large() {
	let endless = [&br#"{"text": ""#[..], &vec![b'a'; 1 << 20], b"\"}\n{\"text\": \"b\"}\n"].concat();
	assert_eq!(found("a.jsonl", &endless), [Found::TooLarge, text("b")]);
}
