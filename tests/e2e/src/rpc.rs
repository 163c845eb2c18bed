// SPDX-License-Identifier: Apache-2.0

//! A node's RPC as it is, for what the chain client does not ask: single blocks, peers, the engine.

use std::fmt;
use std::time::Duration;

use serde_json::Value;
pub use subxt::rpcs::rpc_params;
use subxt::rpcs::{client::RpcParams, RpcClient};
use tokio::time::{sleep, timeout, Instant};

use crate::programs::{Node, PATIENCE};

/// Longest that one answer may take.
const ANSWER: Duration = Duration::from_secs(60);

/// A block as its header has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
	pub number: u32,
	pub hash: String,
	pub parent: String,
	pub state_root: String,
}

impl fmt::Display for Header {
	fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
		write!(formatter, "#{} ({})", self.number, self.hash)
	}
}

/// A connection to one node.
pub struct Rpc(RpcClient);

impl Rpc {
	/// Connects to a node that answers.
	pub async fn connect(node: &Node) -> Self {
		Self(RpcClient::from_insecure_url(node.endpoint()).await.expect("the node answers"))
	}

	/// The answer, or the node's words why there is none.
	pub async fn ask(&self, method: &str, params: RpcParams) -> Result<Value, String> {
		let answer = timeout(ANSWER, self.0.request(method, params)).await;
		answer.unwrap_or_else(|_| panic!("no answer to {method}")).map_err(|error| error.to_string())
	}

	async fn answer(&self, method: &str, params: RpcParams) -> Value {
		self.ask(method, params).await.unwrap_or_else(|error| panic!("{method}: {error}"))
	}

	/// The hash of the block at `height` of the best chain, if that goes so far.
	pub async fn hash_at(&self, height: u32) -> Option<String> {
		self.answer("chain_getBlockHash", rpc_params![height]).await.as_str().map(str::to_owned)
	}

	/// The block `hash`.
	pub async fn header(&self, hash: &str) -> Header {
		let header = self.answer("chain_getHeader", rpc_params![hash]).await;
		let text = |field: &str| header[field].as_str().unwrap_or_else(|| panic!("{field} in {header}")).to_owned();
		let number = u32::from_str_radix(text("number").trim_start_matches("0x"), 16).expect("a number");
		Header { number, hash: hash.into(), parent: text("parentHash"), state_root: text("stateRoot") }
	}

	/// The block at `height` of the best chain.
	pub async fn header_at(&self, height: u32) -> Header {
		let hash = self.hash_at(height).await.unwrap_or_else(|| panic!("there is no block at {height}"));
		self.header(&hash).await
	}

	/// The newest block of the best chain.
	pub async fn best(&self) -> Header {
		let header = self.answer("chain_getBlockHash", rpc_params![]).await;
		self.header(header.as_str().expect("there is a best block")).await
	}

	/// The newest final block.
	pub async fn finalized(&self) -> Header {
		let hash = self.answer("chain_getFinalizedHead", rpc_params![]).await;
		self.header(hash.as_str().expect("there is a final block")).await
	}

	/// How many peers the node is connected with.
	pub async fn peers(&self) -> u64 {
		self.answer("system_health", rpc_params![]).await["peers"].as_u64().expect("a number")
	}

	/// Transactions that `account` has sent, those in the pool among them.
	pub async fn nonce(&self, account: &str) -> u64 {
		self.answer("system_accountNextIndex", rpc_params![account]).await.as_u64().expect("a number")
	}

	/// Waits until the block at `height` is final, and returns the newest final block.
	pub async fn wait_until_final(&self, height: u32) -> Header {
		self.wait(&format!("finality of block {height}"), async || {
			let head = self.finalized().await;
			(head.number >= height).then_some(head)
		})
		.await
	}

	/// Waits until the best chain has a block at `height`, and returns its newest block.
	pub async fn wait_until_made(&self, height: u32) -> Header {
		self.wait(&format!("block {height}"), async || {
			let head = self.best().await;
			(head.number >= height).then_some(head)
		})
		.await
	}

	/// Waits until the node has so many peers.
	pub async fn wait_for_peers(&self, peers: u64) {
		self.wait(&format!("{peers} peers"), async || (self.peers().await == peers).then_some(())).await
	}

	async fn wait<T>(&self, what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
		let deadline = Instant::now() + PATIENCE;
		loop {
			if let Some(found) = look().await {
				return found;
			}
			assert!(Instant::now() < deadline, "waited in vain for {what}");
			sleep(Duration::from_millis(200)).await;
		}
	}
}
