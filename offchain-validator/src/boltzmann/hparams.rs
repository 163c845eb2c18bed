// SPDX-License-Identifier: Apache-2.0

//! Parameters of a run of Boltzmann.

use mechanisms::boltzmann::Params;
use serde::{Deserialize, Serialize};

use crate::hparams::{above, within, Data, HparamsError, Windows};
use crate::model::ModelConfig;

/// Everything that all nodes of a run must agree on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hparams {
	/// The shape of the model, in the words of Hugging Face.
	pub model: ModelConfig,
	/// What miners train on.
	pub data: Data,
	/// How a miner trains.
	pub training: Training,
	/// What happens when.
	pub windows: Windows,
	/// Who takes part.
	pub peers: Peers,
	/// How a step is measured.
	pub evaluation: Evaluation,
	/// How measurements become weights.
	pub scoring: Params,
}

/// How a miner trains: a step of plain gradient descent for each batch.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Training {
	/// Seed of the parameters that all start from.
	pub init_seed: u64,
	/// Part of a batch's gradient that its step is, `(0, 100]`.
	pub learning_rate: f64,
	/// Length down to which a longer gradient is scaled, `(0, 1000000]`.
	pub grad_clip: f64,
}

/// Who takes part.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Peers {
	/// Without so many accepted slices the model stays as it is.
	pub minimum_peers: usize,
	/// A hotkey with more stake than this is a validator and not evaluated, in TAO.
	pub eval_stake_limit_tao: u64,
}

/// How a step is measured.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Evaluation {
	/// Miners whose steps are measured in a window; the others keep their averages.
	pub uids_per_window: usize,
	/// Part of a miner's batches on which the gradient is computed at first; then it follows the time there is.
	pub validator_sample_rate: f64,
	/// Held-out pages on which the shared model is measured after each window.
	pub heldout_pages: usize,
}

impl crate::hparams::Hparams for Hparams {
	const MECHANISM: &'static str = "boltzmann";

	fn check(&self) -> Result<(), HparamsError> {
		let Self { model, data, training, windows, peers, evaluation, scoring } = self;
		model.check().map_err(HparamsError::Model)?;
		scoring.check().map_err(|error| HparamsError::Scoring(error.into()))?;
		data.check_pages(model.max_position_embeddings)?;
		within("training.learning_rate", training.learning_rate, above(0.0, 100.0))?;
		within("training.grad_clip", training.grad_clip, above(0.0, 1e6))?;
		windows.check()?;
		within("peers.minimum_peers", peers.minimum_peers, 1..=65_536)?;
		within("evaluation.uids_per_window", evaluation.uids_per_window, 1..=65_536)?;
		within("evaluation.validator_sample_rate", evaluation.validator_sample_rate, above(0.0, 1.0))?;
		within("evaluation.heldout_pages", evaluation.heldout_pages, 1..=1_000_000)
	}
}

#[cfg(test)]
pub(crate) mod tests {
	use serde_json::{json, Value};

	use super::*;
	use crate::hparams::tests::file;
	use crate::hparams::Hparams as _;

	/// Those of the local network.
	pub(crate) fn localnet() -> Hparams {
		Hparams::read(&file("hparams/localnet-boltzmann.json")).expect("the file holds")
	}

	#[test]
	fn a_value_out_of_range_is_told_with_its_range() {
		for (section, key, value, words) in [
			("training", "learning_rate", json!(0.0), "training.learning_rate is 0: must be above 0 and at most 100"),
			("training", "grad_clip", json!(-1.0), "training.grad_clip is -1: must be above 0 and at most 1000000"),
			("peers", "minimum_peers", json!(0), "peers.minimum_peers is 0: must be at least 1 and at most 65536"),
			("evaluation", "uids_per_window", json!(0), "evaluation.uids_per_window is 0"),
			(
				"evaluation",
				"validator_sample_rate",
				json!(0.0),
				"evaluation.validator_sample_rate is 0: must be above 0",
			),
			("scoring", "copy_similarity", json!(0.0), "copy_similarity is 0"),
			("scoring", "binary_score_ma_alpha", json!(0.1), "binary_score_ma_alpha"),
			(
				"data",
				"assignment",
				json!({"pool": {"sequences": 64, "measured": 8}}),
				"data.assignment is a pool: must be \"pages\", or left out",
			),
		] {
			let mut hparams: Value = serde_json::to_value(localnet()).expect("it is plain data");
			hparams[section][key] = value;
			let error = Hparams::parse(&hparams.to_string(), &file("changed")).expect_err("out of range");
			assert!(crate::one_line(&error).contains(words), "{}", crate::one_line(&error));
		}
	}
}
