// SPDX-License-Identifier: Apache-2.0
//! What a tunable number may be: the checks that the parameters of all mechanisms share.

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

/// Refuses a `value` that is not allowed; `range` spells out what is.
pub(crate) fn check(key: &'static str, value: f64, is_allowed: bool, range: &'static str) -> Result<(), ParamsError> {
	if is_allowed {
		Ok(())
	} else {
		Err(ParamsError::OutOfRange { key, value, range })
	}
}

/// `value` is in `(0, largest]`, which `range` spells out.
pub(crate) fn above_zero(key: &'static str, value: f64, largest: f64, range: &'static str) -> Result<(), ParamsError> {
	check(key, value, value > 0.0 && value <= largest, range)
}

/// `value` is in `[0, largest]`, which `range` spells out.
pub(crate) fn from_zero(key: &'static str, value: f64, largest: f64, range: &'static str) -> Result<(), ParamsError> {
	check(key, value, (0.0..=largest).contains(&value), range)
}
