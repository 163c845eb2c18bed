// SPDX-License-Identifier: Apache-2.0

//! What is done with models: opened with care, measured, finetuned. Lives on the device thread, one model at a time; knows no
//! chain, store or clock.

mod open;
mod trainer;

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::contest::Contest;
use super::Hparams;
use crate::model::{
	Batch, ConfigError, Example, Fault, Lane, Params, ParamsError, Precision, Probe, RepositoryError, Trial,
};

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
	/// The device could not.
	#[error("{0}")]
	Fault(#[from] Fault),
	/// There is nothing to learn from.
	#[error("none of the samples leaves room for a response: check evaluation.max_tokens")]
	NoSamples,
}

/// Measures models.
pub struct Engine {
	hparams: Arc<Hparams>,
	lane: Lane,
}

impl Engine {
	/// An engine for models of a subnet.
	pub fn new(hparams: Arc<Hparams>, lane: Lane) -> Self {
		Self { hparams, lane }
	}

	/// The loss of the model in `folder` on each sample's response, in nats per token; infinite where it fails.
	///
	/// Samples it does not come to in time count as failed, so that no model holds up the others.
	pub fn losses(&self, folder: &Path, contest: &Contest, examples: &[Example]) -> Result<Vec<f64>, Refused> {
		let until = Instant::now() + Duration::from_secs(self.hparams.evaluation.model_seconds);
		let params = open(folder, contest, &self.hparams.scoring)?.on(self.lane.processor)?;
		let rounded = match self.lane.precision {
			Precision::F32 => None,
			Precision::Bf16 => Some(Trial::new(&params, Precision::Bf16)?),
		};
		let rounded = rounded.map(|mut copy| copy.copy(&params).map(|()| copy)).transpose()?;
		let loss = |example: &Example| match Instant::now() < until {
			true => self.response_loss(&params, rounded.as_ref(), example),
			false => Ok(f64::INFINITY),
		};
		examples.iter().map(loss).collect()
	}

	/// Infinite where the model fails; an error where we do.
	fn response_loss(&self, params: &Params, rounded: Option<&Trial>, example: &Example) -> Result<f64, Refused> {
		let Ok(batch) = Batch::responses(std::slice::from_ref(example), params.config()) else {
			return Ok(f64::INFINITY);
		};
		let losses = match rounded {
			Some(rounded) => rounded.losses(params, &[&batch], self.lane.pass_tokens)?,
			None => params.losses(&[&batch], self.lane.pass_tokens)?,
		};
		Ok(losses.into_iter().next().filter(|loss| loss.is_finite()).unwrap_or(f64::INFINITY))
	}
}

impl Probe for Engine {
	fn probe(&mut self) -> Result<(), Fault> {
		self.lane.processor.probe()
	}
}

#[cfg(test)]
pub(super) mod tests;
