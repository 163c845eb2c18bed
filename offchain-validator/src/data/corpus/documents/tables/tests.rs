// SPDX-License-Identifier: Apache-2.0

use std::sync::Arc;

use parquet::basic::{Compression, ZstdLevel};
use parquet::data_type::Int32Type;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::parser::parse_message_type;

use super::*;

/// Writes a table of numbers and texts, where some rows have none, as so many row groups.
fn write(path: &Path, groups: &[&[Option<&str>]], compression: Compression) {
	let schema = parse_message_type("message rows { required int32 id; optional binary text (UTF8); }").unwrap();
	let properties = WriterProperties::builder().set_compression(compression).build();
	let file = File::create(path).unwrap();
	let mut writer = SerializedFileWriter::new(file, Arc::new(schema), Arc::new(properties)).unwrap();
	for rows in groups {
		let mut group = writer.next_row_group().unwrap();
		let mut ids = group.next_column().unwrap().unwrap();
		let numbers: Vec<i32> = (0..).take(rows.len()).collect();
		ids.typed::<Int32Type>().write_batch(&numbers, None, None).unwrap();
		ids.close().unwrap();
		let mut texts = group.next_column().unwrap().unwrap();
		let levels: Vec<i16> = rows.iter().map(|row| row.is_some().into()).collect();
		let values: Vec<ByteArray> = rows.iter().flatten().map(|text| ByteArray::from(*text)).collect();
		texts.typed::<ByteArrayType>().write_batch(&values, Some(&levels), None).unwrap();
		texts.close().unwrap();
		group.close().unwrap();
	}
	writer.close().unwrap();
}

fn open(path: &Path, column: &str) -> io::Result<Table> {
	Table::open(path, column, 12)
}

#[test]
fn each_row_is_a_document() {
	let many: Vec<String> = (0..1_000).map(|row| format!("row {row}")).collect();
	let many: Vec<Option<&str>> = many.iter().map(|text| Some(text.as_str())).collect();
	let groups: [&[Option<&str>]; 4] =
		[&[Some("one"), None, Some("three")], &[], &many, &[Some("much too long"), Some("nul\0")]];
	let folder = tempfile::tempdir().unwrap();
	let path = folder.path().join("rows.parquet");
	for compression in [Compression::UNCOMPRESSED, Compression::SNAPPY, Compression::ZSTD(ZstdLevel::default())] {
		write(&path, &groups, compression);
		let mut table = open(&path, "text").unwrap();
		let found: Vec<Found> = std::iter::from_fn(|| table.next().unwrap()).collect();
		let text = |text: &Option<&str>| text.map_or(Found::NotText, |text| Found::Text(text.into()));
		let mut expected: Vec<Found> = groups.concat().iter().map(text).collect();
		expected.truncate(1_003);
		expected.extend([Found::TooLarge, Found::NotText]);
		assert!(found == expected, "{compression}");
		assert_eq!(table.part_read(), 1.0);
	}
}

#[test]
fn a_table_without_the_column_says_which_it_has() {
	let folder = tempfile::tempdir().unwrap();
	let path = folder.path().join("rows.parquet");
	write(&path, &[&[Some("one")]], Compression::UNCOMPRESSED);
	let refusal = |column: &str| open(&path, column).err().unwrap().to_string();
	assert_eq!(refusal("content"), "no column `content`: there are id, text");
	assert_eq!(refusal("id"), "column `id` is no text");
	std::fs::write(&path, b"PAR1 is not enough PAR1").unwrap();
	assert!(open(&path, "text").is_err());
}
