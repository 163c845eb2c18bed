// SPDX-License-Identifier: Apache-2.0

//! Writes a stream of tokens as shards of pages. Knows no source of text and no manifest.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::{fs, io};

use serde::{Deserialize, Serialize};

use super::CutOptions;
use crate::data::manifest::{self, Shard};
use crate::data::shard::{ShardReader, ShardWriter};
use crate::data::tokens::Width;

/// File beside the corpus in the making for the pages that may be held out: which are, only all of them together tell.
const CANDIDATES: &str = "candidates.bin";

/// Takes tokens, gives pages.
pub(super) struct PageWriter {
	folder: PathBuf,
	beside: PathBuf,
	page_bytes: usize,
	width: Width,
	vocab_size: u32,
	heldout_every: u64,
	shard_bytes: u64,
	/// The page being filled.
	page: Vec<u8>,
	/// Pages filled so far, of both kinds.
	filled: u64,
	open: Option<ShardWriter>,
	train: Vec<Shard>,
	candidates: ShardWriter,
	closed: bool,
}

/// All pages, written.
pub(super) struct Pages {
	pub(super) train: Vec<Shard>,
	pub(super) heldout: Shard,
	pub(super) unigram_entropy: f64,
	/// Held-out pages dropped because a training page reads the same.
	pub(super) repeated: u64,
}

/// Where a writer was, to go on from there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Position {
	filled: u64,
	open_pages: Option<u64>,
	train: Vec<Shard>,
	candidates: u64,
	/// Not in the text of a position but behind it: it may be long.
	#[serde(skip)]
	pub(super) page: Vec<u8>,
}

impl PageWriter {
	/// Writes into `folder`, and into `beside` what is of no use afterwards; both must be empty.
	pub(super) fn new(folder: &Path, beside: &Path, options: &CutOptions) -> io::Result<Self> {
		let candidates = ShardWriter::create(beside, CANDIDATES.into())?;
		Ok(Self::with(folder, beside, options, candidates))
	}

	/// Goes on where one was that wrote into the same folders with the same options.
	pub(super) fn resume(folder: &Path, beside: &Path, options: &CutOptions, at: Position) -> io::Result<Self> {
		let page_bytes = page_bytes(options);
		if at.page.len() >= page_bytes {
			return Err(io::ErrorKind::InvalidData.into());
		}
		for shard in &at.train {
			ShardReader::open(&folder.join(&shard.file), shard.pages, page_bytes)?;
		}
		let candidates = ShardWriter::reopen(beside, CANDIDATES.into(), at.candidates, page_bytes)?;
		let mut writer = Self::with(folder, beside, options, candidates);
		let reopen = |pages| ShardWriter::reopen(folder, manifest::train_file(at.train.len()), pages, page_bytes);
		writer.open = at.open_pages.map(reopen).transpose()?;
		// What was written after that is written anew.
		let later = (at.train.len() + usize::from(writer.open.is_some())..).map(manifest::train_file);
		later.map_while(|file| fs::remove_file(folder.join(file)).ok()).for_each(drop);
		for file in [manifest::HELDOUT, manifest::MANIFEST] {
			drop(fs::remove_file(folder.join(file)));
		}
		(writer.filled, writer.train, writer.page) = (at.filled, at.train, at.page);
		Ok(writer)
	}

	fn with(folder: &Path, beside: &Path, options: &CutOptions, candidates: ShardWriter) -> Self {
		let page_bytes = page_bytes(options);
		Self {
			folder: folder.to_owned(),
			beside: beside.to_owned(),
			page_bytes,
			width: options.tokenizer.width(),
			vocab_size: options.tokenizer.id().vocab_size,
			heldout_every: options.heldout_every.into(),
			shard_bytes: options.shard_bytes,
			page: Vec::with_capacity(page_bytes),
			filled: 0,
			open: None,
			train: Vec::new(),
			candidates,
			closed: false,
		}
	}

