// SPDX-License-Identifier: Apache-2.0

//! The file in which a compressed gradient travels.
//!
//! Safetensors, whose header says what made it, for which window and by which uid, besides the shape of every tensor: so a
//! reader knows that it has what it asked for before it allocates anything.
//!
//! | codec | of each parameter | |
//! | --- | --- | --- |
//! | `dct-topk` | `{name}.vals` | `F32`, `[y, x, k]` or `[x, k]` |
//! | | `{name}.idxs` | `I16`, the same shape |
//! | `topk-quantised` | `{name}.quant_params` | `F32`, `[2 + bins]`: shift, scale, the lookup table |
//! | | `{name}.vals` | `U8`, `[y, x, k]` or `[x, k]`: entries of the table |
//! | | `{name}.idxs` | `U8`, `[3/2 · y·x·k]`: indices of 12 bits |
//!
//! The text that it was trained on is told as `pages`, or as `sample_digest` and `sample_count`.
//!
//! `I16` and not `U16`, though indices are never negative: it is what Templar sends, and every release of every tensor
//! library can read it. All tensors of the first kind lie before all of the next, right after the header.

use std::collections::BTreeMap;

use compression::{pack12, unpack12};

use super::compressed::{CompressedGradient, Header, StatedText, MAX_PAGES};
use super::{Coding, Compressed, InvalidGradient, Layout, Layouts, Quantised, Quantiser, Values};
use crate::model::tensor_file::metadata::{bad, entry, expect, number, parse};
use crate::model::tensor_file::{self, Kind, TensorSpec};
use crate::model::TensorFileError;

const VERSION: &str = "1";
/// Of a `sample_digest`.
const DIGEST_DIGITS: usize = 32;
/// As JSON: keys and short values, and 20 digits and a comma for each page; generous with blanks.
const METADATA_BYTES: usize = 1024 + 21 * MAX_PAGES;

/// An upper bound on the size of a valid file; whoever downloads one need not read on.
pub fn max_bytes(layouts: &Layouts) -> usize {
	tensor_file::max_bytes(&specs(layouts), METADATA_BYTES)
}

/// The file of a gradient that was made for these layouts. Equal gradients give equal bytes.
pub fn encode(gradient: &CompressedGradient, layouts: &Layouts) -> Vec<u8> {
	let mut bytes = tensor_file::header(&metadata(gradient.header(), layouts.coding()), &specs(layouts));
	let tensors = || layouts.iter().filter_map(|(name, _)| gradient.get(name));
	let (mut params, mut values, mut indices) = (Vec::new(), Vec::new(), Vec::new());
	for Compressed { indices: positions, values: numbers } in tensors() {
		match numbers {
			Values::Plain(numbers) => {
				values.extend(numbers.iter().flat_map(|number| number.to_le_bytes()));
				indices.extend(positions.iter().flat_map(|position| position.to_le_bytes()));
			},
			Values::Quantised(Quantised { codes, lookup, shift, scale }) => {
				params.extend([shift, scale].into_iter().chain(lookup).flat_map(|number| number.to_le_bytes()));
				values.extend(codes);
				indices.extend(pack12(positions).expect("a checked gradient has pairs of indices below 2^12; qed"));
			},
		}
	}
	bytes.extend([params, values, indices].concat());
	bytes
}

/// The gradient in a file that anybody may have written. Takes time and memory in proportion to [`max_bytes`] at most.
pub fn decode(bytes: &[u8], layouts: &Layouts) -> Result<CompressedGradient, InvalidGradient> {
	let contents = tensor_file::read(bytes, &specs(layouts), max_bytes(layouts))?;
	let header = header(&contents.metadata, layouts.coding())?;
	let mut kinds = contents.tensors.chunks(layouts.iter().count().max(1));
	let mut next = || kinds.next().unwrap_or_default();
	let tensors = match layouts.coding() {
		Coding::Dct => plain(layouts, next(), next()),
		Coding::Quantised(_) => quantised(layouts, next(), next(), next()),
	};
	CompressedGradient::new(header, tensors, layouts)
}

fn plain(layouts: &Layouts, values: &[&[u8]], indices: &[&[u8]]) -> BTreeMap<String, Compressed> {
	let tensor = |((name, _), (values, indices)): ((&str, &Layout), (&&[u8], &&[u8]))| {
		// A negative index reads as one above all that are allowed.
		let indices = indices.as_chunks().0.iter().copied().map(u16::from_le_bytes).collect();
		(name.to_owned(), Compressed { indices, values: tensor_file::f32s(values).into() })
	};
	layouts.iter().zip(values.iter().zip(indices)).map(tensor).collect()
}

