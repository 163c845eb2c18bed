// SPDX-License-Identifier: Apache-2.0
//! The plain algorithms that the benches of `yuma-consensus` measure against, held to the reference's recorded results.
//!
//! They mirror the reference, defects and all, so every recorded number must be theirs to the last bit. What the reference
//! did not finish has no numbers: its error must be theirs, and a recorded panic is counted and left.

#[path = "../../../../pallets/yuma-consensus/benches/baseline/mod.rs"]
mod baseline;
mod epoch;
mod root;

/// Of a result that the reference did not reach.
const PANIC: &str = "skipped, as the reference panics";
