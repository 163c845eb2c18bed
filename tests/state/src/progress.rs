// SPDX-License-Identifier: Apache-2.0

//! What is being done now, on a terminal; nothing elsewhere. On stderr, so that stdout holds the report alone.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

/// A live line, by indicatif's template; whoever asks for it takes it away.
pub fn line(template: &str) -> ProgressBar {
	let style = ProgressStyle::with_template(template).expect("the template is valid");
	let bar = ProgressBar::no_length().with_style(style);
	bar.enable_steady_tick(Duration::from_millis(100));
	bar
}
