// SPDX-License-Identifier: Apache-2.0

//! Which window the chain is in, told by its finalized blocks. The only place that waits for time to pass.

pub use mechanisms::Window;
use tokio::sync::watch;

use crate::chain::{BlockId, Chain, ChainError};

/// The first block after `window`: with its time the time for uploads begins.
pub fn sync_block(window: Window, blocks_per_window: u32) -> u32 {
	window.saturating_add(1).saturating_mul(blocks_per_window)
}

/// Follows the finalized blocks of a chain. Cheap to clone.
#[derive(Clone)]
pub struct Clock {
	chain: Chain,
	blocks_per_window: u32,
	newest: watch::Receiver<Newest>,
}

/// The newest finalized block, or that no more will come.
#[derive(Clone)]
enum Newest {
	Block(BlockId),
	/// The chain went away; the next question to it tells how.
	Gone,
}

impl Clock {
	/// Starts to follow `chain`.
	pub async fn start(chain: Chain, blocks_per_window: u32) -> Result<Self, ChainError> {
		let mut blocks = chain.finalized_blocks().await?;
		let (sender, newest) = watch::channel(Newest::Block(chain.finalized().await?));
		tokio::spawn(async move {
			while let Ok(block) = blocks.next().await {
				if sender.send(Newest::Block(block)).is_err() {
					return; // Nobody asks any more.
				}
			}
			let _ = sender.send(Newest::Gone);
		});
		Ok(Self { chain, blocks_per_window, newest })
	}

	/// The newest finalized block.
	pub fn now(&self) -> Result<BlockId, ChainError> {
		match &*self.newest.borrow() {
			Newest::Block(block) => Ok(*block),
			Newest::Gone => Err(self.gone()),
		}
	}

	/// The window of the newest finalized block.
	pub fn window(&self) -> Result<Window, ChainError> {
		Ok(self.now()?.number / self.blocks_per_window)
	}

	/// Waits until the block `number` is finalized; returns the newest one. Ends when the chain goes away.
	pub async fn block(&self, number: u32) -> Result<BlockId, ChainError> {
		let mut newest = self.newest.clone();
		let reached = |newest: &Newest| match newest {
			Newest::Block(block) => block.number >= number,
			Newest::Gone => true,
		};
		// Finalized blocks have a deadline of their own, after which the sender says so.
		let _ = newest.wait_for(reached).await;
		let now = self.now()?;
		if now.number < number {
			return Err(self.gone());
		}
		Ok(now)
	}

	/// Waits until `window` has begun.
	pub async fn begun(&self, window: Window) -> Result<(), ChainError> {
		self.block(window.saturating_mul(self.blocks_per_window)).await.map(|_| ())
	}

	/// Waits until `window` is over: its sync block is finalized.
	pub async fn ended(&self, window: Window) -> Result<(), ChainError> {
		self.block(sync_block(window, self.blocks_per_window)).await.map(|_| ())
	}

	/// The first finalized block from `number` on whose time is after `ms`, in milliseconds since 1970.
	///
	/// Every node finds the same block, however late it asks.
	pub async fn first_block_after(&self, ms: u64, mut number: u32) -> Result<BlockId, ChainError> {
		loop {
			self.block(number).await?;
			let at = self.chain.at_number(number).await?;
			if at.timestamp().await? > ms {
				return Ok(at.block());
			}
			number = number.saturating_add(1);
		}
	}

	fn gone(&self) -> ChainError {
		ChainError::NoMoreBlocks { endpoint: self.chain.endpoint().into() }
	}
}
