// SPDX-License-Identifier: Apache-2.0

//! How long a window may be measured: until the chain leaves the window that validators work in.

use std::sync::atomic::{AtomicU32, Ordering};

/// Number of the newest block; none without a chain.
type Now = Box<dyn Fn() -> Option<u32> + Send + Sync>;

/// The blocks that measuring may take. Several devices may ask at once.
pub(super) struct Budget {
	now: Now,
	/// The newest block when measuring began, and the last one in which it may go on.
	span: Span,
	done: AtomicU32,
	devices: u32,
}

/// From one block to another.
#[derive(Clone, Copy)]
struct Span {
	first: u32,
	last: u32,
}

impl Budget {
	/// From now until the block `last`, on so many devices.
	pub fn new(now: Now, last: u32, devices: usize) -> Self {
		let first = now().unwrap_or(last);
		let devices = u32::try_from(devices).unwrap_or(u32::MAX);
		Self { now, span: Span { first, last }, done: AtomicU32::new(0), devices }
	}

	/// Whether a further miner can be measured in time, going by how long those took that are done. One always may: a
	/// validator that is too slow for its windows still does some good. None without a chain, as the next question to that
	/// tells.
	pub fn may_begin(&self) -> bool {
		let done = self.done.load(Ordering::Relaxed);
		(self.now)().is_some_and(|now| self.span.has_room(now, done, self.devices))
	}

	/// A miner is done.
	pub fn done(&self) {
		self.done.fetch_add(1, Ordering::Relaxed);
	}
}

impl Span {
	/// Whether one more ends in the span, at block `now`, with so many `done` by so many `devices`.
	fn has_room(self, now: u32, done: u32, devices: u32) -> bool {
		let taken = u64::from(now.saturating_sub(self.first)) * u64::from(devices);
		match taken.checked_div(done.into()) {
			Some(each) => u64::from(now) + each <= u64::from(self.last),
			None => true,
		}
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn a_miner_that_would_end_too_late_is_not_begun() {
		let span = Span { first: 100, last: 120 };
		assert!(span.has_room(105, 1, 1), "ends at 110");
		assert!(span.has_room(110, 1, 1), "ends at 120");
		assert!(!span.has_room(111, 1, 1), "ends at 122");
		assert!(span.has_room(118, 9, 1), "ends at 120");
		assert!(!span.has_room(118, 9, 2), "each of two takes twice as long");
		assert!(!span.has_room(121, 1_000, 1), "over");
	}

	#[test]
	fn one_miner_may_always_be_measured() {
		assert!(Span { first: 100, last: 90 }.has_room(100, 0, 1));
		assert!(!Span { first: 100, last: 90 }.has_room(101, 1, 1));
	}
}
