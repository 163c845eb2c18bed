// SPDX-License-Identifier: Apache-2.0

//! Error feedback: what could not be sent in one window is sent in a later one (Karimireddy et al. 2019).

use std::collections::BTreeMap;

use crate::codec::{Codec, StepError};
use crate::compressed::Compressed;

/// A decaying sum of gradients, less what has been sent of it.
#[derive(Debug)]
pub struct Feedback {
	decay: f64,
	sums: BTreeMap<String, Vec<f32>>,
}

impl Feedback {
	/// Nothing summed up. `decay` is the part that remains when a gradient is added, from 0 to 1.
	pub fn new(decay: f64) -> Self {
		Self { decay, sums: BTreeMap::new() }
	}

	/// Adds the gradient of a parameter: `e = decay·e + rate·g`, or `rate·g` if it is the first.
	pub fn add(&mut self, parameter: &str, gradient: &[f32], rate: f64) {
		match self.sums.get_mut(parameter) {
			Some(sum) if sum.len() == gradient.len() => {
				for (sum, element) in sum.iter_mut().zip(gradient) {
					*sum = (f64::from(*sum) * self.decay + f64::from(*element) * rate) as f32;
				}
			},
			_ => {
				let first = gradient.iter().map(|element| (f64::from(*element) * rate) as f32).collect();
				self.sums.insert(parameter.to_owned(), first);
			},
		}
	}

	/// What has not been sent of a parameter.
	pub fn left(&self, parameter: &str) -> Option<&[f32]> {
		self.sums.get(parameter).map(Vec::as_slice)
	}

	/// What is sent of the sums. It leaves them if `is_taken`. Sums that are not finite are an error and begin anew: else one
	/// bad window would spoil all that follow.
	pub fn send(&mut self, codec: &Codec, is_taken: bool) -> Result<BTreeMap<String, Compressed>, StepError> {
		let sent = self.try_send(codec, is_taken);
		if matches!(sent, Err(StepError::NotFinite { .. })) {
			self.sums.clear();
		}
		sent
	}

	fn try_send(&mut self, codec: &Codec, is_taken: bool) -> Result<BTreeMap<String, Compressed>, StepError> {
		let mut body = BTreeMap::new();
		for (parameter, _) in codec.layouts().iter() {
			let sum = self.sums.get_mut(parameter);
			let sum = sum.ok_or_else(|| StepError::OtherModel { parameter: parameter.into() })?;
			let sent = codec.compress(parameter, sum)?;
			if !sent.values.numbers().iter().all(|value| value.is_finite()) {
				return Err(StepError::NotFinite { parameter: parameter.into() });
			}
			if is_taken {
				codec.subtract(parameter, &sent, sum)?;
			}
			body.insert(parameter.to_owned(), sent);
		}
		Ok(body)
	}
}

#[cfg(test)]
mod tests;
