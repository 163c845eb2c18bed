// SPDX-License-Identifier: Apache-2.0

//! A miner's accumulator: what could not be sent in one window is sent in a later one.

use std::collections::BTreeMap;

use tch::Tensor;

use super::aggregate::{dense, StepError};
use super::codec::Codec;
use super::compressed::Compressed;
use crate::model::Gradients;

/// Windows at the start in which what was sent stays in the accumulator as well.
const WARM_UP: u32 = 5;

/// Decaying sum of the gradients, less what has been sent of it. A restart begins anew, as the reference does.
#[derive(Debug)]
pub struct Momentum {
	decay: f64,
	/// How often gradients were added.
	windows: u32,
	sums: BTreeMap<String, Tensor>,
}

impl Momentum {
	/// Nothing accumulated. `decay` is the part that remains in each window; Templar's is 0.999.
	pub fn new(decay: f64) -> Self {
		Self { decay, windows: 0, sums: BTreeMap::new() }
	}

	/// Adds the gradients of one window: `m = decay·m + lr·g`.
	pub fn accumulate(&mut self, gradients: &Gradients, lr: f64) {
		self.windows = self.windows.saturating_add(1);
		for (parameter, gradient) in gradients.named() {
			let sum = match self.sums.remove(parameter) {
				Some(sum) => sum * self.decay + gradient * lr,
				None => gradient * lr,
			};
			self.sums.insert(parameter.to_owned(), sum);
		}
	}

	/// What is sent of the sum. From the sixth window on, what is sent leaves the sum.
	pub fn compress(&mut self, codec: &Codec) -> Result<BTreeMap<String, Compressed>, StepError> {
		let mut body = BTreeMap::new();
		for (parameter, layout) in codec.layouts().iter() {
			let other_model = || StepError::OtherModel { parameter: parameter.into() };
			let sum = self.sums.get_mut(parameter).ok_or_else(other_model)?;
			if sum.numel() != layout.chunks() * layout.total() {
				return Err(other_model());
			}
			let sent = codec.compress(sum, layout);
			if self.windows > WARM_UP {
				*sum -= dense(codec, parameter, layout, &[(&sent, 1.0)])?;
			}
			body.insert(parameter.to_owned(), sent);
		}
		Ok(body)
	}
}

#[cfg(test)]
mod tests;
