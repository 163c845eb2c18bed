// SPDX-License-Identifier: Apache-2.0

//! Plain gradient descent on a copy of one's own, and the look at single elements by which steps are compared.

use tch::{Kind, Tensor};

use super::llama::Gradients;
use super::params::{elements, tensor, Params};

/// Keeps the clipping of an all-zero gradient finite, as in PyTorch's `clip_grad_norm_`.
const NORM_FLOOR: f64 = 1e-6;

impl Params {
	/// One step: `p -= lr·g`, the gradient `g` first scaled down to a length of `max_norm` if it is longer.
	///
	/// Returns whether there was a step: a gradient that is not finite is none.
	pub fn descend(&mut self, gradients: &Gradients, lr: f64, max_norm: f64) -> bool {
		let Some(scale) = gradients.clip_factor(max_norm) else { return false };
		for ((_, parameter), (_, gradient)) in self.named_mut().zip(gradients.named()) {
			*parameter -= gradient * (lr * scale);
		}
		true
	}

	/// The elements of each parameter, read row by row, at its `positions`; what lies outside is left out.
	pub fn at(&self, positions: &[Vec<usize>]) -> Vec<Vec<f32>> {
		at(self.named().map(|(_, tensor)| tensor), positions)
	}

	/// Lets `change` alter the elements of each parameter, which it gets with its number. On an error nothing is altered.
	pub fn alter<E>(&mut self, mut change: impl FnMut(usize, &mut [f32]) -> Result<(), E>) -> Result<(), E> {
		let mut altered = Vec::new();
		for (number, (_, parameter)) in self.named().enumerate() {
			let mut values = elements(parameter, 0..parameter.numel());
			change(number, &mut values)?;
			altered.push(tensor(&values, &parameter.size()).to_device(parameter.device()));
		}
		for ((_, parameter), altered) in self.named_mut().zip(altered) {
			*parameter = altered;
		}
		Ok(())
	}
}

impl Gradients {
	/// Scales a longer gradient down to a length of `max_norm`, as PyTorch's `clip_grad_norm_`.
	///
	/// Returns whether it is a gradient at all: one that is not finite stays as it is.
	pub fn clip(&mut self, max_norm: f64) -> bool {
		let Some(scale) = self.clip_factor(max_norm) else { return false };
		if scale < 1.0 {
			self.named_mut().for_each(|(_, gradient)| *gradient *= scale);
		}
		true
	}

	fn clip_factor(&self, max_norm: f64) -> Option<f64> {
		let norm = self.named().map(|(_, gradient)| square_sum(gradient)).sum::<f64>().sqrt();
		norm.is_finite().then(|| (max_norm / (norm + NORM_FLOOR)).min(1.0))
	}

	/// Like [`Params::at`].
	pub fn at(&self, positions: &[Vec<usize>]) -> Vec<Vec<f32>> {
		at(self.named().map(|(_, tensor)| tensor), positions)
	}
}

/// In f64, in which no square of an f32 overflows.
fn square_sum(tensor: &Tensor) -> f64 {
	tensor.to_kind(Kind::Double).square().sum(Kind::Double).double_value(&[])
}

fn at<'a>(tensors: impl Iterator<Item = &'a Tensor>, positions: &[Vec<usize>]) -> Vec<Vec<f32>> {
	let picked = |(tensor, positions): (&Tensor, &Vec<usize>)| {
		let values = elements(tensor, 0..tensor.numel());
		positions.iter().filter_map(|position| values.get(*position).copied()).collect()
	};
	tensors.zip(positions).map(picked).collect()
}

#[cfg(test)]
mod tests {
	use super::super::config::tests::tiny;
	use super::super::llama::{gradients, loss, Batch};
	use super::*;

	fn learnt() -> (Params, Batch, Gradients) {
		let params = Params::init(&tiny(), 1).unwrap();
		let batch = Batch::new(&[vec![1, 2, 3, 4, 5, 6]], &tiny(), None).unwrap();
		let gradients = gradients(&params, std::slice::from_ref(&batch));
		(params, batch, gradients)
	}

	/// Distance between two sets of parameters.
	fn distance(left: &Params, right: &Params) -> f64 {
		let pairs = left.named().zip(right.named());
		pairs.map(|((_, left), (_, right))| square_sum(&(left - right))).sum::<f64>().sqrt()
	}

	#[test]
	fn a_step_lowers_the_loss_and_is_no_longer_than_allowed() {
		let (before, batch, gradients) = learnt();
		let mut after = before.copy();
		assert!(after.descend(&gradients, 0.1, 0.5));
		assert!(loss(&after, &batch) < loss(&before, &batch));
		assert!((distance(&before, &after) - 0.05).abs() < 1e-4, "the gradient is longer than that");
	}

	#[test]
	fn a_gradient_that_is_short_enough_is_taken_as_it_is() {
		let (before, _, gradients) = learnt();
		let mut after = before.copy();
		assert!(after.descend(&gradients, 1.0, 1e9));
		let everywhere: Vec<Vec<usize>> = before.named().map(|(_, tensor)| (0..tensor.numel()).collect()).collect();
		let steps = before.at(&everywhere).concat().into_iter().zip(gradients.at(&everywhere).concat());
		for ((own, gradient), stepped) in steps.zip(after.at(&everywhere).concat()) {
			assert_eq!(stepped, own - gradient);
		}
	}

	#[test]
	fn a_clipped_gradient_has_the_length_and_the_direction() {
		let (before, _, mut gradients) = learnt();
		let mut after = before.copy();
		after.descend(&gradients, 1.0, 0.5);
		assert!(gradients.clip(0.5));
		let length = gradients.named().map(|(_, gradient)| square_sum(gradient)).sum::<f64>().sqrt();
		assert!((length - 0.5).abs() < 1e-5, "{length}");
		let mut clipped = before.copy();
		clipped.descend(&gradients, 1.0, 1e9);
		assert!(distance(&after, &clipped) < 1e-5);
		let steps = Gradients::between(&before, &clipped);
		assert!(steps
			.named()
			.zip(gradients.named())
			.all(|((_, step), (_, own))| step.allclose(own, 1e-4, 1e-6, false)));
	}

	#[test]
	fn a_gradient_that_is_no_number_is_no_step() {
		let (before, batch, _) = learnt();
		let mut diverged = before.copy();
		let huge = |_, values: &mut [f32]| -> Result<(), ()> {
			values.fill(f32::MAX);
			Ok(())
		};
		diverged.alter(huge).unwrap();
		let gradients = gradients(&diverged, std::slice::from_ref(&batch));
		let mut after = before.copy();
		assert!(!after.descend(&gradients, 0.1, 1.0));
		assert_eq!(after, before);
	}

	#[test]
	fn elements_are_altered_all_or_none() {
		let before = Params::init(&tiny(), 1).unwrap();
		let mut params = before.copy();
		let change = |last: usize| {
			move |number: usize, values: &mut [f32]| {
				values[3] = 7.0;
				if number < last {
					Ok(())
				} else {
					Err(number)
				}
			}
		};
		assert_eq!(params.alter(change(2)), Err(2));
		assert_eq!(params, before);
		assert_eq!(params.alter(change(usize::MAX)), Ok(()));
		let positions = vec![vec![2, 3, usize::MAX]; before.named().len()];
		let picked = params.at(&positions);
		assert!(picked.iter().zip(before.at(&positions)).all(|(now, then)| now == &[then[0], 7.0]));
	}
}
