// SPDX-License-Identifier: Apache-2.0

//! The header of a file: JSON that says what there is and where it lies.

use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;

use serde::de::{Error as _, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

use super::{data_bytes, form, short, TensorFileError, TensorSpec, PREFIX};

const METADATA: &str = "__metadata__";

/// The metadata of a file, and where each tensor's bytes begin and end in its data.
pub(super) type Parsed = (BTreeMap<String, String>, Vec<(usize, usize)>);

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
pub(in crate::model) struct UniqueKeys<V>(pub(in crate::model) BTreeMap<String, V>);

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

/// Reads the header of a file of at most `max` bytes that must hold exactly `specs`, in so many bytes of `data`.
pub(super) fn parse(header: &[u8], data: usize, specs: &[TensorSpec], max: usize) -> Result<Parsed, TensorFileError> {
	check_size(header.len(), specs, max)?;
	let UniqueKeys(mut header) = serde_json::from_slice::<UniqueKeys<HeaderEntry>>(header)
		.map_err(|error| TensorFileError::Header(short(&error.to_string())))?;
	let metadata = match header.remove(METADATA) {
		None => BTreeMap::new(),
		Some(HeaderEntry::Metadata(UniqueKeys(metadata))) => metadata,
		Some(HeaderEntry::Tensor(_)) => {
			return Err(TensorFileError::Header(format!("{METADATA} is no map of strings")))
		},
	};
	let mut places = Vec::with_capacity(specs.len());
	for spec in specs {
		places.push(place(header.remove(&spec.name), spec)?);
	}
	if let Some((name, _)) = header.first_key_value() {
		return Err(TensorFileError::Unknown { name: short(name) });
	}
	check_places(&places, specs, data)?;
	Ok((metadata, places))
}

/// Were all of a large file header, what is made of its JSON would take many times as much.
pub(super) fn check_size(size: usize, specs: &[TensorSpec], max: usize) -> Result<(), TensorFileError> {
	let most = max.saturating_sub(data_bytes(specs));
	match size > most {
		true => Err(TensorFileError::Header(format!("{size} bytes: at most {most} are allowed"))),
		false => Ok(()),
	}
}

/// Where a tensor says it lies; at a length that its form requires.
fn place(entry: Option<HeaderEntry>, spec: &TensorSpec) -> Result<(usize, usize), TensorFileError> {
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

/// Whether the tensors together cover so many bytes of data, each byte once.
fn check_places(places: &[(usize, usize)], specs: &[TensorSpec], size: usize) -> Result<(), TensorFileError> {
	let expected = data_bytes(specs);
	if size != expected {
		return Err(TensorFileError::DataSize { size, expected });
	}
	let mut by_place: Vec<_> = places.iter().zip(specs).collect();
	by_place.sort_by_key(|(place, _)| **place);
	let mut end = 0;
	for ((start, stop), spec) in by_place {
		if *start != end {
			return Err(TensorFileError::Place { name: spec.name.clone() });
		}
		end = *stop;
	}
	Ok(())
}

fn json(value: &(impl Serialize + ?Sized)) -> String {
	serde_json::to_string(value).expect("strings, numbers and maps keyed by strings are JSON; qed")
}
