// SPDX-License-Identifier: Apache-2.0
//! What an operator may tune, under the names of `hparams.json`.

use std::num::{NonZeroU32, NonZeroUsize};

use serde::{Deserialize, Serialize};

use crate::{
	params::{above_zero, from_zero, ParamsError},
	Policy,
};

/// The tunable numbers of the mechanism. None has a default: the file that holds them is their only home.
///
/// Plain data; [`Params::check`] it once after reading.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Params {
	/// Elements of a parameter for each that a slice holds.
	pub compression: NonZeroUsize,
	/// Part of a moving average that is kept at each new score, `[0, 0.999999]`.
	pub validator_moving_alpha: f64,
	/// Weights are submitted in windows divisible by this.
	pub windows_per_weights: NonZeroU32,
	/// How a step is compared with the gradient.
	pub score_form: ScoreForm,
	/// Part of a parameter's norm by which a slice may differ from ours, `(0, 1000]`.
	pub max_relative_change: f64,
	/// Part of the best average up to which another earns nothing, `[0, 0.9]`: chance gives noise a small cosine. Not under
	/// [`Policy::AsPublished`].
	pub average_floor: f64,
	/// Cosine of two miners' steps from which on the later one counts as a copy, `(0, 1]`.
	pub copy_similarity: f64,
	/// Whose rules. As corrected, only positive averages earn, all shares are made anew in each window, and who publishes
	/// nothing of use loses by it. As published, averages of both signs are divided by their sum, a uid whose average is zero
	/// keeps the weight it had, and only scores change an average.
	pub policy: Policy,
}

/// How a miner's step is compared with the validator's gradient.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum ScoreForm {
	/// `R = α·s`, as documented: `s` is the cosine over all parameters together, `[-1, 1]`.
	Cosine {
		/// The scale `α` of all scores, `(0, 1000000]`. Shares do not depend on it.
		alpha: f64,
	},
	/// `Σ (‖θ‖ + 10⁻⁸)·s` over the parameters, as coded: each has its own cosine `s`, and counts by the norm of ours.
	NormWeighted,
}

impl Params {
	/// Whether every value is in its range; else the first one that is not.
	pub fn check(&self) -> Result<(), ParamsError> {
		// An average that keeps all of itself would never learn.
		from_zero("validator_moving_alpha", self.validator_moving_alpha, 0.999_999, "[0, 0.999999]")?;
		if let ScoreForm::Cosine { alpha } = self.score_form {
			above_zero("score_form.cosine.alpha", alpha, 1e6, "(0, 1000000]")?;
		}
		above_zero("max_relative_change", self.max_relative_change, 1e3, "(0, 1000]")?;
		from_zero("average_floor", self.average_floor, 0.9, "[0, 0.9]")?;
		above_zero("copy_similarity", self.copy_similarity, 1.0, "(0, 1]")
	}
}

#[cfg(test)]
pub(crate) mod tests {
	use super::*;

	/// The values of the reference, and those of ours that it has none of.
	pub(crate) fn params() -> Params {
		Params {
			compression: NonZeroUsize::new(100).unwrap(),
			validator_moving_alpha: 0.999,
			windows_per_weights: NonZeroU32::new(100).unwrap(),
			score_form: ScoreForm::Cosine { alpha: 1.0 },
			max_relative_change: 0.5,
			average_floor: 0.0,
			copy_similarity: 0.99,
			policy: Policy::Corrected,
		}
	}

	#[track_caller]
	fn check_refused(change: impl FnOnce(&mut Params), message: &str) {
		let mut params = params();
		change(&mut params);
		assert_eq!(params.check().unwrap_err().to_string(), message);
	}

	#[test]
	fn a_refusal_names_the_key_and_its_range() {
		assert_eq!(params().check(), Ok(()));
		check_refused(
			|params| params.validator_moving_alpha = 1.0,
			"validator_moving_alpha is 1: it must be in [0, 0.999999]",
		);
		check_refused(
			|params| params.score_form = ScoreForm::Cosine { alpha: f64::NAN },
			"score_form.cosine.alpha is NaN: it must be in (0, 1000000]",
		);
		check_refused(|params| params.max_relative_change = 0.0, "max_relative_change is 0: it must be in (0, 1000]");
		check_refused(|params| params.average_floor = 1.0, "average_floor is 1: it must be in [0, 0.9]");
		check_refused(|params| params.copy_similarity = 1.01, "copy_similarity is 1.01: it must be in (0, 1]");
	}

	#[test]
	fn parameters_are_read_as_written() {
		let json = r#"{
			"compression": 100, "validator_moving_alpha": 0.999, "windows_per_weights": 100,
			"score_form": { "cosine": { "alpha": 1.0 } }, "max_relative_change": 0.5, "average_floor": 0.0,
			"copy_similarity": 0.99, "policy": "corrected"
		}"#;
		assert_eq!(serde_json::from_str::<Params>(json).unwrap(), params());
		for (from, to) in [
			(r#""compression": 100"#, r#""compression": 0"#),
			(r#""windows_per_weights": 100"#, r#""windows_per_weights": 0"#),
			(r#""alpha": 1.0"#, r#""alpha": 1.0, "beta": 1.0"#),
			(r#""policy": "corrected""#, r#""policy": "corrected", "polcy": "corrected""#),
			(r#", "average_floor": 0.0"#, ""),
		] {
			assert!(serde_json::from_str::<Params>(&json.replace(from, to)).is_err(), "{to}");
		}
		let published = json.replace(r#"{ "cosine": { "alpha": 1.0 } }"#, r#""norm_weighted""#);
		let published = serde_json::from_str::<Params>(&published.replace("corrected", "as_published")).unwrap();
		assert_eq!((published.score_form, published.policy), (ScoreForm::NormWeighted, Policy::AsPublished));
	}
}
