// SPDX-License-Identifier: Apache-2.0

//! What can be wrong with a gradient.

use super::compressed::MAX_PAGES;
use crate::model::TensorFileError;

/// What is wrong with a gradient that somebody sent.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum InvalidGradient {
	/// The bytes are no file of this model's compressed tensors, or not made as ours are.
	#[error(transparent)]
	File(#[from] TensorFileError),
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
	/// Values are plain where they must be quantised, or the other way round, or their table has another length.
	#[error("parameter {parameter}: values must be {expected}")]
	Coding {
		/// The parameter.
		parameter: String,
		/// What they must be.
		expected: String,
	},
	/// A number that all values of a parameter are read by is not finite, or of no sane size.
	#[error("parameter {parameter}: shift, scale and lookup table must be finite numbers of a sane size")]
	Table {
		/// The parameter.
		parameter: String,
	},
	/// A code is not in the table.
	#[error("parameter {parameter}, chunk {chunk}: code {code} must be below {bins}")]
	Code {
		/// The parameter.
		parameter: String,
		/// The chunk.
		chunk: usize,
		/// The code.
		code: u8,
		/// Entries of the table.
		bins: usize,
	},
}
