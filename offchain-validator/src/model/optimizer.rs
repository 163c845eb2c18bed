// SPDX-License-Identifier: Apache-2.0

//! Steps that remember the gradients before: AdamW and SGD with momentum, as PyTorch takes them.

use tch::Tensor;

use super::llama::Gradients;
use super::optimization::Rule;
use super::params::Params;

/// A rule, and what it remembers of one model's gradients.
#[derive(Debug)]
pub struct Optimizer {
	pub(super) rule: Rule,
	pub(super) steps: u64,
	/// For each kind of memory of the rule, one tensor for each parameter.
	pub(super) memory: Vec<Vec<Tensor>>,
}

impl Rule {
	/// What is remembered of each parameter, under the names that PyTorch gives it.
	pub(super) fn memories(&self) -> &'static [&'static str] {
		match self {
			Self::AdamW { .. } => &["exp_avg", "exp_avg_sq"],
			Self::Sgd { momentum, .. } if *momentum == 0.0 => &[],
			Self::Sgd { .. } => &["momentum_buffer"],
		}
	}
}

impl Optimizer {
	/// One that has seen no gradient.
	pub fn new(rule: Rule) -> Self {
		Self { rule, steps: 0, memory: Vec::new() }
	}

	/// Steps taken so far.
	pub fn steps(&self) -> u64 {
		self.steps
	}

	/// Moves `params` against the `gradients`, always of the same model.
	pub fn step(&mut self, params: &mut Params, gradients: &Gradients, learning_rate: f64) {
		if self.memory.is_empty() {
			let zeros = |_: &&str| params.named().map(|(_, tensor)| tensor.zeros_like()).collect();
			self.memory = self.rule.memories().iter().map(zeros).collect();
		}
		self.steps = self.steps.saturating_add(1);
		let steps = self.steps as f64;
		let pairs = params.named_mut().zip(gradients.named());
		match (self.rule, self.memory.as_mut_slice()) {
			(Rule::AdamW { beta1, beta2, epsilon, weight_decay }, [means, squares]) => {
				let (unbiased1, unbiased2) = (1.0 - beta1.powf(steps), 1.0 - beta2.powf(steps));
				for (((_, parameter), (_, gradient)), (mean, square)) in pairs.zip(means.iter_mut().zip(squares)) {
					*parameter *= 1.0 - learning_rate * weight_decay;
					*mean *= beta1;
					*mean += gradient * (1.0 - beta1);
					*square *= beta2;
					*square += gradient.square() * (1.0 - beta2);
					let scale = square.sqrt() / unbiased2.sqrt() + epsilon;
					*parameter -= &*mean / scale * (learning_rate / unbiased1);
				}
			},
			(Rule::Sgd { momentum, weight_decay, .. }, memory) => {
				for (place, ((_, parameter), (_, gradient))) in pairs.enumerate() {
					let decayed = gradient + &*parameter * weight_decay;
					match memory.first_mut().and_then(|sums| sums.get_mut(place)) {
						Some(sum) => {
							*sum *= momentum;
							*sum += decayed;
							*parameter -= &*sum * learning_rate;
						},
						None => *parameter -= decayed * learning_rate,
					}
				}
			},
			(Rule::AdamW { .. }, _) => unreachable!("it remembers two tensors for each parameter; qed"),
		}
	}
}

#[cfg(test)]
mod tests {
	use tch::nn::{self, OptimizerConfig as _};
	use tch::Kind;

	use super::super::config::tests::tiny;
	use super::super::{gradients, loss, Batch};
	use super::*;

	const ADAM_W: Rule = Rule::AdamW { beta1: 0.9, beta2: 0.95, epsilon: 1e-8, weight_decay: 0.1 };
	const SGD: Rule = Rule::Sgd { momentum: 0.9, weight_decay: 0.1 };

	fn batch(first: u32) -> [Batch; 1] {
		[Batch::new(&[vec![first, 2, 3, 4], vec![4, 3, 2, first]], &tiny(), None).unwrap()]
	}

	/// Ten steps of ours, beside the same by libtorch's own optimizer on the same gradients.
	#[track_caller]
	fn check(rule: Rule, build: impl FnOnce(&nn::VarStore) -> nn::Optimizer) {
		let mut params = Params::init(&tiny(), 1).unwrap();
		let store = nn::VarStore::new(tch::Device::Cpu);
		let root = store.root();
		let variable = |(name, tensor): (&str, &Tensor)| root.var_copy(&name.replace('.', "_"), tensor);
		let mut theirs: Vec<Tensor> = params.named().map(variable).collect();
		let (mut optimizer, mut reference) = (Optimizer::new(rule), build(&store));
		for step in 0..10 {
			let gradients = gradients(&params, &batch(step));
			reference.zero_grad();
			let losses = theirs
				.iter()
				.zip(gradients.named())
				.map(|(theirs, (_, gradient))| (theirs * gradient).sum(Kind::Float));
			losses.reduce(|sum, part| sum + part).unwrap().backward(); // Of which this is the gradient.
			reference.step();
			optimizer.step(&mut params, &gradients, 0.01);
		}
		assert_eq!(optimizer.steps(), 10);
		for ((name, ours), theirs) in params.named().zip(&mut theirs) {
			assert!(ours.allclose(&theirs.detach(), 1e-5, 1e-6, false), "{name}");
		}
	}

	#[test]
	fn steps_are_those_of_libtorch() {
		check(ADAM_W, |store| {
			nn::AdamW { beta1: 0.9, beta2: 0.95, wd: 0.1, ..Default::default() }.build(store, 0.01).unwrap()
		});
		check(Rule::adam(), |store| nn::Adam::default().build(store, 0.01).unwrap());
		check(SGD, |store| nn::Sgd { momentum: 0.9, wd: 0.1, ..Default::default() }.build(store, 0.01).unwrap());
		let plain = Rule::Sgd { momentum: 0.0, weight_decay: 0.0 };
		check(plain, |store| nn::Sgd::default().build(store, 0.01).unwrap());
	}

	/// Whatever the gradient's size, where it has not changed its sign.
	#[test]
	fn the_first_step_of_adam_moves_every_parameter_by_the_learning_rate() {
		let params = Params::init(&tiny(), 1).unwrap();
		let mut moved = params.copy();
		Optimizer::new(Rule::adam()).step(&mut moved, &gradients(&params, &batch(1)), 0.01);
		let (before, after) = (params.samples(0..2), moved.samples(0..2));
		let name = "model.layers.0.mlp.up_proj.weight";
		assert!(before[name].iter().zip(&after[name]).all(|(a, b)| ((a - b).abs() - 0.01).abs() < 1e-4));
	}

	#[test]
	fn steps_lower_the_loss() {
		for (rule, learning_rate) in [(ADAM_W, 0.01), (SGD, 0.3)] {
			let mut params = Params::init(&tiny(), 1).unwrap();
			let (mut optimizer, before) = (Optimizer::new(rule), loss(&params, &batch(1)[0]));
			for _ in 0..20 {
				let gradients = gradients(&params, &batch(1));
				optimizer.step(&mut params, &gradients, learning_rate);
			}
			assert!(loss(&params, &batch(1)[0]) < before / 2.0, "{rule:?}");
		}
	}
}