	/// Appends tokens, as they lie in files, to the stream.
	pub(super) fn push(&mut self, mut tokens: &[u8]) -> io::Result<()> {
		while !tokens.is_empty() {
			let missing = self.page_bytes - self.page.len(); // Never none: a full page is put away at once.
			let (now, later) = tokens.split_at(missing.min(tokens.len()));
			self.page.extend_from_slice(now);
			tokens = later;
			if self.page.len() == self.page_bytes {
				self.put_away()?;
			}
		}
		Ok(())
	}

	/// Whether a shard was closed since this was asked last.
	pub(super) fn has_closed(&mut self) -> bool {
		std::mem::take(&mut self.closed)
	}

	/// Puts all on the disk that is there so far, and says where it is.
	pub(super) fn position(&mut self) -> io::Result<Position> {
		self.open.as_mut().map(ShardWriter::sync).transpose()?;
		self.candidates.sync()?;
		Ok(Position {
			filled: self.filled,
			open_pages: self.open.as_ref().map(ShardWriter::pages),
			train: self.train.clone(),
			candidates: self.candidates.pages(),
			page: self.page.clone(),
		})
	}

	/// Writes what is left to write. Tokens that did not fill a page are dropped.
	pub(super) fn finish(mut self) -> io::Result<Pages> {
		self.close_shard()?;
		let n_candidates = self.candidates.close()?.pages;
		let candidates = ShardReader::open(&self.beside.join(CANDIDATES), n_candidates, self.page_bytes)?;
		let mut unseen: HashSet<&[u8]> = candidates.pages()?.collect();
		let mut frequency = vec![0; self.vocab_size as usize];
		for shard in &self.train {
			// Read again, because the training pages need not fit in memory.
			let reader = ShardReader::open(&self.folder.join(&shard.file), shard.pages, self.page_bytes)?;
			for page in reader.pages()? {
				unseen.remove(page);
				self.width.count(page, &mut frequency);
			}
		}
		let mut heldout = ShardWriter::create(&self.folder, manifest::HELDOUT.into())?;
		for page in candidates.pages()?.filter(|page| unseen.contains(page)) {
			heldout.push(page)?;
		}
		let heldout = heldout.close()?;
		Ok(Pages {
			repeated: n_candidates - heldout.pages,
			heldout,
			unigram_entropy: entropy(&frequency),
			train: self.train,
		})
	}

	/// Every n-th page is held out, so that the held-out pages are spread over the corpus like the others.
	fn put_away(&mut self) -> io::Result<()> {
		self.filled += 1;
		if self.filled.is_multiple_of(self.heldout_every) {
			self.candidates.push(&self.page)?;
		} else {
			let shard = match &mut self.open {
				Some(shard) => shard,
				none => none.insert(ShardWriter::create(&self.folder, manifest::train_file(self.train.len()))?),
			};
			shard.push(&self.page)?;
			if shard.pages().saturating_mul(self.page_bytes as u64) >= self.shard_bytes {
				self.close_shard()?;
			}
		}
		self.page.clear();
		Ok(())
	}

	fn close_shard(&mut self) -> io::Result<()> {
		self.closed |= self.open.is_some();
		self.train.extend(self.open.take().map(ShardWriter::close).transpose()?);
		Ok(())
	}
}

/// Bytes of a page. The options have been checked, so that there are some.
fn page_bytes(options: &CutOptions) -> usize {
	(options.page_tokens as usize).saturating_mul(options.tokenizer.width().bytes())
}

/// `-Σ p·ln p` over the shares `p` of the tokens; zero if there are none.
fn entropy(frequency: &[u64]) -> f64 {
	let total = frequency.iter().sum::<u64>() as f64;
	let shares = frequency.iter().filter(|&&count| count > 0).map(|&count| count as f64 / total);
	shares.map(|share| -share * share.ln()).sum::<f64>() + 0.0 // One token alone gives -0.
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn entropy_is_that_of_the_shares() {
		assert_eq!(entropy(&[]), 0.0);
		assert_eq!(entropy(&[0, 9]), 0.0);
		assert!((entropy(&[5; 256]) - 256_f64.ln()).abs() < 1e-12);
	}
}
