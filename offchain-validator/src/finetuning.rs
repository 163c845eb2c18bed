// SPDX-License-Identifier: Apache-2.0

//! The mechanism of finetuning subnets at work: miners publish whole models, validators measure them on the same samples
//! of prompts and responses, and pay those that win most comparisons.
//!
//! A window is a step of the mechanism; the window's number says whose turn it is. [`store`] is where repositories are,
//! [`samples`] what models are measured on. What is measured is the same for all validators:
//! the commitments as of the window's end, and samples that the hash of the block after it draws, as tokens of the
//! competition's own tokenizer ([`tokens`]): what a miner publishes beside its model is not looked at.

#[cfg(feature = "torch")]
pub mod base;
#[cfg(feature = "torch")]
pub mod chat;
#[cfg(feature = "torch")]
pub mod contest;
#[cfg(feature = "torch")]
pub mod engine;
pub mod hparams;
#[cfg(feature = "torch")]
pub mod miner;
#[cfg(feature = "torch")]
mod node;
pub mod samples;
pub mod scores;
pub mod store;
#[cfg(feature = "torch")]
pub mod tokens;
#[cfg(feature = "torch")]
pub mod validator;

pub use hparams::Hparams;
#[cfg(feature = "torch")]
pub use node::{NodeError, Settings};
