// SPDX-License-Identifier: Apache-2.0

//! Our side, as the engine of a validator does it.

use std::path::Path;
use std::time::Instant;

use offchain_validator::gradient::{Codec, Decoder, Layouts, Update};
use offchain_validator::model::{Batch, Fault, Lane, ModelConfig, Params, Precision, Trial};

/// A model on its device, and the copy on which updates are tried.
pub struct Ours {
	pub lane: Lane,
	params: Params,
	decoder: Decoder,
	trial: Trial,
	/// Of a step.
	rate: f64,
}

/// What a miner's update did, and the seconds it took.
pub struct After {
	pub step: f64,
	pub passes: f64,
	pub losses: Vec<f64>,
}

impl Ours {
	pub fn open(folder: &Path, config: &ModelConfig, layouts: Layouts, lane: Lane) -> Result<Self, Fault> {
		let params = Params::load(&folder.join("model.safetensors"), config).expect("it was just written");
		let params = params.on(lane.processor)?;
		let decoder = Decoder::new(&Codec::new(layouts), lane.processor)?;
		let trial = Trial::new(&params, lane.precision)?;
		Ok(Self { lane, params, decoder, trial, rate: super::scene::STEP })
	}

	/// Seconds, and the loss on each batch of the model as it is.
	pub fn before(&mut self, batches: &[Batch]) -> (f64, Vec<f64>) {
		let start = Instant::now();
		let batches: Vec<&Batch> = batches.iter().collect();
		let losses = match self.lane.precision {
			Precision::F32 => self.params.losses(&batches, self.lane.pass_tokens),
			Precision::Bf16 => {
				self.trial.copy(&self.params).expect("there is room");
				self.trial.losses(&self.params, &batches, self.lane.pass_tokens)
			},
		};
		let losses = losses.expect("the model can be measured");
		(start.elapsed().as_secs_f64(), losses)
	}

	/// The same after the step that an update asks for.
	pub fn after(&mut self, update: &Update, batches: &[Batch]) -> After {
		let start = Instant::now();
		self.decoder.step(&mut self.trial, &self.params, update, self.rate).expect("it fits");
		self.lane.processor.probe().expect("it works"); // Waits until a GPU is done.
		let step = start.elapsed();
		let batches: Vec<&Batch> = batches.iter().collect();
		let losses = self.trial.losses(&self.params, &batches, self.lane.pass_tokens);
		let losses = losses.expect("the model can be measured");
		After { step: step.as_secs_f64(), passes: (start.elapsed() - step).as_secs_f64(), losses }
	}
}
