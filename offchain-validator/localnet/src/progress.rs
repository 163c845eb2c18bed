// SPDX-License-Identifier: Apache-2.0

//! What the run is doing now: one live line on a terminal, one plain line per step elsewhere. On stderr, so that stdout
//! holds the result alone.

use std::cell::RefCell;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

/// Shows the steps of the run, one at a time.
pub struct Progress {
	bar: ProgressBar,
	current: RefCell<Option<(String, Instant)>>,
}

impl Progress {
	/// Nothing to show yet.
	pub fn new() -> Self {
		let bar = ProgressBar::new_spinner();
		let style = ProgressStyle::with_template("{spinner:.cyan} {wide_msg}").expect("the template is valid");
		bar.set_style(style);
		Self { bar, current: RefCell::new(None) }
	}

	/// Begins the next step; the one before is done.
	pub fn step(&self, text: impl Into<String>) {
		let text = text.into();
		self.finish();
		if self.bar.is_hidden() {
			eprintln!("{text}");
		} else {
			self.bar.enable_steady_tick(Duration::from_millis(100));
			self.bar.set_message(text.clone());
		}
		*self.current.borrow_mut() = Some((text, Instant::now()));
	}

	/// How far the step has come; shown on a terminal only.
	pub fn detail(&self, detail: impl std::fmt::Display) {
		if let Some((text, _)) = &*self.current.borrow() {
			self.bar.set_message(format!("{text}: {detail}"));
		}
	}

	/// How far the step has come, worth keeping: a line of its own above the live one, and now the live one too.
	pub fn line(&self, line: String) {
		if self.bar.is_hidden() {
			eprintln!("  {line}");
		} else {
			self.bar.println(format!("    {line}"));
			self.detail(line);
		}
	}

	/// Takes the live line away; the last step is done, or was cut short.
	pub fn clear(&self) {
		self.finish();
		self.bar.finish_and_clear();
	}

	fn finish(&self) {
		if let Some((text, since)) = self.current.borrow_mut().take() {
			self.bar.println(format!("  {text} ({:.1} s)", since.elapsed().as_secs_f64()));
		}
	}
}
