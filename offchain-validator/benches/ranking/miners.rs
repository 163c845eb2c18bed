// SPDX-License-Identifier: Apache-2.0

//! The model, and miners of known quality.

use std::convert::Infallible;

use mechanisms::numpy::Generator;
use offchain_validator::model::{gradients, Batch, Optimizer, Params, Rule};
use offchain_validator::templar::Hparams;

/// How the model is trained before anything is measured.
const STEPS: usize = 400;
const LEARNING_RATE: f64 = 2e-3;
/// Pages of the gradient that is called the true one.
const GRADIENT_PAGES: usize = 1024;

/// A model in the middle of its training, and the gradient of its loss.
pub struct Trained {
	pub params: Params,
	/// Of each parameter, element by element.
	gradient: Vec<Vec<f32>>,
}

/// Trains on the first of `pages`; the gradient is that of the last.
pub fn train(hparams: &Hparams, pages: &[Vec<u32>]) -> anyhow::Result<Trained> {
	let (config, size) = (&hparams.model, hparams.data.batch_size);
	let (last, first) = pages.split_at(GRADIENT_PAGES.min(pages.len() / 2));
	let batch = |pages: &[Vec<u32>]| Batch::new(pages, config, None);
	let mut params = Params::init(config, hparams.training.init_seed)?;
	let mut adam = Optimizer::new(Rule::adam());
	for pages in first.chunks_exact(size).cycle().take(STEPS) {
		let gradients = gradients(&params, &[batch(pages)?]);
		adam.step(&mut params, &gradients, LEARNING_RATE);
	}
	let batches = last.chunks_exact(size).map(batch).collect::<Result<Vec<_>, _>>()?;
	let positions: Vec<Vec<usize>> =
		config.parameter_shapes().iter().map(|(_, shape)| (0..shape.iter().product()).collect()).collect();
	let gradient = gradients(&params, &batches).at(&positions);
	Ok(Trained { params, gradient })
}

impl Trained {
	/// Elements of all parameters.
	pub fn parameters(&self) -> usize {
		self.gradient.iter().map(Vec::len).sum()
	}

	/// The model after a step along the submission of a miner, as validators take it: by the signs alone.
	///
	/// The submission is the true gradient plus normal noise, so much of it that to the first order the step takes the part
	/// `quality` off the loss of what the true gradient's step does.
	pub fn stepped(&self, step: f64, quality: f64, seed: u32) -> Params {
		let mut random = Generator::new(seed);
		let noise: Vec<Vec<f32>> = self.gradient.iter().map(|part| normals(&mut random, part.len())).collect();
		let scale = self.scale(&noise, quality);
		let mut params = self.params.copy();
		let change = |number: usize, values: &mut [f32]| -> Result<(), Infallible> {
			for (value, (gradient, noise)) in values.iter_mut().zip(self.gradient[number].iter().zip(&noise[number])) {
				let sent = gradient + scale * noise;
				*value -= step as f32 * if sent == 0.0 { 0.0 } else { sent.signum() };
			}
			Ok(())
		};
		params.alter(change).unwrap_or_else(|never| match never {});
		params
	}

	/// How many times the noise is added. A sign turns once the noise outgrows the gradient, which costs twice the gradient's
	/// size; so signs are turned in the order in which noise that grows would turn them.
	fn scale(&self, noise: &[Vec<f32>], quality: f64) -> f32 {
		let pairs = || self.gradient.iter().flatten().zip(noise.iter().flatten());
		let whole: f64 = pairs().map(|(gradient, _)| f64::from(gradient.abs())).sum();
		let opposed = pairs().filter(|(gradient, noise)| *gradient * *noise < 0.0);
		let mut turns: Vec<(f32, f64)> =
			opposed.map(|(gradient, noise)| (gradient.abs() / noise.abs(), f64::from(gradient.abs()))).collect();
		turns.sort_by(|(one, _), (other, _)| one.total_cmp(other));
		let mut left = whole;
		for (scale, size) in turns {
			if left <= quality * whole {
				return scale;
			}
			left -= 2.0 * size;
		}
		f32::MAX
	}
}

/// By the method of Box and Muller.
fn normals(random: &mut Generator, count: usize) -> Vec<f32> {
	let mut uniform = || ((random.next_u64() >> 12) as f64 + 0.5) / (1u64 << 52) as f64;
	(0..count).map(|_| ((-2.0 * uniform().ln()).sqrt() * (std::f64::consts::TAU * uniform()).cos()) as f32).collect()
}
