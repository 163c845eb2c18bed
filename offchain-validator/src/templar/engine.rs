// SPDX-License-Identifier: Apache-2.0

//! The model of one node and what is done with it. Lives on the device thread; knows no chain, bucket or clock.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use mechanisms::templar::scores::Losses;
use mechanisms::templar::sync::SAMPLED;

use super::Hparams;
use crate::data::{Batch, Dataset, DatasetError};
use crate::gradient::{
	aggregate, evaluation_step, outer_step, Codec, Compressed, CompressedGradient, LayoutError, Layouts, Momentum,
	StepError,
};
use crate::model::{self, BatchError, ConfigError, Gradients, Params, ParamsError};

/// Why the model could not be worked with. Never a peer's fault.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
	/// The parameters of the run do not describe a model.
	#[error("the model cannot be built")]
	Config(#[from] ConfigError),
	/// A parameter cannot be cut into chunks.
	#[error("the model cannot be cut into chunks")]
	Layout(#[from] LayoutError),
	/// The model's file cannot be read or written.
	#[error("the model's file cannot be used")]
	Params(#[from] ParamsError),
	/// The data cannot be read.
	#[error("the data cannot be read")]
	Data(#[from] DatasetError),
	/// The data does not fit the model.
	#[error("the data does not fit the model")]
	Batch(#[from] BatchError),
	/// A step on the model failed.
	#[error("the step failed")]
	Step(#[from] StepError),
	/// The data was cut for another run.
	#[error("the data has pages of {found} tokens, the parameters say {expected}: cut it again")]
	PageTokens {
		/// Of the data.
		found: usize,
		/// Of the parameters.
		expected: usize,
	},
}

/// The model, the data and what a miner has in the works.
pub struct Engine {
	hparams: Arc<Hparams>,
	dataset: Arc<Dataset>,
	codec: Codec,
	params: Params,
	momentum: Momentum,
	gradient: Option<Gradients>,
}

/// How the parameters of `hparams` travel.
pub fn layouts(hparams: &Hparams) -> Result<Layouts, LayoutError> {
	let training = &hparams.training;
	Layouts::new(&hparams.model.parameter_shapes(), training.target_chunk, training.topk_compression)
}

impl Engine {
	/// The model as saved at `file`, or as all begin.
	pub fn open(hparams: Arc<Hparams>, dataset: Arc<Dataset>, file: Option<PathBuf>) -> Result<Self, EngineError> {
		let expected = hparams.data.page_tokens;
		if dataset.page_tokens() != expected {
			return Err(EngineError::PageTokens { found: dataset.page_tokens(), expected });
		}
		let params = match file {
			Some(file) => Params::load(&file, &hparams.model)?,
			None => Params::init(&hparams.model, hparams.training.init_seed)?,
		};
		let codec = Codec::new(layouts(&hparams)?);
		let momentum = Momentum::new(hparams.training.momentum_decay);
		Ok(Self { hparams, dataset, codec, params, momentum, gradient: None })
	}

	/// Writes the model to `file`.
	pub fn save(&self, file: &Path) -> Result<(), EngineError> {
		Ok(self.params.save(file)?)
	}

	/// What others may see of the model in a checkpoint's `bytes`. An error is about those.
	pub fn samples_of(&self, bytes: &[u8]) -> Result<BTreeMap<String, Vec<f32>>, ParamsError> {
		Ok(self.decode(bytes)?.samples(SAMPLED))
	}

	/// Goes on with the model in a checkpoint's `bytes`. What was in the works belongs to the model before.
	pub fn adopt(&mut self, bytes: &[u8]) -> Result<(), EngineError> {
		self.params = self.decode(bytes)?;
		self.momentum = Momentum::new(self.hparams.training.momentum_decay);
		self.gradient = None;
		Ok(())
	}

	/// The batches of `pages`, in their order.
	pub fn batches(&self, pages: &[u64]) -> Result<Vec<Batch>, EngineError> {
		let data = &self.hparams.data;
		Ok(self.dataset.train_batches(pages, data.batch_size, data.sequence_length)?)
	}

	/// Adds the gradient of the loss on `batch` to what this window has so far; returns the loss.
	pub fn train(&mut self, batch: &Batch) -> Result<f64, EngineError> {
		let batch = self.on_device(batch)?;
		let gradients = model::gradients(&self.params, std::slice::from_ref(&batch));
		let loss = gradients.loss;
		match &mut self.gradient {
			Some(sum) => sum.add(&gradients),
			None => self.gradient = Some(gradients),
		}
		Ok(loss)
	}

	/// Turns what this window has learnt into a submission, by way of the momentum. None if there was no batch.
	pub fn submission(&mut self, learning_rate: f64) -> Result<Option<BTreeMap<String, Compressed>>, EngineError> {
		let Some(gradient) = self.gradient.take() else { return Ok(None) };
		self.momentum.accumulate(&gradient, learning_rate);
		Ok(Some(self.momentum.compress(&self.codec)?))
	}

	/// The step that all nodes take alike; `gradients` come in ascending order of their uids.
	pub fn step(&mut self, gradients: &[&CompressedGradient], learning_rate: f64) -> Result<(), EngineError> {
		if gradients.is_empty() {
			return Ok(());
		}
		let aggregated = aggregate(&self.codec, gradients)?;
		Ok(outer_step(&mut self.params, &aggregated, learning_rate, self.hparams.training.weight_decay)?)
	}

	/// What others may see of the model.
	pub fn samples(&self) -> BTreeMap<String, Vec<f32>> {
		self.params.samples(SAMPLED)
	}

	/// Mean loss of the model as it is.
	pub fn loss(&self, batches: &[Batch]) -> Result<f64, EngineError> {
		self.mean_loss(&self.params, batches)
	}

	/// Mean loss on the first held-out pages, in nats per token.
	pub fn heldout_loss(&self) -> Result<f64, EngineError> {
		let n_pages = self.dataset.n_heldout_pages().min(self.hparams.evaluation.heldout_pages as u64);
		let (pages, data) = ((0..n_pages).collect::<Vec<_>>(), &self.hparams.data);
		let batches = self.dataset.heldout_batches(&pages, data.batch_size, data.sequence_length)?;
		self.loss(&batches)
	}

	/// What `gradient` does to the mean losses on `own` and `random` batches, tried on a copy of the model.
	///
	/// `random_before` is the loss of the model as it is on the random batches, which are the same for all miners.
	pub fn evaluate(
		&self,
		gradient: &CompressedGradient,
		own: &[Batch],
		random: &[Batch],
		random_before: f64,
		learning_rate: f64,
	) -> Result<Losses, EngineError> {
		let step = learning_rate * self.hparams.evaluation.eval_lr_factor;
		let stepped = evaluation_step(&self.codec, &self.params, gradient, step)?;
		Ok(Losses {
			own_before: self.loss(own)?,
			own_after: self.mean_loss(&stepped, own)?,
			random_before,
			random_after: self.mean_loss(&stepped, random)?,
		})
	}

	fn decode(&self, bytes: &[u8]) -> Result<Params, ParamsError> {
		Params::decode(bytes, &self.hparams.model, Path::new("the checkpoint"))
	}

	fn mean_loss(&self, params: &Params, batches: &[Batch]) -> Result<f64, EngineError> {
		let mut sum = 0.0;
		for batch in batches {
			sum += model::loss(params, &self.on_device(batch)?);
		}
		Ok(sum / batches.len() as f64) // Not a number without batches, which no score accepts.
	}

	fn on_device(&self, batch: &Batch) -> Result<model::Batch, EngineError> {
		let token = |token: &i64| u32::try_from(*token).unwrap_or(u32::MAX); // Which no vocabulary has.
		let rows = batch.tokens.chunks(batch.columns.max(1)).map(|row| row.iter().map(token).collect::<Vec<_>>());
		Ok(model::Batch::new(&rows.collect::<Vec<_>>(), &self.hparams.model, None)?)
	}
}
