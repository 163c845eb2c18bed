// SPDX-License-Identifier: Apache-2.0

//! A second copy of the parameters, to try on it what strangers have sent.
//!
//! The original is read and never written: each try writes the whole copy anew from it. So there is nothing to undo, an
//! original is as it was to the last bit whatever goes wrong, and no try knows of the one before.

use tch::{Kind, Tensor};

use super::compute::Precision;
use super::fault::Fault;
use super::llama::Batch;
use super::losses::losses;
use super::params::Params;

/// The copy, where the original is. With [`Precision::Bf16`] its matrices take half as much memory.
#[derive(Debug)]
pub struct Trial {
	tensors: Vec<Tensor>,
}

impl Trial {
	/// Room for a copy of `params`, with nothing of use in it.
	pub fn new(params: &Params, precision: Precision) -> Result<Self, Fault> {
		let room = |(_, tensor): (&str, &Tensor)| {
			let kind = match precision {
				Precision::Bf16 if tensor.dim() > 1 => Kind::BFloat16,
				_ => Kind::Float,
			};
			Ok(Tensor::f_empty(tensor.size(), (kind, tensor.device()))?)
		};
		Ok(Self { tensors: params.named().map(room).collect::<Result<_, Fault>>()? })
	}

	/// The parameters as they are, rounded where the copy is coarser.
	pub fn copy(&mut self, params: &Params) -> Result<(), Fault> {
		self.write(params, |_, original, copy| Ok(copy.f_copy_(original)?))
	}

	/// Lets `write` make each parameter of the copy from the one of its name, which is the second tensor.
	pub(crate) fn write<E>(
		&mut self,
		params: &Params,
		mut write: impl FnMut(&str, &Tensor, &mut Tensor) -> Result<(), E>,
	) -> Result<(), E> {
		params.named().zip(&mut self.tensors).try_for_each(|((name, original), copy)| write(name, original, copy))
	}

	/// As [`Params::losses`], of the copy of `params`.
	pub fn losses(&self, params: &Params, batches: &[&Batch], pass_tokens: usize) -> Result<Vec<f64>, Fault> {
		losses(params.config(), &self.tensors, batches, pass_tokens)
	}
}

#[cfg(test)]
mod tests {
	use super::super::config::tests::tiny;
	use super::super::config::ModelConfig;
	use super::*;

	fn params() -> Params {
		Params::init(&ModelConfig { initializer_range: 0.3, ..tiny() }, 1).unwrap()
	}

	fn batches() -> Vec<Batch> {
		[[1, 2, 3, 4, 5, 6], [9, 8, 7, 6, 5, 4], [30, 31, 32, 33, 34, 35]]
			.map(|row| Batch::new(&[row], &tiny(), None).unwrap())
			.into()
	}

	#[test]
	fn a_copy_is_the_original_to_the_last_bit() {
		let (params, batches) = (params(), batches());
		let all: Vec<_> = batches.iter().collect();
		let mut trial = Trial::new(&params, Precision::F32).unwrap();
		trial.copy(&params).unwrap();
		assert!(trial.tensors.iter().zip(params.named()).all(|(copy, (_, original))| copy.equal(original)));
		assert_eq!(trial.losses(&params, &all, 100), params.losses(&all, 100));
	}

	#[test]
	fn a_try_that_fails_leaves_the_original_and_the_next_try_alone() {
		let (params, before) = (params(), params().copy());
		let mut trial = Trial::new(&params, Precision::F32).unwrap();
		let mut written = 0;
		let failed = trial.write(&params, |_, _, copy| {
			written += 1;
			_ = copy.fill_(f64::NAN);
			if written < 5 {
				Ok(())
			} else {
				Err("no memory")
			}
		});
		assert_eq!(failed, Err("no memory"));
		assert_eq!(params, before);
		trial.copy(&params).unwrap();
		assert!(trial.tensors.iter().zip(before.named()).all(|(copy, (_, original))| copy.equal(original)));
	}

	/// The bounds that [`losses`] states.
	#[test]
	fn sixteen_bits_are_near_and_batches_differ_little() {
		let (params, batches) = (params(), batches());
		let all: Vec<_> = batches.iter().collect();
		let mut trial = Trial::new(&params, Precision::Bf16).unwrap();
		trial.copy(&params).unwrap();
		let together = trial.losses(&params, &all, 100).unwrap();
		let exact = params.losses(&all, 100).unwrap();
		for ((batch, together), exact) in all.iter().zip(together).zip(exact) {
			let alone = trial.losses(&params, &[batch], 100).unwrap()[0];
			assert!((together - alone).abs() < 1e-2 * alone, "{together} {alone}");
			assert!((together - exact).abs() < 2e-2 * exact, "{together} {exact}");
			assert!(together != exact, "nothing was rounded");
		}
	}
}
