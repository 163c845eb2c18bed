// SPDX-License-Identifier: Apache-2.0

//! From files to pages: reads documents, turns them into tokens many at a time, and notes from time to time how far it is.

use std::io;

use super::documents::{Documents, Found};
use super::staging::{Progress, Staging, Tally};
use super::walk::{Format, Selection, TextFile};
use super::writer::{PageWriter, Pages};
use super::{CorpusError, CutOptions};

/// Text that is turned into tokens at once, in bytes: enough for all cores to share.
const BATCH_BYTES: u64 = 4 << 20;

/// Reads documents into pages.
struct Cutter<'a> {
	selection: &'a Selection,
	options: &'a CutOptions,
	staging: &'a Staging,
	fingerprint: &'a str,
	writer: PageWriter,
	tally: Tally,
	batch: Vec<String>,
	batch_bytes: u64,
	tokens: Vec<u8>,
	/// Files that are done.
	files: usize,
	/// Documents of the next file that are done.
	documents: u64,
}

/// Writes the documents of `selection` as pages, from where `begun` has ended if there is such.
///
/// `progress` is told the bytes of the files done and to be done.
pub(super) fn write_pages(
	selection: &Selection,
	options: &CutOptions,
	fingerprint: &str,
	(staging, begun): (&Staging, Option<Progress>),
	mut progress: impl FnMut(u64, u64),
) -> Result<(Pages, Tally), CorpusError> {
	let mut cutter = Cutter::start(selection, options, fingerprint, (staging, begun))?;
	let mut done = selection.files.iter().take(cutter.files).map(|file| file.bytes).sum::<u64>();
	for file in selection.files.iter().skip(cutter.files) {
		let mut documents = Documents::open(file, options)?;
		for _ in 0..cutter.documents {
			documents.next()?;
		}
		while let Some(found) = documents.next()? {
			cutter.take(found, file);
			if cutter.is_full() {
				cutter.flush()?;
				progress(done + documents.bytes_read(), selection.bytes);
			}
		}
		done += file.bytes;
		(cutter.files, cutter.documents) = (cutter.files + 1, 0);
	}
	cutter.flush()?;
	progress(done, selection.bytes);
	let unwritable = cutter.unwritable();
	Ok((cutter.writer.finish().map_err(unwritable)?, cutter.tally))
}

impl<'a> Cutter<'a> {
	fn start(
		selection: &'a Selection,
		options: &'a CutOptions,
		fingerprint: &'a str,
		(staging, begun): (&'a Staging, Option<Progress>),
	) -> Result<Self, CorpusError> {
		let resumed = begun.and_then(|begun| {
			let writer = PageWriter::resume(&staging.new, &staging.parent, options, begun.position).ok()?;
			Some((writer, begun.tally, begun.files, begun.documents))
		});
		let anew = || -> io::Result<_> {
			staging.clear()?;
			Ok((PageWriter::new(&staging.new, &staging.parent, options)?, Tally::default(), 0, 0))
		};
		// What was left is damaged if it cannot be gone on from: no reason to fail.
		let (writer, tally, files, documents) = resumed.map_or_else(anew, Ok).map_err(unwritable(staging))?;
		let (batch, batch_bytes, tokens) = (Vec::new(), 0, Vec::new());
		Ok(Self {
			selection,
			options,
			staging,
			fingerprint,
			writer,
			tally,
			batch,
			batch_bytes,
			tokens,
			files,
			documents,
		})
	}

	/// Takes a document of `file`, if it is one and there is room.
	fn take(&mut self, found: Found, file: &TextFile) {
		self.documents += 1;
		let text = match found {
			Found::NotText => return self.tally.not_text += 1,
			Found::TooLarge => return self.tally.too_large += 1,
			Found::Text(text) => text,
		};
		let bytes = text.len() as u64;
		// A file that is one document has been counted when it was chosen.
		if file.format != Format::Text {
			if bytes > self.selection.left.saturating_sub(self.tally.shared_bytes) {
				return self.tally.too_large += 1;
			}
			self.tally.shared_bytes += bytes;
		}
		self.tally.documents += 1;
		self.batch_bytes += bytes;
		self.batch.push(text);
	}

	/// Whether there is enough text to make tokens of. Small shards want small batches, for one can end after each.
	fn is_full(&self) -> bool {
		self.batch_bytes >= BATCH_BYTES.min(self.options.shard_bytes)
	}

	/// Makes tokens of the text that was taken and writes them. Notes how far that is, whenever another shard is full.
	fn flush(&mut self) -> Result<(), CorpusError> {
		let unwritable = unwritable(self.staging);
		self.tokens.clear();
		self.options.tokenizer.append(&self.batch, &mut self.tokens)?;
		self.writer.push(&self.tokens).map_err(&unwritable)?;
		self.batch.clear();
		self.batch_bytes = 0;
		if self.writer.has_closed() {
			let progress = Progress {
				fingerprint: self.fingerprint.to_owned(),
				files: self.files,
				documents: self.documents,
				tally: self.tally,
				position: self.writer.position().map_err(&unwritable)?,
			};
			self.staging.note(&progress).map_err(&unwritable)?;
		}
		Ok(())
	}

	fn unwritable(&self) -> impl Fn(io::Error) -> CorpusError + 'a {
		unwritable(self.staging)
	}
}

fn unwritable(staging: &Staging) -> impl Fn(std::io::Error) -> CorpusError + '_ {
	|source| CorpusError::Write { folder: staging.parent.clone(), source }
}
