// SPDX-License-Identifier: Apache-2.0

//! Writes a stream of text as shards of pages. Knows no source of text and no manifest.

use std::collections::HashSet;
use std::io;
use std::path::{Path, PathBuf};

use super::CutOptions;
use crate::data::manifest::{self, Shard};
use crate::data::shard::{ShardReader, ShardWriter};

/// Takes text, gives pages.
pub(super) struct PageWriter {
	folder: PathBuf,
	page_tokens: u32,
	heldout_every: u64,
	shard_bytes: u64,
	/// The page being filled.
	page: Vec<u8>,
	/// Pages filled so far, of both kinds.
	filled: u64,
	open: Option<ShardWriter>,
	train: Vec<Shard>,
	heldout: Vec<Vec<u8>>,
	/// How often each token comes up in training pages.
	frequency: [u64; 256],
}

/// All pages, written.
pub(super) struct Pages {
	pub(super) train: Vec<Shard>,
	pub(super) heldout: Shard,
	pub(super) unigram_entropy: f64,
	/// Held-out pages dropped because a training page reads the same.
	pub(super) repeated: u64,
}

impl PageWriter {
	/// Writes into `folder`, which must be empty.
	pub(super) fn new(folder: &Path, options: &CutOptions) -> Self {
		Self {
			folder: folder.to_owned(),
			page_tokens: options.page_tokens,
			heldout_every: options.heldout_every.into(),
			shard_bytes: options.shard_bytes,
			page: Vec::with_capacity(options.page_tokens as usize),
			filled: 0,
			open: None,
			train: Vec::new(),
			heldout: Vec::new(),
			frequency: [0; 256],
		}
	}

	/// Appends `text` to the stream.
	pub(super) fn push(&mut self, mut text: &[u8]) -> io::Result<()> {
		while !text.is_empty() {
			let missing = self.page_tokens as usize - self.page.len(); // Never none: a full page is put away at once.
			let (now, later) = text.split_at(missing.min(text.len()));
			self.page.extend_from_slice(now);
			text = later;
			if self.page.len() == self.page_tokens as usize {
				self.put_away()?;
			}
		}
		Ok(())
	}

	/// Writes what is left to write. Text that did not fill a page is dropped.
	pub(super) fn finish(mut self) -> io::Result<Pages> {
		self.close_shard()?;
		let mut unseen: HashSet<&[u8]> = self.heldout.iter().map(Vec::as_slice).collect();
		for shard in &self.train {
			// Read again, because the training pages need not fit in memory.
			let reader = ShardReader::open(&self.folder.join(&shard.file), shard.pages, self.page_tokens)?;
			reader.scan(|page| {
				unseen.remove(page);
			})?;
		}
		let mut heldout = ShardWriter::create(&self.folder, manifest::HELDOUT.into())?;
		for page in self.heldout.iter().filter(|page| unseen.contains(page.as_slice())) {
			heldout.push(page)?;
		}
		let heldout = heldout.close()?;
		Ok(Pages {
			repeated: self.heldout.len() as u64 - heldout.pages,
			heldout,
			unigram_entropy: entropy(&self.frequency),
			train: self.train,
		})
	}

	/// Every n-th page is held out, so that the held-out pages are spread over the corpus like the others.
	fn put_away(&mut self) -> io::Result<()> {
		self.filled += 1;
		if self.filled.is_multiple_of(self.heldout_every) {
			self.heldout.push(self.page.clone());
		} else {
			self.page.iter().for_each(|&token| self.frequency[usize::from(token)] += 1);
			let shard = match &mut self.open {
				Some(shard) => shard,
				none => none.insert(ShardWriter::create(&self.folder, manifest::train_file(self.train.len()))?),
			};
			shard.push(&self.page)?;
			if shard.pages().saturating_mul(self.page_tokens.into()) >= self.shard_bytes {
				self.close_shard()?;
			}
		}
		self.page.clear();
		Ok(())
	}

	fn close_shard(&mut self) -> io::Result<()> {
		self.train.extend(self.open.take().map(ShardWriter::close).transpose()?);
		Ok(())
	}
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
