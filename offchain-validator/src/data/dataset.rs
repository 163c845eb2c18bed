// SPDX-License-Identifier: Apache-2.0

//! Reads a corpus that has been cut: pages by number, and batches of sequences made of pages.
//!
//! Checks everything once, when opened. Knows nothing of tensors, windows or who reads which page.

mod sequences;

use std::collections::HashSet;
use std::io;
use std::path::{Path, PathBuf};

use super::manifest::{Manifest, Shard};
use super::shard::ShardReader;
use super::tokenizer::TokenizerId;
use super::tokens::Width;

/// An open corpus. Several threads may read at once.
#[derive(Debug)]
pub struct Dataset {
	folder: PathBuf,
	manifest: Manifest,
	width: Width,
	train: Vec<ShardReader>,
	heldout: ShardReader,
}

/// Token sequences of equal length.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Batch {
	/// One row after the other.
	pub tokens: Vec<i64>,
	/// Number of sequences.
	pub rows: usize,
	/// Tokens in a sequence.
	pub columns: usize,
}

/// Why a corpus cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum DatasetError {
	/// There is no manifest, or one that cannot be read.
	#[error("{} holds no corpus that can be read", folder.display())]
	NoManifest {
		/// Folder of the corpus.
		folder: PathBuf,
		#[source]
		source: io::Error,
	},
	/// The corpus was made for another program.
	#[error("cannot use the corpus in {}: {objection}", folder.display())]
	Unsupported {
		/// Folder of the corpus.
		folder: PathBuf,
		/// What is wrong.
		objection: String,
	},
	/// A file is not as it was cut.
	#[error("{} is not as it was cut: delete the corpus and cut it again", file.display())]
	Damaged {
		/// The file.
		file: PathBuf,
	},
	/// A held-out page is also a training page.
	#[error("a held-out page of {} is also a training page: delete the corpus and cut it again", folder.display())]
	HeldoutSeen {
		/// Folder of the corpus.
		folder: PathBuf,
	},
	/// A file cannot be read.
	#[error("cannot read {}", file.display())]
	Read {
		/// The file.
		file: PathBuf,
		#[source]
		source: io::Error,
	},
	/// There is no page of that number.
	#[error("there is no page {page}: the last is before {n_pages}")]
	NoSuchPage {
		/// Number asked for.
		page: u64,
		/// Pages there are.
		n_pages: u64,
	},
}

impl Dataset {
	/// Opens the corpus in `folder` and reads all of it once, to check that it is whole.
	pub fn open(folder: &Path) -> Result<Self, DatasetError> {
		let manifest =
			Manifest::load(folder).map_err(|source| DatasetError::NoManifest { folder: folder.to_owned(), source })?;
		if let Some(objection) = manifest.objection() {
			return Err(DatasetError::Unsupported { folder: folder.to_owned(), objection });
		}
		let page_bytes = usize::try_from(manifest.page_bytes()).unwrap_or(usize::MAX);
		let open = |shard: &Shard| {
			let file = folder.join(&shard.file);
			let reader = ShardReader::open(&file, shard.pages, page_bytes).map_err(|source| match source.kind() {
				io::ErrorKind::UnexpectedEof => DatasetError::Damaged { file: file.clone() },
				_ => unreadable(&file)(source),
			})?;
			match reader.size().map_err(unreadable(&file))? {
				size if size == manifest.size_of(shard) => Ok(reader),
				_ => Err(DatasetError::Damaged { file }),
			}
		};
		let train = manifest.train.iter().map(open).collect::<Result<_, _>>()?;
		let heldout = open(&manifest.heldout)?;
		let width = Width::of_vocabulary(manifest.tokenizer.vocab_size); // As `objection` has checked.
		let dataset = Self { folder: folder.to_owned(), width, train, heldout, manifest };
		dataset.check_content()?;
		Ok(dataset)
	}

	/// Tokens in a page.
	pub fn page_tokens(&self) -> usize {
		self.manifest.page_tokens as usize
	}

	/// What made the tokens.
	pub fn tokenizer(&self) -> &TokenizerId {
		&self.manifest.tokenizer
	}

	/// Training pages; numbered from zero.
	pub fn n_train_pages(&self) -> u64 {
		self.manifest.n_train_pages()
	}

	/// Held-out pages; numbered from zero, apart from the training pages.
	pub fn n_heldout_pages(&self) -> u64 {
		self.manifest.heldout.pages
	}

	/// Entropy of a training token on its own, in nats: what a model reaches that knows only how frequent each is.
	pub fn unigram_entropy(&self) -> f64 {
		self.manifest.unigram_entropy
	}

