// SPDX-License-Identifier: Apache-2.0

//! The model of one node and what is done with it. Lives on the device thread; knows no chain, bucket or clock.

mod trainer;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use mechanisms::templar::sync::SAMPLED;

use super::Hparams;
use crate::data::{Batch, Dataset};
use crate::gradient::{
	aggregate, outer_step, Codec, Compressed, CompressedGradient, Decoder, LayoutError, Layouts, StepError, TryError,
	Update,
};
use crate::model::memory::Moment;
use crate::model::{self, Fault, Lane, Params, ParamsError, Probe};
use crate::shared_model::{SharedModel, SharedModelError};

use trainer::Trainer;

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
	/// A gradient could not be tried.
	#[error("the gradient could not be tried")]
	Try(#[from] TryError),
}

/// The model, the data and what a miner has in the works.
pub struct Engine {
	hparams: Arc<Hparams>,
	shared: SharedModel,
	codec: Codec,
	decoder: Decoder,
	trainer: Trainer,
}

/// How the parameters of `hparams` travel.
pub fn layouts(hparams: &Hparams) -> Result<Layouts, LayoutError> {
	let training = &hparams.training;
	let shapes = hparams.model.parameter_shapes();
	Layouts::with_coding(&shapes, training.target_chunk, training.topk_compression, training.codec.coding())
}

impl Engine {
	/// The model as saved at `file`, or as all begin.
	pub fn open(
		hparams: Arc<Hparams>,
		dataset: Arc<Dataset>,
		file: Option<PathBuf>,
		lane: Lane,
	) -> Result<Self, EngineError> {
		let (seed, heldout_pages) = (hparams.training.init_seed, hparams.evaluation.heldout_pages);
		let (model, data) = (&hparams.model, hparams.data.clone());
		let shared = SharedModel::open(file.as_deref(), model, seed, dataset, data, lane, heldout_pages)?;
		let codec = Codec::new(layouts(&hparams)?);
		let decoder = Decoder::new(&codec, lane.processor).map_err(SharedModelError::from)?;
		let trainer = Trainer::new(&hparams.training);
		Ok(Self { hparams, shared, codec, decoder, trainer })
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
		self.shared.replace(self.decode(bytes).map_err(SharedModelError::from)?)?;
		self.trainer = Trainer::new(&self.hparams.training);
		Ok(())
	}

	/// Writes to `file` what a miner has in mind between two windows; says whether it has anything.
	pub fn remember(&self, file: &Path, moment: Moment) -> Result<bool, EngineError> {
		Ok(self.trainer.remember(file, &self.hparams.model, moment).map_err(SharedModelError::from)?)
	}

	/// Goes on with what is in `file`, if it is of this moment. On an error all stays as it is.
	pub fn recall(&mut self, file: &Path, moment: Moment) -> Result<(), EngineError> {
		let Hparams { training, model, .. } = &*self.hparams;
		self.trainer = Trainer::recalling(training, file, model, moment, self.shared.processor())?;
		Ok(())
	}

	/// Trains on `batch` as the parameters say; so many `windows` of the run came before. Returns the loss, or none if the
	/// window has had its steps.
	pub fn train(&mut self, batch: &Batch, windows: u64) -> Result<Option<f64>, EngineError> {
		Ok(self.trainer.train(&self.shared, batch, windows)?)
	}

	/// Turns what this window has learnt into a submission, by way of the momentum. None if there was no batch.
	pub fn submission(&mut self, learning_rate: f64) -> Result<Option<BTreeMap<String, Compressed>>, EngineError> {
		Ok(self.trainer.submission(&self.shared.params, &self.codec, learning_rate)?)
	}

	/// The step that all nodes take alike; `gradients` come in ascending order of their uids.
	pub fn step(&mut self, gradients: &[&CompressedGradient], learning_rate: f64) -> Result<(), EngineError> {
		self.shared.rest();
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

	/// Mean loss of the model as it is on each of `batches`, in nats per token.
	pub fn losses(&mut self, batches: &[&model::Batch]) -> Result<Vec<f64>, EngineError> {
		Ok(self.shared.losses(batches)?)
	}

	/// As [`Self::losses`], of the model after the step that `update` alone would have it take. The model stays as it is,
	/// also on an error.
	pub fn losses_after(
		&mut self,
		update: &Update,
		learning_rate: f64,
		batches: &[&model::Batch],
	) -> Result<Vec<f64>, EngineError> {
		let Self { hparams, shared, decoder, .. } = self;
		let step = hparams.training.outer_learning_rate(learning_rate) * hparams.evaluation.eval_lr_factor;
		shared.losses_after(batches, |trial, params| Ok(decoder.step(trial, params, update, step)?))
	}

	/// Mean loss on the first held-out pages, in nats per token.
	pub fn heldout_loss(&mut self) -> Result<f64, EngineError> {
		Ok(self.shared.heldout_loss()?)
	}

	fn decode(&self, bytes: &[u8]) -> Result<Params, ParamsError> {
		Params::decode(bytes, &self.hparams.model, Path::new("the checkpoint"))
	}
}

impl Probe for Engine {
	fn probe(&mut self) -> Result<(), Fault> {
		self.shared.probe()
	}
}

#[cfg(test)]
mod tests;
