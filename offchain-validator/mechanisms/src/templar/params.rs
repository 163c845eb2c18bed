// SPDX-License-Identifier: Apache-2.0
//! What an operator may tune, under the names of `hparams.json`.

use serde::{Deserialize, Serialize};

use super::weights::Piecewise;
pub use crate::params::ParamsError;
use crate::{
	params::{above_zero, from_zero},
	Policy,
};

/// The tunable numbers of the mechanism. None has a default: the file that holds them is their only home.
///
/// The seed version and the later one are two settings of them. Plain data; [`Params::check`] it once after reading.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Params {
	/// Whose rules hold.
	pub policy: Policy,
	/// How final scores become shares.
	pub weight_curve: WeightCurve,
	/// How the distance to a peer's model is counted.
	pub sync_form: SyncForm,
	/// What copying costs.
	pub copies: Copies,
	/// Part of the newest verdict in the moving average of verdicts, `(0, 1]`.
	pub binary_score_ma_alpha: f64,
	/// Spread of a performance around the skill, in units of skill, `(0, 1000]`.
	pub openskill_beta: f64,
	/// Uncertainty that a skill gains before each match, in units of skill, `[0, 1000]`.
	pub openskill_tau: f64,
	/// A peer that stays away for more windows than this is reset.
	pub reset_inactivity_windows: u32,
	/// A gathered peer that is further from our model than this many steps is out of sync, `[0, 5]`.
	pub sync_max_steps_behind: f64,
	/// Weights are submitted in windows divisible by this, at least 1.
	pub windows_per_weights: u32,
	/// Uids to evaluate per window, at least 1.
	pub uids_per_window: u32,
	/// Parts of about equal skill, of which one is evaluated in a window, at least 1. With 1 all uids are in one.
	pub num_evaluation_bins: u32,
	/// Part of the indices of two submissions from which on the later one counts as a copy, `(0, 1]`.
	pub idx_overlap_threshold: f64,
	/// What a missing submission costs, see [`Self::kept`]; `[0, 1]`.
	pub missing_gradient_slash_rate: f64,
	/// When less than this part of a gather arrives, a missing submission costs everything; `[0, 1]`, 0 for never.
	pub gather_peers_slash_threshold: f64,
	/// A score that a missing submission cuts below this is zero, at least 0.
	pub score_zero_threshold: f64,
	/// What being out of sync costs a gathered peer, see [`Self::kept`]; `[0, 1]`.
	pub sync_score_slash_rate: f64,
	/// Part that a score loses in each window of inactivity, `[0, 1]`.
	pub inactivity_slash_rate: f64,
}

/// How final scores become shares.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum WeightCurve {
	/// By a power of the score, see [`super::weights::min_power_shares`].
	MinPower {
		/// Exponent `p`, `(0, 16]`. Above one it favours the best.
		power_normalisation: f64,
	},
	/// By the place in the ranking, with a part burned, see [`super::weights::piecewise_shares`].
	Piecewise(Piecewise),
}

/// How the distance to a peer's model is counted, see [`super::sync`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SyncForm {
	/// The mean difference in learning rates: for signed updates, which move every element alike.
	Mean,
	/// The median difference in what the element moves on average.
	Median,
}

/// What copying costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Copies {
	/// The final score, and as much of the moving average as a missing submission.
	Zero,
	/// By how much was copied, see [`super::overlap::Level`].
	Levels {
		/// Outer steps that a model takes before copies are punished: while it is raw, honest gradients agree.
		first_step: u64,
		/// Windows, counted from that of the copy, in which who copied most of a submission is not evaluated; at least 1.
		naughty_peer_timeout: u32,
	},
}

impl Params {
	/// Part of a score that a slash of `rate` leaves.
	///
	/// The rate is the reduction, as documented: 0.75 removes three quarters. The published code multiplies by it instead, so
	/// that 0.75 removes one quarter.
	pub fn kept(&self, rate: f64) -> f64 {
		match self.policy {
			Policy::Corrected => 1.0 - rate,
			Policy::AsPublished => rate,
		}
	}

	/// Whether copies count once a model has taken so many outer steps.
	pub fn counts_copies(&self, global_step: u64) -> bool {
		match self.copies {
			Copies::Zero => true,
			Copies::Levels { first_step, .. } => global_step >= first_step,
		}
	}

	/// Whether every value is in its range; else the first one that is not.
	pub fn check(&self) -> Result<(), ParamsError> {
		self.weight_curve.check()?;
		if let Copies::Levels { naughty_peer_timeout, .. } = self.copies {
			above_zero("naughty_peer_timeout", naughty_peer_timeout.into(), u32::MAX.into(), "[1, 4294967295]")?;
		}
		// The steps to the sync score end at five: a limit above would slash nobody.
		above_zero("binary_score_ma_alpha", self.binary_score_ma_alpha, 1.0, "(0, 1]")?;
		above_zero("openskill_beta", self.openskill_beta, 1e3, "(0, 1000]")?;
		from_zero("openskill_tau", self.openskill_tau, 1e3, "[0, 1000]")?;
		from_zero("sync_max_steps_behind", self.sync_max_steps_behind, 5.0, "[0, 5]")?;
		above_zero("windows_per_weights", self.windows_per_weights.into(), u32::MAX.into(), "[1, 4294967295]")?;
		above_zero("uids_per_window", self.uids_per_window.into(), u16::MAX.into(), "[1, 65535]")?;
		above_zero("num_evaluation_bins", self.num_evaluation_bins.into(), u16::MAX.into(), "[1, 65535]")?;
		above_zero("idx_overlap_threshold", self.idx_overlap_threshold, 1.0, "(0, 1]")?;
		from_zero("missing_gradient_slash_rate", self.missing_gradient_slash_rate, 1.0, "[0, 1]")?;
		from_zero("gather_peers_slash_threshold", self.gather_peers_slash_threshold, 1.0, "[0, 1]")?;
		from_zero("score_zero_threshold", self.score_zero_threshold, 1e3, "[0, 1000]")?;
		from_zero("sync_score_slash_rate", self.sync_score_slash_rate, 1.0, "[0, 1]")?;
		from_zero("inactivity_slash_rate", self.inactivity_slash_rate, 1.0, "[0, 1]")
	}
}

impl WeightCurve {
	fn check(&self) -> Result<(), ParamsError> {
		match self {
			Self::MinPower { power_normalisation } => {
				above_zero("power_normalisation", *power_normalisation, 16.0, "(0, 16]")
			},
			Self::Piecewise(piecewise) => {
				from_zero("burn_rate", piecewise.burn_rate, 1.0, "[0, 1]")?;
				above_zero("gather_peer_count", piecewise.gather_peer_count.into(), u16::MAX.into(), "[1, 65535]")?;
				above_zero("gather_share", piecewise.gather_share, 1.0, "(0, 1]")?;
				above_zero("gather_top_ratio", piecewise.gather_top_ratio, 1e3, "(0, 1000]")?;
				above_zero("reserve_decay_ratio", piecewise.reserve_decay_ratio, 1.0, "(0, 1]")
			},
		}
	}
}

#[cfg(test)]
pub(crate) mod tests;
