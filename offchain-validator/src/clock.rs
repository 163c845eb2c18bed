// SPDX-License-Identifier: Apache-2.0

//! Which window the chain is in, told by its finalized blocks. The only place that waits for time to pass.

use std::future::Future;

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
	pub async fn first_block_after(&self, ms: u64, number: u32) -> Result<BlockId, ChainError> {
		let finalized = |number| async move {
			self.block(number).await?;
			let at = self.chain.at_number(number).await?;
			Ok::<_, ChainError>((at.block(), at.timestamp().await?))
		};
		first_after(ms, number, finalized).await
	}

	fn gone(&self) -> ChainError {
		ChainError::NoMoreBlocks { endpoint: self.chain.endpoint().into() }
	}
}

/// The first block from `number` on whose time is after `ms`; `at` waits for a block and tells its time.
async fn first_after<Block, Error, Found>(ms: u64, mut number: u32, at: impl Fn(u32) -> Found) -> Result<Block, Error>
where
	Found: Future<Output = Result<(Block, u64), Error>>,
{
	loop {
		let (block, time) = at(number).await?;
		if time > ms {
			return Ok(block);
		}
		number = number.saturating_add(1);
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	/// The first block after `ms` from block 10 on, the first of `times`; and how many were looked at. None if they end before.
	async fn found(ms: u64, times: &[u64]) -> (Option<u32>, usize) {
		let looked_at = std::cell::Cell::new(0);
		let at = |number: u32| {
			looked_at.set(looked_at.get() + 1);
			let time = times.get(number as usize - 10).copied();
			async move { time.map(|time| (number, time)).ok_or(()) }
		};
		(first_after(ms, 10, at).await.ok(), looked_at.get())
	}

	#[tokio::test]
	async fn the_first_block_after_the_uploads_is_strictly_after() {
		let times = [1_000, 4_999, 5_000, 5_001, 9_000];
		assert_eq!(found(5_000, &times).await, (Some(13), 4));
		assert_eq!(found(4_999, &times).await, (Some(12), 3));
		assert_eq!(found(0, &times).await, (Some(10), 1));
	}

	/// Who asks while uploads are open waits for the block that who asks much later finds among many.
	#[tokio::test]
	async fn the_first_block_after_the_uploads_is_one_however_late_one_asks() {
		let times: Vec<u64> = (0..500).map(|block| 1_000 * block).collect();
		for known in 0..times.len() {
			let expected = (known > 8).then_some(18);
			assert_eq!(found(7_000, &times[..known]).await.0, expected);
		}
	}
}
