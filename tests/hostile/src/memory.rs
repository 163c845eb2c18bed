// SPDX-License-Identifier: Apache-2.0

//! Counts what is allocated, in every program that this library is part of.

use peak_alloc::PeakAlloc;

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

/// What `work` returns, and how many bytes were allocated at a time beyond those that were before. Counts every thread, so
/// nothing else may go on meanwhile.
pub fn measured<T>(work: impl FnOnce() -> T) -> (T, usize) {
	MEMORY.reset_peak_usage();
	let before = MEMORY.current_usage();
	let result = work();
	(result, MEMORY.peak_usage().saturating_sub(before))
}
