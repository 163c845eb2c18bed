// SPDX-License-Identifier: Apache-2.0

//! The codec of a model's parameters, on tensors.

use std::sync::Arc;

use tch::Tensor;

use super::{Compressed, Layout, Layouts, StepError};
use crate::model::elements;

/// Compresses and decodes parameters, with as many threads as libtorch may use when it is made. Its copies share these.
#[derive(Clone, Debug)]
pub struct Codec(Arc<compression::Codec>);

impl Codec {
	/// For parameters of these layouts.
	pub fn new(layouts: Layouts) -> Self {
		let threads = usize::try_from(tch::get_num_threads()).unwrap_or(1);
		Self(Arc::new(compression::Codec::new(layouts, threads)))
	}

	/// The layouts it was made for.
	pub fn layouts(&self) -> &Layouts {
		self.0.layouts()
	}

	/// The same on plain numbers.
	pub fn plain(&self) -> &compression::Codec {
		&self.0
	}

	/// What is sent of a parameter.
	pub fn compress(&self, parameter: &str, tensor: &Tensor) -> Result<Compressed, StepError> {
		self.0.compress(parameter, &elements(tensor, 0..tensor.numel()))
	}

	/// A tensor of the parameter's shape, on the processor, filled by `decode`.
	pub(super) fn decoded(
		&self,
		layout: &Layout,
		decode: impl FnOnce(&mut [f32]) -> Result<(), StepError>,
	) -> Result<Tensor, StepError> {
		let mut values = vec![0.0; layout.elements()];
		decode(&mut values)?;
		let shape: Vec<i64> = layout.shape().iter().map(|side| *side as i64).collect();
		Ok(Tensor::from_slice(&values).reshape(shape))
	}
}
