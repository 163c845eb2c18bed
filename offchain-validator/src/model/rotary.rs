// SPDX-License-Identifier: Apache-2.0

//! Rotary position embedding, as Hugging Face lays it out: coordinate `i` of a head is turned with `i + head_size / 2`.

use tch::{Device, Kind, Tensor};

use super::config::ModelConfig;
use super::rope::frequencies;

/// What turns the coordinates at each position: `[position, coordinate]`.
pub(super) struct Rotary {
	cos: Tensor,
	sin: Tensor,
}

impl Rotary {
	/// For so many positions, beside parameters of this kind. Angles are f32 whatever that is.
	pub(super) fn new(config: &ModelConfig, length: i64, (kind, device): (Kind, Device)) -> Self {
		let positions = Tensor::arange(length, (Kind::Float, device));
		let angles = positions.outer(&Tensor::from_slice(&frequencies(config)).to_device(device));
		let angles = Tensor::cat(&[&angles, &angles], -1);
		Self { cos: angles.cos().to_kind(kind), sin: angles.sin().to_kind(kind) }
	}

	/// `x` is `[sequence, head, position, coordinate]`.
	pub(super) fn turn(&self, x: &Tensor) -> Tensor {
		let halves = x.chunk(2, -1);
		let turned = Tensor::cat(&[&-&halves[1], &halves[0]], -1);
		x * &self.cos + turned * &self.sin
	}
}
