// SPDX-License-Identifier: Apache-2.0

//! Safetensors files, read strictly: total on hostile bytes, and exactly the tensors that were asked for.
//!
//! The `safetensors` crate is not used for reading: version 0.8 adds offsets from the header without a check, so a
//! hostile header makes it panic, and of two entries with one name it silently keeps the last. Here the reader says what
//! the file must hold, so almost nothing is left to the file: where each tensor lies, and the metadata.

#[cfg(test)]
pub(crate) mod damaged;
#[cfg(feature = "torch")]
mod disk;
mod header;
pub(crate) mod metadata;
mod numbers;

use std::collections::BTreeMap;

#[cfg(feature = "torch")]
pub(crate) use disk::{save, OpenError, TensorFile};
pub(crate) use header::header;
#[cfg(feature = "torch")]
pub(super) use header::UniqueKeys;
pub(crate) use numbers::f32s;
#[cfg(feature = "torch")]
pub(crate) use numbers::{bf16_bytes, bf16s, f32_bytes};

/// Bytes of the header's length.
const PREFIX: usize = 8;

/// What one tensor of a file must be.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct TensorSpec {
	pub(crate) name: String,
	pub(crate) kind: Kind,
	pub(crate) shape: Vec<usize>,
}

/// Element types that our files use; little-endian.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Kind {
	F32,
	Bf16,
	I16,
	U8,
}

/// What a file holds: its metadata, and the bytes of each tensor in the order they were asked for.
#[derive(Debug)]
pub(crate) struct Contents<'a> {
	pub(crate) metadata: BTreeMap<String, String>,
	pub(crate) tensors: Vec<&'a [u8]>,
}

/// Why bytes are not the file they should be.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum TensorFileError {
	/// More bytes than such a file can have.
	#[error("{size} bytes: at most {max} are allowed")]
	TooLarge {
		/// Bytes there are.
		size: usize,
		/// Bytes allowed.
		max: usize,
	},
	/// The end is missing.
	#[error("cut off: the header alone needs {needed} bytes, there are {size}")]
	CutOff {
		/// Bytes the prefix and the header need.
		needed: u64,
		/// Bytes there are.
		size: usize,
	},
	/// The header is not what safetensors prescribes, or has a name twice.
	#[error("bad header: {0}")]
	Header(String),
	/// An entry of the metadata is not there.
	#[error("metadata {key} is missing")]
	MissingMetadata {
		/// The entry.
		key: &'static str,
	},
	/// An entry of the metadata says something else than it must.
	#[error("metadata {key} is {value:?}: must be {expected}")]
	Metadata {
		/// The entry.
		key: &'static str,
		/// What it says, cut short.
		value: String,
		/// What it must say.
		expected: String,
	},
	/// A tensor is not there.
	#[error("tensor {name} is missing")]
	Missing {
		/// The tensor.
		name: String,
	},
	/// A tensor is there that should not be.
	#[error("tensor {name} is unknown")]
	Unknown {
		/// The tensor, cut short.
		name: String,
	},
	/// A tensor has other elements or another shape.
	#[error("tensor {name} is {found}: must be {expected}")]
	Form {
		/// The tensor.
		name: String,
		/// Element type and shape, cut short.
		found: String,
		/// Element type and shape it must have.
		expected: String,
	},
	/// The tensors overlap, or leave bytes over, or end beyond the file.
	#[error("tensor {name} does not lie where the one before it ends")]
	Place {
		/// The first such tensor.
		name: String,
	},
	/// Bytes follow the last tensor, or are missing from it.
	#[error("{size} bytes of data: must be {expected}")]
	DataSize {
		/// Bytes there are.
		size: usize,
		/// Bytes there must be.
		expected: usize,
	},
}

impl Kind {
	fn bytes(self) -> usize {
		match self {
			Self::F32 => 4,
			Self::Bf16 | Self::I16 => 2,
			Self::U8 => 1,
		}
	}

	fn name(self) -> &'static str {
		match self {
			Self::F32 => "F32",
			Self::Bf16 => "BF16",
			Self::I16 => "I16",
			Self::U8 => "U8",
		}
	}
}

impl TensorSpec {
	/// Bytes of its data. Whoever makes a spec knows that this does not overflow: the tensor exists or has a layout.
	pub(crate) fn bytes(&self) -> usize {
		self.shape.iter().product::<usize>() * self.kind.bytes()
	}

	fn form(&self) -> String {
		form(self.kind.name(), &self.shape)
	}
}

/// An upper bound on the bytes of a file of these tensors, whoever writes it, with metadata of `metadata` bytes as JSON.
pub(crate) fn max_bytes(specs: &[TensorSpec], metadata: usize) -> usize {
	// A name may be escaped sixfold; numbers have at most 20 digits and a comma; the rest is keys, quotes and blanks.
	let entry = |spec: &TensorSpec| 6 * spec.name.len() + 21 * (spec.shape.len() + 2) + 128;
	PREFIX + 1024 + metadata + specs.iter().map(|spec| entry(spec) + spec.bytes()).sum::<usize>()
}

/// Reads a file of at most `max` bytes that must hold exactly `specs`.
pub(crate) fn read<'a>(bytes: &'a [u8], specs: &[TensorSpec], max: usize) -> Result<Contents<'a>, TensorFileError> {
	if bytes.len() > max {
		return Err(TensorFileError::TooLarge { size: bytes.len(), max });
	}
	let (header, data) = split(bytes)?;
	let (metadata, places) = header::parse(header, data.len(), specs, max)?;
	let slice = |((start, end), spec): (&(usize, usize), &TensorSpec)| {
		data.get(*start..*end).ok_or_else(|| TensorFileError::Place { name: spec.name.clone() })
	};
	Ok(Contents { metadata, tensors: places.iter().zip(specs).map(slice).collect::<Result<_, _>>()? })
}

fn data_bytes(specs: &[TensorSpec]) -> usize {
	specs.iter().map(TensorSpec::bytes).sum()
}

/// The header's JSON and the data.
fn split(bytes: &[u8]) -> Result<(&[u8], &[u8]), TensorFileError> {
	let cut_off = |needed| TensorFileError::CutOff { needed, size: bytes.len() };
	let (prefix, rest) = bytes.split_first_chunk::<PREFIX>().ok_or_else(|| cut_off(PREFIX as u64))?;
	let length = u64::from_le_bytes(*prefix);
	let split = usize::try_from(length).ok().and_then(|length| rest.split_at_checked(length));
	split.ok_or_else(|| cut_off(length.saturating_add(PREFIX as u64)))
}

fn form(dtype: &str, shape: &[usize]) -> String {
	format!("{dtype} {shape:?}")
}

/// The beginning of a text that a peer may have written.
pub(super) fn short(text: &str) -> String {
	text.chars().take(120).collect()
}

#[cfg(test)]
mod tests;
