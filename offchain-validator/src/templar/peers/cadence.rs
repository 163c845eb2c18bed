// SPDX-License-Identifier: Apache-2.0

//! In which windows lists of peers are made, and from which they hold. Pure.

use crate::clock::Window;
use crate::hparams::Windows;
use crate::templar::hparams::Peers;

/// Lists that are looked for: if none of the newest so many is of use, the chain alone says who is gathered.
const IN_REACH: u32 = 3;

/// When lists are made and hold: every so many windows, counted from the first of the run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cadence {
	start_window: Window,
	frequency: u32,
	/// Windows from the one after which a list is made to the one from which it holds.
	delay: u32,
}

impl Cadence {
	/// That of the run that begins with `start_window`.
	///
	/// The reference counts the margin from the window that the chain is in. We count from where the chain is when a
	/// validator looks at a window as soon as it does: so all know where a list can be.
	pub fn new(start_window: Window, windows: &Windows, peers: &Peers) -> Self {
		let delay = windows.validator_offset.saturating_add(peers.peer_list_window_margin);
		Self { start_window, frequency: peers.peer_replacement_frequency.max(1), delay }
	}

	/// The window from which the list made after `window` holds; none if none is made then.
	pub fn holds_from(&self, window: Window) -> Option<Window> {
		let since = window.checked_sub(self.start_window)?;
		if since % self.frequency == 0 {
			window.checked_add(self.delay)
		} else {
			None
		}
	}

	/// The window after which the list is made that holds from `window`.
	pub fn made_after(&self, window: Window) -> Window {
		window.saturating_sub(self.delay)
	}

	/// The windows from which the lists hold that are in reach of `window`, the newest first.
	pub fn in_reach(&self, window: Window) -> impl Iterator<Item = Window> {
		let (frequency, first) = (self.frequency, self.start_window.saturating_add(self.delay));
		let newest = window.checked_sub(first).map(|since| window - since % frequency);
		let before = move |window: &Window| window.checked_sub(frequency).filter(|window| *window >= first);
		std::iter::successors(newest, before).take(IN_REACH as usize)
	}

	/// Windows after its first in which a list may be of use.
	pub fn reach(&self) -> u32 {
		self.frequency.saturating_mul(IN_REACH)
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	/// A list every five windows, which holds four windows later.
	const CADENCE: Cadence = Cadence { start_window: 10, frequency: 5, delay: 4 };

	#[test]
	fn lists_are_made_from_the_first_window_on() {
		let made = (0..22).filter_map(|window| Some((window, CADENCE.holds_from(window)?)));
		assert_eq!(made.collect::<Vec<_>>(), [(10, 14), (15, 19), (20, 24)]);
		assert_eq!(CADENCE.holds_from(Window::MAX - Window::MAX % 5), None);
	}

	#[test]
	fn the_newest_list_comes_first_and_few_are_in_reach() {
		let in_reach = |window| CADENCE.in_reach(window).collect::<Vec<_>>();
		assert!(in_reach(0).is_empty() && in_reach(13).is_empty());
		assert_eq!(in_reach(14), [14]);
		assert_eq!(in_reach(23), [19, 14]);
		assert_eq!(in_reach(40), [39, 34, 29]);
		for window in 0..60 {
			for first in in_reach(window) {
				assert_eq!(CADENCE.holds_from(CADENCE.made_after(first)), Some(first));
				assert!(first <= window && window < first + CADENCE.reach());
			}
		}
	}
}
