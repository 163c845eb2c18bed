// SPDX-License-Identifier: Apache-2.0

//! A compressed gradient in memory, and what can be wrong with one. Pure; knows no tensor.
//!
//! Stricter than Templar, whose validators accept parameters that are missing, values of another shape, and repeated
//! indices (and stop at some of them): here a gradient is complete and exactly of its layout, or it is invalid.

use std::collections::BTreeMap;

use super::layout::{Layout, Layouts};
use crate::model::TensorFileError;

/// Pages that a header may name; a miner trains on far fewer in a window.
pub const MAX_PAGES: usize = 256;

/// What is sent of one parameter, chunk by chunk, row by row.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Compressed {
	/// Positions in a chunk, ascending: equal gradients have equal bytes, and no index comes twice.
	pub indices: Vec<u16>,
	/// The coefficients at these positions.
	pub values: Vec<f32>,
}

/// Who sends a gradient, when, and what it was trained on; in the sender's own words.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Header {
	/// Window for which it was made.
	pub window: u32,
	/// Slot of the sender.
	pub uid: u16,
	/// Pages of the dataset it was trained on, [`MAX_PAGES`] at most.
	pub pages: Vec<u64>,
}

/// A gradient of the whole model that fits its layouts. What decodes from it is finite.
#[derive(Clone, Debug, PartialEq)]
pub struct CompressedGradient {
	header: Header,
	tensors: BTreeMap<String, Compressed>,
}

/// What is wrong with a gradient that somebody sent.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum InvalidGradient {
	/// The bytes are no file of this model's compressed tensors.
	#[error(transparent)]
	File(#[from] TensorFileError),
	/// An entry of the metadata is not there.
	#[error("metadata {key} is missing")]
	MissingMetadata {
		/// The entry.
		key: &'static str,
	},
	/// An entry of the metadata says something impossible.
	#[error("metadata {key} is {value:?}: must be {expected}")]
	Metadata {
		/// The entry.
		key: &'static str,
		/// What it says, cut short.
		value: String,
		/// What it may say.
		expected: &'static str,
	},
	/// Made by another uid, or for another window.
	#[error("from uid {uid} for window {window}: another was asked for")]
	Origin {
		/// Window in the header.
		window: u32,
		/// Uid in the header.
		uid: u16,
	},
	/// The header names too many pages.
	#[error("{count} pages: at most {MAX_PAGES} are allowed")]
	Pages {
		/// Pages in the header.
		count: usize,
	},
	/// A parameter of the model is not there.
	#[error("parameter {parameter} is missing")]
	Missing {
		/// The parameter.
		parameter: String,
	},
	/// The model has no such parameter.
	#[error("parameter {parameter} is unknown")]
	Unknown {
		/// The parameter.
		parameter: String,
	},
	/// A parameter has more or fewer coefficients than its layout.
	#[error("parameter {parameter} has {indices} indices and {values} values: must have {expected} of each")]
	Length {
		/// The parameter.
		parameter: String,
		/// Number of indices.
		indices: usize,
		/// Number of values.
		values: usize,
		/// Number its layout has.
		expected: usize,
	},
	/// An index lies outside of its chunk.
	#[error("parameter {parameter}, chunk {chunk}: index {index} must be below {total}")]
	Index {
		/// The parameter.
		parameter: String,
		/// The chunk.
		chunk: usize,
		/// The index.
		index: u16,
		/// Coefficients of a chunk.
		total: usize,
	},
	/// An index comes twice or out of order.
	#[error("parameter {parameter}, chunk {chunk}: indices must ascend")]
	Order {
		/// The parameter.
		parameter: String,
		/// The chunk.
		chunk: usize,
	},
	/// A value is not a number or infinite, or the values are so large that what decodes from them may be.
	#[error("parameter {parameter}, chunk {chunk}: values must be finite numbers of a sane size")]
	Values {
		/// The parameter.
		parameter: String,
		/// The chunk.
		chunk: usize,
	},
}

impl CompressedGradient {
	/// A gradient of these parts, if they are one.
	pub fn new(
		header: Header,
		tensors: BTreeMap<String, Compressed>,
		layouts: &Layouts,
	) -> Result<Self, InvalidGradient> {
		if header.pages.len() > MAX_PAGES {
			return Err(InvalidGradient::Pages { count: header.pages.len() });
		}
		if let Some(parameter) = tensors.keys().find(|name| layouts.get(name).is_none()) {
			return Err(InvalidGradient::Unknown { parameter: parameter.clone() });
		}
		for (parameter, layout) in layouts.iter() {
			match tensors.get(parameter) {
				Some(tensor) => check(parameter, tensor, layout)?,
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

fn check(parameter: &str, tensor: &Compressed, layout: &Layout) -> Result<(), InvalidGradient> {
	let (indices, values, expected) = (tensor.indices.len(), tensor.values.len(), layout.sent());
	if indices != expected || values != expected {
		return Err(InvalidGradient::Length { parameter: parameter.into(), indices, values, expected });
	}
	let chunks = tensor.indices.chunks(layout.kept()).zip(tensor.values.chunks(layout.kept()));
	for (chunk, (indices, values)) in chunks.enumerate() {
		if let Some(&index) = indices.iter().find(|index| usize::from(**index) >= layout.total()) {
			return Err(InvalidGradient::Index { parameter: parameter.into(), chunk, index, total: layout.total() });
		}
		if !indices.is_sorted_by(|left, right| left < right) {
			return Err(InvalidGradient::Order { parameter: parameter.into(), chunk });
		}
		if !decodes_finite(values) {
			return Err(InvalidGradient::Values { parameter: parameter.into(), chunk });
		}
	}
	Ok(())
}

/// Every element of a decoded chunk is a sum of the values, each times a factor in `[-1, 1]`: it cannot exceed the sum of
/// their sizes. Half the range is left, more than rounding can take.
fn decodes_finite(values: &[f32]) -> bool {
	let sizes: f64 = values.iter().map(|value| f64::from(value.abs())).sum();
	sizes <= f64::from(f32::MAX) / 2.0 // False for NaN.
}

#[cfg(test)]
mod tests;
