// SPDX-License-Identifier: Apache-2.0

//! Safetensors files, read strictly: total on hostile bytes, and exactly the tensors that were asked for.
//!
//! The `safetensors` crate is not used for reading: version 0.8 adds offsets from the header without a check, so a
//! hostile header makes it panic, and of two entries with one name it silently keeps the last. Here the reader says what
//! the file must hold, so almost nothing is left to the file: where each tensor lies, and the metadata.

use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;

use serde::de::{Error as _, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

const METADATA: &str = "__metadata__";
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

/// One entry of the header.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
	dtype: String,
	shape: Vec<usize>,
	data_offsets: (usize, usize),
}

/// The header; its two kinds of entry are told apart by form.
#[derive(Deserialize)]
#[serde(untagged)]
enum HeaderEntry {
	Tensor(Entry),
	Metadata(UniqueKeys<String>),
}

/// A map in which no key comes twice. Serde's own maps keep the last, so that two readers may see two different files.
struct UniqueKeys<V>(BTreeMap<String, V>);

impl<'de, V: Deserialize<'de>> Deserialize<'de> for UniqueKeys<V> {
	fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
		struct Keys<V>(PhantomData<V>);
		impl<'de, V: Deserialize<'de>> Visitor<'de> for Keys<V> {
			type Value = UniqueKeys<V>;

			fn expecting(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
				formatter.write_str("a map")
			}

			fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
				let mut entries = BTreeMap::new();
				while let Some((key, value)) = map.next_entry::<String, V>()? {
					if entries.contains_key(&key) {
						return Err(A::Error::custom(format_args!("{} comes twice", short(&key))));
					}
					entries.insert(key, value);
				}
				Ok(UniqueKeys(entries))
			}
		}
		deserializer.deserialize_map(Keys(PhantomData))
	}
}

/// An upper bound on the bytes of a file of these tensors, whoever writes it, with metadata of `metadata` bytes as JSON.
pub(crate) fn max_bytes(specs: &[TensorSpec], metadata: usize) -> usize {
	// A name may be escaped sixfold; numbers have at most 20 digits and a comma; the rest is keys, quotes and blanks.
	let entry = |spec: &TensorSpec| 6 * spec.name.len() + 21 * (spec.shape.len() + 2) + 128;
	PREFIX + 1024 + metadata + specs.iter().map(|spec| entry(spec) + spec.bytes()).sum::<usize>()
}

/// All of the file of these tensors that comes before their data. Equal arguments give equal bytes.
pub(crate) fn header(metadata: &BTreeMap<String, String>, specs: &[TensorSpec]) -> Vec<u8> {
	let mut header = format!("{{{}:{}", json(METADATA), json(metadata));
	let mut start = 0;
	for spec in specs {
		let end = start + spec.bytes();
		let entry = Entry { dtype: spec.kind.name().into(), shape: spec.shape.clone(), data_offsets: (start, end) };
		header += &format!(",{}:{}", json(&spec.name), json(&entry));
		start = end;
	}
	header.push('}');
	// Blanks align the data, which readers that map the file rely on.
	header.extend(std::iter::repeat_n(' ', header.len().next_multiple_of(PREFIX) - header.len()));
	[&(header.len() as u64).to_le_bytes()[..], header.as_bytes()].concat()
}

