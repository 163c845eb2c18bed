// SPDX-License-Identifier: Apache-2.0
//! Incentive mechanisms: how an off-chain validator turns what it observed of miners into shares.
//!
//! Owns: the Plackett–Luce rating ([`openskill`]); the mechanism of Templar, which rewards gradients that lower a shared
//! model's loss ([`templar`]); that of Boltzmann, which rewards steps along the gradient ([`boltzmann`]); that of finetuning
//! subnets, which rewards whole models that beat others ([`finetuning`]); the number stream that peers share
//! ([`numpy`]); and the way from shares to weights ([`emit`]). Knows no chain, bucket, tensor, clock or log: it takes values
//! and returns values. Equal inputs give equal scores, on different machines up to the last bits of their `exp` and `pow`.
//!
//! An `Err` means that the caller, or a file it restored, broke a precondition. What a miner did wrong is a value.

#![warn(missing_docs)]
#![cfg_attr(
	not(test),
	deny(
		clippy::arithmetic_side_effects,
		clippy::indexing_slicing,
		clippy::unwrap_used,
		clippy::expect_used,
		clippy::panic
	)
)]

pub mod boltzmann;
pub mod emit;
pub mod finetuning;
pub mod numpy;
pub mod openskill;
pub mod params;
mod policy;
pub mod ranking;
pub mod templar;

pub use policy::Policy;

/// A miner's slot in its subnet. Slots are reused: see `reset_uid` of each mechanism's state.
pub type Uid = u16;

/// Number of a window, `floor(block / blocks_per_window)`.
pub type Window = u32;
