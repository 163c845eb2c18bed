// SPDX-License-Identifier: Apache-2.0

//! An experiment: does a validator that is early and right earn more than one of the same stake that copies its last row?
//!
//! The same neurons are on many subnets, each with other parameters. The best miner changes every few epochs. One validator
//! votes for it at once, a majority one epoch later, and the copier always sets the row that it has last read of the first.
//! What the chain pays the first and the copier is compared, once every miner has been the best and so the start is over.

mod check;
mod open;
mod outcome;
mod play;
mod scenario;
#[cfg(test)]
pub(crate) mod tests;

use std::time::Duration;

use offchain_validator::chain::{Chain, ChainError};

use crate::progress::Progress;
use crate::run::{self, RunError};

pub use check::{check, Failure};
pub use outcome::{Copied, Epoch, Subnet};
pub use scenario::Form;

/// Why the experiment did not come to its end.
#[derive(Debug, thiserror::Error)]
pub enum CopierError {
	#[error("opening the subnets failed")]
	Open(#[source] ChainError),
	#[error("registering validators and miners failed")]
	Register(#[source] ChainError),
	#[error("the subnets earn nothing")]
	Root(#[from] RunError),
	#[error("a round cannot be played")]
	Play(#[source] ChainError),
	#[error("the rows of round {round} were in block {block}, and count in that of the epoch, {epoch}, only if they come before it: the machine is busy, take a longer --block-time")]
	TooSlow { round: u32, block: u32, epoch: u32 },
	#[error("reading what was paid failed")]
	Read(#[from] ChainError),
	#[error("subnet {netuid} had no epoch in block {block}")]
	NoEpoch { netuid: u16, block: u32 },
	#[error("subnet {netuid} has lost a validator")]
	NoNeuron { netuid: u16 },
}

/// From the subnets to what was paid on them.
pub async fn run(chain: &Chain, block_time: Duration, progress: &Progress) -> Result<Copied, CopierError> {
	let stages = scenario::stages();
	progress.step(format!("Opening subnets ({})", stages.len()));
	open::open(chain, &stages).await.map_err(CopierError::Open)?;
	progress.step(format!("Registering validators and miners ({} on each)", scenario::members().len()));
	open::register(chain, &stages).await.map_err(CopierError::Register)?;
	run::vote(chain, &open::even_votes(&stages), 1, block_time, progress).await?;

	progress.step(format!("Voting on miners ({} rounds)", scenario::ROUNDS));
	let first = play::play(chain, &stages, progress).await?;
	progress.step("Reading what was paid");
	outcome::read(chain, &stages, first, progress).await
}
