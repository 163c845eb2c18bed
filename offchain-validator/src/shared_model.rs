// SPDX-License-Identifier: Apache-2.0

//! The model that all nodes of a run hold, and the text it is trained and measured on. Lives on the device thread; knows
//! no chain, bucket or clock.

use std::path::Path;
use std::sync::Arc;

use crate::data::{Batch, Dataset, DatasetError};
use crate::hparams::Data;
use crate::model::{self, BatchError, Gradients, Params, ParamsError};

/// A model and its text.
pub struct SharedModel {
	/// What all nodes hold alike.
	pub params: Params,
	dataset: Arc<Dataset>,
	data: Data,
	heldout_pages: usize,
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
	/// The data was cut for another run.
	#[error("the data has pages of {found} tokens, the parameters say {expected}: cut it again")]
	PageTokens {
		/// Of the data.
		found: usize,
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

impl SharedModel {
	/// A model with these `params`, to be measured on so many held-out pages.
	pub fn new(
		params: Params,
		dataset: Arc<Dataset>,
		data: Data,
		heldout_pages: usize,
	) -> Result<Self, SharedModelError> {
		let (found, expected) = (dataset.page_tokens(), data.page_tokens);
		if found != expected {
			return Err(SharedModelError::PageTokens { found, expected });
		}
		let (found, known) = (dataset.tokenizer().vocab_size, params.config().vocab_size);
		if found as usize > known {
			return Err(SharedModelError::Vocabulary { found, known });
		}
		Ok(Self { params, dataset, data, heldout_pages })
	}

	/// Writes the shared parameters to `file`.
	pub fn save(&self, file: &Path) -> Result<(), SharedModelError> {
		Ok(self.params.save(file)?)
	}

	/// The batches of `pages`, in their order.
	pub fn batches(&self, pages: &[u64]) -> Result<Vec<Batch>, SharedModelError> {
		Ok(self.dataset.train_batches(pages, self.data.batch_size, self.data.sequence_length)?)
	}

	/// The sum over `batches` of the gradient of the loss of `params`, as for [`Self::loss`].
	pub fn gradients(&self, params: &Params, batches: &[Batch]) -> Result<Gradients, SharedModelError> {
		let batches = batches.iter().map(|batch| self.readable(batch)).collect::<Result<Vec<_>, _>>()?;
		Ok(model::gradients(params, &batches))
	}

	/// Mean loss of `params`, which may have moved away from the shared ones, in nats per token.
	pub fn loss(&self, params: &Params, batches: &[Batch]) -> Result<f64, SharedModelError> {
		let mut sum = 0.0;
		for batch in batches {
			sum += model::loss(params, &self.readable(batch)?);
		}
		Ok(sum / batches.len() as f64) // Not a number without batches, which no score accepts.
	}

	/// Mean loss of the shared parameters on the first held-out pages, in nats per token.
	pub fn heldout_loss(&self) -> Result<f64, SharedModelError> {
		let pages: Vec<u64> = (0..self.dataset.n_heldout_pages().min(self.heldout_pages as u64)).collect();
		let batches = self.dataset.heldout_batches(&pages, self.data.batch_size, self.data.sequence_length)?;
		self.loss(&self.params, &batches)
	}

	/// What the model can read, checked.
	pub fn readable(&self, batch: &Batch) -> Result<model::Batch, SharedModelError> {
		let token = |token: &i64| u32::try_from(*token).unwrap_or(u32::MAX); // Which no vocabulary has.
		let rows = batch.tokens.chunks(batch.columns.max(1)).map(|row| row.iter().map(token).collect::<Vec<_>>());
		Ok(model::Batch::new(&rows.collect::<Vec<_>>(), self.params.config(), None)?)
	}
}
