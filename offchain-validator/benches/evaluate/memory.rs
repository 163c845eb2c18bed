// SPDX-License-Identifier: Apache-2.0

//! What Linux tells of a process's memory.

use std::fs;

use serde_json::{json, Value};

/// Resident bytes of this process; from now on the most there are is counted anew.
pub fn reset() -> u64 {
	// Without the right to it the most there ever were is told, which is more.
	let _ = fs::write("/proc/self/clear_refs", "5");
	kibibytes("VmRSS:") * 1024
}

/// What measuring added to what was `resident` with the model in memory; zero where the system does not tell.
pub fn figures(resident: u64, parameters: u64) -> Value {
	let (dense, most) = (parameters * 4, kibibytes("VmHWM:") * 1024);
	json!({ "bytes_of_a_dense_copy": dense, "with_model_bytes": resident, "most_bytes": most })
}

fn kibibytes(key: &str) -> u64 {
	let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
	let line = status.lines().find_map(|line| line.strip_prefix(key)).unwrap_or_default();
	line.split_whitespace().next().and_then(|number| number.parse().ok()).unwrap_or(0)
}
