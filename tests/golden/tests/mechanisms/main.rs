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
use serde::{
	de::{Error, Visitor},
	Deserialize, Deserializer,
};

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
		struct AnyFloat;
		impl Visitor<'_> for AnyFloat {
			type Value = Float;

			fn expecting(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
				formatter.write_str("a number, or the name of one that is not finite")
			}

			fn visit_f64<E: Error>(self, value: f64) -> Result<Float, E> {
				Ok(Float(value))
			}

			fn visit_i64<E: Error>(self, value: i64) -> Result<Float, E> {
				Ok(Float(value as f64))
			}

			fn visit_u64<E: Error>(self, value: u64) -> Result<Float, E> {
				Ok(Float(value as f64))
			}

			fn visit_str<E: Error>(self, value: &str) -> Result<Float, E> {
				value.parse().map(Float).map_err(E::custom)
			}
		}
		deserializer.deserialize_any(AnyFloat)
	}
}

/// `actual` is `expected` within `tolerance`, relative; not finite numbers must be equal.
#[track_caller]
fn check_close(actual: f64, expected: f64, tolerance: f64, what: impl fmt::Display) {
	let is_close = (actual - expected).abs() <= tolerance * expected.abs() || actual == expected;
	assert!(is_close, "{what}: {actual} is not {expected}");
}
