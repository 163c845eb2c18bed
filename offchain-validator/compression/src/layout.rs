// SPDX-License-Identifier: Apache-2.0

//! How parameters are cut into chunks, and how many elements of a chunk are sent.

use std::collections::BTreeMap;

use crate::compressed::Values;
use crate::pack::MAX_INDICES;
use crate::quantise::Quantiser;

/// Plain indices travel as `i16`.
const MAX_TOTAL: usize = 1 << 15;
/// Of one parameter; no machine holds more. Keeps every size in bytes far from overflow.
const MAX_ELEMENTS: usize = 1 << 40;

/// How one parameter is cut: a matrix `[y·h, x·w]` into a grid `[y, x]` of chunks `[h, w]`, all of one size. A vector is cut
/// like a matrix of one row.
#[derive(Clone, Debug, PartialEq)]
pub struct Layout {
	shape: Vec<usize>,
	grid: [usize; 2],
	chunk: [usize; 2],
	kept: usize,
}

/// What is kept of a chunk, and how it is written.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Coding {
	/// Coefficients of its cosine transform, as they are (tplr-ai/templar v0.2.82).
	Dct,
	/// Elements of the chunk itself, quantised, with indices of 12 bits (v2.1.3).
	Quantised(Quantiser),
}

/// The layouts of a model's parameters, by name.
#[derive(Clone, Debug, PartialEq)]
pub struct Layouts {
	coding: Coding,
	layouts: BTreeMap<String, Layout>,
}

/// Why parameters cannot be cut into chunks.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum LayoutError {
	/// Only matrices and vectors are cut.
	#[error("shape {0:?}: must be that of a vector or a matrix, with from 1 to 2^40 elements")]
	Shape(Vec<usize>),
	/// Chunks of nothing, or nothing of a chunk.
	#[error("target_chunk is {target_chunk} and topk is {topk}: both must be above zero")]
	Zero {
		/// Longest side of a chunk.
		target_chunk: usize,
		/// Coefficients sent of each chunk.
		topk: usize,
	},
	/// Indices would not fit.
	#[error("target_chunk is {target_chunk}: a chunk of {total} elements exceeds {max}")]
	Chunk {
		/// Longest side of a chunk.
		target_chunk: usize,
		/// Elements of a chunk.
		total: usize,
		/// Most that indices can tell apart.
		max: usize,
	},
	/// Packed indices come in pairs.
	#[error("shape {0:?}: no side has a divisor for chunks of two elements at least, which packed indices need")]
	Single(Vec<usize>),
}

impl Coding {
	/// What is kept, as it is written.
	pub fn values(self, kept: Vec<f32>) -> Values {
		match self {
			Self::Dct => Values::Plain(kept),
			Self::Quantised(quantiser) => Values::Quantised(quantiser.quantise(&kept)),
		}
	}
}

impl Layout {
	/// Cuts each side into pieces as long as divide it evenly, `target_chunk` at most; `topk` coefficients are sent of each
	/// chunk, or all of a smaller one; where indices are packed, an even number.
	pub fn new(shape: &[usize], target_chunk: usize, topk: usize, coding: Coding) -> Result<Self, LayoutError> {
		if target_chunk == 0 || topk == 0 {
			return Err(LayoutError::Zero { target_chunk, topk });
		}
		let [rows, columns] = match shape {
			[length] => [1, *length],
			[rows, columns] => [*rows, *columns],
			_ => return Err(LayoutError::Shape(shape.into())),
		};
		if !rows.checked_mul(columns).is_some_and(|elements| (1..=MAX_ELEMENTS).contains(&elements)) {
			return Err(LayoutError::Shape(shape.into()));
		}
		let chunk @ [height, width] = [split(rows, target_chunk), split(columns, target_chunk)];
		let total = height.saturating_mul(width);
		let (max, kept) = match coding {
			Coding::Dct => (MAX_TOTAL, topk.min(total)),
			// Two at least, as published, where one would be left over.
			Coding::Quantised(_) => (MAX_INDICES, topk.min(total).max(2) / 2 * 2),
		};
		if total > max {
			return Err(LayoutError::Chunk { target_chunk, total, max });
		}
		if kept > total {
			return Err(LayoutError::Single(shape.into()));
		}
		Ok(Self { shape: shape.into(), grid: [rows / height, columns / width], chunk, kept })
	}

	/// Shape of the parameter.
	pub fn shape(&self) -> &[usize] {
		&self.shape
	}

	/// Chunks along each side of the parameter.
	pub fn grid(&self) -> [usize; 2] {
		self.grid
	}

	/// Sides of a chunk.
	pub fn chunk(&self) -> [usize; 2] {
		self.chunk
	}

	/// Number of chunks.
	pub fn chunks(&self) -> usize {
		self.grid.iter().product()
	}

	/// Number of elements.
	pub fn elements(&self) -> usize {
		self.chunks() * self.total()
	}

	/// Elements of a chunk; indices are below this.
	pub fn total(&self) -> usize {
		self.chunk.iter().product()
	}

