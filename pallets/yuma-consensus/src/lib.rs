// SPDX-License-Identifier: Apache-2.0
//! Consensus maths of a Bittensor-family chain, as pure functions over plain numbers.
//!
//! Owns: the checks of a new weight row ([`row_check`]), rows as stored and as read ([`row`]), root consensus ([`root`]),
//! the Yuma epoch of a subnet ([`epoch`], in the forms of [`rules`], with several [`mechanisms`]), exact splitting of an
//! amount ([`split()`]), block emission ([`issuance`]) and the epoch calendar ([`schedule`]).
//! Knows no FRAME, no storage, no clock and no log: it takes values and returns values, so it cannot fail.
//!
//! Amounts are in rao. Proportions cross the crate's border as `u16` per 65535 or as `u64` per 2⁶⁴ − 1; the fixed-point
//! types between them are those of `substrate-fixed`, named only in the private module `fixed`.

#![cfg_attr(not(feature = "std"), no_std)]
#![warn(missing_docs)]
#![cfg_attr(
	not(test),
	deny(
		clippy::arithmetic_side_effects,
		clippy::indexing_slicing,
		clippy::unwrap_used,
		clippy::expect_used,
		clippy::panic,
		clippy::float_arithmetic
	)
)]

extern crate alloc;

#[cfg(test)]
extern crate std;

mod bonds;
mod columns;
mod consensus;
mod fixed;
mod liquid;
mod median;
#[cfg(test)]
mod oracle;
mod standing;

pub mod distortion;
pub mod epoch;
pub mod issuance;
pub mod mechanisms;
pub mod root;
pub mod row;
pub mod row_check;
pub mod rules;
pub mod schedule;
pub mod split;

pub use epoch::{EpochInput, EpochOutput, Neuron};
pub use root::{RootParams, RootVote};
pub use row::{max_upscale, NormalizedRow, StoredRow};
pub use row_check::{RowError, RowLimits};
pub use rules::{BondForm, LiquidAlpha, Rules};
pub use split::{cut_for_owner, split, OwnerCut};
