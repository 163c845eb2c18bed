// SPDX-License-Identifier: Apache-2.0

//! From compressed gradients to steps of the model.

use std::collections::BTreeMap;

use tch::Tensor;

use super::codec::Codec;
use super::compressed::CompressedGradient;
use super::{Coding, Compressed, Limits, StepError};
use crate::model::Params;

/// What decodes from the gradients of some peers, parameter by parameter; on the processor.
#[derive(Debug)]
pub struct Aggregated {
	coding: Coding,
	tensors: BTreeMap<String, Tensor>,
}

impl Aggregated {
	/// The gradient of each parameter.
	pub fn named(&self) -> impl Iterator<Item = (&str, &Tensor)> {
		self.tensors.iter().map(|(parameter, tensor)| (parameter.as_str(), tensor))
	}

	/// Against what a parameter moves, times the learning rate: the signs of its gradient for [`Coding::Dct`], else the
	/// gradient itself.
	pub fn direction(&self, parameter: &str) -> Option<Tensor> {
		let gradient = self.tensors.get(parameter)?;
		Some(match self.coding {
			Coding::Dct => gradient.sign(),
			Coding::Quantised(_) => gradient.shallow_clone(),
		})
	}
}

/// The mean of the peers' gradients, see [`compression::Codec::aggregate`].
///
/// The order of peers is that of the sums: give them by ascending uid.
pub fn aggregate(codec: &Codec, peers: &[&CompressedGradient]) -> Result<Aggregated, StepError> {
	decoded(codec, |parameter, decoded| {
		let sent = peers.iter().map(|peer| sent(peer, parameter)).collect::<Result<Vec<_>, _>>()?;
		codec.plain().aggregate(parameter, &sent, decoded)
	})
}

/// The gradient of one peer, no longer than the `limits` allow.
pub fn alone(codec: &Codec, gradient: &CompressedGradient, limits: &Limits) -> Result<Aggregated, StepError> {
	decoded(codec, |parameter, decoded| {
		codec.plain().decode(parameter, sent(gradient, parameter)?, limits.get(parameter), decoded)
	})
}

/// The step of a window: `p *= 1 - lr·weight_decay`, then `p -= lr·direction`.
pub fn outer_step(params: &mut Params, gradient: &Aggregated, lr: f64, weight_decay: f64) -> Result<(), StepError> {
	// All checks before the first change: half a step would part this copy from the others.
	for (parameter, tensor) in params.named() {
		if gradient.tensors.get(parameter).is_none_or(|gradient| gradient.size() != tensor.size()) {
			return Err(StepError::OtherModel { parameter: parameter.into() });
		}
	}
	params.decay(lr, weight_decay);
	for (parameter, tensor) in params.named_mut() {
		if let Some(direction) = gradient.direction(parameter) {
			*tensor -= direction.to_device(tensor.device()) * lr;
		}
	}
	Ok(())
}

/// A copy of the parameters after a step of size `lr` along the gradient of one peer alone.
pub fn evaluation_step(
	codec: &Codec,
	params: &Params,
	gradient: &CompressedGradient,
	limits: &Limits,
	lr: f64,
) -> Result<Params, StepError> {
	let mut stepped = params.copy();
	outer_step(&mut stepped, &alone(codec, gradient, limits)?, lr, 0.0)?;
	Ok(stepped)
}

/// Every parameter, each filled by `decode`.
fn decoded(codec: &Codec, decode: impl Fn(&str, &mut [f32]) -> Result<(), StepError>) -> Result<Aggregated, StepError> {
	let tensor = |(parameter, layout): (&str, &super::Layout)| {
		Ok((parameter.to_owned(), codec.decoded(layout, |values| decode(parameter, values))?))
	};
	let tensors = codec.layouts().iter().map(tensor).collect::<Result<_, _>>()?;
	Ok(Aggregated { coding: codec.layouts().coding(), tensors })
}

/// What a peer sent of a parameter.
fn sent<'a>(peer: &'a CompressedGradient, parameter: &str) -> Result<&'a Compressed, StepError> {
	peer.get(parameter).ok_or_else(|| StepError::OtherModel { parameter: parameter.into() })
}

#[cfg(test)]
mod tests;
