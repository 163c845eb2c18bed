// SPDX-License-Identifier: Apache-2.0

//! The mechanism of Templar at work: miners send compressed gradients, everybody takes the same outer step, validators
//! measure what each gradient does to the loss.

pub mod debug;
#[cfg(feature = "torch")]
pub mod engine;
pub mod gather;
pub mod hparams;
#[cfg(feature = "torch")]
mod inner;
#[cfg(feature = "torch")]
pub mod miner;
#[cfg(feature = "torch")]
mod node;
pub mod peers;
#[cfg(feature = "torch")]
mod rejoin;
mod schedule;
pub mod scores;
#[cfg(feature = "torch")]
mod start;
#[cfg(feature = "torch")]
mod text;
#[cfg(feature = "torch")]
pub mod validator;

pub use hparams::Hparams;
#[cfg(feature = "torch")]
pub use node::{NodeError, Settings};
