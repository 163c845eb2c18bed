// SPDX-License-Identifier: Apache-2.0
//! The mechanism of finetuning subnets: miners publish whole models, validators pay those that win most comparisons.
//!
//! A miner commits on chain which repository holds its model and what its content hashes to ([`model_id`], [`digest`]); what
//! is too large or numerically unsound is refused ([`limits`]). In each step a validator evaluates the models of one
//! [`competition`] on the same samples, leaves out copies ([`duplicates`]), and counts in how many samples each model beats
//! the others, where the one committed earlier has an advantage ([`wins`]). [`state::State`] makes shares of the win rates
//! ([`weights`]) and remembers the best models for the next step. [`tempo`] tells which models a validator that starts needs
//! to look at.
//!
//! [`crate::Policy`] says whether the published validator is reproduced or its flaws are mended.

pub mod competition;
pub mod digest;
pub mod duplicates;
pub mod limits;
pub mod model_id;
pub mod params;
pub mod state;
pub mod tempo;
pub mod weights;
pub mod wins;

pub use params::Params;
pub use state::{Observations, Outcome, State, Verdict};

/// Number of a block of the chain.
pub type Block = u32;

/// Number of a step, the evaluation of one competition; counted from zero.
pub type Step = u64;
