// SPDX-License-Identifier: Apache-2.0

//! The load: all validators set full rows in turn, so many a block that each row is new in each epoch.

use serde::Serialize;

use crate::chain::{by_netuid, Chain, ChainError, Keypair};
use crate::node::{Node, NodeError, Resident};
use crate::progress::Progress;
use crate::random::Random;
use crate::scenario::Scenario;

/// What was done in some blocks.
pub struct Driven {
	/// The first block, and the last.
	pub from: u32,
	pub to: u32,
	/// Rows that the pool took.
	pub rows: u32,
	/// The node's memory at each block.
	pub memory: Vec<Memory>,
}

/// The node's memory when a block was new.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Memory {
	/// Number of the block.
	pub block: u32,
	/// How much.
	#[serde(flatten)]
	pub resident: Resident,
}

/// Why the load is not what it should be.
#[derive(Debug, thiserror::Error)]
pub enum DriveError {
	#[error(transparent)]
	Chain(#[from] ChainError),
	#[error(transparent)]
	Node(#[from] NodeError),
	#[error("uid {uid} of subnet {netuid} set its last row in block {last}, long before block {now}")]
	Stale { netuid: u16, uid: usize, last: u64, now: u32 },
}

/// Whoever sets rows, and how far each has come.
pub struct Driver<'a> {
	chain: &'a Chain,
	scenario: Scenario,
	validators: &'a [Keypair],
	/// Of the next transaction of each validator.
	nonces: Vec<u64>,
	/// How many rows have been sent.
	turn: usize,
	random: Random,
}

impl<'a> Driver<'a> {
	/// The validators of a chain that has been set up.
	pub fn new(chain: &'a Chain, scenario: Scenario, validators: &'a [Keypair]) -> Self {
		let nonces = vec![0; validators.len()];
		Self { chain, scenario, validators, nonces, turn: 0, random: Random(u64::from(scenario.neurons)) }
	}

	/// Sets rows for so many blocks.
	pub async fn drive(&mut self, node: &Node, blocks: u32, progress: &Progress) -> Result<Driven, DriveError> {
		let mut heads = self.chain.heads().await?;
		let begun = heads.next().await?;
		let mut driven = Driven { from: begun + 1, to: begun + blocks, rows: 0, memory: Vec::new() };
		let mut block = begun;
		while block < driven.to {
			driven.rows += self.send_rows().await?;
			block = heads.next().await?;
			driven.memory.push(Memory { block, resident: node.resident()? });
			progress.detail(format!("{} of {blocks} blocks", block.saturating_sub(begun)));
		}
		self.check_rows(block).await?;
		Ok(driven)
	}

	/// Sends the rows of one block. One whose sender's last row still waits is left for its next turn.
	async fn send_rows(&mut self) -> Result<u32, DriveError> {
		let mut taken = 0;
		for _ in 0..self.scenario.rows_a_block() {
			let place = self.turn % (self.validators.len() * usize::from(self.scenario.subnets));
			let (netuid, validator) = (place / self.validators.len() + 1, place % self.validators.len());
			let row = (0..self.scenario.neurons).map(|uid| (uid, self.random.weight())).unzip();
			let nonce = self.nonces[validator];
			let sent = self.chain.set_weights(&self.validators[validator], nonce, netuid as u16, row).await;
			self.turn += 1;
			match sent {
				Ok(()) => {
					self.nonces[validator] += 1;
					taken += 1;
				},
				Err(ChainError::Request { .. }) => {},
				Err(error) => return Err(error.into()),
			}
		}
		Ok(taken)
	}

	/// Whether all validators have rows of the last few rounds: else the load was none.
	async fn check_rows(&self, now: u32) -> Result<(), DriveError> {
		let oldest = u64::from(now).saturating_sub(3 * u64::from(self.scenario.period()));
		for netuid in self.scenario.netuids() {
			let column: Vec<u64> = self.chain.value(&by_netuid("LastUpdate", netuid)).await?.unwrap_or_default();
			let mut rows = (0..self.validators.len()).map(|uid| (uid, column.get(uid).copied().unwrap_or(0)));
			if let Some((uid, last)) = rows.find(|(_, last)| *last < oldest) {
				return Err(DriveError::Stale { netuid, uid, last, now });
			}
		}
		Ok(())
	}
}
