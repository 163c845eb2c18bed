// SPDX-License-Identifier: Apache-2.0

//! One file of pages: written once, then mapped into memory and read from there, by all processes that use it together.
//!
//! Nobody writes into a file that is in its place: a corpus appears whole, and a new one is another folder. Whoever cuts
//! one short all the same gets us an error, not the end of the process: the size is asked before each page is read.

use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, Seek as _, SeekFrom, Write as _};
use std::path::Path;

use memmap2::Mmap;
use sha2::{Digest as _, Sha256};

use super::manifest::{self, Shard};

/// Written at once.
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
		Ok(Self::of(File::create_new(folder.join(&name))?, name, Sha256::new(), 0))
	}

	/// Goes on behind the first `pages` of a file. What follows them is dropped.
	pub(super) fn reopen(folder: &Path, name: String, pages: u64, page_bytes: usize) -> io::Result<Self> {
		let path = folder.join(&name);
		let reader = ShardReader::open(&path, pages, page_bytes)?;
		let digest = Sha256::new_with_prefix(reader.content()?);
		let mut file = OpenOptions::new().write(true).open(&path)?;
		file.set_len(pages.saturating_mul(page_bytes as u64))?;
		file.seek(SeekFrom::End(0))?;
		Ok(Self::of(file, name, digest, pages))
	}

	fn of(file: File, name: String, digest: Sha256, pages: u64) -> Self {
		Self { name, file: BufWriter::with_capacity(BUFFER_BYTES, file), digest, pages }
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

	/// Puts what is there so far on the disk.
	pub(super) fn sync(&mut self) -> io::Result<()> {
		self.file.flush()?;
		self.file.get_ref().sync_all()
	}

	/// Puts the file on the disk and describes it.
	pub(super) fn close(mut self) -> io::Result<Shard> {
		self.sync()?;
		Ok(Shard { file: self.name, pages: self.pages, sha256: manifest::hex(self.digest) })
	}
}

/// A file of pages to read from, at any place and from several threads at once.
#[derive(Debug)]
pub(super) struct ShardReader {
	file: File,
	map: Mmap,
	page_bytes: usize,
}

impl ShardReader {
	/// Opens `file`, which begins with so many pages of so many bytes.
	pub(super) fn open(file: &Path, pages: u64, page_bytes: usize) -> io::Result<Self> {
		let file = File::open(file)?;
		let bytes = usize::try_from(pages).ok().and_then(|pages| pages.checked_mul(page_bytes));
		let bytes = bytes.filter(|bytes| *bytes as u64 <= size(&file).unwrap_or(0)).ok_or_else(too_short)?;
		// SAFETY: it is read only, nobody writes into a shard in its place, and its size is asked before each read.
		let map = unsafe { memmap2::MmapOptions::new().len(bytes).map(&file) }?;
		Ok(Self { file, map, page_bytes })
	}

	/// Size of the file, in bytes.
	pub(super) fn size(&self) -> io::Result<u64> {
		size(&self.file)
	}

	/// The page numbered `page` in this file.
	pub(super) fn page(&self, page: u64) -> io::Result<&[u8]> {
		let page = usize::try_from(page).ok();
		let start = page.and_then(|page| page.checked_mul(self.page_bytes)).ok_or_else(too_short)?;
		let end = start.checked_add(self.page_bytes).ok_or_else(too_short)?;
		self.check_size(end)?;
		self.map.get(start..end).ok_or_else(too_short)
	}

	/// All pages in turn.
	pub(super) fn pages(&self) -> io::Result<impl Iterator<Item = &[u8]>> {
		Ok(self.content()?.chunks_exact(self.page_bytes.max(1)))
	}

	/// SHA-256 of all pages, in hexadecimal.
	pub(super) fn digest(&self) -> io::Result<String> {
		Ok(manifest::hex(Sha256::new_with_prefix(self.content()?)))
	}

	fn content(&self) -> io::Result<&[u8]> {
		self.check_size(self.map.len())?;
		Ok(&self.map)
	}

	/// Whether the first `bytes` are still there.
	fn check_size(&self, bytes: usize) -> io::Result<()> {
		match self.size()? < bytes as u64 {
			true => Err(too_short()),
			false => Ok(()),
		}
	}
}

fn size(file: &File) -> io::Result<u64> {
	Ok(file.metadata()?.len())
}

fn too_short() -> io::Error {
	io::Error::new(io::ErrorKind::UnexpectedEof, "the file is shorter than its pages")
}
