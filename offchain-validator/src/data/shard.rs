// SPDX-License-Identifier: Apache-2.0

//! One file of pages: written once, read whole to check it, read page by page to use it.
//!
//! Files are read, not mapped. Processes share the page cache either way, and a file that changes underneath us then
//! gives an error or wrong text, never undefined behaviour.

use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read as _, Write as _};
use std::os::unix::fs::FileExt as _;
use std::path::Path;

use sha2::{Digest as _, Sha256};

use super::manifest::{self, Shard};

/// Read and written at once.
const BUFFER_BYTES: usize = 1 << 20;

/// A file of pages being written.
pub(super) struct ShardWriter {
	name: String,
	file: BufWriter<File>,
	digest: Sha256,
	pages: u64,
}

impl ShardWriter {
	/// Creates the file `name` in `folder`, which must not hold it yet.
	pub(super) fn create(folder: &Path, name: String) -> io::Result<Self> {
		let file = File::create_new(folder.join(&name))?;
		Ok(Self { name, file: BufWriter::with_capacity(BUFFER_BYTES, file), digest: Sha256::new(), pages: 0 })
	}

	/// Appends a page.
	pub(super) fn push(&mut self, page: &[u8]) -> io::Result<()> {
		self.digest.update(page);
		self.pages += 1;
		self.file.write_all(page)
	}

	/// Pages in the file so far.
	pub(super) fn pages(&self) -> u64 {
		self.pages
	}

	/// Puts the file on the disk and describes it.
	pub(super) fn close(self) -> io::Result<Shard> {
		self.file.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()?;
		Ok(Shard { file: self.name, pages: self.pages, sha256: manifest::hex(self.digest) })
	}
}

/// A file of pages to read from, at any place and from several threads at once.
#[derive(Debug)]
pub(super) struct ShardReader {
	file: File,
	pages: u64,
	page_bytes: usize,
}

impl ShardReader {
	/// Opens `file`, which holds so many pages of so many one-byte tokens.
	pub(super) fn open(file: &Path, pages: u64, page_tokens: u32) -> io::Result<Self> {
		Ok(Self { file: File::open(file)?, pages, page_bytes: page_tokens as usize })
	}

	/// Size of the file, in bytes.
	pub(super) fn size(&self) -> io::Result<u64> {
		Ok(self.file.metadata()?.len())
	}

	/// The page numbered `page` in this file.
	pub(super) fn page(&self, page: u64) -> io::Result<Vec<u8>> {
		let mut text = vec![0; self.page_bytes];
		self.file.read_exact_at(&mut text, page.saturating_mul(self.page_bytes as u64))?;
		Ok(text)
	}

	/// Shows `visit` each page in turn. Returns the SHA-256 of them all, in hexadecimal. Only once: it uses up
	/// the position of the file.
	pub(super) fn scan(&self, mut visit: impl FnMut(&[u8])) -> io::Result<String> {
		let mut reader = BufReader::with_capacity(BUFFER_BYTES, &self.file);
		let (mut digest, mut page) = (Sha256::new(), vec![0; self.page_bytes]);
		for _ in 0..self.pages {
			reader.read_exact(&mut page)?;
			digest.update(&page);
			visit(&page);
		}
		Ok(manifest::hex(digest))
	}
}
