// SPDX-License-Identifier: Apache-2.0

//! A compressed gradient in memory, checked. Pure; knows no tensor.
//!
//! Stricter than Templar, whose validators accept parameters that are missing, values of another shape, and repeated
//! indices (and stop at some of them): here a gradient is complete and exactly of its layout, or it is invalid.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use super::{Coding, Compressed, InvalidGradient, Layout, Layouts, Quantised, Quantiser, Values};

/// Pages that a header may name; a miner trains on far fewer in a window.
pub const MAX_PAGES: usize = 256;
/// Least and largest width of a quantiser's bins, as published.
const SCALES: RangeInclusive<f32> = 1e-12..=1e4;

/// Who sends a gradient, when, and what it was trained on; in the sender's own words.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Header {
	/// Window for which it was made.
	pub window: u32,
	/// Slot of the sender.
	pub uid: u16,
	/// What it was trained on.
	pub text: StatedText,
}

/// The training text that a sender says to have used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StatedText {
	/// Pages by their numbers, [`MAX_PAGES`] at most.
	Pages(Vec<u64>),
	/// Sequences, too many to name.
	Sequences {
		/// 32 digits, see [`crate::data::pool::digest`].
		digest: String,
		/// How many they are.
		count: u32,
	},
}

/// No pages.
impl Default for StatedText {
	fn default() -> Self {
		Self::Pages(Vec::new())
	}
}

/// A gradient of the whole model that fits its layouts. What decodes from it is finite.
#[derive(Clone, Debug, PartialEq)]
pub struct CompressedGradient {
	header: Header,
	tensors: BTreeMap<String, Compressed>,
}

impl CompressedGradient {
	/// A gradient of these parts, if they are one.
	pub fn new(
		header: Header,
		tensors: BTreeMap<String, Compressed>,
		layouts: &Layouts,
	) -> Result<Self, InvalidGradient> {
		if let StatedText::Pages(pages) = &header.text {
			if pages.len() > MAX_PAGES {
				return Err(InvalidGradient::Pages { count: pages.len() });
			}
		}
		if let Some(parameter) = tensors.keys().find(|name| layouts.get(name).is_none()) {
			return Err(InvalidGradient::Unknown { parameter: parameter.clone() });
		}
		for (parameter, layout) in layouts.iter() {
			match tensors.get(parameter) {
				Some(tensor) => check(parameter, tensor, layout, layouts.coding())?,
				None => return Err(InvalidGradient::Missing { parameter: parameter.into() }),
			}
		}
		Ok(Self { header, tensors })
	}

	/// What the sender says about it.
	pub fn header(&self) -> &Header {
		&self.header
	}

	/// What was sent of a parameter.
	pub fn get(&self, parameter: &str) -> Option<&Compressed> {
		self.tensors.get(parameter)
	}

	/// Whether it says that it was made by `uid` for `window`.
	pub fn check_origin(&self, window: u32, uid: u16) -> Result<(), InvalidGradient> {
		match (self.header.window, self.header.uid) {
			origin if origin == (window, uid) => Ok(()),
			(window, uid) => Err(InvalidGradient::Origin { window, uid }),
		}
	}
}

fn check(parameter: &str, tensor: &Compressed, layout: &Layout, coding: Coding) -> Result<(), InvalidGradient> {
	let (indices, values, expected) = (tensor.indices.len(), tensor.values.len(), layout.sent());
	if indices != expected || values != expected {
		return Err(InvalidGradient::Length { parameter: parameter.into(), indices, values, expected });
	}
	for (chunk, indices) in tensor.indices.chunks(layout.kept()).enumerate() {
		if let Some(&index) = indices.iter().find(|index| usize::from(**index) >= layout.total()) {
			return Err(InvalidGradient::Index { parameter: parameter.into(), chunk, index, total: layout.total() });
		}
		if !indices.is_sorted_by(|left, right| left < right) {
			return Err(InvalidGradient::Order { parameter: parameter.into(), chunk });
		}
	}
	let other = |expected| InvalidGradient::Coding { parameter: parameter.into(), expected };
	match (coding, &tensor.values) {
		(Coding::Dct, Values::Plain(values)) => check_plain(parameter, values, layout),
		(Coding::Quantised(quantiser), Values::Quantised(values)) => {
			check_quantised(parameter, values, layout, quantiser)
		},
		(Coding::Dct, Values::Quantised(_)) => Err(other("plain".into())),
		(Coding::Quantised(quantiser), Values::Plain(_)) => Err(other(quantised(quantiser))),
	}
}

fn check_plain(parameter: &str, values: &[f32], layout: &Layout) -> Result<(), InvalidGradient> {
	match values.chunks(layout.kept()).position(|values| !decodes_finite(values)) {
		Some(chunk) => Err(InvalidGradient::Values { parameter: parameter.into(), chunk }),
		None => Ok(()),
	}
}

/// What is not transformed can grow no larger than an entry of the table and the shift together.
fn check_quantised(
	parameter: &str,
	values: &Quantised,
	layout: &Layout,
	quantiser: Quantiser,
) -> Result<(), InvalidGradient> {
	let Quantised { codes, lookup, shift, scale } = values;
	let bins = quantiser.bins;
	if lookup.len() != bins {
		return Err(InvalidGradient::Coding { parameter: parameter.into(), expected: quantised(quantiser) });
	}
	if !lookup.iter().all(|mean| decodes_finite(&[*mean, *shift])) || !SCALES.contains(&scale.abs()) {
		return Err(InvalidGradient::Table { parameter: parameter.into() });
	}
	match codes.iter().position(|code| usize::from(*code) >= bins) {
		Some(at) => {
			let chunk = at / layout.kept();
			Err(InvalidGradient::Code { parameter: parameter.into(), chunk, code: codes[at], bins })
		},
		None => Ok(()),
	}
}

fn quantised(quantiser: Quantiser) -> String {
	format!("quantised with a table of {}", quantiser.bins)
}

/// Every element of a decoded chunk is a sum of the values, each times a factor in `[-1, 1]`: it cannot exceed the sum of
/// their sizes. Half the range is left, more than rounding can take.
fn decodes_finite(values: &[f32]) -> bool {
	let sizes: f64 = values.iter().map(|value| f64::from(value.abs())).sum();
	sizes <= f64::from(f32::MAX) / 2.0 // False for NaN.
}

#[cfg(test)]
mod tests;
