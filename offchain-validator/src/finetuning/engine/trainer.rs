// SPDX-License-Identifier: Apache-2.0

//! Makes models: finetunes one, or fresh ones, on samples, and writes them as repositories.

use std::path::Path;
use std::sync::Arc;

use super::open::WHOLE;
use super::EngineError;
use crate::atomic;
use crate::finetuning::{config, Hparams};
use crate::model::{gradients, Adam, Batch, Example, Params};

/// A model in training, and what it learns from.
pub struct Trainer {
	hparams: Arc<Hparams>,
	params: Params,
	adam: Adam,
	examples: Vec<Example>,
	next: usize,
}

impl Trainer {
	/// Begins with `params`. There must be an example, and of each a response; those that the model cannot read are left
	/// out.
	pub fn new(hparams: Arc<Hparams>, params: Params, examples: Vec<Example>) -> Result<Self, EngineError> {
		let fits = |example: &Example| Batch::responses(std::slice::from_ref(example), params.config()).is_ok();
		let examples: Vec<Example> = examples.into_iter().filter(fits).collect();
		if examples.is_empty() {
			return Err(EngineError::NoSamples);
		}
		let adam = Adam::new(hparams.training.learning_rate);
		Ok(Self { hparams, params, adam, examples, next: 0 })
	}

	/// Takes one step on the next batch; returns its loss, in nats per token. The last step of a pass over the examples may be
	/// a smaller one.
	pub fn step(&mut self) -> f64 {
		let end = (self.next + self.hparams.training.batch_size).min(self.examples.len());
		let batch = Batch::responses(&self.examples[self.next..end], self.params.config());
		self.next = end % self.examples.len();
		let Ok(batch) = batch else { return f64::NAN }; // Never: they were checked one by one.
		let gradients = gradients(&self.params, &[batch]);
		self.adam.step(&mut self.params, &gradients, 1);
		gradients.loss
	}

	/// The model as it is.
	pub fn params(&self) -> &Params {
		&self.params
	}
}

/// Writes a model as a repository has it.
pub fn write(params: &Params, folder: &Path) -> Result<(), EngineError> {
	params.save(&folder.join(WHOLE))?;
	let described = config::write(params.config()).map_err(std::io::Error::from);
	described.and_then(|text| atomic::write(&folder.join("config.json"), &text)).map_err(EngineError::Description)
}
