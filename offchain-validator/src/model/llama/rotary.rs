// SPDX-License-Identifier: Apache-2.0

//! Where a token stands, told to the attention.

use tch::{Device, Kind, TchError, Tensor};

use crate::model::config::ModelConfig;
use crate::model::rope::frequencies;

/// Rotary position embedding, as Hugging Face lays it out: coordinate `i` is turned with `i + head_size / 2`.
pub(super) struct Rotary {
	cos: Tensor,
	sin: Tensor,
}

impl Rotary {
	/// Angles are computed on the CPU and in `f32` wherever they are used.
	pub fn new(config: &ModelConfig, length: i64, kind: Kind, device: Device) -> Result<Self, TchError> {
		let frequencies = Tensor::f_from_slice(&frequencies(config))?;
		let angles = Tensor::f_arange(length, (Kind::Float, Device::Cpu))?.f_outer(&frequencies)?;
		let angles = Tensor::f_cat(&[&angles, &angles], -1)?;
		let there = |values: Tensor| values.f_to_kind(kind)?.f_to_device(device);
		Ok(Self { cos: there(angles.f_cos()?)?, sin: there(angles.f_sin()?)? })
	}

	/// `x` is `[sequence, head, position, coordinate]`.
	pub fn turn(&self, x: &Tensor) -> Result<Tensor, TchError> {
		let halves = x.f_chunk(2, -1)?;
		let turned = Tensor::f_cat(&[&halves[1].f_neg()?, &halves[0]], -1)?;
		x.f_mul(&self.cos)?.f_add(&turned.f_mul(&self.sin)?)
	}
}
