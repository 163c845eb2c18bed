// SPDX-License-Identifier: Apache-2.0

//! Turns text into tokens: by the `tokenizer.json` of a model, or, without one, a token for each byte.
//!
//! The file is the operator's own and is believed; its size is capped, so that a wrong path does no harm. Knows no page.

use std::fmt;
use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::manifest::hex;
use super::tokens::Width;

/// Name of the tokenizer that makes a token of each byte.
pub const BYTES: &str = "bytes";
/// Its tokens.
const BYTE_VOCABULARY: u32 = 256;
/// Its token after each document. Text that contains it is not text.
pub(super) const BYTE_SEPARATOR: u8 = 0;
/// Bytes that a `tokenizer.json` may have; the largest in use have 35 million.
const MAX_BYTES: u64 = 1 << 28;
/// Words whose tokens a thread remembers; what is seen after so many is worked out anew each time. The library remembers
/// 10,000, which text of any size soon fills.
const CACHED_WORDS: usize = 1 << 18;
/// Tokens of the end of a document, by the names that published models give them.
const SEPARATORS: [&str; 6] = ["</s>", "<|end_of_text|>", "<|endoftext|>", "<eos>", "<|eot_id|>", "<|im_end|>"];

/// Which tokenizer made tokens: two with equal ids make the same.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TokenizerId {
	/// `bytes`, or `sha256:` and the digest of the `tokenizer.json` in hexadecimal.
	pub name: String,
	/// Tokens are below this.
	pub vocab_size: u32,
	/// The token after each document.
	pub separator: u32,
}

/// Turns text into tokens. Cheap to clone.
#[derive(Clone)]
pub struct Tokenizer {
	id: TokenizerId,
	/// None for bytes.
	file: Option<Arc<tokenizers::Tokenizer>>,
}

/// Why there is no tokenizer, or it made no tokens.
#[derive(Debug, thiserror::Error)]
pub enum TokenizerError {
	/// The file cannot be read.
	#[error("cannot read {}", path.display())]
	Read {
		/// Its path.
		path: PathBuf,
		#[source]
		source: io::Error,
	},
	/// The file is no tokenizer.
	#[error("{} is no tokenizer.json", path.display())]
	Format {
		/// Its path.
		path: PathBuf,
		#[source]
		source: tokenizers::Error,
	},
	/// It knows no token for the end of a document.
	#[error("{} has no token `{token}` for the end of a document: name one with --separator", path.display())]
	Separator {
		/// Its path.
		path: PathBuf,
		/// What was looked for.
		token: String,
	},
	/// A text has no tokens.
	#[error("a text cannot be turned into tokens")]
	Text(#[source] tokenizers::Error),
}

impl Tokenizer {
	/// A token for each byte.
	pub fn bytes() -> Self {
		let (vocab_size, separator) = (BYTE_VOCABULARY, BYTE_SEPARATOR.into());
		Self { id: TokenizerId { name: BYTES.into(), vocab_size, separator }, file: None }
	}

	/// That of a `tokenizer.json`. A document ends with the token `separator`, or the one of those in use that it knows.
	pub fn open(path: &Path, separator: Option<&str>) -> Result<Self, TokenizerError> {
		let text = read(path).map_err(|source| TokenizerError::Read { path: path.into(), source })?;
		let failed = |source| TokenizerError::Format { path: path.into(), source };
		let mut tokenizer = tokenizers::Tokenizer::from_bytes(&text).map_err(failed)?;
		// Pages need every token of a text and no other, whatever the file says of batches.
		tokenizer.with_truncation(None).map_err(failed)?;
		tokenizer.with_padding(None);
		let mut model = tokenizer.get_model().clone();
		model.resize_cache(CACHED_WORDS);
		tokenizer.with_model(model);
		let vocab_size = tokenizer.get_vocab(true).into_values().max().map_or(0, |last| last.saturating_add(1));
		let known = match separator {
			Some(token) => tokenizer.token_to_id(token),
			None => SEPARATORS.iter().find_map(|token| tokenizer.token_to_id(token)),
		};
		let Some(separator) = known else {
			let token = separator.map_or_else(|| SEPARATORS.join("`, `"), str::to_owned);
			return Err(TokenizerError::Separator { path: path.into(), token });
		};
		let name = format!("sha256:{}", hex(Sha256::new_with_prefix(&text)));
		Ok(Self { id: TokenizerId { name, vocab_size, separator }, file: Some(Arc::new(tokenizer)) })
	}

