// SPDX-License-Identifier: Apache-2.0
//! How much of its own gradient a validator computes: as much as fits into a window.

/// The smallest part of the batches.
const LEAST: f64 = 1e-4;

/// The part of the batches to take in the next window, `[0.0001, 1]`, after one in which the part `rate` was wanted.
///
/// Falls by a twentieth when the window ran out before the batches did, else grows by one.
#[allow(clippy::manual_clamp, reason = "`clamp` lets NaN pass")]
pub fn next_sample_rate(rate: f64, window_ran_out: bool) -> f64 {
	(if window_ran_out { rate * 0.95 } else { rate * 1.05 }).max(LEAST).min(1.0)
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn the_rate_follows_the_time_there_is() {
		assert_eq!(next_sample_rate(0.5, true), 0.475);
		assert_eq!(next_sample_rate(0.5, false), 0.525);
	}

	#[test]
	fn the_rate_stays_between_its_bounds() {
		assert_eq!(next_sample_rate(1.0, false), 1.0);
		assert_eq!(next_sample_rate(1e-4, true), 1e-4);
		for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -1.0] {
			assert!((LEAST..=1.0).contains(&next_sample_rate(bad, true)));
		}
	}
}
