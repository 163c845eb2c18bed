// SPDX-License-Identifier: Apache-2.0

//! From compressed gradients to steps of the model.
//!
//! Everybody who holds a copy of the model takes these steps from the same files, and the copies must agree afterwards.
//! So sums are made here one by one, in the order of the peers and in f64: nothing depends on threads or atomics.

use std::collections::BTreeMap;

use tch::Tensor;

use super::codec::Codec;
use super::compressed::{Compressed, CompressedGradient};
use super::layout::Layout;
use crate::model::Params;

/// Keeps the normalisation of an all-zero tensor finite.
const NORM_FLOOR: f64 = 1e-8;

/// The gradient of several peers together, parameter by parameter.
#[derive(Debug)]
pub struct Aggregated(BTreeMap<String, Tensor>);

/// Why a step could not be taken. Never a peer's fault: gradients were checked when they became [`CompressedGradient`]s.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum StepError {
	/// Gradients, layouts and parameters are not all those of one model.
	#[error("parameter {parameter} is not that of the same model")]
	OtherModel {
		/// The parameter.
		parameter: String,
	},
	/// What was computed is not a number, or infinite.
	#[error("parameter {parameter}: what was computed is not finite")]
	NotFinite {
		/// The parameter.
		parameter: String,
	},
}

/// The mean of the peers' gradients, each tensor first scaled to length one.
///
/// The mean of a coefficient is taken over the peers that sent it; one that nobody sent is zero, so without peers all are.
/// The order of peers is that of the sums: give them by ascending uid.
pub fn aggregate(codec: &Codec, peers: &[&CompressedGradient]) -> Result<Aggregated, StepError> {
	let aggregated = codec.layouts().iter().map(|(parameter, layout)| {
		let sent = peers.iter().map(|peer| {
			let tensor = sent(peer, parameter, layout)?;
			Ok((tensor, 1.0 / (norm(&tensor.values) + NORM_FLOOR)))
		});
		let sent = sent.collect::<Result<Vec<_>, _>>()?;
		Ok((parameter.to_owned(), dense(codec, parameter, layout, &sent)?))
	});
	aggregated.collect::<Result<_, _>>().map(Aggregated)
}

/// The step of a window: `p *= 1 - lr·weight_decay`, then `p -= lr·sign(gradient)`.
pub fn outer_step(params: &mut Params, gradient: &Aggregated, lr: f64, weight_decay: f64) -> Result<(), StepError> {
	// All checks before the first change: half a step would part this copy from the others.
	for (parameter, tensor) in params.named() {
		if gradient.0.get(parameter).is_none_or(|gradient| gradient.size() != tensor.size()) {
			return Err(StepError::OtherModel { parameter: parameter.into() });
		}
	}
	params.decay(lr, weight_decay);
	for (parameter, tensor) in params.named_mut() {
		if let Some(gradient) = gradient.0.get(parameter) {
			*tensor -= gradient.sign() * lr;
		}
	}
	Ok(())
}

/// A copy of the parameters after a step of size `lr` along the gradient of one peer alone.
pub fn evaluation_step(
	codec: &Codec,
	params: &Params,
	gradient: &CompressedGradient,
	lr: f64,
) -> Result<Params, StepError> {
	let mut stepped = params.copy();
	// Scaled to length one, the gradient keeps its signs, which are all that counts.
	outer_step(&mut stepped, &aggregate(codec, &[gradient])?, lr, 0.0)?;
	Ok(stepped)
}

/// What decodes from the mean of the tensors that were sent, each times its factor.
pub(super) fn dense(
	codec: &Codec,
	parameter: &str,
	layout: &Layout,
	sent: &[(&Compressed, f64)],
) -> Result<Tensor, StepError> {
	let mut sums = vec![0.0_f64; layout.chunks() * layout.total()];
	let mut counts = vec![0.0_f64; sums.len()];
	for (tensor, factor) in sent {
		let chunks = tensor.indices.chunks(layout.kept()).zip(tensor.values.chunks(layout.kept()));
		for (chunk, (indices, values)) in chunks.enumerate() {
			for (index, value) in indices.iter().zip(values) {
				let at = chunk * layout.total() + usize::from(*index);
				sums[at] += f64::from(*value) * factor;
				counts[at] += 1.0;
			}
		}
	}
	let mean = Tensor::from_slice(&sums) / Tensor::from_slice(&counts).clamp_min(1.0);
	let decoded = codec.decode(&mean, layout);
	match decoded.isfinite().all().int64_value(&[]) {
		0 => Err(StepError::NotFinite { parameter: parameter.into() }),
		_ => Ok(decoded),
	}
}

/// What a peer sent of a parameter, if its gradient was checked against the same layout.
fn sent<'a>(peer: &'a CompressedGradient, parameter: &str, layout: &Layout) -> Result<&'a Compressed, StepError> {
	let fits = |tensor: &&Compressed| {
		tensor.values.len() == layout.sent() && tensor.indices.iter().all(|index| usize::from(*index) < layout.total())
	};
	peer.get(parameter).filter(fits).ok_or_else(|| StepError::OtherModel { parameter: parameter.into() })
}

/// In f64, in which no square of an f32 overflows.
fn norm(values: &[f32]) -> f64 {
	values.iter().map(|value| f64::from(*value) * f64::from(*value)).sum::<f64>().sqrt()
}

#[cfg(test)]
mod tests;
