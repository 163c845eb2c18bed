// SPDX-License-Identifier: Apache-2.0

//! Makes models: finetunes one, or fresh ones, on samples, and writes them as repositories.

use std::path::Path;
use std::sync::Arc;

use super::EngineError;
use crate::finetuning::Hparams;
use crate::model::description::Numbers;
use crate::model::{accumulated, checkpoint, repository, Batch, Example, Fault, Optimizer, Params, Processor, Rule};

/// A model in training, and what it learns from.
pub struct Trainer {
	hparams: Arc<Hparams>,
	params: Params,
	optimizer: Optimizer,
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
		Ok(Self { hparams, params, optimizer: Optimizer::new(Rule::adam()), examples, next: 0 })
	}

	/// Goes on with what `file` remembers of training this very model, if it does.
	pub fn remembering(mut self, file: &Path) -> Self {
		match checkpoint::load(file, self.params.config(), Rule::adam()) {
			Ok((params, optimizer)) if params == self.params => self.optimizer = optimizer,
			// There is none yet, or another model has taken its place: what is remembered of it would mislead.
			_ => {},
		}
		self
	}

	/// The same on another processor.
	pub fn on(mut self, processor: Processor) -> Result<Self, Fault> {
		self.params = self.params.on(processor)?;
		self.optimizer = self.optimizer.on(processor)?;
		Ok(self)
	}

	/// Takes one step on the next batch; returns its loss, in nats per token. The last step of a pass over the examples may be
	/// a smaller one.
	pub fn step(&mut self) -> f64 {
		let training = &self.hparams.training;
		let end = (self.next + training.batch_size).min(self.examples.len());
		let batch = Batch::responses(&self.examples[self.next..end], self.params.config());
		self.next = end % self.examples.len();
		let Ok(batch) = batch else { return f64::NAN }; // Never: they were checked one by one.
		let gradients = accumulated(&self.params, &batch, training.micro_batch_size);
		self.optimizer.step(&mut self.params, &gradients, training.learning_rate);
		gradients.loss
	}

	/// The model as it is.
	pub fn params(&self) -> &Params {
		&self.params
	}

	/// Writes to `file` what [`Self::remembering`] needs.
	pub fn remember(&self, file: &Path) -> Result<(), EngineError> {
		Ok(checkpoint::save(file, &self.params, &self.optimizer)?)
	}
}

/// Writes a model as a repository has it.
pub fn write(params: &Params, folder: &Path) -> Result<(), EngineError> {
	Ok(repository::save(params, folder, Numbers::F32, repository::FILE_BYTES)?)
}
