// SPDX-License-Identifier: Apache-2.0
//! What an operator may tune, under the names of `hparams.json`.

use serde::{Deserialize, Serialize};

/// The tunable numbers of the mechanism. None has a default: the file that holds them is their only home.
///
/// Plain data; [`Params::check`] it once after reading.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Params {
	/// Exponent `p` of the weight curve, `(0, 16]`. Above one it favours the best.
	pub power_normalisation: f64,
	/// Part of the newest verdict in the moving average of verdicts, `(0, 1]`.
	pub binary_score_ma_alpha: f64,
	/// Spread of a performance around the skill, in units of skill, `(0, 1000]`.
	pub openskill_beta: f64,
	/// Uncertainty that a skill gains before each match, in units of skill, `[0, 1000]`.
	pub openskill_tau: f64,
	/// A peer that stays away for more windows than this loses its scores.
	pub reset_inactivity_windows: u32,
	/// A gathered peer that is further from our model than this many steps is out of sync, `[0, 5]`.
	pub sync_max_steps_behind: f64,
	/// Weights are submitted in windows divisible by this, at least 1.
	pub windows_per_weights: u32,
	/// Uids to evaluate per window, at least 1.
	pub uids_per_window: u32,
	/// Part of the indices of two submissions from which on the later one counts as a copy, `(0, 1]`.
	pub idx_overlap_threshold: f64,
	/// Factor that a score KEEPS when a submission is missing, despite its name; `[0, 1]`.
	pub missing_gradient_slash_rate: f64,
	/// Factor that a score KEEPS when a gathered peer is out of sync, despite its name; `[0, 1]`.
	pub sync_score_slash_rate: f64,
	/// Part that a score LOSES in each window of inactivity, `[0, 1]`.
	pub inactivity_slash_rate: f64,
}

/// Why parameters cannot be used.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum ParamsError {
	/// A value is not a number or outside of what its key allows.
	#[error("{key} is {value}: it must be in {range}")]
	OutOfRange {
		/// The key in `hparams.json`.
		key: &'static str,
		/// Its value.
		value: f64,
		/// What is allowed.
		range: &'static str,
	},
}

impl Params {
	/// Whether every value is in its range; else the first one that is not.
	pub fn check(&self) -> Result<(), ParamsError> {
		// The steps to the sync score end at five: a limit above would slash nobody.
		above_zero("power_normalisation", self.power_normalisation, 16.0, "(0, 16]")?;
		above_zero("binary_score_ma_alpha", self.binary_score_ma_alpha, 1.0, "(0, 1]")?;
		above_zero("openskill_beta", self.openskill_beta, 1e3, "(0, 1000]")?;
		from_zero("openskill_tau", self.openskill_tau, 1e3, "[0, 1000]")?;
		from_zero("sync_max_steps_behind", self.sync_max_steps_behind, 5.0, "[0, 5]")?;
		above_zero("windows_per_weights", self.windows_per_weights.into(), u32::MAX.into(), "[1, 4294967295]")?;
		above_zero("uids_per_window", self.uids_per_window.into(), u16::MAX.into(), "[1, 65535]")?;
		above_zero("idx_overlap_threshold", self.idx_overlap_threshold, 1.0, "(0, 1]")?;
		from_zero("missing_gradient_slash_rate", self.missing_gradient_slash_rate, 1.0, "[0, 1]")?;
		from_zero("sync_score_slash_rate", self.sync_score_slash_rate, 1.0, "[0, 1]")?;
		from_zero("inactivity_slash_rate", self.inactivity_slash_rate, 1.0, "[0, 1]")
	}
}

fn above_zero(key: &'static str, value: f64, largest: f64, range: &'static str) -> Result<(), ParamsError> {
	if value > 0.0 && value <= largest {
		Ok(())
	} else {
		Err(ParamsError::OutOfRange { key, value, range })
	}
}

fn from_zero(key: &'static str, value: f64, largest: f64, range: &'static str) -> Result<(), ParamsError> {
	if (0.0..=largest).contains(&value) {
		Ok(())
	} else {
		Err(ParamsError::OutOfRange { key, value, range })
	}
}

#[cfg(test)]
pub(crate) mod tests {
	use super::*;

	/// The values of the mechanism's seed version.
	pub(crate) fn seed_params() -> Params {
		Params {
			power_normalisation: 2.0,
			binary_score_ma_alpha: 0.05,
			openskill_beta: 20.0,
			openskill_tau: 0.1,
			reset_inactivity_windows: 25,
			sync_max_steps_behind: 3.0,
			windows_per_weights: 50,
			uids_per_window: 4,
			idx_overlap_threshold: 0.4,
			missing_gradient_slash_rate: 0.75,
			sync_score_slash_rate: 0.75,
			inactivity_slash_rate: 0.25,
		}
	}

	#[track_caller]
	fn check_refused(change: impl FnOnce(&mut Params), message: &str) {
		let mut params = seed_params();
		change(&mut params);
		assert_eq!(params.check().unwrap_err().to_string(), message);
	}

	#[test]
	fn the_seed_values_are_allowed() {
		assert_eq!(seed_params().check(), Ok(()));
	}

	#[test]
	fn a_refusal_names_the_key_and_its_range() {
		check_refused(|params| params.openskill_beta = 0.0, "openskill_beta is 0: it must be in (0, 1000]");
		check_refused(|params| params.openskill_tau = f64::NAN, "openskill_tau is NaN: it must be in [0, 1000]");
		check_refused(|params| params.uids_per_window = 0, "uids_per_window is 0: it must be in [1, 65535]");
		check_refused(
			|params| params.sync_score_slash_rate = 75.0,
			"sync_score_slash_rate is 75: it must be in [0, 1]",
		);
	}

	#[test]
	fn unknown_and_missing_keys_are_refused() {
		let mut json = serde_json::to_value(seed_params()).unwrap();
		assert_eq!(serde_json::from_value::<Params>(json.clone()).unwrap(), seed_params());
		json["opnskill_beta"] = 20.into();
		assert!(serde_json::from_value::<Params>(json.clone()).is_err());
		let keys = json.as_object_mut().unwrap();
		keys.remove("opnskill_beta");
		keys.remove("openskill_beta");
		assert!(serde_json::from_value::<Params>(json).is_err());
	}
}
