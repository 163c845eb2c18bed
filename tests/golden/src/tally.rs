// SPDX-License-Identifier: Apache-2.0
//! What became of the cases of one recorded file.

use std::{collections::BTreeMap, fmt};

use crate::{foreign_recordings, say};

/// How many cases were compared and how many fell under which rule, and the largest difference of each kind of number.
#[derive(Debug, Default)]
pub struct Tally {
	counts: BTreeMap<&'static str, usize>,
	differences: BTreeMap<&'static str, f64>,
}

impl Tally {
	/// A result was compared with the recorded one.
	pub fn compared(&mut self) {
		self.under("compared");
	}

	/// A result fell under a rule, which starts with the id of the reference's defect.
	pub fn under(&mut self, rule: &'static str) {
		*self.counts.entry(rule).or_default() += 1;
	}

	/// The first of a pair must be the second, which is recorded, within `tolerance` relative to it; numbers that are not
	/// finite must be equal. `what` kind of number it is goes into the printed line, `at` which case into the failure.
	#[track_caller]
	pub fn close(&mut self, what: &'static str, pair: (f64, f64), tolerance: f64, at: impl fmt::Display) {
		let (actual, recorded) = pair;
		self.close_for(what, pair, recorded.abs(), tolerance, format_args!("{at}: {actual} is not {recorded}"));
	}

	/// Like [`Self::close`], but relative to `scale`: for a sum of terms that may cancel, the size of those.
	#[track_caller]
	pub fn close_for(
		&mut self,
		what: &'static str,
		(actual, recorded): (f64, f64),
		scale: f64,
		tolerance: f64,
		at: impl fmt::Display,
	) {
		let difference = if actual == recorded { 0.0 } else { (actual - recorded).abs() / scale };
		assert!(difference <= tolerance, "{what}, {at}: a difference of {difference:e} is more than {tolerance:e}");
		let largest = self.differences.entry(what).or_default();
		*largest = largest.max(difference);
	}

	/// Prints the counts and the largest differences. Of our own file, `least` results must have been compared; of another's,
	/// no number is known.
	#[track_caller]
	pub fn finish(&self, file: &str, least: usize) {
		if !self.counts.is_empty() {
			say(format_args!("{file}: {self}"));
		}
		let compared = self.counts.get("compared").copied().unwrap_or_default();
		assert!(foreign_recordings().is_some() || compared >= least, "{file}: only {compared} of {least} compared");
	}
}

impl fmt::Display for Tally {
	fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
		let counts: Vec<_> = self.counts.iter().map(|(what, count)| format!("{count} {what}")).collect();
		formatter.write_str(&counts.join(", "))?;
		let differences: Vec<_> = self.differences.iter().map(|(what, most)| format!("{what} {most:.1e}")).collect();
		match differences.is_empty() {
			true => Ok(()),
			false => write!(formatter, "; largest differences: {}", differences.join(", ")),
		}
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn the_largest_difference_of_each_kind_is_printed() {
		let mut tally = Tally::default();
		tally.compared();
		tally.under("refused");
		for actual in [1.0, 1.25, 0.875] {
			tally.close("share", (actual, 1.0), 0.3, "a case");
		}
		tally.close("score", (f64::INFINITY, f64::INFINITY), 0.0, "a case");
		tally.close_for("sum", (0.5, 0.0), 2.0, 0.3, "a case");
		let line = "1 compared, 1 refused; largest differences: score 0.0e0, share 2.5e-1, sum 2.5e-1";
		assert_eq!(tally.to_string(), line);
	}

	#[test]
	fn what_is_too_far_from_the_recorded_fails() {
		for (actual, recorded) in
			[(1.2, 1.0), (-1.0, 1.0), (1e-9, 0.0), (f64::NAN, 1.0), (f64::NAN, f64::NAN), (1.0, f64::INFINITY)]
		{
			let compare = || Tally::default().close("share", (actual, recorded), 0.1, "a case");
			assert!(std::panic::catch_unwind(compare).is_err(), "{actual} passes for {recorded}");
		}
	}
}
