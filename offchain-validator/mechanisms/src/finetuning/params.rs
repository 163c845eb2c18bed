// SPDX-License-Identifier: Apache-2.0
//! What an operator may tune, under the names of `hparams.json`.

use serde::{Deserialize, Serialize};

use super::competition::{self, Competition, CompetitionsError};
use crate::{
	params::{self, above_zero, check, from_zero},
	Policy,
};

/// The tunable values of the mechanism. None has a default: the file that holds them is their only home.
///
/// Plain data; [`Params::check`] it once after reading.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Params {
	/// How the results of steps become shares.
	pub form: Form,
	/// Whose rules. As corrected, who submits nothing new or nothing sound earns nothing, at once, and ties go by uid. As
	/// published, everybody who is looked at has a part of the step's reward, a copy is only who commits another's very hash,
	/// and ties go by the order in which models are looked at.
	pub policy: Policy,
	/// Part of the moving average that a step leaves as it was, `[0, 1)`.
	pub alpha: f64,
	/// Win rates that differ by this differ in shares by the factor `e`, `(0, 1000]`. The lower, the more the best earns.
	pub temperature: f64,
	/// Part by which a loss must undercut that of a model committed earlier, `[0, 1)`.
	pub timestamp_epsilon: f64,
	/// A model whose loss is within this part of an earlier one's on every sample is a copy of it, `[0, 1)`.
	pub copy_epsilon: f64,
	/// Best models of a competition that are evaluated again in its next step, at least 1.
	pub sample_min: u32,
	/// Weights are submitted after this many blocks, at least 1.
	pub blocks_per_epoch: u32,
	/// Bytes that a model's repository may have.
	pub max_hugging_face_bytes: u64,
	/// Norm of a weight matrix that only few may exceed, above 0.
	pub norm_eps_soft: f64,
	/// Part of the weight matrices that may exceed it, `[0, 1]`.
	pub norm_eps_soft_percent_threshold: f64,
	/// Norm that none may exceed, above 0.
	pub norm_eps_hard: f64,
	/// The competitions, in the order of their turns.
	pub competitions: Vec<Competition>,
}

/// How the results of steps become shares.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Form {
	/// As the published code has it: the softmax of each step's win rates goes into a moving average.
	Coded,
	/// As its documentation has it: ratios of wins are summed up, and shares are the softmax of the sums.
	Documented,
}

/// Why parameters cannot be used.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum ParamsError {
	/// A value is not a number or outside of what its key allows.
	#[error(transparent)]
	Range(#[from] params::ParamsError),
	/// There can be no schedule.
	#[error(transparent)]
	Competitions(#[from] CompetitionsError),
}

impl Params {
	/// Whether every value is in its range; else the first one that is not.
	pub fn check(&self) -> Result<(), ParamsError> {
		let part = |key, value: f64| check(key, value, (0.0..1.0).contains(&value), "[0, 1)");
		let count = |key, value: u32| check(key, value.into(), value > 0, "[1, 4294967295]");
		let norm = |key, value: f64| check(key, value, value > 0.0 && value.is_finite(), "(0, inf)");
		part("alpha", self.alpha)?;
		above_zero("temperature", self.temperature, 1e3, "(0, 1000]")?;
		part("timestamp_epsilon", self.timestamp_epsilon)?;
		part("copy_epsilon", self.copy_epsilon)?;
		count("sample_min", self.sample_min)?;
		count("blocks_per_epoch", self.blocks_per_epoch)?;
		norm("norm_eps_soft", self.norm_eps_soft)?;
		norm("norm_eps_hard", self.norm_eps_hard)?;
		from_zero("norm_eps_soft_percent_threshold", self.norm_eps_soft_percent_threshold, 1.0, "[0, 1]")?;
		Ok(competition::check(&self.competitions)?)
	}
}

#[cfg(test)]
pub(crate) mod tests {
	use super::*;

	/// The values of the published validator, which knows no `copy_epsilon`, under our policy.
	pub(crate) fn published_params() -> Params {
		let competition = |id: &str, reward_percentage, parameters| Competition {
			competition_id: id.to_owned(),
			reward_percentage,
			max_model_parameter_size: parameters,
			tokenizer: String::new(),
			base_model: String::new(),
		};
		Params {
			form: Form::Coded,
			policy: Policy::Corrected,
			alpha: 0.9,
			temperature: 0.08,
			timestamp_epsilon: 0.01,
			copy_epsilon: 0.001,
			sample_min: 5,
			blocks_per_epoch: 100,
			max_hugging_face_bytes: 15 << 30,
			norm_eps_soft: 200.0,
			norm_eps_soft_percent_threshold: 0.15,
			norm_eps_hard: 1_000.0,
			competitions: vec![competition("l3", 0.6, 8 << 30), competition("s1", 0.4, 2 << 30)],
		}
	}

	#[track_caller]
	fn check_refused(change: impl FnOnce(&mut Params), message: &str) {
		let mut params = published_params();
		change(&mut params);
		assert_eq!(params.check().unwrap_err().to_string(), message);
	}

	#[test]
	fn the_published_values_are_allowed() {
		assert_eq!(published_params().check(), Ok(()));
	}

	#[test]
	fn a_refusal_names_the_key_and_its_range() {
		check_refused(|params| params.alpha = 1.0, "alpha is 1: it must be in [0, 1)");
		check_refused(|params| params.temperature = 0.0, "temperature is 0: it must be in (0, 1000]");
		check_refused(|params| params.timestamp_epsilon = -0.01, "timestamp_epsilon is -0.01: it must be in [0, 1)");
		check_refused(|params| params.copy_epsilon = f64::NAN, "copy_epsilon is NaN: it must be in [0, 1)");
		check_refused(|params| params.sample_min = 0, "sample_min is 0: it must be in [1, 4294967295]");
		check_refused(|params| params.norm_eps_hard = f64::INFINITY, "norm_eps_hard is inf: it must be in (0, inf)");
		check_refused(|params| params.competitions.clear(), "there is no competition");
	}

	#[test]
	fn unknown_and_missing_keys_are_refused() {
		let mut json = serde_json::to_value(published_params()).unwrap();
		assert_eq!(serde_json::from_value::<Params>(json.clone()).unwrap(), published_params());
		json["tempreature"] = 1.into();
		assert!(serde_json::from_value::<Params>(json.clone()).is_err());
		let keys = json.as_object_mut().unwrap();
		keys.remove("tempreature");
		keys.remove("temperature");
		assert!(serde_json::from_value::<Params>(json).is_err());
	}
}
