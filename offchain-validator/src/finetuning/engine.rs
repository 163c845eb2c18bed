// SPDX-License-Identifier: Apache-2.0

//! What is done with models: opened with care, measured, finetuned. Lives on the device thread, one model at a time; knows no
//! chain, store or clock.

mod open;
mod trainer;

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use mechanisms::finetuning::competition::Competition;

use super::Hparams;
use crate::model::{self, Batch, ConfigError, Example, Params, ParamsError, RepositoryError};

pub use open::{open, Refused};
pub use trainer::{write, Trainer};

/// Why a model of ours could not be worked with. Never a miner's fault.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
	/// The parameters of the run do not describe a model.
	#[error("the model cannot be built")]
	Config(#[from] ConfigError),
	/// The model's files cannot be written.
	#[error("the model's files cannot be used")]
	Repository(#[from] RepositoryError),
	/// What is remembered of its training cannot be written.
	#[error("what is remembered of the training cannot be written")]
	Memory(#[from] ParamsError),
	/// The base model cannot be opened.
	#[error("the base model {0}")]
	Base(#[source] Refused),
	/// There is nothing to learn from.
	#[error("none of the samples leaves room for a response: check evaluation.max_tokens")]
	NoSamples,
}

/// Measures models.
pub struct Engine {
	hparams: Arc<Hparams>,
}

impl Engine {
	/// An engine for models of a subnet.
	pub fn new(hparams: Arc<Hparams>) -> Self {
		Self { hparams }
	}

	/// The loss of the model in `folder` on each sample's response, in nats per token; infinite where it fails.
	///
	/// Samples it does not come to in time count as failed, so that no model holds up the others.
	pub fn losses(&self, folder: &Path, competition: &Competition, examples: &[Example]) -> Result<Vec<f64>, Refused> {
		let until = Instant::now() + Duration::from_secs(self.hparams.evaluation.model_seconds);
		let params = open(folder, competition, &self.hparams.scoring)?;
		let loss = |example: &Example| match Instant::now() < until {
			true => response_loss(&params, example),
			false => f64::INFINITY,
		};
		Ok(examples.iter().map(loss).collect())
	}
}

fn response_loss(params: &Params, example: &Example) -> f64 {
	let batch = Batch::responses(std::slice::from_ref(example), params.config());
	let loss = batch.map_or(f64::INFINITY, |batch| model::loss(params, &batch));
	if loss.is_finite() {
		loss
	} else {
		f64::INFINITY
	}
}

#[cfg(test)]
pub(super) mod tests;
