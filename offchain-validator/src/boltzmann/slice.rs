// SPDX-License-Identifier: Apache-2.0

//! A slice of a model: which elements it holds, and the file in which it travels. Pure; knows no tensor.
//!
//! Safetensors with one `F32` vector for each parameter, of the values at the window's positions in the order they were
//! drawn in; the metadata says whose slice it is, of which window, and which of the two.

use std::num::NonZeroUsize;

use mechanisms::boltzmann::slices;
use mechanisms::Uid;

use crate::bucket;
use crate::clock::Window;
use crate::model::tensor_file::{self, metadata, TensorSpec};
use crate::model::TensorFileError;

const CODEC: &str = "slice";
const VERSION: &str = "1";
/// As JSON; room for further keys of whoever writes it.
const METADATA_BYTES: usize = 1024;

/// The values of each parameter, in the model's order, at the window's positions.
pub type Values = Vec<Vec<f32>>;

/// The elements that all slices of one window hold.
#[derive(Clone, Debug, PartialEq)]
pub struct Selection {
	positions: Vec<Vec<usize>>,
	specs: Vec<TensorSpec>,
}

/// Which of a miner's two slices of a window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
	/// Of its parameters before it trained.
	State,
	/// Of its parameters after it trained: despite the name no difference.
	Delta,
}

/// Whose slice it is, and of what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Origin {
	/// Which of the two.
	pub part: Part,
	/// The window it was made for.
	pub window: Window,
	/// Who made it.
	pub uid: Uid,
}

impl Selection {
	/// The elements that the block with this `hash` draws of the parameters with these names and shapes, in the model's
	/// order: one in `compression` of each.
	pub fn of_block(hash: &[u8; 32], compression: NonZeroUsize, parameters: &[(String, Vec<usize>)]) -> Self {
		let lengths = parameters.iter().map(|(_, shape)| shape.iter().product());
		let positions: Vec<_> = slices::positions(slices::block_seed(hash), compression, lengths).collect();
		let spec = |((name, _), positions): (&(String, _), &Vec<usize>)| TensorSpec {
			name: name.clone(),
			kind: tensor_file::Kind::F32,
			shape: vec![positions.len()],
		};
		let specs = parameters.iter().zip(&positions).map(spec).collect();
		Self { positions, specs }
	}

	/// Where the values of each parameter belong, its elements counted row by row.
	pub fn positions(&self) -> &[Vec<usize>] {
		&self.positions
	}

	/// An upper bound on the size of a valid file; whoever downloads one need not read on.
	pub fn max_bytes(&self) -> usize {
		tensor_file::max_bytes(&self.specs, METADATA_BYTES)
	}
}

impl Part {
	/// What the bucket calls it.
	pub fn object(self) -> bucket::Kind {
		match self {
			Self::State => bucket::Kind::State,
			Self::Delta => bucket::Kind::Delta,
		}
	}

	fn word(self) -> &'static str {
		match self {
			Self::State => "state",
			Self::Delta => "delta",
		}
	}
}

impl Origin {
	fn metadata(&self) -> [(&'static str, String); 5] {
		[
			("codec", CODEC.into()),
			("version", VERSION.into()),
			("part", self.part.word().into()),
			("window", self.window.to_string()),
			("uid", self.uid.to_string()),
		]
	}
}

/// The file of a slice; `values` are those of the selection. Equal arguments give equal bytes.
pub fn encode(values: &Values, origin: &Origin, selection: &Selection) -> Vec<u8> {
	let metadata = origin.metadata().map(|(key, value)| (key.to_owned(), value)).into();
	let mut bytes = tensor_file::header(&metadata, &selection.specs);
	bytes.extend(values.iter().flatten().flat_map(|value| value.to_le_bytes()));
	bytes
}

/// The values in a file that anybody may have written, if it is the slice that was asked for; they may be no numbers, which
/// [`super::acceptance`] finds. Takes time and memory in proportion to [`Selection::max_bytes`] at most.
pub fn decode(bytes: &[u8], origin: &Origin, selection: &Selection) -> Result<Values, TensorFileError> {
	let contents = tensor_file::read(bytes, &selection.specs, selection.max_bytes())?;
	for (key, expected) in origin.metadata() {
		metadata::expect(&contents.metadata, key, &expected)?;
	}
	Ok(contents.tensors.into_iter().map(tensor_file::f32s).collect())
}

#[cfg(test)]
mod tests;
