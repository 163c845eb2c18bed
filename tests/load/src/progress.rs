// SPDX-License-Identifier: Apache-2.0

//! What is being done now: a live line on a terminal, a plain line a step elsewhere. On stderr, as the result is on
//! stdout.

use std::cell::RefCell;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

/// Shows one step at a time, each of one scenario.
pub struct Progress {
	bar: ProgressBar,
	scenario: &'static str,
	step: RefCell<&'static str>,
}

impl Progress {
	/// Of the scenario of that name.
	pub fn new(scenario: &'static str) -> Self {
		let style = ProgressStyle::with_template("{spinner} {wide_msg} {elapsed}").expect("the template is valid; qed");
		let bar = ProgressBar::new_spinner().with_style(style);
		bar.enable_steady_tick(Duration::from_millis(100));
		Self { bar, scenario, step: RefCell::new("") }
	}

	/// Begins the next step.
	pub fn step(&self, step: &'static str) {
		*self.step.borrow_mut() = step;
		let line = format!("{}: {step}", self.scenario);
		if self.bar.is_hidden() {
			self.line(&line);
		}
		self.bar.set_message(line);
	}

	/// What is worth keeping.
	pub fn line(&self, line: impl AsRef<str>) {
		self.bar.suspend(|| eprintln!("{}", line.as_ref()));
	}

	/// How far the step has come, for a terminal only.
	pub fn detail(&self, detail: impl std::fmt::Display) {
		self.bar.set_message(format!("{}: {}, {detail}", self.scenario, self.step.borrow()));
	}
}

impl Drop for Progress {
	fn drop(&mut self) {
		self.bar.finish_and_clear();
	}
}