	/// Elements or coefficients that are sent of each chunk.
	pub fn kept(&self) -> usize {
		self.kept
	}

	/// How many are sent of the whole parameter.
	pub fn sent(&self) -> usize {
		self.chunks() * self.kept
	}

	/// Shape of what is sent: `[y, x, k]` or `[x, k]`.
	pub fn sent_shape(&self) -> Vec<usize> {
		let [y, x] = self.grid;
		match self.shape.len() {
			1 => vec![x, self.kept],
			_ => vec![y, x, self.kept],
		}
	}
}

impl Layouts {
	/// Layouts of these parameters for [`Coding::Dct`].
	pub fn new(shapes: &[(String, Vec<usize>)], target_chunk: usize, topk: usize) -> Result<Self, LayoutError> {
		Self::with_coding(shapes, target_chunk, topk, Coding::Dct)
	}

	/// Layouts of these parameters.
	pub fn with_coding(
		shapes: &[(String, Vec<usize>)],
		target_chunk: usize,
		topk: usize,
		coding: Coding,
	) -> Result<Self, LayoutError> {
		let layout =
			|(name, shape): &(String, Vec<usize>)| Ok((name.clone(), Layout::new(shape, target_chunk, topk, coding)?));
		Ok(Self { coding, layouts: shapes.iter().map(layout).collect::<Result<_, _>>()? })
	}

	/// What is kept of a chunk, and how it is written.
	pub fn coding(&self) -> Coding {
		self.coding
	}

	/// Layout of a parameter.
	pub fn get(&self, parameter: &str) -> Option<&Layout> {
		self.layouts.get(parameter)
	}

	/// All parameters with their layouts, by name.
	pub fn iter(&self) -> impl Iterator<Item = (&str, &Layout)> {
		self.layouts.iter().map(|(name, layout)| (name.as_str(), layout))
	}
}

/// The largest divisor of `length` that is at most `target`.
fn split(length: usize, target: usize) -> usize {
	(1..=target.min(length)).rev().find(|piece| length.is_multiple_of(*piece)).unwrap_or(1)
}

#[cfg(test)]
mod tests {
	use super::*;

	#[track_caller]
	fn check(shape: &[usize], target_chunk: usize, topk: usize, grid: [usize; 2], chunk: [usize; 2], kept: usize) {
		let layout = Layout::new(shape, target_chunk, topk, Coding::Dct).unwrap();
		assert_eq!((layout.grid(), layout.chunk(), layout.kept()), (grid, chunk, kept));
		assert_eq!(layout.sent(), grid.iter().product::<usize>() * kept);
	}

	#[track_caller]
	fn check_refused(shape: &[usize], target_chunk: usize, topk: usize, expected: &str) {
		assert_eq!(Layout::new(shape, target_chunk, topk, Coding::Dct).unwrap_err().to_string(), expected);
	}

	#[test]
	fn a_parameter_is_cut_into_equal_chunks() {
		check(&[32_000, 2048], 64, 32, [500, 32], [64, 64], 32);
		check(&[2048], 64, 32, [1, 32], [1, 64], 32);
		check(&[7, 3], 4, 32, [7, 1], [1, 3], 3);
		check(&[1], 64, 32, [1, 1], [1, 1], 1);
	}

	#[test]
	fn what_cannot_be_cut_is_refused() {
		check_refused(&[], 64, 32, "shape []: must be that of a vector or a matrix, with from 1 to 2^40 elements");
		check_refused(
			&[1, 2, 3],
			64,
			32,
			"shape [1, 2, 3]: must be that of a vector or a matrix, with from 1 to 2^40 elements",
		);
		check_refused(
			&[4, 0],
			64,
			32,
			"shape [4, 0]: must be that of a vector or a matrix, with from 1 to 2^40 elements",
		);
		let huge =
			format!("shape [2, {}]: must be that of a vector or a matrix, with from 1 to 2^40 elements", usize::MAX);
		check_refused(&[2, usize::MAX], 64, 32, &huge);
		check_refused(&[4], 0, 32, "target_chunk is 0 and topk is 32: both must be above zero");
		check_refused(&[256, 256], 256, 32, "target_chunk is 256: a chunk of 65536 elements exceeds 32768");
	}

	/// As in the later form: an even number of indices below 2^12.
	#[test]
	fn packed_indices_come_in_pairs() {
		let coding = Coding::Quantised(Quantiser { bins: 4, range: 6.0 });
		let kept = |shape: &[usize], topk| Layout::new(shape, 64, topk, coding).map(|layout| layout.kept());
		assert_eq!(kept(&[128, 128], 64), Ok(64));
		assert_eq!([kept(&[9, 1], 64), kept(&[9, 1], 1), kept(&[3], 64)], [Ok(8), Ok(2), Ok(2)]);
		assert_eq!(kept(&[67], 64), Err(LayoutError::Single(vec![67])));
		let large = Layout::new(&[128, 128], 128, 64, coding);
		assert_eq!(large, Err(LayoutError::Chunk { target_chunk: 128, total: 16384, max: 4096 }));
	}
}