	/// Which one it is.
	pub fn id(&self) -> &TokenizerId {
		&self.id
	}

	/// The tokens of each text, with what the file puts around it (a beginning-of-sequence token, say).
	pub fn encode(&self, texts: &[&str]) -> Result<Vec<Vec<u32>>, TokenizerError> {
		let Some(file) = &self.file else {
			return Ok(texts.iter().map(|text| text.bytes().map(u32::from).collect()).collect());
		};
		let encodings = file.encode_batch_fast(texts.to_vec(), true).map_err(TokenizerError::Text)?;
		Ok(encodings.iter().map(|encoding| encoding.get_ids().to_vec()).collect())
	}

	/// The tokens of `text`, and how many come before the first that has nothing of what is before byte `at`. What the file
	/// puts around a text is there if it is `framed`.
	pub fn encode_split(&self, text: &str, at: usize, framed: bool) -> Result<(Vec<u32>, usize), TokenizerError> {
		let Some(file) = &self.file else {
			return Ok((text.bytes().map(u32::from).collect(), at.min(text.len())));
		};
		let encoding = file.encode(text, framed).map_err(TokenizerError::Text)?;
		// Of a token of spaces some files say that it begins and ends where it ends.
		let is_after = |(start, end): &(usize, usize)| *start >= at && *end > at;
		let before = encoding.get_offsets().iter().position(is_after).unwrap_or(encoding.len());
		Ok((encoding.get_ids().to_vec(), before))
	}

	/// The text that `tokens` stand for, as far as they stand for text.
	pub fn decode(&self, tokens: &[u32]) -> Result<String, TokenizerError> {
		match &self.file {
			Some(file) => file.decode(tokens, true).map_err(TokenizerError::Text),
			None => {
				let bytes: Vec<u8> = tokens.iter().filter_map(|&token| token.try_into().ok()).collect();
				Ok(String::from_utf8_lossy(&bytes).into_owned())
			},
		}
	}

	/// Size of its tokens in a file.
	pub(super) fn width(&self) -> Width {
		Width::of_vocabulary(self.id.vocab_size)
	}

	/// Appends the documents as they lie in a file, each ended by the separator exactly once.
	pub(super) fn append(&self, documents: &[String], to: &mut Vec<u8>) -> Result<(), TokenizerError> {
		let Some(file) = &self.file else {
			for document in documents {
				to.extend_from_slice(document.as_bytes());
				to.push(BYTE_SEPARATOR);
			}
			return Ok(());
		};
		let (width, separator) = (self.width(), self.id.separator);
		let texts: Vec<&str> = documents.iter().map(String::as_str).collect();
		for encoding in file.encode_batch_fast(texts, true).map_err(TokenizerError::Text)? {
			width.encode(encoding.get_ids(), to);
			if encoding.get_ids().last() != Some(&separator) {
				width.encode(&[separator], to);
			}
		}
		Ok(())
	}
}

/// Says which one, not what is in it.
impl fmt::Debug for Tokenizer {
	fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
		self.id.fmt(formatter)
	}
}

/// Makes the same tokens.
impl PartialEq for Tokenizer {
	fn eq(&self, other: &Self) -> bool {
		self.id == other.id
	}
}

impl Eq for Tokenizer {}

fn read(path: &Path) -> io::Result<Vec<u8>> {
	let mut text = Vec::new();
	File::open(path)?.take(MAX_BYTES + 1).read_to_end(&mut text)?;
	match text.len() as u64 > MAX_BYTES {
		true => Err(io::Error::other(format!("it has more than {MAX_BYTES} bytes"))),
		false => Ok(text),
	}
}

#[cfg(test)]
pub(crate) mod tests;
