// SPDX-License-Identifier: Apache-2.0

//! Reads the state of a chain from a node, by methods that a node answers to strangers, too.

use std::collections::BTreeSet;
use std::time::Duration;

use futures::{stream, StreamExt, TryStreamExt};
use jsonrpsee::core::client::{ClientT, Error};
use jsonrpsee::core::params::ArrayParams;
use jsonrpsee::rpc_params;
use jsonrpsee::ws_client::{WsClient, WsClientBuilder};
use root_weights_runtime::Hash;
use serde::de::DeserializeOwned;
use sp_core::storage::{StorageChangeSet, StorageKey};
use thiserror::Error;
use tokio::time::timeout;

use crate::progress;
use crate::state::{Block, Pairs};

/// Longest that a node may take to let us in.
const GREETING: Duration = Duration::from_secs(10);
/// Longest that it may take to answer.
const DEADLINE: Duration = Duration::from_secs(60);
/// The most that a node lists at once.
const KEYS_PER_CALL: usize = 1_000;
/// Few enough that their values, as hex, fit into the 15 MiB of an answer.
const VALUES_PER_CALL: usize = 200;
/// Calls that wait for their answer at the same time.
const CALLS_AT_ONCE: usize = 8;
/// Largest answer that is read, in bytes; a node's own limit is lower.
const LARGEST_ANSWER: u32 = 64 << 20;

/// Why a state could not be read.
#[derive(Debug, Error)]
pub enum FetchError {
	#[error("cannot reach {endpoint}: {source}; is a node running there, with --rpc-port as in the address?")]
	Unreachable { endpoint: String, source: Error },
	#[error("whoever listens at {endpoint} does not answer as a node does: {GREETING:?} have passed")]
	Silent { endpoint: String },
	#[error("{endpoint} did not answer {method}: {source}; try again, or another node")]
	Unanswered { endpoint: String, method: &'static str, source: Error },
	#[error(
		"{endpoint} refuses {method}: {reason}; a node forgets the state of old blocks unless it was started with \
		 --state-pruning archive"
	)]
	Refused { endpoint: String, method: &'static str, reason: String },
	#[error("{endpoint} has no block {block:?}; leave --at out for the last finalised one")]
	UnknownBlock { endpoint: String, block: Hash },
}

/// A connection to a node.
pub struct Node {
	endpoint: String,
	client: WsClient,
}

impl Node {
	/// Connects to the node at `endpoint`.
	pub async fn connect(endpoint: &str) -> Result<Self, FetchError> {
		let endpoint = endpoint.to_owned();
		let connecting = WsClientBuilder::default()
			.connection_timeout(GREETING)
			.request_timeout(DEADLINE)
			.max_response_size(LARGEST_ANSWER)
			.build(&endpoint);
		// The builder's own limit ends with the connection; a handshake that is never answered needs one, too.
		match timeout(GREETING, connecting).await {
			Ok(Ok(client)) => Ok(Self { endpoint, client }),
			Ok(Err(source)) => Err(FetchError::Unreachable { endpoint, source }),
			Err(_) => Err(FetchError::Silent { endpoint }),
		}
	}

	/// A block and its runtime; the last finalised one if none is named.
	pub async fn block(&self, at: Option<Hash>) -> Result<Block, FetchError> {
		let hash = match at {
			Some(hash) => hash,
			None => self.call("chain_getFinalizedHead", rpc_params![]).await?,
		};
		let header: Option<_> = self.call("chain_getHeader", rpc_params![hash]).await?;
		Ok(Block {
			chain: self.call("system_chain", rpc_params![]).await?,
			header: header.ok_or(FetchError::UnknownBlock { endpoint: self.endpoint.clone(), block: hash })?,
			version: self.call("state_getRuntimeVersion", rpc_params![hash]).await?,
		})
	}

	/// All that is stored after the block `at`.
	pub async fn pairs(&self, at: Hash) -> Result<Pairs, FetchError> {
		let keys: Vec<_> = self.keys(at).await?.into_iter().collect();
		let bar = progress::line("Reading values {wide_bar} {human_pos} of {human_len}, {eta} left");
		bar.set_length(keys.len() as u64);
		let calls = keys.chunks(VALUES_PER_CALL).map(|keys| self.values(keys, at));
		let mut answers = stream::iter(calls).buffer_unordered(CALLS_AT_ONCE);
		let mut pairs = Pairs::new();
		while let Some(values) = answers.try_next().await? {
			pairs.extend(values);
			bar.set_position(pairs.len() as u64);
		}
		bar.finish_and_clear();
		Ok(pairs)
	}

	async fn keys(&self, at: Hash) -> Result<BTreeSet<StorageKey>, FetchError> {
		let bar = progress::line("{spinner} Listing keys: {human_pos}");
		let mut keys = BTreeSet::<StorageKey>::new();
		loop {
			let (all, after) = (StorageKey(Vec::new()), keys.last());
			let page = self.call("state_getKeysPaged", rpc_params![all, KEYS_PER_CALL, after, at]);
			let page: Vec<StorageKey> = page.await?;
			let before = keys.len();
			keys.extend(page);
			bar.set_position(keys.len() as u64);
			// A node that tells the same again would never end; what it left out, the root tells.
			if keys.len() - before < KEYS_PER_CALL {
				bar.finish_and_clear();
				return Ok(keys);
			}
		}
	}

	async fn values(&self, keys: &[StorageKey], at: Hash) -> Result<Pairs, FetchError> {
		let sets: Vec<StorageChangeSet<Hash>> = self.call("state_queryStorageAt", rpc_params![keys, at]).await?;
		let changes = sets.into_iter().flat_map(|set| set.changes);
		Ok(changes.filter_map(|(key, value)| Some((key, value?))).collect())
	}

	async fn call<T: DeserializeOwned>(&self, method: &'static str, params: ArrayParams) -> Result<T, FetchError> {
		let endpoint = || self.endpoint.clone();
		self.client.request(method, params).await.map_err(|error| match error {
			Error::Call(refusal) => {
				let details = refusal.data().map_or(String::new(), |data| format!(" ({data})"));
				FetchError::Refused { endpoint: endpoint(), method, reason: refusal.message().to_owned() + &details }
			},
			source => FetchError::Unanswered { endpoint: endpoint(), method, source },
		})
	}
}
