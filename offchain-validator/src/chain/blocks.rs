// SPDX-License-Identifier: Apache-2.0

//! Heads and waiting for blocks.

use std::fmt;
use std::time::Duration;

use super::{AtBlock, Chain, ChainError, Config, Hash};

/// Number and hash of a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BlockId {
	/// Height, from zero.
	pub number: u32,
	pub(super) hash: Hash,
}

impl BlockId {
	/// The block of this height with this hash.
	pub fn new(number: u32, hash: [u8; 32]) -> Self {
		Self { number, hash: Hash::from(hash) }
	}

	/// The 32 bytes of the hash.
	pub fn hash_bytes(&self) -> [u8; 32] {
		self.hash.0
	}

	/// The hash in hexadecimal.
	pub fn hash(&self) -> String {
		format!("{:?}", self.hash)
	}
}

impl fmt::Display for BlockId {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		write!(f, "#{} ({:?})", self.number, self.hash)
	}
}

/// Finalized blocks, in order and without gaps, from the next one on.
pub struct FinalizedBlocks {
	chain: Chain,
	blocks: subxt::client::Blocks<Config>,
}

impl FinalizedBlocks {
	/// The next finalized block; awaits it no longer than the deadline for finality.
	pub async fn next(&mut self) -> Result<BlockId, ChainError> {
		let action = "waiting for the next finalized block";
		let next = self.chain.within(self.chain.deadlines.finality, action, self.blocks.next()).await?;
		let block = next
			.ok_or_else(|| ChainError::NoMoreBlocks { endpoint: self.chain.endpoint.to_string() })?
			.map_err(|source| self.chain.failed(action, source))?;
		Ok(BlockId { number: height(block.number()), hash: block.hash() })
	}
}

impl Chain {
	/// The newest finalized block.
	pub async fn finalized(&self) -> Result<BlockId, ChainError> {
		let action = "reading the finalized head";
		let hash = self.ask(action, self.rpc.chain_get_finalized_head()).await?;
		self.block_id(action, hash).await
	}

	/// The newest block of the best chain.
	pub async fn best(&self) -> Result<BlockId, ChainError> {
		let action = "reading the best head";
		let hash = self.ask(action, self.rpc.chain_get_block_hash(None)).await?;
		let hash = hash.ok_or_else(|| ChainError::NoMoreBlocks { endpoint: self.endpoint.to_string() })?;
		self.block_id(action, hash).await
	}

	/// Subscribes to finalized blocks.
	pub async fn finalized_blocks(&self) -> Result<FinalizedBlocks, ChainError> {
		let blocks = self.ask("subscribing to finalized blocks", self.client.stream_blocks()).await?;
		Ok(FinalizedBlocks { chain: self.clone(), blocks })
	}

	/// Waits until the block `number` is finalized, for no longer than `limit`, and returns the newest finalized block.
	///
	/// `progress` is told each finalized block on the way.
	pub async fn wait_for_block(
		&self,
		number: u32,
		limit: Duration,
		mut progress: impl FnMut(BlockId),
	) -> Result<BlockId, ChainError> {
		let reached = async {
			// Subscribing first, asking second: no block can fall between the two.
			let mut blocks = self.finalized_blocks().await?;
			let mut newest = self.finalized().await?;
			while newest.number < number {
				progress(newest);
				newest = blocks.next().await?;
			}
			progress(newest);
			Ok(newest)
		};
		self.within(limit, &format!("waiting for block {number}"), reached).await?
	}

	/// The state after the newest finalized block.
	pub async fn at_finalized(&self) -> Result<AtBlock, ChainError> {
		let block = self.finalized().await?;
		self.at(block).await
	}

	/// The state after `block`.
	pub async fn at(&self, block: BlockId) -> Result<AtBlock, ChainError> {
		let client = self.client.at_block_hash_and_number(block.hash, block.number.into());
		let client = self.ask(&format!("opening block {block}"), client).await?;
		Ok(AtBlock::new(self.clone(), block, client))
	}

	/// The state after the finalized block `number`.
	pub async fn at_number(&self, number: u32) -> Result<AtBlock, ChainError> {
		let client = self.ask(&format!("opening block {number}"), self.client.at_block(number)).await?;
		let block = BlockId { number, hash: client.block_hash() };
		Ok(AtBlock::new(self.clone(), block, client))
	}

	async fn block_id(&self, action: &str, hash: Hash) -> Result<BlockId, ChainError> {
		let header = self.ask(action, self.rpc.chain_get_header(Some(hash))).await?;
		let header = header.ok_or_else(|| ChainError::NoMoreBlocks { endpoint: self.endpoint.to_string() })?;
		Ok(BlockId { number: height(header.number), hash })
	}
}

/// Block numbers are `u32` on the chains of this family; subxt widens them.
fn height(number: u64) -> u32 {
	u32::try_from(number).unwrap_or(u32::MAX)
}
