// SPDX-License-Identifier: Apache-2.0

//! The model that all nodes of a run hold, and the text it is trained and measured on. Lives on the device thread; knows
//! no chain, bucket or clock.

use std::path::Path;
use std::sync::Arc;

use mechanisms::Uid;

use crate::clock::Window;
use crate::data::{Assigned, Assignment, Batch, Dataset, DatasetError};
use crate::hparams::Data;
use crate::model::{
	self, BatchError, Fault, Gradients, Lane, ModelConfig, Params, ParamsError, Precision, Processor, Trial,
};

/// A model and its text.
pub struct SharedModel {
	/// What all nodes hold alike.
	pub params: Params,
	text: Text,
	lane: Lane,
	heldout_pages: usize,
	/// Made when it is needed first.
	trial: Option<Trial>,
}

/// The text of a run as its model reads it. Any thread may hold it. Cheap to clone.
#[derive(Clone)]
pub struct Text {
	dataset: Arc<Dataset>,
	data: Data,
	config: ModelConfig,
}

/// Why the model could not be worked with. Never a peer's fault.
#[derive(Debug, thiserror::Error)]
pub enum SharedModelError {
	/// The model cannot be made, or its file cannot be read or written.
	#[error("the model's file cannot be used")]
	Params(#[from] ParamsError),
	/// The data cannot be read.
	#[error("the data cannot be read")]
	Data(#[from] DatasetError),
	/// The data does not fit the model.
	#[error("the data does not fit the model")]
	Batch(#[from] BatchError),
	/// The device could not.
	#[error("{0}")]
	Fault(#[from] Fault),
	/// The data was cut for another run.
	#[error("the data has pages of {found} tokens, the parameters say {expected}: cut it again")]
	PageTokens {
		/// Of the data.
		found: usize,
		/// Of the parameters.
		expected: usize,
	},
	/// The data is too short for a window.
	#[error(
		"the data has {found} sequences, data.assignment draws {expected} of them in each window: cut more text, or draw \
		 fewer"
	)]
	Pool {
		/// Of the data.
		found: u64,
		/// Of the parameters.
		expected: usize,
	},
	/// The data has tokens that the model does not know.
	#[error(
		"the data has tokens up to {found}, the model knows {known}: cut it with the model's tokenizer, or give the \
		 model a larger model.vocab_size"
	)]
	Vocabulary {
		/// Tokens of the data's tokenizer.
		found: u32,
		/// Tokens of the model.
		known: usize,
	},
}

impl Text {
	/// What a model of this shape reads of `dataset`.
	pub fn new(dataset: Arc<Dataset>, data: Data, config: ModelConfig) -> Result<Self, SharedModelError> {
		let (found, expected) = (dataset.page_tokens(), data.page_tokens);
		if found != expected {
			return Err(SharedModelError::PageTokens { found, expected });
		}
		let (found, known) = (dataset.tokenizer().vocab_size, config.vocab_size);
		if found as usize > known {
			return Err(SharedModelError::Vocabulary { found, known });
		}
		let text = Self { dataset, data, config };
		match text.data.assignment {
			Assignment::Pool { sequences, .. } if text.n_sequences() < sequences as u64 => {
				Err(SharedModelError::Pool { found: text.n_sequences(), expected: sequences })
			},
			_ => Ok(text),
		}
	}

	/// Training sequences that there are.
	pub fn n_sequences(&self) -> u64 {
		self.dataset.n_train_sequences(self.data.sequence_length)
	}

	/// What `uid` has to train on in `window`.
	pub fn assigned(&self, uid: Uid, window: Window) -> Assigned {
		let Data { pages_per_window, assignment, .. } = self.data;
		match assignment {
			Assignment::Pages => Assigned::pages(uid, window, pages_per_window, self.dataset.n_train_pages()),
			Assignment::Pool { sequences, .. } => Assigned::pool(uid, window, sequences, self.n_sequences()),
		}
	}

	/// The batches of what was assigned, in its order. What does not fill a batch is left out.
	pub fn read(&self, assigned: &Assigned) -> Result<Vec<Batch>, SharedModelError> {
		match assigned {
			Assigned::Pages(pages) => self.batches(pages),
			Assigned::Sequences(numbers) => {
				numbers.chunks_exact(self.data.batch_size.max(1)).map(|numbers| self.sequences(numbers)).collect()
			},
		}
	}

	/// The training sequences of these numbers, as one batch.
	pub fn sequences(&self, numbers: &[u64]) -> Result<Batch, SharedModelError> {
		Ok(self.dataset.train_sequences(numbers, self.data.sequence_length)?)
	}

	/// The batches of `pages`, in their order.
	pub fn batches(&self, pages: &[u64]) -> Result<Vec<Batch>, SharedModelError> {
		Ok(self.dataset.train_batches(pages, self.data.batch_size, self.data.sequence_length)?)
	}

