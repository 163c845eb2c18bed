// SPDX-License-Identifier: Apache-2.0

//! Samples as tokens: by the tokenizer and the chat template of a competition, or a token for each byte.
//!
//! Prompt and response become tokens together, as a model meets them when it is used, and what counts begins with the
//! first token that has nothing of the prompt. The published program tokenizes the prompt a second time alone and leaves
//! out as many tokens; that is the same wherever no token reaches from the prompt into the response, and elsewhere it
//! misses the boundary.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use super::chat::{Chat, ChatError, TokenizerConfig};
use super::samples::Sample;
use crate::data::{Tokenizer, TokenizerError};
use crate::model::Example;

/// The tokenizer in a repository.
const TOKENIZER: &str = "tokenizer.json";
/// What is said of it there.
const CONFIG: &str = "tokenizer_config.json";
/// All that a tokenizer has in a repository.
pub const FILES: [&str; 2] = [TOKENIZER, CONFIG];
/// Bytes that [`CONFIG`] may have; the largest in use have two million.
const MAX_CONFIG_BYTES: u64 = 1 << 24;

/// Turns samples into tokens. Cheap to clone.
#[derive(Clone)]
pub struct Reader {
	tokenizer: Tokenizer,
	/// None for prompt and response in lines of their own.
	chat: Option<Chat>,
}

/// Why samples cannot be turned into tokens.
#[derive(Debug, thiserror::Error)]
pub enum ReaderError {
	/// What is said of the tokenizer cannot be read.
	#[error("cannot read {}", path.display())]
	Config {
		/// Its path.
		path: PathBuf,
		#[source]
		source: io::Error,
	},
	/// Nobody knows how a text ends.
	#[error("{CONFIG} must name an eos_token that {TOKENIZER} knows")]
	End,
	/// There is no tokenizer.
	#[error("{0}")]
	Tokenizer(#[source] TokenizerError),
	/// Its conversations cannot be written.
	#[error("{CONFIG}: {0}")]
	Chat(#[from] ChatError),
}

impl Reader {
	/// A token for each byte.
	pub fn bytes() -> Self {
		Self { tokenizer: Tokenizer::bytes(), chat: None }
	}

	/// By the files of a tokenizer in `folder`. They are believed: no miner has written them.
	pub fn open(folder: &Path) -> Result<Self, ReaderError> {
		let path = folder.join(CONFIG);
		let config = read_config(&path).map_err(|source| ReaderError::Config { path, source })?;
		let tokenizer = Tokenizer::open(&folder.join(TOKENIZER), config.end()).map_err(|error| match error {
			TokenizerError::Separator { .. } => ReaderError::End,
			other => ReaderError::Tokenizer(other),
		})?;
		Ok(Self { tokenizer, chat: config.chat()? })
	}

	/// Tokens are below this.
	pub fn vocabulary(&self) -> usize {
		self.tokenizer.id().vocab_size as usize
	}

	/// Whether samples are written as conversations.
	pub fn has_chat(&self) -> bool {
		self.chat.is_some()
	}

	/// The sample as tokens, cut off after `max_tokens`; none if no token of the response is left, or it cannot be written.
	pub fn example(&self, sample: &Sample, max_tokens: usize) -> Option<Example> {
		let Sample { prompt, response } = sample;
		let (text, at) = match &self.chat {
			Some(chat) => chat.write(prompt, response).ok()?,
			None => (format!("{prompt}\n{response}"), prompt.len().checked_add(1)?),
		};
		// A template puts around a text what belongs there.
		let (mut tokens, prompt) = self.tokenizer.encode_split(&text, at, self.chat.is_none()).ok()?;
		tokens.truncate(max_tokens);
		(tokens.len() > prompt).then_some(Example { tokens, prompt })
	}

	/// Those of the samples that leave room for a response.
	pub fn examples<'a>(&self, samples: impl IntoIterator<Item = &'a Sample>, max_tokens: usize) -> Vec<Example> {
		samples.into_iter().filter_map(|sample| self.example(sample, max_tokens)).collect()
	}
}

/// What is said at `path`; nothing if there is no file.
fn read_config(path: &Path) -> io::Result<TokenizerConfig> {
	let mut text = Vec::new();
	match File::open(path) {
		Ok(file) => _ = file.take(MAX_CONFIG_BYTES + 1).read_to_end(&mut text)?,
		Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(TokenizerConfig::default()),
		Err(error) => return Err(error),
	}
	match text.len() as u64 > MAX_CONFIG_BYTES {
		true => Err(io::Error::other(format!("it has more than {MAX_CONFIG_BYTES} bytes"))),
		false => Ok(serde_json::from_slice(&text)?),
	}
}

#[cfg(test)]
pub(super) mod tests;
