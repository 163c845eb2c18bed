// SPDX-License-Identifier: Apache-2.0

//! What a corpus folder says about itself, in its file `manifest.json`.
//!
//! Owns the names and the layout of the files. Does not read their content, and knows neither who cut them nor who reads
//! them.

use std::fs;
use std::io;
use std::path::Path;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::tokenizer::TokenizerId;
use super::tokens::Width;

/// Version of the layout that this program writes and reads.
pub(super) const FORMAT: u32 = 2;
/// File that holds the [`Manifest`].
pub(super) const MANIFEST: &str = "manifest.json";
/// File that holds the held-out pages.
pub(super) const HELDOUT: &str = "heldout.bin";

/// Name of the training shard at `index`.
pub(super) fn train_file(index: usize) -> String {
	format!("train-{index:05}.bin")
}

/// Whether a corpus folder may hold a file of that name.
pub(super) fn is_ours(name: &str) -> bool {
	let index = |name: &str| name.strip_prefix("train-")?.strip_suffix(".bin")?.parse().ok();
	name == MANIFEST || name == HELDOUT || index(name).is_some_and(|index| train_file(index) == name)
}

/// Describes a corpus and its files.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
	/// Version of the layout.
	pub format: u32,
	/// How text became tokens.
	pub tokenizer: TokenizerId,
	/// Size of a token in the files.
	pub bytes_per_token: u32,
	/// Tokens in a page.
	pub page_tokens: u32,
	/// One page in so many was held out.
	pub heldout_every: u32,
	/// The training pages, numbered on from file to file.
	pub train: Vec<Shard>,
	/// The held-out pages, in a file and a numbering of their own.
	pub heldout: Shard,
	/// Entropy of a training token on its own, in nats: the loss of a model that knows nothing but how frequent each is.
	pub unigram_entropy: f64,
	/// What the corpus was cut from.
	pub origin: Origin,
}

/// A file of pages.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Shard {
	/// Its name.
	pub file: String,
	/// Pages in it.
	pub pages: u64,
	/// SHA-256 of its content, in hexadecimal.
	pub sha256: String,
}

/// What a corpus was cut from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Origin {
	/// The files and folders named.
	pub sources: Vec<String>,
	/// SHA-256 over path, size and time of change of each file chosen, and over tokenizer and options.
	pub fingerprint: String,
	/// Documents in the corpus.
	pub documents: u64,
	/// Files chosen by name that turned out not to be text, and rows of tables that hold none.
	pub not_text: u64,
	/// Files and documents passed over because they, their folder's share or the corpus would have been too large.
	pub too_large: u64,
	/// Held-out pages dropped because a training page reads the same.
	pub repeated_pages: u64,
}

impl Manifest {
	/// Reads the manifest of the corpus in `folder`.
	pub(super) fn load(folder: &Path) -> io::Result<Self> {
		Ok(serde_json::from_slice(&fs::read(folder.join(MANIFEST))?)?)
	}

	/// Writes the manifest of the corpus in `folder`.
	pub(super) fn store(&self, folder: &Path) -> io::Result<()> {
		let mut text = serde_json::to_vec_pretty(self)?;
		text.push(b'\n');
		let mut file = fs::File::create_new(folder.join(MANIFEST))?;
		io::Write::write_all(&mut file, &text)?;
		file.sync_all()
	}

	/// Why this program cannot read such a corpus.
	pub(super) fn objection(&self) -> Option<String> {
		let named = self.train.iter().enumerate().all(|(index, shard)| shard.file == train_file(index));
		let (bytes, vocab_size) = (self.bytes_per_token, self.tokenizer.vocab_size);
		if self.format != FORMAT {
			Some(format!("its format is {}, this program reads {FORMAT}", self.format))
		} else if Width::from_bytes(bytes) != Some(Width::of_vocabulary(vocab_size)) {
			Some(format!("its {vocab_size} tokens have {bytes} bytes each, this program would have given them others"))
		} else if self.page_tokens == 0 {
			Some("its pages are empty".into())
		} else if !named || self.heldout.file != HELDOUT {
			Some("its files do not have the names this program gives".into())
		} else if self.total_bytes().is_none() {
			Some("it names more pages than a disk can hold".into())
		} else {
			None
		}
	}

	/// All its files, the held-out pages last.
	pub(super) fn shards(&self) -> impl Iterator<Item = &Shard> {
		self.train.iter().chain([&self.heldout])
	}

	/// Size of a page in the files.
	pub(super) fn page_bytes(&self) -> u64 {
		u64::from(self.page_tokens) * u64::from(self.bytes_per_token) // Two factors of 32 bits.
	}

	/// Size of the file of `shard`. Saturates, which no file on a disk can match.
	pub(super) fn size_of(&self, shard: &Shard) -> u64 {
		shard.pages.saturating_mul(self.page_bytes())
	}

	/// Number of training pages.
	pub fn n_train_pages(&self) -> u64 {
		self.train.iter().map(|shard| shard.pages).fold(0, u64::saturating_add)
	}

	/// Identifies the pages and their numbering, in hexadecimal: equal for all who read the same, wherever it lies.
	pub fn content_id(&self) -> String {
		let mut digest = Sha256::new();
		let TokenizerId { name, vocab_size, separator } = &self.tokenizer;
		digest.update(format!("{name} {vocab_size} {separator} {} {}", self.bytes_per_token, self.page_tokens));
		for shard in self.shards() {
			digest.update(format!("\n{} {} {}", shard.file, shard.pages, shard.sha256));
		}
		hex(digest)
	}

	fn total_bytes(&self) -> Option<u64> {
		let pages = self.shards().try_fold(0, |pages: u64, shard| pages.checked_add(shard.pages))?;
		pages.checked_mul(self.page_bytes())
	}
}

/// The digest in hexadecimal.
pub(super) fn hex(digest: Sha256) -> String {
	digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn only_names_we_give_are_ours() {
		for name in ["manifest.json", "heldout.bin", "train-00000.bin", "train-123456.bin"] {
			assert!(is_ours(name), "{name}");
		}
		for name in ["train-0.bin", "train-.bin", "train-+0001.bin", "train-00000.bin.old", "thesis.txt", ""] {
			assert!(!is_ours(name), "{name}");
		}
	}
}
