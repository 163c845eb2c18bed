// SPDX-License-Identifier: Apache-2.0

//! How parameters are cut into chunks, and how many coefficients of a chunk are sent. Pure; knows no tensor.

use std::collections::BTreeMap;

/// Indices travel as `i16`.
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

/// The layouts of a model's parameters, by name.
#[derive(Clone, Debug, PartialEq)]
pub struct Layouts(BTreeMap<String, Layout>);

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
	#[error("target_chunk is {target_chunk}: a chunk of {total} elements exceeds {MAX_TOTAL}")]
	Chunk {
		/// Longest side of a chunk.
		target_chunk: usize,
		/// Elements of a chunk.
		total: usize,
	},
}

impl Layout {
	/// Cuts each side into pieces as long as divide it evenly, `target_chunk` at most; `topk` coefficients are sent of each
	/// chunk, or all of a smaller one.
	pub fn new(shape: &[usize], target_chunk: usize, topk: usize) -> Result<Self, LayoutError> {
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
		if total > MAX_TOTAL {
			return Err(LayoutError::Chunk { target_chunk, total });
		}
		Ok(Self { shape: shape.into(), grid: [rows / height, columns / width], chunk, kept: topk.min(total) })
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

	/// Coefficients of a chunk; indices are below this.
	pub fn total(&self) -> usize {
		self.chunk.iter().product()
	}

	/// Coefficients that are sent of each chunk.
	pub fn kept(&self) -> usize {
		self.kept
	}

	/// Coefficients that are sent of the whole parameter.
	pub fn sent(&self) -> usize {
		self.chunks() * self.kept
	}

	/// Shape of what is sent: `[y, x, k]` or `[x, k]`.
	pub(super) fn sent_shape(&self) -> Vec<usize> {
		let [y, x] = self.grid;
		match self.shape.len() {
			1 => vec![x, self.kept],
			_ => vec![y, x, self.kept],
		}
	}
}

impl Layouts {
	/// Layouts of these parameters, such as [`crate::model::ModelConfig::parameter_shapes`].
	pub fn new(shapes: &[(String, Vec<usize>)], target_chunk: usize, topk: usize) -> Result<Self, LayoutError> {
		let layout = |(name, shape): &(String, Vec<usize>)| Ok((name.clone(), Layout::new(shape, target_chunk, topk)?));
		shapes.iter().map(layout).collect::<Result<_, _>>().map(Self)
	}

	/// Layout of a parameter.
	pub fn get(&self, parameter: &str) -> Option<&Layout> {
		self.0.get(parameter)
	}

	/// All parameters with their layouts, by name.
	pub fn iter(&self) -> impl Iterator<Item = (&str, &Layout)> {
		self.0.iter().map(|(name, layout)| (name.as_str(), layout))
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
		let layout = Layout::new(shape, target_chunk, topk).unwrap();
		assert_eq!((layout.grid(), layout.chunk(), layout.kept()), (grid, chunk, kept));
		assert_eq!(layout.sent(), grid.iter().product::<usize>() * kept);
	}

	#[track_caller]
	fn check_refused(shape: &[usize], target_chunk: usize, topk: usize, expected: &str) {
		assert_eq!(Layout::new(shape, target_chunk, topk).unwrap_err().to_string(), expected);
	}

	#[test]
	fn sides_are_cut_as_recorded() {
		let Some(file) = golden::recording::<serde_json::Value>("mechanisms/dct_basis.json") else { return };
		for (target, splits) in file["smaller_split"].as_object().unwrap() {
			for (length, piece) in splits.as_object().unwrap() {
				let (length, target): (usize, usize) = (length.parse().unwrap(), target.parse().unwrap());
				assert_eq!(split(length, target) as u64, piece.as_u64().unwrap(), "{length} by {target}");
			}
		}
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
}
