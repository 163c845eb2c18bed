// SPDX-License-Identifier: Apache-2.0
//! The off-chain mechanisms against results recorded from the reference validators.
//!
//! Where we depart from the reference deliberately, a test says so by a rule over the input, never by a list of cases.

mod evaluation;
mod rating;
mod submissions;
mod trace;

use std::fmt;

use mechanisms::templar::Params;
use serde::{de::Error, Deserialize, Deserializer};
use serde_json::Value;

/// The values of the reference, of which a recording names those that it varies.
const SEED_PARAMS: Params = Params {
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
};

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

/// `actual` is `expected` within `tolerance`, relative; not finite numbers must be equal.
#[track_caller]
fn check_close(actual: f64, expected: f64, tolerance: f64, what: impl fmt::Display) {
	let is_close = (actual - expected).abs() <= tolerance * expected.abs() || actual == expected;
	assert!(is_close, "{what}: {actual} is not {expected}");
}
