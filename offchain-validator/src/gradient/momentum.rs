// SPDX-License-Identifier: Apache-2.0

//! A miner's accumulator: what could not be sent in one window is sent in a later one.

use std::collections::BTreeMap;

use compression::Feedback;

use super::codec::Codec;
use super::{Coding, Compressed, StepError};
use crate::model::{elements, Gradients};

/// Windows at the start in which what was sent stays in the accumulator as well, for [`Coding::Dct`].
const WARM_UP: u32 = 5;

/// Decaying sum of the gradients, less what has been sent of it.
#[derive(Debug)]
pub struct Momentum {
	/// How often gradients were added.
	windows: u32,
	feedback: Feedback,
}

impl Momentum {
	/// Nothing accumulated. `decay` is the part that remains in each window; Templar's is 0.999, later 0.95.
	pub fn new(decay: f64) -> Self {
		Self { windows: 0, feedback: Feedback::new(decay) }
	}

	/// One that so many `windows` of gradients were added to, with what is `left` of each parameter.
	pub fn resumed(decay: f64, windows: u32, left: BTreeMap<String, Vec<f32>>) -> Self {
		let mut feedback = Feedback::new(decay);
		left.iter().for_each(|(parameter, left)| feedback.add(parameter, left, 1.0));
		Self { windows, feedback }
	}

	/// How often gradients were added.
	pub fn windows(&self) -> u32 {
		self.windows
	}

	/// What has not been sent of a parameter.
	pub fn left(&self, parameter: &str) -> Option<&[f32]> {
		self.feedback.left(parameter)
	}

	/// Adds the gradients of one window: `m = decay·m + lr·g`.
	pub fn accumulate(&mut self, gradients: &Gradients, lr: f64) {
		self.windows = self.windows.saturating_add(1);
		for (parameter, gradient) in gradients.named() {
			self.feedback.add(parameter, &elements(gradient, 0..gradient.numel()), lr);
		}
	}

	/// What is sent of the sum. It leaves the sum, for [`Coding::Dct`] from the sixth window on.
	pub fn compress(&mut self, codec: &Codec) -> Result<BTreeMap<String, Compressed>, StepError> {
		let is_taken = match codec.layouts().coding() {
			Coding::Dct => self.windows > WARM_UP,
			Coding::Quantised(_) => true,
		};
		self.feedback.send(codec.plain(), is_taken)
	}
}

#[cfg(test)]
mod tests;
