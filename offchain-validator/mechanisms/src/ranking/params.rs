// SPDX-License-Identifier: Apache-2.0
//! What an operator may choose.

use serde::{Deserialize, Serialize};

use crate::params::{check, from_zero, ParamsError};

/// Which of a window's pages each miner is measured on.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Sampling {
	/// Each miner on pages of its own, as the first published version does.
	Reference,
	/// All miners on the same pages.
	Shared,
	/// All miners on the same pages in the same order, each on as many as its place needs.
	Sequential(Sequential),
}

/// When the sequential rule stops.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sequential {
	/// Confidence with which no pair of a window is settled the wrong way, `[0.5, 1)`.
	pub confidence: f64,
	/// Miners that differ by no more than this, in nats per token, need not be told apart; at least 0.
	pub indifference: f64,
	/// Most pages of one miner, as a multiple of those under the shared rule; `[1, 100]`.
	pub depth: u32,
}

impl Sampling {
	/// Whether every value is in its range; else the first one that is not.
	pub fn check(&self) -> Result<(), ParamsError> {
		let Self::Sequential(Sequential { confidence, indifference, depth }) = *self else { return Ok(()) };
		check("sequential.confidence", confidence, (0.5..1.0).contains(&confidence), "[0.5, 1)")?;
		from_zero("sequential.indifference", indifference, 1e3, "[0, 1000]")?;
		check("sequential.depth", depth.into(), (1..=100).contains(&depth), "[1, 100]")
	}
}
