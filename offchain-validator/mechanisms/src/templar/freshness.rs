// SPDX-License-Identifier: Apache-2.0
//! Whether a submission was uploaded in the time open for its window.

use serde::{Deserialize, Serialize};

/// The time in which uploads for one window count, both ends included; milliseconds since the Unix epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenSpan {
	/// First moment that counts.
	pub opens_ms: u64,
	/// Last moment that counts.
	pub closes_ms: u64,
}

/// When a submission was uploaded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Freshness {
	/// While its window was open.
	InTime,
	/// Before the window had ended, so it cannot hold the whole window's work.
	TooEarly,
	/// After others could have been copied.
	TooLate,
}

impl OpenSpan {
	/// The span after a window whose end the chain dates `window_end_ms`.
	///
	/// Opens at the whole second: object stores date uploads in whole seconds, rounded down, and an upload made in the
	/// same second as the window's end would else look earlier than it. Closes `time_window_delta_seconds` after the end
	/// itself, unrounded.
	pub fn after(window_end_ms: u64, time_window_delta_seconds: u64) -> Self {
		Self {
			opens_ms: window_end_ms.saturating_sub(window_end_ms.checked_rem(1_000).unwrap_or_default()),
			closes_ms: window_end_ms.saturating_add(time_window_delta_seconds.saturating_mul(1_000)),
		}
	}

	/// Where the moment of an upload lies.
	pub fn judge(&self, uploaded_ms: u64) -> Freshness {
		if uploaded_ms < self.opens_ms {
			Freshness::TooEarly
		} else if uploaded_ms > self.closes_ms {
			Freshness::TooLate
		} else {
			Freshness::InTime
		}
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[track_caller]
	fn check(uploaded_ms: u64, expected: Freshness) {
		assert_eq!(OpenSpan::after(50_352, 10).judge(uploaded_ms), expected);
	}

	#[test]
	fn both_ends_are_open() {
		check(50_352, Freshness::InTime);
		check(60_352, Freshness::InTime);
		check(60_353, Freshness::TooLate);
	}

	/// Trap 6.
	#[test]
	fn an_upload_in_the_second_of_the_end_is_in_time() {
		check(50_000, Freshness::InTime);
		check(49_999, Freshness::TooEarly);
	}

	#[test]
	fn times_beyond_the_calendar_saturate() {
		assert_eq!(OpenSpan::after(u64::MAX, u64::MAX).closes_ms, u64::MAX);
		assert_eq!(OpenSpan::after(0, 0), OpenSpan { opens_ms: 0, closes_ms: 0 });
	}
}
