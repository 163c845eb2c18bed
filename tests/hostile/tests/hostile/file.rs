// SPDX-License-Identifier: Apache-2.0

//! Spoils copies of an honest safetensors file, and what is wrong with such files whatever they hold.

use hostile::{tensor_file, Decoder};
use serde_json::Value;

use crate::case::Case;

/// An honest file, and who reads it.
pub struct Honest {
	/// Who reads it.
	pub decoder: &'static dyn Decoder,
	/// What begins all that is said of one that is wrong.
	pub said: &'static str,
}

impl Honest {
	/// Any bytes in place of it.
	pub fn replaced(&self, what: &'static str, file: Vec<u8>, expected: &str) -> Case {
		Case::object(what, self.decoder, file, &format!("{}{expected}", self.said))
	}

	/// With other text for a header.
	pub fn text(&self, what: &'static str, change: impl FnOnce(&str) -> String, expected: &str) -> Case {
		let file = self.file();
		let (header, data) = tensor_file::split(&file).expect("it is a file");
		let header = change(std::str::from_utf8(header).expect("it is JSON"));
		self.replaced(what, tensor_file::join(header.as_bytes(), data), expected)
	}

	/// With another header.
	pub fn header(&self, what: &'static str, change: impl FnOnce(&mut Value), expected: &str) -> Case {
		let change = |header: &str| {
			let mut header = serde_json::from_str(header).expect("it is JSON");
			change(&mut header);
			header.to_string()
		};
		self.text(what, change, expected)
	}

	/// With another entry in its metadata.
	pub fn metadata(&self, what: &'static str, key: &str, value: &str, expected: &str) -> Case {
		self.header(what, |header| header["__metadata__"][key] = value.into(), expected)
	}

	/// With other bytes at a place in its data.
	pub fn data(&self, what: &'static str, at: usize, bytes: &[u8], expected: &str) -> Case {
		let mut file = self.file();
		let start = file.len() - self.data_size() + at;
		file[start..start + bytes.len()].copy_from_slice(bytes);
		self.replaced(what, file, expected)
	}

	/// Files that end too early.
	pub fn truncated(&self) -> Vec<Case> {
		let (file, size) = (self.file(), self.data_size());
		let short = format!("{} bytes of data: must be {size}", size - 1);
		vec![
			self.replaced("nothing", vec![], "cut off: the header alone needs 8 bytes, there are 0"),
			self.replaced("half a header", file[..100].into(), "cut off: the header alone needs"),
			self.replaced("all but a byte", file[..file.len() - 1].into(), &short),
		]
	}

	/// Files that go on, or of which too much is header, when `most` bytes are allowed.
	pub fn oversized(&self, most: usize) -> Vec<Case> {
		let bomb = |start: &str, unit: &str| {
			let header = start.to_owned() + &unit.repeat((most - 200) / unit.len());
			tensor_file::join(header.as_bytes(), &[])
		};
		let size = self.data_size();
		let long = format!("{} bytes of data: must be {size}", size + 1);
		let huge = format!("{} bytes: at most {most} are allowed", most + 1);
		vec![
			self.replaced("a byte too many", [self.file(), vec![0]].concat(), &long),
			self.replaced("more than any has", vec![0; most + 1], &huge),
			self.replaced("brackets in brackets", bomb("", "["), "bad header"),
			self.replaced("maps in maps", bomb("", r#"{"":"#), "bad header"),
			self.replaced("a shape without end", bomb(r#"{"m":{"shape":["#, "0,"), "bad header"),
			self.replaced("metadata without end", bomb(r#"{"__metadata__":{"#, r#""":"","#), "bad header"),
		]
	}

	/// Headers that say what is not so of the file, or of where its tensor `name` lies.
	pub fn lies(&self, name: &str) -> Vec<Case> {
		let file = self.file();
		let says = |length: u64| [&length.to_le_bytes()[..], &file[8..]].concat();
		let place = format!("tensor {name} does not lie where the one before it ends");
		let lies_at = |what, change: fn(u64, u64) -> [u64; 2], expected: &str| {
			let change = |header: &mut Value| {
				let offsets = &mut header[name]["data_offsets"];
				let [start, end] = [&offsets[0], &offsets[1]].map(|offset| offset.as_u64().expect("it is a number"));
				*offsets = change(start, end).to_vec().into();
			};
			self.header(what, change, expected)
		};
		vec![
			self.replaced("a header longer than the file", says(file.len() as u64), "cut off: the header alone needs"),
			self.replaced(
				"a header of 2^64 bytes",
				says(u64::MAX),
				"cut off: the header alone needs 18446744073709551615",
			),
			self.replaced("a header of nothing", says(0), "bad header: EOF"),
			lies_at("tensors that overlap", |start, end| [start - 4, end - 4], &place),
			lies_at("a gap", |start, end| [start + 4, end + 4], &place),
			lies_at("a tensor outside of the file", |start, end| [u64::MAX - (end - start), u64::MAX], "tensor "),
			lies_at("an end before its start", |start, end| [end, start], &place),
			lies_at("too few bytes", |start, end| [start, end - 1], &place),
		]
	}

	fn file(&self) -> Vec<u8> {
		self.decoder.honest().remove(0)
	}

	fn data_size(&self) -> usize {
		tensor_file::split(&self.file()).expect("it is a file").1.len()
	}
}