	/// The batches of the first held-out pages.
	fn heldout_batches(&self, pages: usize) -> Result<Vec<Batch>, SharedModelError> {
		let pages: Vec<u64> = (0..self.dataset.n_heldout_pages().min(pages as u64)).collect();
		Ok(self.dataset.heldout_batches(&pages, self.data.batch_size, self.data.sequence_length)?)
	}

	/// What the model can read, checked.
	pub fn readable(&self, batch: &Batch) -> Result<model::Batch, SharedModelError> {
		let token = |token: &i64| u32::try_from(*token).unwrap_or(u32::MAX); // Which no vocabulary has.
		let rows = batch.tokens.chunks(batch.columns.max(1)).map(|row| row.iter().map(token).collect::<Vec<_>>());
		Ok(model::Batch::new(&rows.collect::<Vec<_>>(), &self.config, None)?)
	}

	/// The same of several.
	pub fn all_readable(&self, batches: &[Batch]) -> Result<Vec<model::Batch>, SharedModelError> {
		batches.iter().map(|batch| self.readable(batch)).collect()
	}
}

impl SharedModel {
	/// The model of this shape as saved at `file`, or as all begin, drawn by `seed`; to be measured on so many held-out pages.
	pub fn open(
		file: Option<&Path>,
		config: &ModelConfig,
		seed: u64,
		dataset: Arc<Dataset>,
		data: Data,
		lane: Lane,
		heldout_pages: usize,
	) -> Result<Self, SharedModelError> {
		let params = Params::open(file, config, seed)?;
		let text = Text::new(dataset, data, config.clone())?;
		Ok(Self { params: params.on(lane.processor)?, text, lane, heldout_pages, trial: None })
	}

	/// Goes on with other parameters of the same shape.
	pub fn replace(&mut self, params: Params) -> Result<(), SharedModelError> {
		self.trial = None;
		self.params = params.on(self.lane.processor)?;
		Ok(())
	}

	/// Writes the shared parameters to `file`.
	pub fn save(&self, file: &Path) -> Result<(), SharedModelError> {
		Ok(self.params.save(file)?)
	}

	/// The batches of `pages`, in their order.
	pub fn batches(&self, pages: &[u64]) -> Result<Vec<Batch>, SharedModelError> {
		self.text.batches(pages)
	}

	/// What the model can read, checked.
	pub fn readable(&self, batch: &Batch) -> Result<model::Batch, SharedModelError> {
		self.text.readable(batch)
	}

	/// The sum over `batches` of the gradient of the loss of `params`, in `f32`.
	pub fn gradients(&self, params: &Params, batches: &[Batch]) -> Result<Gradients, SharedModelError> {
		Ok(model::f_gradients(params, &self.text.all_readable(batches)?)?)
	}

	/// Mean loss of the shared parameters on each of `batches`, in nats per token.
	pub fn losses(&mut self, batches: &[&model::Batch]) -> Result<Vec<f64>, SharedModelError> {
		match self.lane.precision {
			Precision::F32 => Ok(self.params.losses(batches, self.lane.pass_tokens)?),
			// Before and after are compared: both are rounded alike.
			Precision::Bf16 => self.losses_after(batches, |trial, params| Ok(trial.copy(params)?)),
		}
	}

	/// As [`Self::losses`], of what `step` makes of the shared parameters, which stay as they are.
	pub fn losses_after<E: From<SharedModelError>>(
		&mut self,
		batches: &[&model::Batch],
		step: impl FnOnce(&mut Trial, &Params) -> Result<(), E>,
	) -> Result<Vec<f64>, E> {
		let Self { params, trial, lane, .. } = self;
		let trial = match trial {
			Some(trial) => trial,
			None => trial.insert(Trial::new(params, lane.precision).map_err(SharedModelError::from)?),
		};
		step(trial, params)?;
		Ok(trial.losses(params, batches, lane.pass_tokens).map_err(SharedModelError::from)?)
	}

	/// Gives back the memory that measuring takes, until it is measured again.
	pub fn rest(&mut self) {
		self.trial = None;
	}

	/// Mean loss of the shared parameters on the first held-out pages, in nats per token.
	pub fn heldout_loss(&mut self) -> Result<f64, SharedModelError> {
		let batches = self.text.all_readable(&self.text.heldout_batches(self.heldout_pages)?)?;
		Ok(mean(&self.losses(&batches.iter().collect::<Vec<_>>())?))
	}

	/// Where the model is computed.
	pub fn processor(&self) -> Processor {
		self.lane.processor
	}

	/// Whether the device still works.
	pub fn probe(&self) -> Result<(), Fault> {
		self.lane.processor.probe()
	}
}

/// Not a number without losses, which no score accepts.
pub fn mean(losses: &[f64]) -> f64 {
	losses.iter().sum::<f64>() / losses.len() as f64
}