	/// Identifies the pages and their numbering, in hexadecimal: equal for all who read the same, wherever it lies.
	pub fn content_id(&self) -> String {
		self.manifest.content_id()
	}

	/// What the corpus says about itself.
	pub fn manifest(&self) -> &Manifest {
		&self.manifest
	}

	/// The tokens of a training page.
	pub fn train_page(&self, page: u64) -> Result<Vec<u32>, DatasetError> {
		self.train_bytes(page).map(|bytes| self.tokens([bytes]))
	}

	/// The tokens of a held-out page.
	pub fn heldout_page(&self, page: u64) -> Result<Vec<u32>, DatasetError> {
		self.heldout_bytes(page).map(|bytes| self.tokens([bytes]))
	}

	/// The training `pages`, laid end to end, as batches of `rows` sequences of `columns` tokens. What does not fill a
	/// batch is dropped.
	pub fn train_batches(&self, pages: &[u64], rows: usize, columns: usize) -> Result<Vec<Batch>, DatasetError> {
		let pages = pages.iter().map(|&page| self.train_bytes(page)).collect::<Result<Vec<_>, _>>()?;
		Ok(batches(&self.tokens(pages), rows, columns))
	}

	/// Like [`Dataset::train_batches`], of held-out pages.
	pub fn heldout_batches(&self, pages: &[u64], rows: usize, columns: usize) -> Result<Vec<Batch>, DatasetError> {
		let pages = pages.iter().map(|&page| self.heldout_bytes(page)).collect::<Result<Vec<_>, _>>()?;
		Ok(batches(&self.tokens(pages), rows, columns))
	}

	fn train_bytes(&self, page: u64) -> Result<&[u8], DatasetError> {
		let mut before = 0;
		for (reader, shard) in self.train.iter().zip(&self.manifest.train) {
			if page - before < shard.pages {
				return self.read(reader, shard, page - before);
			}
			before += shard.pages;
		}
		Err(DatasetError::NoSuchPage { page, n_pages: before })
	}

	fn heldout_bytes(&self, page: u64) -> Result<&[u8], DatasetError> {
		let shard = &self.manifest.heldout;
		if page >= shard.pages {
			return Err(DatasetError::NoSuchPage { page, n_pages: shard.pages });
		}
		self.read(&self.heldout, shard, page)
	}

	fn read<'a>(&self, reader: &'a ShardReader, shard: &Shard, page: u64) -> Result<&'a [u8], DatasetError> {
		reader.page(page).map_err(unreadable(&self.folder.join(&shard.file)))
	}

	fn tokens<'a, T: From<u32>>(&self, pages: impl IntoIterator<Item = &'a [u8]>) -> Vec<T> {
		let mut tokens = Vec::new();
		pages.into_iter().for_each(|page| self.width.decode(page, &mut tokens));
		tokens
	}

	/// Checks each file against its digest, and that no held-out page is a training page.
	fn check_content(&self) -> Result<(), DatasetError> {
		self.check_shard(&self.heldout, &self.manifest.heldout)?;
		let heldout = self.heldout.pages().map_err(unreadable(&self.folder.join(&self.manifest.heldout.file)))?;
		let heldout: HashSet<&[u8]> = heldout.collect();
		for (reader, shard) in self.train.iter().zip(&self.manifest.train) {
			self.check_shard(reader, shard)?;
			let mut pages = reader.pages().map_err(unreadable(&self.folder.join(&shard.file)))?;
			if pages.any(|page| heldout.contains(page)) {
				return Err(DatasetError::HeldoutSeen { folder: self.folder.clone() });
			}
		}
		Ok(())
	}

	fn check_shard(&self, reader: &ShardReader, shard: &Shard) -> Result<(), DatasetError> {
		let file = self.folder.join(&shard.file);
		match reader.digest().map_err(unreadable(&file))? {
			digest if digest == shard.sha256 => Ok(()),
			_ => Err(DatasetError::Damaged { file }),
		}
	}
}

fn unreadable(file: &Path) -> impl Fn(io::Error) -> DatasetError + '_ {
	|source| DatasetError::Read { file: file.to_owned(), source }
}

fn batches(tokens: &[i64], rows: usize, columns: usize) -> Vec<Batch> {
	let Some(size) = rows.checked_mul(columns).filter(|&size| size > 0) else {
		return Vec::new();
	};
	tokens.chunks_exact(size).map(|tokens| Batch { tokens: tokens.to_vec(), rows, columns }).collect()
}

#[cfg(test)]
mod tests;