/// All tensors have the sizes that the layouts require.
fn quantised(layouts: &Layouts, params: &[&[u8]], values: &[&[u8]], indices: &[&[u8]]) -> BTreeMap<String, Compressed> {
	let tensor = |((name, layout), (params, (values, indices))): ((&str, &Layout), (&&[u8], (&&[u8], &&[u8])))| {
		let params = tensor_file::f32s(params);
		let ([shift, scale], lookup) = match params.split_first_chunk() {
			Some((params, lookup)) => (*params, lookup.to_vec()),
			None => ([f32::NAN; 2], Vec::new()),
		};
		let values = Values::Quantised(Quantised { codes: values.to_vec(), lookup, shift, scale });
		let indices = unpack12(indices, layout.sent()).unwrap_or_default();
		(name.to_owned(), Compressed { indices, values })
	};
	layouts.iter().zip(params.iter().zip(values.iter().zip(indices))).map(tensor).collect()
}

/// Kind after kind, the larger elements first: so every tensor is aligned.
fn specs(layouts: &Layouts) -> Vec<TensorSpec> {
	let of_kind = |kind, suffix, shape: &dyn Fn(&Layout) -> Vec<usize>| -> Vec<TensorSpec> {
		let spec = |(name, layout)| TensorSpec { name: format!("{name}.{suffix}"), kind, shape: shape(layout) };
		layouts.iter().map(spec).collect()
	};
	match layouts.coding() {
		Coding::Dct => {
			[of_kind(Kind::F32, "vals", &Layout::sent_shape), of_kind(Kind::I16, "idxs", &Layout::sent_shape)].concat()
		},
		Coding::Quantised(Quantiser { bins, .. }) => [
			of_kind(Kind::F32, "quant_params", &|_| vec![2 + bins]),
			of_kind(Kind::U8, "vals", &Layout::sent_shape),
			of_kind(Kind::U8, "idxs", &|layout| vec![layout.sent() / 2 * 3]),
		]
		.concat(),
	}
}

fn codec(coding: Coding) -> &'static str {
	match coding {
		Coding::Dct => "dct-topk",
		Coding::Quantised(_) => "topk-quantised",
	}
}

fn metadata(header: &Header, coding: Coding) -> BTreeMap<String, String> {
	let mut entries = vec![
		("codec", codec(coding).to_owned()),
		("version", VERSION.to_owned()),
		("window", header.window.to_string()),
		("uid", header.uid.to_string()),
	];
	match &header.text {
		StatedText::Pages(pages) => {
			entries.push(("pages", pages.iter().map(u64::to_string).collect::<Vec<_>>().join(",")));
		},
		StatedText::Sequences { digest, count } => {
			entries.extend([("sample_digest", digest.clone()), ("sample_count", count.to_string())]);
		},
	}
	entries.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()
}

/// Keys that we do not know are left to whoever wrote them.
fn header(metadata: &BTreeMap<String, String>, coding: Coding) -> Result<Header, TensorFileError> {
	expect(metadata, "codec", codec(coding))?;
	expect(metadata, "version", VERSION)?;
	Ok(Header {
		window: number(metadata, "window", "a number below 2^32")?,
		uid: number(metadata, "uid", "a number below 2^16")?,
		text: text(metadata)?,
	})
}

/// Told in one way and not in the other.
fn text(metadata: &BTreeMap<String, String>) -> Result<StatedText, TensorFileError> {
	let Some(digest) = metadata.get("sample_digest") else {
		let pages = entry(metadata, "pages")?;
		let numbers = match pages {
			"" => Some(vec![]),
			pages => pages.split(',').map(parse).collect(),
		};
		return numbers.map(StatedText::Pages).ok_or_else(|| bad("pages", pages, "numbers with commas between them"));
	};
	if let Some(pages) = metadata.get("pages") {
		return Err(bad("pages", pages, "left out beside a sample_digest"));
	}
	let is_digit = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
	if digest.len() != DIGEST_DIGITS || !digest.bytes().all(is_digit) {
		return Err(bad("sample_digest", digest, "32 hexadecimal digits"));
	}
	let count = number(metadata, "sample_count", "a number below 2^32")?;
	Ok(StatedText::Sequences { digest: digest.clone(), count })
}

#[cfg(test)]
mod tests;
