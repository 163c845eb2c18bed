// SPDX-License-Identifier: Apache-2.0

//! A miner's training: what this window has taught it, and what it has in mind from window to window.

use std::collections::BTreeMap;
use std::path::Path;

use crate::data::Batch;
use crate::gradient::{Codec, Compressed, Momentum, StepError};
use crate::model::memory::{self, Moment};
use crate::model::{Gradients, ModelConfig, Params, ParamsError, Processor};
use crate::shared_model::{SharedModel, SharedModelError};
use crate::templar::hparams::Training;
use crate::templar::inner::Inner;

/// What a miner has in the works.
pub(super) struct Trainer {
	momentum: Momentum,
	/// Sum of this window's gradients, of one that takes no steps of its own.
	gradient: Option<Gradients>,
	/// How it trains, if not by a single gradient.
	inner: Option<Inner>,
}

impl Trainer {
	/// One that has seen nothing.
	pub fn new(training: &Training) -> Self {
		let inner = training.inner_optimization.clone().map(Inner::new);
		Self { momentum: Momentum::new(training.momentum_decay), gradient: None, inner }
	}

	/// Learns from `batch`; so many `windows` of the run came before. Returns the loss, or none if the window has had its
	/// steps.
	pub fn train(
		&mut self,
		shared: &SharedModel,
		batch: &Batch,
		windows: u64,
	) -> Result<Option<f64>, SharedModelError> {
		if let Some(inner) = &mut self.inner {
			return Ok(inner.step(&shared.params, &shared.readable(batch)?, windows));
		}
		let gradients = shared.gradients(&shared.params, std::slice::from_ref(batch))?;
		let loss = gradients.loss;
		match &mut self.gradient {
			Some(sum) => sum.add(&gradients),
			None => self.gradient = Some(gradients),
		}
		Ok(Some(loss))
	}

	/// Turns what this window has taught about the shared parameters into a submission, by way of the momentum; the next begins
	/// anew. None if there was no batch.
	pub fn submission(
		&mut self,
		shared: &Params,
		codec: &Codec,
		learning_rate: f64,
	) -> Result<Option<BTreeMap<String, Compressed>>, StepError> {
		let learnt = match &mut self.inner {
			Some(inner) => inner.finish(shared),
			None => self.gradient.take(),
		};
		let Some(gradient) = learnt else { return Ok(None) };
		// Steps of its own have had their learning rate.
		let rate = if self.inner.is_some() { 1.0 } else { learning_rate };
		self.momentum.accumulate(&gradient, rate);
		Ok(Some(self.momentum.compress(codec)?))
	}

	/// Writes to `file` what it has in mind, and says whether that is anything: it is from the first submission on.
	pub fn remember(&self, file: &Path, config: &ModelConfig, moment: Moment) -> Result<bool, ParamsError> {
		let (windows, optimizer) = (self.momentum.windows(), self.inner.as_ref().map(Inner::optimizer));
		if windows > 0 {
			memory::save(file, config, moment, windows, |parameter| self.momentum.left(parameter), optimizer)?;
		}
		Ok(windows > 0)
	}

	/// One that goes on with what is in `file`.
	pub fn recalling(
		training: &Training,
		file: &Path,
		config: &ModelConfig,
		moment: Moment,
		processor: Processor,
	) -> Result<Self, SharedModelError> {
		let inner = training.inner_optimization.clone();
		let memory = memory::load(file, config, moment, inner.as_ref().map(|inner| inner.optimizer))?;
		let optimizer = memory.optimizer.map(|optimizer| optimizer.on(processor)).transpose()?;
		let inner = inner.zip(optimizer).map(|(inner, optimizer)| Inner::resumed(inner, optimizer));
		let momentum = Momentum::resumed(training.momentum_decay, memory.windows, memory.left);
		Ok(Self { momentum, gradient: None, inner })
	}
}
