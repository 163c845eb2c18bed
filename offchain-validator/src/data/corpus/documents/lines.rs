// SPDX-License-Identifier: Apache-2.0

//! JSON lines: an object in each, with the document in one of its fields.

use std::fs::File;
use std::io::{self, BufRead as _, BufReader, Read as _};
use std::path::Path;

use serde_json::Value;

use super::{document, Found};

/// Bytes of a line for each byte that its document may have: six where all of it is escaped, and other fields.
const LINE_FACTOR: u64 = 8;
/// And so many more.
const LINE_BYTES: u64 = 1 << 16;
const BUFFER_BYTES: usize = 1 << 20;

/// An open file.
pub(super) struct Lines {
	reader: BufReader<File>,
	field: String,
	max_document: u64,
	line: Vec<u8>,
	bytes_read: u64,
}

impl Lines {
	/// Opens a file with documents of at most so many bytes in that field.
	pub(super) fn open(path: &Path, field: &str, max_document: u64) -> io::Result<Self> {
		let reader = BufReader::with_capacity(BUFFER_BYTES, File::open(path)?);
		Ok(Self { reader, field: field.to_owned(), max_document, line: Vec::new(), bytes_read: 0 })
	}

	/// The next document. Empty lines are none.
	pub(super) fn next(&mut self) -> io::Result<Option<Found>> {
		let max = self.max_document.saturating_mul(LINE_FACTOR).saturating_add(LINE_BYTES);
		loop {
			self.line.clear();
			let read = self.reader.by_ref().take(max).read_until(b'\n', &mut self.line)? as u64;
			self.bytes_read += read;
			if read == 0 {
				return Ok(None);
			}
			if read == max && self.line.last() != Some(&b'\n') {
				self.bytes_read += self.reader.skip_until(b'\n')? as u64;
				return Ok(Some(Found::TooLarge));
			}
			if !self.line.trim_ascii().is_empty() {
				return Ok(Some(self.found()));
			}
		}
	}

	/// Bytes read so far.
	pub(super) fn bytes_read(&self) -> u64 {
		self.bytes_read
	}

	fn found(&self) -> Found {
		match serde_json::from_slice::<Value>(&self.line) {
			Ok(Value::Object(object)) => match object.get(&self.field) {
				Some(Value::String(text)) => document(text.as_bytes(), self.max_document),
				_ => Found::NotText,
			},
			_ => Found::NotText,
		}
	}
}
