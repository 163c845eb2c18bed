// SPDX-License-Identifier: Apache-2.0

//! A miner's training within a window, where the parameters name an optimizer for it: steps on a copy of the shared model.
//! What it submits is how far it has come, `start - end`, as a gradient of its own kind (Douillard et al. 2023, DiLoCo).

use crate::model::{accumulated, Batch, Gradients, InnerOptimization, Optimizer, Params};

/// Training of one miner. The optimizer's memory outlives the windows, the copy does not.
pub struct Inner {
	optimization: InnerOptimization,
	optimizer: Optimizer,
	own: Option<Params>,
	taken: u32,
}

impl Inner {
	/// Training that has not begun.
	pub fn new(optimization: InnerOptimization) -> Self {
		let optimizer = Optimizer::new(optimization.optimizer);
		Self::resumed(optimization, optimizer)
	}

	/// Training that goes on in a new window with what its `optimizer` remembers of those before.
	pub fn resumed(optimization: InnerOptimization, optimizer: Optimizer) -> Self {
		Self { optimization, optimizer, own: None, taken: 0 }
	}

	/// What remembers the windows before.
	pub fn optimizer(&self) -> &Optimizer {
		&self.optimizer
	}

	/// A step on `batch` from where this window's training is, or from the `shared` model; `windows` of the run came before.
	///
	/// Returns the loss before it. None if the window has had its steps. A gradient that is not finite makes no step.
	pub fn step(&mut self, shared: &Params, batch: &Batch, windows: u64) -> Option<f64> {
		let Self { optimization, optimizer, own, taken } = self;
		if *taken >= optimization.inner_steps {
			return None;
		}
		let own = own.get_or_insert_with(|| shared.copy());
		let steps = windows * u64::from(optimization.inner_steps) + u64::from(*taken);
		let mut gradients = accumulated(own, batch, optimization.micro_batch_size);
		if gradients.clip(optimization.grad_clip) {
			optimizer.step(own, &gradients, optimization.schedule.at(steps));
		}
		*taken += 1;
		Some(gradients.loss)
	}

	/// How far this window's training has come from the `shared` model; the next begins there again. None without a step.
	pub fn finish(&mut self, shared: &Params) -> Option<Gradients> {
		self.taken = 0;
		self.own.take().map(|own| Gradients::between(shared, &own))
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::model::{config_of_tests as tiny, loss, Rule, Schedule};

	fn inner() -> Inner {
		let schedule = Schedule { learning_rate: 0.01, warmup_steps: 0, start_factor: 1.0, t_max: 1_000, lowest: 0.1 };
		Inner::new(InnerOptimization {
			optimizer: Rule::adam(),
			schedule,
			inner_steps: 5,
			grad_clip: 1.0,
			micro_batch_size: 1,
		})
	}

	#[test]
	fn what_is_submitted_leads_to_a_lower_loss() {
		let shared = Params::init(&tiny(), 1).unwrap();
		let batch = Batch::new(&[vec![1, 2, 3, 4], vec![4, 3, 2, 1]], &tiny(), None).unwrap();
		let mut inner = inner();
		assert!(inner.finish(&shared).is_none());
		for window in 0..2 {
			let losses: Vec<f64> = (0..5).map(|_| inner.step(&shared, &batch, window).unwrap()).collect();
			assert!(losses.windows(2).all(|pair| pair[1] < pair[0]), "{losses:?}");
			let begin = loss(&shared, &batch);
			assert!((losses[0] - begin).abs() < 1e-5, "each window begins with the shared model: {losses:?}, {begin}");
			assert_eq!(inner.step(&shared, &batch, window), None, "it has had its steps");
			let mut stepped = shared.copy();
			stepped.descend(&inner.finish(&shared).unwrap(), 1.0, 1e9);
			assert!(loss(&stepped, &batch) < losses[4]);
		}
	}
}
