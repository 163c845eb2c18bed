// SPDX-License-Identifier: Apache-2.0

//! What the chain says after the run: everything at one finalized block.

use std::collections::BTreeSet;

use offchain_validator::chain::root::{self, RootView};
use offchain_validator::chain::{surface, AtBlock, BlockId, Chain, ChainError, Identity};

/// Which chain this is, and which state of it.
pub struct Origin {
	/// The chain.
	pub identity: Identity,
	/// The block after which all was read.
	pub block: BlockId,
	/// Its timestamp, in milliseconds since 1970.
	pub timestamp: u64,
}

/// The chain after the run.
pub struct Outcome {
	/// Which chain this is, and which state of it.
	pub origin: Origin,
	/// Votes and emission.
	pub root: RootView,
	/// Money.
	pub issuance: Issuance,
	/// The payouts that were awaited.
	pub payouts: Vec<Payout>,
}

/// Where the money is, in rao.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Issuance {
	/// Everything there is, as counted by the chain.
	pub total: u64,
	/// In accounts.
	pub balances: u64,
	/// Staked on hotkeys.
	pub stake: u64,
	/// Earned by subnets, to be handed to their hotkeys at their next epoch.
	pub pending: u64,
}

/// New money of one block.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Payout {
	/// The block that minted.
	pub block: u32,
	/// How much.
	pub rao: u64,
}

/// Reads the outcome at the newest finalized block.
pub async fn outcome(chain: &Chain, payouts: Vec<Payout>) -> Result<Outcome, ChainError> {
	let at = chain.at_finalized().await?;
	Ok(Outcome {
		origin: origin(chain, &at).await?,
		root: root::view(&at).await?,
		issuance: issuance(&at).await?,
		payouts,
	})
}

/// Which chain this is, and when `at` is.
pub async fn origin(chain: &Chain, at: &AtBlock) -> Result<Origin, ChainError> {
	Ok(Origin { identity: chain.identity().await?, block: at.block(), timestamp: at.timestamp().await? })
}

/// The subnets there are, without the root network.
pub async fn netuids(at: &AtBlock) -> Result<BTreeSet<u16>, ChainError> {
	let added = at.map(&surface::NETWORKS_ADDED, ()).await?;
	Ok(added.into_iter().filter(|((netuid,), added)| *added && *netuid != 0).map(|((netuid,), _)| netuid).collect())
}

/// Everything there is after block `number`, in rao.
pub async fn total_issuance(chain: &Chain, number: u32) -> Result<u64, ChainError> {
	chain.at_number(number).await?.value(&surface::TOTAL_ISSUANCE, ()).await
}

async fn issuance(at: &AtBlock) -> Result<Issuance, ChainError> {
	let pending = at.map(&surface::PENDING_EMISSION, ()).await?;
	Ok(Issuance {
		total: at.value(&surface::TOTAL_ISSUANCE, ()).await?,
		balances: at.value(&surface::BALANCES_ISSUANCE, ()).await?,
		stake: at.value(&surface::TOTAL_STAKE, ()).await?,
		pending: pending.into_iter().map(|(_, rao)| rao).sum(),
	})
}
