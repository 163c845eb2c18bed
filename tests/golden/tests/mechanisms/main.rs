// SPDX-License-Identifier: Apache-2.0
//! The off-chain mechanisms against results recorded from the reference validators.
//!
//! Where we depart from the reference deliberately, a test says so by a rule over the input, never by a list of cases.

mod boltzmann;
mod emit;
mod evaluation;
mod finetuning;
mod rating;
mod selection;
mod stream;
mod submissions;
mod sync;
mod trace;
mod weights;

use mechanisms::{
	templar::{
		params::{Copies, SyncForm, WeightCurve},
		weights::Piecewise,
		Params,
	},
	Policy, Uid,
};
use serde::{de::Error, Deserialize, Deserializer};
use serde_json::Value;

/// The values of the reference's seed version, of which a recording names those that it varies.
const SEED_PARAMS: Params = Params {
	policy: Policy::AsPublished,
	weight_curve: WeightCurve::MinPower { power_normalisation: 2.0 },
	sync_form: SyncForm::Mean,
	copies: Copies::Zero,
	binary_score_ma_alpha: 0.05,
	openskill_beta: 20.0,
	openskill_tau: 0.1,
	reset_inactivity_windows: 25,
	sync_max_steps_behind: 3.0,
	windows_per_weights: 50,
	uids_per_window: 4,
	num_evaluation_bins: 1,
	idx_overlap_threshold: 0.4,
	missing_gradient_slash_rate: 0.75,
	gather_peers_slash_threshold: 0.0,
	score_zero_threshold: 0.0,
	sync_score_slash_rate: 0.75,
	inactivity_slash_rate: 0.25,
};

/// The parameters that a recording names; others are the seed version's.
fn params(named: &Value) -> Params {
	let number = |key: &str, otherwise: f64| named[key].as_f64().unwrap_or(otherwise);
	let count = |key: &str, otherwise: u32| named[key].as_u64().map_or(otherwise, |count| count as u32);
	let is_head = named.get("burn_rate").is_some();
	Params {
		weight_curve: if is_head {
			WeightCurve::Piecewise(ladder(named, 1))
		} else {
			WeightCurve::MinPower { power_normalisation: number("power_normalisation", 2.0) }
		},
		copies: if is_head {
			Copies::Levels { first_step: 20, naughty_peer_timeout: count("naughty_peer_timeout", 200) }
		} else {
			Copies::Zero
		},
		binary_score_ma_alpha: number("binary_score_ma_alpha", SEED_PARAMS.binary_score_ma_alpha),
		openskill_beta: number("openskill_beta", SEED_PARAMS.openskill_beta),
		openskill_tau: number("openskill_tau", SEED_PARAMS.openskill_tau),
		reset_inactivity_windows: count("reset_inactivity_windows", SEED_PARAMS.reset_inactivity_windows),
		sync_max_steps_behind: number("sync_max_steps_behind", SEED_PARAMS.sync_max_steps_behind),
		windows_per_weights: count("windows_per_weights", SEED_PARAMS.windows_per_weights),
		gather_peers_slash_threshold: number("gather_peers_slash_threshold", 0.0),
		score_zero_threshold: number("score_zero_threshold", 0.0),
		..SEED_PARAMS
	}
}

/// The ladder of places that a recording names.
fn ladder(named: &Value, burn_uid: Uid) -> Piecewise {
	let number = |key: &str| named[key].as_f64().expect(key);
	let count = |key: &str| named[key].as_u64().expect(key) as u16;
	Piecewise {
		burn_rate: number("burn_rate"),
		burn_uid,
		gather_share: number("gather_share"),
		gather_peer_count: count("gather_peer_count"),
		gather_top_ratio: number("gather_top_ratio"),
		reserve_peer_count: count("reserve_peer_count"),
		reserve_decay_ratio: number("reserve_decay_ratio"),
	}
}

/// A number; one that is not finite is recorded as a string.
#[derive(Clone, Copy, Debug)]
struct Float(f64);

impl<'de> Deserialize<'de> for Float {
	fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
		// By way of a value, which alone knows a number when serde has buffered it and another crate of the workspace has
		// asked serde_json for arbitrary precision.
		match Value::deserialize(deserializer)? {
			Value::Number(number) => number.as_f64().map(Self).ok_or_else(|| D::Error::custom("no number of 64 bits")),
			Value::String(name) => name.parse().map(Self).map_err(D::Error::custom),
			_ => Err(D::Error::custom("expected a number, or the name of one that is not finite")),
		}
	}
}
