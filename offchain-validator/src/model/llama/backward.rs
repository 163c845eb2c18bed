// SPDX-License-Identifier: Apache-2.0

//! The backward pass: gradients of the loss.

use tch::{TchError, Tensor};

use super::batch::Batch;
use super::mean_loss;
use crate::model::fault::Fault;
use crate::model::params::Params;

/// Sum of the gradients of some batches.
#[derive(Debug)]
pub struct Gradients {
	/// Sum of the batches' losses.
	pub loss: f64,
	tensors: Vec<(String, Tensor)>,
}

impl Gradients {
	/// What leads from one set of parameters to another of the same model: `before - after`, a gradient by its sign.
	pub fn between(before: &Params, after: &Params) -> Self {
		let names = before.named().map(|(name, _)| name.to_owned());
		let differences = before.named().zip(after.named()).map(|((_, before), (_, after))| before - after);
		Self { loss: 0.0, tensors: names.zip(differences).collect() }
	}

	/// Adds those of further batches of the same model.
	pub fn add(&mut self, more: &Self) {
		self.loss += more.loss;
		for ((_, sum), (_, gradient)) in self.tensors.iter_mut().zip(&more.tensors) {
			*sum += gradient;
		}
	}

	pub(crate) fn named(&self) -> impl ExactSizeIterator<Item = (&str, &Tensor)> {
		self.tensors.iter().map(|(name, tensor)| (name.as_str(), tensor))
	}

	pub(in crate::model) fn named_mut(&mut self) -> impl ExactSizeIterator<Item = (&str, &mut Tensor)> {
		self.tensors.iter_mut().map(|(name, tensor)| (name.as_str(), tensor))
	}
}

/// Sum over the batches of the gradient of each one's loss; there is no averaging. Panics where libtorch fails.
pub fn gradients(params: &Params, batches: &[Batch]) -> Gradients {
	f_gradients(params, batches).unwrap_or_else(|fault| panic!("{fault}"))
}

/// As [`gradients`], with a word for what libtorch cannot do.
pub fn f_gradients(params: &Params, batches: &[Batch]) -> Result<Gradients, Fault> {
	summed(params, batches.iter().map(|batch| (batch, 1.0)))
}

/// Sum over the batches of the gradient of each one's loss, times a number of its own.
pub(super) fn summed<'a>(params: &Params, batches: impl Iterator<Item = (&'a Batch, f64)>) -> Result<Gradients, Fault> {
	// The thread that owns the device tracks nothing but here.
	Ok(tch::with_grad(|| tracked(params, batches))?)
}

fn tracked<'a>(params: &Params, batches: impl Iterator<Item = (&'a Batch, f64)>) -> Result<Gradients, TchError> {
	// These share the parameters' memory but are no part of them: tracking ends with this call.
	let leaf = |(_, tensor): (&str, &Tensor)| tensor.f_detach()?.f_set_requires_grad(true);
	let leaves = params.named().map(leaf).collect::<Result<Vec<_>, _>>()?;
	let mut sums = params.named().map(|(_, tensor)| tensor.f_zeros_like()).collect::<Result<Vec<_>, _>>()?;
	let mut total = 0.0;
	for (batch, factor) in batches {
		let loss = mean_loss(params.config(), &leaves, batch)?.f_mul_scalar(factor)?;
		total += loss.f_double_value(&[])?;
		for (sum, gradient) in sums.iter_mut().zip(Tensor::f_run_backward(&[&loss], &leaves, false, false)?) {
			_ = sum.f_add_(&gradient)?;
		}
	}
	Ok(Gradients { loss: total, tensors: params.named().map(|(name, _)| name.to_owned()).zip(sums).collect() })
}
