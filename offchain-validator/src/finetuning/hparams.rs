// SPDX-License-Identifier: Apache-2.0

//! Parameters of a finetuning subnet.

use mechanisms::finetuning::Params;
use serde::{Deserialize, Serialize};

use crate::hparams::{above, within, HparamsError};
use crate::model::ModelConfig;

/// Everything that all nodes of a subnet must agree on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hparams {
	/// The shape of the base models that we make ourselves.
	pub model: ModelConfig,
	/// How miners of ours finetune, and how base models are made.
	pub training: Training,
	/// What happens when.
	pub windows: Windows,
	/// What models are measured on.
	pub samples: Samples,
	/// How a model is measured.
	pub evaluation: Evaluation,
	/// How measurements become weights.
	pub scoring: Params,
}

/// How miners of ours finetune, and how base models are made.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Training {
	/// Seed of the parameters that a base model starts from.
	pub init_seed: u64,
	/// Batches that a base model is trained on.
	pub base_batches: usize,
	/// Adam's step.
	pub learning_rate: f64,
	/// Samples of a batch.
	pub batch_size: usize,
	/// Samples of a batch that are in memory at a time; the step is that of the whole batch.
	pub micro_batch_size: usize,
	/// Batches that a miner trains on before it publishes.
	pub batches_per_model: usize,
	/// Windows from one model of a miner to its next, at least.
	pub windows_per_model: u32,
	/// Parts that miners divide the samples into; each trains on the part of its uid.
	pub parts: u16,
}

/// What happens when.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Windows {
	/// Blocks of a window, which is a step of the mechanism.
	pub blocks_per_window: u32,
	/// Windows that a validator may be behind; with more it leaves some out.
	pub max_behind: u32,
	/// Windows for which it is remembered who had a model first, after anybody last had it.
	pub retention_windows: u32,
}

/// What models are measured on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Samples {
	/// Bytes that are read of the source.
	pub max_bytes: u64,
	/// Samples that are kept of it.
	pub max_samples: usize,
	/// Seconds that reading it may take.
	pub seconds: u64,
	/// Responses with one of these phrases, in whatever case, are refusals and not imported.
	pub refusals: Vec<String>,
}

/// How a model is measured.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Evaluation {
	/// Samples that a step draws.
	pub samples_per_step: usize,
	/// Tokens of a sample; the rest of its response is cut off.
	pub max_tokens: usize,
	/// Seconds that fetching one repository may take.
	pub download_seconds: u64,
	/// Seconds that one model may take; samples it has not come to by then count as failed.
	pub model_seconds: u64,
	/// Seconds for which a repository is kept that no miner has any more.
	pub grace_seconds: u64,
}

impl crate::hparams::Hparams for Hparams {
	const MECHANISM: &'static str = "finetuning";

	fn check(&self) -> Result<(), HparamsError> {
		let Self { model, training, windows, samples, evaluation, scoring } = self;
		model.check().map_err(HparamsError::Model)?;
		scoring.check().map_err(|error| HparamsError::Scoring(error.into()))?;
		training.check()?;
		within("windows.blocks_per_window", windows.blocks_per_window, 1..=100_000)?;
		within("windows.max_behind", windows.max_behind, 1..=100_000)?;
		within("windows.retention_windows", windows.retention_windows, 1..=1_000_000)?;
		within("samples.max_bytes", samples.max_bytes, 1..=1 << 34)?;
		within("samples.max_samples", samples.max_samples, 1..=1_000_000)?;
		within("samples.seconds", samples.seconds, 1..=86_400)?;
		within("evaluation.samples_per_step", evaluation.samples_per_step, 1..=100_000)?;
		within("evaluation.max_tokens", evaluation.max_tokens, 3..=model.max_position_embeddings)?;
		within("evaluation.download_seconds", evaluation.download_seconds, 1..=86_400)?;
		within("evaluation.model_seconds", evaluation.model_seconds, 1..=86_400)?;
		within("evaluation.grace_seconds", evaluation.grace_seconds, 0..=31_536_000)
	}
}

impl Training {
	fn check(&self) -> Result<(), HparamsError> {
		within("training.base_batches", self.base_batches, 0..=1_000_000)?;
		within("training.learning_rate", self.learning_rate, above(0.0, 1.0))?;
		within("training.batch_size", self.batch_size, 1..=4_096)?;
		within("training.micro_batch_size", self.micro_batch_size, 1..=4_096)?;
		within("training.batches_per_model", self.batches_per_model, 1..=1_000_000)?;
		within("training.windows_per_model", self.windows_per_model, 1..=1_000_000)?;
		within("training.parts", self.parts, 1..=4_096)
	}
}

#[cfg(test)]
pub(crate) mod tests {
	use std::path::Path;

	use super::*;
	use crate::hparams::Hparams as _;

	/// The parameters of a file at the root of the checkout.
	pub(crate) fn read(name: &str) -> Result<Hparams, HparamsError> {
		let package = std::env::var_os("CARGO_MANIFEST_DIR").expect("tests are run by cargo");
		Hparams::read(&Path::new(&package).join("..").join(name))
	}

	#[test]
	fn the_files_of_this_project_hold() {
		for name in ["hparams/finetuning.json", "hparams/localnet-finetuning.json"] {
			if let Err(error) = read(name) {
				panic!("{name}: {}", crate::one_line(&error));
			}
		}
	}

	#[test]
	fn a_value_out_of_range_is_told_with_its_range() {
		#[track_caller]
		fn check(change: impl FnOnce(&mut Hparams), words: &str) {
			let mut hparams = read("hparams/localnet-finetuning.json").expect("they hold");
			change(&mut hparams);
			let error = hparams.check().expect_err("out of range");
			assert!(crate::one_line(&error).contains(words), "{}", crate::one_line(&error));
		}
		check(|hparams| hparams.training.learning_rate = 0.0, "training.learning_rate is 0: must be above 0");
		check(|hparams| hparams.evaluation.max_tokens = 1 << 20, "evaluation.max_tokens is 1048576");
		check(|hparams| hparams.windows.blocks_per_window = 0, "windows.blocks_per_window is 0");
		check(|hparams| hparams.scoring.temperature = f64::NAN, "temperature is NaN");
		check(|hparams| hparams.model.vocab_size = 1, "vocab_size is 1");
	}
}
