// SPDX-License-Identifier: Apache-2.0

//! The optimizer that models are finetuned with (Kingma and Ba 2015), with the defaults of its authors.

use tch::Tensor;

use super::llama::Gradients;
use super::params::Params;

/// Parts of the running means of gradients and of their squares that a step leaves.
const DECAYS: (f64, f64) = (0.9, 0.999);
/// Keeps the step finite where no gradient has been.
const EPSILON: f64 = 1e-8;

/// The optimizer's memory of one model's gradients.
#[derive(Debug)]
pub struct Adam {
	learning_rate: f64,
	steps: i32,
	/// Running means of each parameter's gradient and of its square.
	means: Vec<(Tensor, Tensor)>,
}

impl Adam {
	/// One that has seen no gradient.
	pub fn new(learning_rate: f64) -> Self {
		Self { learning_rate, steps: 0, means: Vec::new() }
	}

	/// Moves `params` against the mean of the `gradients` of so many `batches`, always of the same model.
	pub fn step(&mut self, params: &mut Params, gradients: &Gradients, batches: usize) {
		if self.means.is_empty() {
			self.means = params.named().map(|(_, tensor)| (tensor.zeros_like(), tensor.zeros_like())).collect();
		}
		self.steps = self.steps.saturating_add(1);
		let unbiased = |decay: f64| 1.0 - decay.powi(self.steps);
		let (first, second) = DECAYS;
		for (((_, tensor), (_, sum)), (mean, square)) in params.named_mut().zip(gradients.named()).zip(&mut self.means)
		{
			let gradient = sum / batches.max(1) as f64;
			*square = &*square * second + gradient.square() * (1.0 - second);
			*mean = &*mean * first + gradient * (1.0 - first);
			let scale = (&*square / unbiased(second)).sqrt() + EPSILON;
			*tensor -= &*mean / scale * (self.learning_rate / unbiased(first));
		}
	}
}

#[cfg(test)]
mod tests {
	use super::super::config::tests::tiny;
	use super::super::{gradients, loss, Batch};
	use super::*;

	/// Whatever the gradient's size, where it has not changed its sign.
	#[test]
	fn the_first_step_moves_every_parameter_by_the_learning_rate() {
		let params = Params::init(&tiny(), 1).unwrap();
		let batch = [Batch::new(&[vec![1, 2, 3, 4]], &tiny(), None).unwrap()];
		let mut moved = params.copy();
		Adam::new(0.01).step(&mut moved, &gradients(&params, &batch), 1);
		let (before, after) = (params.samples(0..2), moved.samples(0..2));
		let name = "model.layers.0.mlp.up_proj.weight";
		assert!(before[name].iter().zip(&after[name]).all(|(a, b)| ((a - b).abs() - 0.01).abs() < 1e-4));
	}

	#[test]
	fn steps_lower_the_loss() {
		let mut params = Params::init(&tiny(), 1).unwrap();
		let batch = [Batch::new(&[vec![1, 2, 3, 4], vec![4, 3, 2, 1]], &tiny(), None).unwrap()];
		let (mut adam, before) = (Adam::new(0.01), loss(&params, &batch[0]));
		for _ in 0..20 {
			let gradients = gradients(&params, &batch);
			adam.step(&mut params, &gradients, batch.len());
		}
		assert!(loss(&params, &batch[0]) < before / 2.0);
	}
}