/// Reads a file of at most `max` bytes that must hold exactly `specs`.
pub(crate) fn read<'a>(bytes: &'a [u8], specs: &[TensorSpec], max: usize) -> Result<Contents<'a>, TensorFileError> {
	if bytes.len() > max {
		return Err(TensorFileError::TooLarge { size: bytes.len(), max });
	}
	let (header, data) = split(bytes)?;
	// Were all of a large file header, what is made of its JSON would take many times as much.
	let most = max.saturating_sub(data_bytes(specs));
	if header.len() > most {
		return Err(TensorFileError::Header(format!("{} bytes: at most {most} are allowed", header.len())));
	}
	let UniqueKeys(mut header) = serde_json::from_slice::<UniqueKeys<HeaderEntry>>(header)
		.map_err(|error| TensorFileError::Header(short(&error.to_string())))?;
	let metadata = match header.remove(METADATA) {
		None => BTreeMap::new(),
		Some(HeaderEntry::Metadata(UniqueKeys(metadata))) => metadata,
		Some(HeaderEntry::Tensor(_)) => {
			return Err(TensorFileError::Header(format!("{METADATA} is no map of strings")))
		},
	};
	let mut ranges = Vec::with_capacity(specs.len());
	for spec in specs {
		ranges.push(range(header.remove(&spec.name), spec)?);
	}
	match header.first_key_value() {
		Some((name, _)) => Err(TensorFileError::Unknown { name: short(name) }),
		None => Ok(Contents { metadata, tensors: places(&ranges, specs, data)? }),
	}
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

/// Where a tensor says it lies; at a length that its form requires.
fn range(entry: Option<HeaderEntry>, spec: &TensorSpec) -> Result<(usize, usize), TensorFileError> {
	let entry = match entry {
		None => return Err(TensorFileError::Missing { name: spec.name.clone() }),
		Some(HeaderEntry::Metadata(_)) => {
			return Err(TensorFileError::Header(format!("{} is no tensor", short(&spec.name))))
		},
		Some(HeaderEntry::Tensor(entry)) => entry,
	};
	if entry.dtype != spec.kind.name() || entry.shape != spec.shape {
		let found = short(&form(&entry.dtype, &entry.shape));
		return Err(TensorFileError::Form { name: spec.name.clone(), found, expected: spec.form() });
	}
	let (start, end) = entry.data_offsets;
	match end.checked_sub(start) == Some(spec.bytes()) {
		true => Ok((start, end)),
		false => Err(TensorFileError::Place { name: spec.name.clone() }),
	}
}

/// The bytes of each tensor. Together they must cover the data, each byte once.
fn places<'a>(
	ranges: &[(usize, usize)],
	specs: &[TensorSpec],
	data: &'a [u8],
) -> Result<Vec<&'a [u8]>, TensorFileError> {
	let expected = data_bytes(specs);
	if data.len() != expected {
		return Err(TensorFileError::DataSize { size: data.len(), expected });
	}
	let misplaced = |spec: &TensorSpec| TensorFileError::Place { name: spec.name.clone() };
	let mut by_place: Vec<_> = ranges.iter().zip(specs).collect();
	by_place.sort_by_key(|(range, _)| **range);
	let mut end = 0;
	for ((start, stop), spec) in by_place {
		if *start != end {
			return Err(misplaced(spec));
		}
		end = *stop;
	}
	let slice = |((start, end), spec): (&(usize, usize), _)| data.get(*start..*end).ok_or_else(|| misplaced(spec));
	ranges.iter().zip(specs).map(slice).collect()
}

/// The numbers of an F32 tensor.
pub(crate) fn f32s(data: &[u8]) -> Vec<f32> {
	data.as_chunks().0.iter().copied().map(f32::from_le_bytes).collect()
}

/// The numbers of a BF16 tensor: the upper halves of as many F32.
#[cfg(feature = "torch")]
pub(crate) fn bf16s(data: &[u8]) -> Vec<f32> {
	let number = |bytes: &[u8; 2]| f32::from_bits(u32::from(u16::from_le_bytes(*bytes)) << 16);
	data.as_chunks().0.iter().map(number).collect()
}

fn form(dtype: &str, shape: &[usize]) -> String {
	format!("{dtype} {shape:?}")
}

fn json(value: &(impl Serialize + ?Sized)) -> String {
	serde_json::to_string(value).expect("strings, numbers and maps keyed by strings are JSON; qed")
}

/// The beginning of a text that a peer may have written.
fn short(text: &str) -> String {
	text.chars().take(120).collect()
}

#[cfg(test)]
mod tests;
