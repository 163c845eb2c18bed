// SPDX-License-Identifier: Apache-2.0
//! An allocator that knows how much is allocated beyond what was when the measurement began, and the peak of that.

use std::{
	alloc::{GlobalAlloc, Layout, System},
	sync::atomic::{AtomicBool, AtomicIsize, Ordering::Relaxed},
};

/// To be the `#[global_allocator]`. Off, it costs one load.
pub struct Counting;

static IS_ON: AtomicBool = AtomicBool::new(false);
static NOW: AtomicIsize = AtomicIsize::new(0);
static PEAK: AtomicIsize = AtomicIsize::new(0);

fn count(bytes: isize) {
	if IS_ON.load(Relaxed) {
		let now = NOW.fetch_add(bytes, Relaxed) + bytes;
		PEAK.fetch_max(now, Relaxed);
	}
}

// SAFETY: every call goes to the system's allocator as it is.
unsafe impl GlobalAlloc for Counting {
	unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
		count(layout.size() as isize);
		// SAFETY: the caller keeps the contract of `alloc`.
		unsafe { System.alloc(layout) }
	}

	unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
		count(-(layout.size() as isize));
		// SAFETY: `memory` came from `alloc` with this layout.
		unsafe { System.dealloc(memory, layout) }
	}
}

/// Bytes that `run` has allocated at its peak, its result included. One measurement at a time, and no other thread.
pub fn peak_of<Output>(run: impl FnOnce() -> Output) -> usize {
	NOW.store(0, Relaxed);
	PEAK.store(0, Relaxed);
	IS_ON.store(true, Relaxed);
	let output = run();
	IS_ON.store(false, Relaxed);
	drop(output);
	PEAK.load(Relaxed).unsigned_abs()
}
