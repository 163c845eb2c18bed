// SPDX-License-Identifier: Apache-2.0
//! The time that this thread has run, so that what else the machine does shows as little as possible.

use std::time::Duration;

/// Processor time of this thread.
#[cfg(all(target_os = "linux", target_pointer_width = "64"))]
pub fn now() -> Duration {
	use std::ffi::c_int;
	#[repr(C)]
	#[derive(Default)]
	struct Time {
		seconds: i64,
		nanoseconds: i64,
	}
	extern "C" {
		/// Of time.h.
		fn clock_gettime(clock: c_int, time: *mut Time) -> c_int;
	}
	const CLOCK_THREAD_CPUTIME_ID: c_int = 3;
	let mut time = Time::default();
	// SAFETY: `time` has the layout of `timespec` on 64-bit Linux, and lives through the call.
	assert_eq!(unsafe { clock_gettime(CLOCK_THREAD_CPUTIME_ID, &mut time) }, 0, "no clock of this thread");
	Duration::new(time.seconds.unsigned_abs(), time.nanoseconds as u32)
}

/// Wall time, where the thread's own is not to be had without a library.
#[cfg(not(all(target_os = "linux", target_pointer_width = "64")))]
pub fn now() -> Duration {
	static START: std::sync::OnceLock<std::time::Instant> = std::sync::OnceLock::new();
	START.get_or_init(std::time::Instant::now).elapsed()
}
