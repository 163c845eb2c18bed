// SPDX-License-Identifier: Apache-2.0

//! Reads documents out of files: a file of text is one, a file of JSON lines or a table has many. Knows no tokens.

mod lines;
mod tables;

use std::{fs, io};

use super::walk::{Format, TextFile};
use super::{CorpusError, CutOptions};
use crate::data::tokenizer::BYTE_SEPARATOR;

use lines::Lines;
use tables::Table;

/// The next thing in a file.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Found {
	/// A document.
	Text(String),
	/// What is no text, or a row without one.
	NotText,
	/// More text than a document may have.
	TooLarge,
}

/// The documents of a file in their order.
pub(super) struct Documents<'a> {
	file: &'a TextFile,
	source: Source,
}

enum Source {
	Whole { read: bool },
	Lines(Lines),
	Table(Box<Table>),
}

impl<'a> Documents<'a> {
	/// Those of `file`.
	pub(super) fn open(file: &'a TextFile, options: &CutOptions) -> Result<Self, CorpusError> {
		let (field, max_bytes) = (options.text_field.as_deref().unwrap_or_default(), options.max_file_bytes);
		let source = || -> io::Result<Source> {
			Ok(match file.format {
				Format::Text => Source::Whole { read: false },
				Format::Lines => Source::Lines(Lines::open(&file.path, field, max_bytes)?),
				Format::Table => Source::Table(Box::new(Table::open(&file.path, field, max_bytes)?)),
			})
		};
		Ok(Self { file, source: source().map_err(|cause| CorpusError::read(&file.path, cause))? })
	}

	/// The next one, or none at the end.
	pub(super) fn next(&mut self) -> Result<Option<Found>, CorpusError> {
		let found = match &mut self.source {
			Source::Whole { read: true } => Ok(None),
			Source::Whole { read } => {
				*read = true;
				fs::read(&self.file.path).map(|bytes| Some(text(bytes)))
			},
			Source::Lines(lines) => lines.next(),
			Source::Table(table) => table.next(),
		};
		found.map_err(|cause| CorpusError::read(&self.file.path, cause))
	}

	/// Bytes of the file that have been read, about.
	pub(super) fn bytes_read(&self) -> u64 {
		let bytes = self.file.bytes;
		match &self.source {
			Source::Whole { read } => bytes * u64::from(*read),
			Source::Lines(lines) => lines.bytes_read().min(bytes),
			Source::Table(table) => (table.part_read() * bytes as f64) as u64,
		}
	}
}

/// Bytes as a document, if they are one.
fn text(bytes: Vec<u8>) -> Found {
	match String::from_utf8(bytes) {
		Ok(text) if !text.as_bytes().contains(&BYTE_SEPARATOR) => Found::Text(text),
		_ => Found::NotText,
	}
}

/// Like [`text`], of which there may be so much.
fn document(bytes: &[u8], max_bytes: u64) -> Found {
	match bytes.len() as u64 <= max_bytes {
		true => text(bytes.to_vec()),
		false => Found::TooLarge,
	}
}

#[cfg(test)]
mod tests;
