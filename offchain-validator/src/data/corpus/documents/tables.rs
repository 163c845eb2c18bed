// SPDX-License-Identifier: Apache-2.0

//! Parquet tables: a document in each row, in one of the columns.

use std::collections::VecDeque;
use std::fs::File;
use std::io;
use std::path::Path;

use parquet::basic::Type;
use parquet::column::reader::{ColumnReader, ColumnReaderImpl};
use parquet::data_type::{ByteArray, ByteArrayType};
use parquet::errors::ParquetError;
use parquet::file::reader::{FileReader as _, SerializedFileReader};

use super::{document, Found};

/// Rows read at once.
const ROWS: usize = 256;

/// An open file.
pub(super) struct Table {
	file: SerializedFileReader<File>,
	column: usize,
	/// Definition level of a row that has a document; zero where all must have one.
	present: i16,
	max_document: u64,
	/// The next row group.
	group: usize,
	/// The column in the row group before that.
	reader: Option<ColumnReaderImpl<ByteArrayType>>,
	/// Documents read and not asked for yet.
	ready: VecDeque<Found>,
	rows_read: u64,
}

impl Table {
	/// Opens a file with documents of at most so many bytes in the column of that name.
	pub(super) fn open(path: &Path, column: &str, max_document: u64) -> io::Result<Self> {
		let file = SerializedFileReader::new(File::open(path)?).map_err(failed)?;
		let schema = file.metadata().file_metadata().schema_descr();
		let found = schema.columns().iter().position(|descriptor| descriptor.path().string() == column);
		let names = || schema.columns().iter().map(|descriptor| descriptor.path().string()).collect::<Vec<_>>();
		let none = || io::Error::other(format!("no column `{column}`: there are {}", names().join(", ")));
		let column = found.ok_or_else(none)?;
		let descriptor = schema.column(column);
		if descriptor.physical_type() != Type::BYTE_ARRAY || descriptor.max_rep_level() != 0 {
			return Err(io::Error::other(format!("column `{}` is no text", descriptor.path().string())));
		}
		let present = descriptor.max_def_level();
		let (reader, ready) = (None, VecDeque::new());
		Ok(Self { file, column, present, max_document, group: 0, reader, ready, rows_read: 0 })
	}

	/// The document of the next row.
	pub(super) fn next(&mut self) -> io::Result<Option<Found>> {
		loop {
			if let Some(found) = self.ready.pop_front() {
				self.rows_read += 1;
				return Ok(Some(found));
			}
			match &mut self.reader {
				Some(reader) => {
					self.ready = rows(reader, self.present, self.max_document).map_err(failed)?;
					if self.ready.is_empty() {
						self.reader = None;
					}
				},
				None if self.group < self.file.num_row_groups() => {
					let group = self.file.get_row_group(self.group).map_err(failed)?;
					let ColumnReader::ByteArrayColumnReader(reader) =
						group.get_column_reader(self.column).map_err(failed)?
					else {
						return Err(io::Error::other("a row group's column has another type than the table's"));
					};
					self.reader = Some(reader);
					self.group += 1;
				},
				None => return Ok(None),
			}
		}
	}

	/// Part of the rows read so far.
	pub(super) fn part_read(&self) -> f64 {
		let rows = self.file.metadata().file_metadata().num_rows().max(1);
		(self.rows_read as f64 / rows as f64).min(1.0)
	}
}

/// The documents of the next rows; none at the end of a row group.
fn rows(
	reader: &mut ColumnReaderImpl<ByteArrayType>,
	present: i16,
	max_document: u64,
) -> Result<VecDeque<Found>, ParquetError> {
	let (mut levels, mut values) = (Vec::new(), Vec::<ByteArray>::new());
	let (records, ..) = reader.read_records(ROWS, (present > 0).then_some(&mut levels), None, &mut values)?;
	let mut values = values.iter();
	let mut document = || values.next().map_or(Found::NotText, |value| document(value.data(), max_document));
	Ok(match present {
		0 => (0..records).map(|_| document()).collect(),
		_ => levels.iter().map(|level| if *level == present { document() } else { Found::NotText }).collect(),
	})
}

fn failed(error: ParquetError) -> io::Error {
	io::Error::other(error)
}

#[cfg(test)]
mod tests;
