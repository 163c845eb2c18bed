// SPDX-License-Identifier: Apache-2.0

//! The file in which a compressed gradient travels.
//!
//! Safetensors with, of each parameter, `{name}.vals` (`F32`) and `{name}.idxs` (`I16`), both of shape `[y, x, k]` or
//! `[x, k]`. `I16` and not `U16`, though indices are never negative: it is what Templar sends, and every release of every
//! tensor library can read it. The first value lies right after the header, all values before all indices.

use std::collections::BTreeMap;
use std::str::FromStr;

use super::compressed::{Compressed, CompressedGradient, Header, InvalidGradient, MAX_PAGES};
use super::layout::Layouts;
use crate::model::tensor_file::{self, Kind, TensorSpec};

const CODEC: &str = "dct-topk";
const VERSION: &str = "1";
/// As JSON: keys and short values, and 20 digits and a comma for each page; generous with blanks.
const METADATA_BYTES: usize = 1024 + 21 * MAX_PAGES;

/// An upper bound on the size of a valid file; whoever downloads one need not read on.
pub fn max_bytes(layouts: &Layouts) -> usize {
	tensor_file::max_bytes(&specs(layouts), METADATA_BYTES)
}

/// The file of a gradient that was made for these layouts. Equal gradients give equal bytes.
pub fn encode(gradient: &CompressedGradient, layouts: &Layouts) -> Vec<u8> {
	let mut bytes = tensor_file::header(&metadata(gradient.header()), &specs(layouts));
	let tensors = || layouts.iter().filter_map(|(name, _)| gradient.get(name));
	bytes.extend(tensors().flat_map(|tensor| &tensor.values).flat_map(|value| value.to_le_bytes()));
	bytes.extend(tensors().flat_map(|tensor| &tensor.indices).flat_map(|index| index.to_le_bytes()));
	bytes
}

/// The gradient in a file that anybody may have written. Takes time and memory in proportion to [`max_bytes`] at most.
pub fn decode(bytes: &[u8], layouts: &Layouts) -> Result<CompressedGradient, InvalidGradient> {
	let contents = tensor_file::read(bytes, &specs(layouts), max_bytes(layouts))?;
	let header = header(&contents.metadata)?;
	let (values, indices) = contents.tensors.split_at(contents.tensors.len() / 2);
	let tensors = layouts.iter().zip(values.iter().zip(indices)).map(|((name, _), (values, indices))| {
		// A negative index reads as one above all that are allowed.
		let indices = indices.as_chunks().0.iter().copied().map(u16::from_le_bytes).collect();
		(name.to_owned(), Compressed { indices, values: tensor_file::f32s(values) })
	});
	CompressedGradient::new(header, tensors.collect(), layouts)
}

/// All values, then all indices: the larger elements first keeps every tensor aligned.
fn specs(layouts: &Layouts) -> Vec<TensorSpec> {
	let of_kind = |kind, suffix| {
		let spec = move |(name, layout): (&str, &super::Layout)| TensorSpec {
			name: format!("{name}.{suffix}"),
			kind,
			shape: layout.sent_shape(),
		};
		layouts.iter().map(spec)
	};
	of_kind(Kind::F32, "vals").chain(of_kind(Kind::I16, "idxs")).collect()
}

fn metadata(header: &Header) -> BTreeMap<String, String> {
	let pages: Vec<String> = header.pages.iter().map(u64::to_string).collect();
	let entries = [
		("codec", CODEC.to_owned()),
		("version", VERSION.to_owned()),
		("window", header.window.to_string()),
		("uid", header.uid.to_string()),
		("pages", pages.join(",")),
	];
	entries.map(|(key, value)| (key.to_owned(), value)).into()
}

/// Keys that we do not know are left to whoever wrote them.
fn header(metadata: &BTreeMap<String, String>) -> Result<Header, InvalidGradient> {
	let entry = |key| metadata.get(key).ok_or(InvalidGradient::MissingMetadata { key });
	let bad = |key, value: &str, expected| InvalidGradient::Metadata {
		key,
		value: value.chars().take(40).collect(),
		expected,
	};
	for (key, only) in [("codec", CODEC), ("version", VERSION)] {
		if entry(key)? != only {
			return Err(bad(key, entry(key)?, only));
		}
	}
	let (window, uid, pages) = (entry("window")?, entry("uid")?, entry("pages")?);
	let pages = match pages.as_str() {
		"" => Some(vec![]),
		pages => pages.split(',').map(number).collect(),
	};
	Ok(Header {
		window: number(window).ok_or_else(|| bad("window", window, "a number below 2^32"))?,
		uid: number(uid).ok_or_else(|| bad("uid", uid, "a number below 2^16"))?,
		pages: pages.ok_or_else(|| bad("pages", &metadata["pages"], "numbers with commas between them"))?,
	})
}

/// A number written the one way in which we write it: no sign, no leading zero.
fn number<N: FromStr + ToString>(text: &str) -> Option<N> {
	text.parse().ok().filter(|number: &N| number.to_string() == text)
}

#[cfg(test)]
mod tests;
