// SPDX-License-Identifier: Apache-2.0

//! The model of one node and what is done with it. Lives on the device thread; knows no chain, bucket or clock.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use mechanisms::templar::scores::Losses;
use mechanisms::templar::sync::SAMPLED;

use super::inner::Inner;
use super::Hparams;
use crate::data::{Batch, Dataset};
use crate::gradient::{
	aggregate, evaluation_step, outer_step, Codec, Compressed, CompressedGradient, LayoutError, Layouts, Limits,
	Momentum, StepError,
};
use crate::model::{Gradients, Params, ParamsError};
use crate::shared_model::{SharedModel, SharedModelError};

/// Why the model could not be worked with. Never a peer's fault.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
	/// As for every model that nodes share.
	#[error("{0}")]
	Shared(#[from] SharedModelError),
	/// A parameter cannot be cut into chunks.
	#[error("the model cannot be cut into chunks")]
	Layout(#[from] LayoutError),
	/// A step on the model failed.
	#[error("the step failed")]
	Step(#[from] StepError),
}

/// The model, the data and what a miner has in the works.
pub struct Engine {
	hparams: Arc<Hparams>,
	shared: SharedModel,
	codec: Codec,
	momentum: Momentum,
	gradient: Option<Gradients>,
	/// How it trains, if not by a single gradient.
	inner: Option<Inner>,
}

/// How the parameters of `hparams` travel.
pub fn layouts(hparams: &Hparams) -> Result<Layouts, LayoutError> {
	let training = &hparams.training;
	let shapes = hparams.model.parameter_shapes();
	Layouts::with_coding(&shapes, training.target_chunk, training.topk_compression, training.codec.coding())
}

impl Engine {
	/// The model as saved at `file`, or as all begin.
	pub fn open(hparams: Arc<Hparams>, dataset: Arc<Dataset>, file: Option<PathBuf>) -> Result<Self, EngineError> {
		let params = Params::open(file.as_deref(), &hparams.model, hparams.training.init_seed);
		let params = params.map_err(SharedModelError::from)?;
		let shared = SharedModel::new(params, dataset, hparams.data.clone(), hparams.evaluation.heldout_pages)?;
		let codec = Codec::new(layouts(&hparams)?);
		let momentum = Momentum::new(hparams.training.momentum_decay);
		let inner = hparams.training.inner_optimization.clone().map(Inner::new);
		Ok(Self { hparams, shared, codec, momentum, gradient: None, inner })
	}

	/// Writes the model to `file`.
	pub fn save(&self, file: &Path) -> Result<(), EngineError> {
		Ok(self.shared.save(file)?)
	}

	/// What others may see of the model in a checkpoint's `bytes`. An error is about those.
	pub fn samples_of(&self, bytes: &[u8]) -> Result<BTreeMap<String, Vec<f32>>, ParamsError> {
		Ok(self.decode(bytes)?.samples(SAMPLED))
	}

	/// Goes on with the model in a checkpoint's `bytes`. What was in the works belongs to the model before.
	pub fn adopt(&mut self, bytes: &[u8]) -> Result<(), EngineError> {
		self.shared.params = self.decode(bytes).map_err(SharedModelError::from)?;
		self.momentum = Momentum::new(self.hparams.training.momentum_decay);
		self.learnt();
		Ok(())
	}

	/// The batches of `pages`, in their order.
	pub fn batches(&self, pages: &[u64]) -> Result<Vec<Batch>, EngineError> {
		Ok(self.shared.batches(pages)?)
	}

	/// Trains on `batch` as the parameters say; so many `windows` of the run came before. Returns the loss, or none if the
	/// window has had its steps.
	pub fn train(&mut self, batch: &Batch, windows: u64) -> Result<Option<f64>, EngineError> {
		if let Some(inner) = &mut self.inner {
			return Ok(inner.step(&self.shared.params, &self.shared.readable(batch)?, windows));
		}
		let gradients = self.shared.gradients(&self.shared.params, std::slice::from_ref(batch))?;
		let loss = gradients.loss;
		match &mut self.gradient {
			Some(sum) => sum.add(&gradients),
			None => self.gradient = Some(gradients),
		}
		Ok(Some(loss))
	}

	/// Turns what this window has learnt into a submission, by way of the momentum. None if there was no batch.
	pub fn submission(&mut self, learning_rate: f64) -> Result<Option<BTreeMap<String, Compressed>>, EngineError> {
		let Some(gradient) = self.learnt() else { return Ok(None) };
		// Steps of its own have had their learning rate.
		let rate = if self.inner.is_some() { 1.0 } else { learning_rate };
		self.momentum.accumulate(&gradient, rate);
		Ok(Some(self.momentum.compress(&self.codec)?))
	}

	/// The step that all nodes take alike; `gradients` come in ascending order of their uids.
	pub fn step(&mut self, gradients: &[&CompressedGradient], learning_rate: f64) -> Result<(), EngineError> {
		if gradients.is_empty() {
			return Ok(());
		}
		let aggregated = aggregate(&self.codec, gradients)?;
		let training = &self.hparams.training;
		let (step, decay) = (training.outer_learning_rate(learning_rate), training.outer_weight_decay());
		Ok(outer_step(&mut self.shared.params, &aggregated, step, decay)?)
	}

	/// What others may see of the model.
	pub fn samples(&self) -> BTreeMap<String, Vec<f32>> {
		self.shared.params.samples(SAMPLED)
	}

	/// Mean loss of the model as it is.
	pub fn loss(&self, batches: &[Batch]) -> Result<f64, EngineError> {
		Ok(self.shared.loss(&self.shared.params, batches)?)
	}

	/// Mean loss on the first held-out pages, in nats per token.
	pub fn heldout_loss(&self) -> Result<f64, EngineError> {
		Ok(self.shared.heldout_loss()?)
	}

	/// What `gradient` does to the mean losses on `own` and `random` batches, tried on a copy of the model.
	///
	/// It is taken no longer than `limits` allow. `random_before` is the loss of the model as it is on the random batches,
	/// which are the same for all miners.
	pub fn evaluate(
		&self,
		gradient: &CompressedGradient,
		limits: &Limits,
		own: &[Batch],
		random: &[Batch],
		random_before: f64,
		learning_rate: f64,
	) -> Result<Losses, EngineError> {
		let Hparams { training, evaluation, .. } = &*self.hparams;
		let step = training.outer_learning_rate(learning_rate) * evaluation.eval_lr_factor;
		let stepped = evaluation_step(&self.codec, &self.shared.params, gradient, limits, step)?;
		Ok(Losses {
			own_before: self.loss(own)?,
			own_after: self.shared.loss(&stepped, own)?,
			random_before,
			random_after: self.shared.loss(&stepped, random)?,
		})
	}

	/// What this window's training has come to; the next begins anew.
	fn learnt(&mut self) -> Option<Gradients> {
		match &mut self.inner {
			Some(inner) => inner.finish(&self.shared.params),
			None => self.gradient.take(),
		}
	}

	fn decode(&self, bytes: &[u8]) -> Result<Params, ParamsError> {
		Params::decode(bytes, &self.hparams.model, Path::new("the checkpoint"))
	}
}
