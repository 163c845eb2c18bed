// SPDX-License-Identifier: Apache-2.0

//! The seam to the node: the only module that names subxt. Calls go by name in the metadata that the node serves, reads
//! by raw key, since it is the node that is timed and not a client's decoding. Every await has a deadline.

use std::sync::Arc;
use std::time::{Duration, Instant};

use codec::Decode;
use serde::de::DeserializeOwned;
use serde::Deserialize;
use subxt::backend::LegacyBackend;
use subxt::client::OnlineClientAtBlockImpl;
use subxt::config::{DefaultExtrinsicParamsBuilder, PolkadotConfig};
use subxt::dynamic::{self, Value};
use subxt::ext::scale_value::Composite;
use subxt::transactions::{Payload, TransactionsClient};
use subxt::OnlineClient;
use subxt_rpcs::client::{rpc_params, RpcParams, RpcSubscription};
use subxt_rpcs::RpcClient;
pub use subxt_signer::sr25519::Keypair;
use subxt_signer::SecretUri;

/// For one question and its answer; the longest are of the views of a full subnet.
const REQUEST: Duration = Duration::from_secs(60);
/// Until the node answers for the first time: it compiles the runtime before.
const START: Duration = Duration::from_secs(180);
/// Until the next block.
const PATIENCE: Duration = Duration::from_secs(60);
const RETRY: Duration = Duration::from_millis(100);
/// Most keys that a node lists at once.
const PAGE: u32 = 1_000;
/// The pallet that holds subnets, by the name of its instance.
pub const SUBNETS: &str = "SubtensorModule";

/// A call as nested data, to be put within others.
pub type Call = Value;
type Transactions = TransactionsClient<PolkadotConfig, OnlineClientAtBlockImpl<PolkadotConfig>>;

/// A connection to the node.
pub struct Chain {
	rpc: RpcClient,
	transactions: Transactions,
	/// Names of what the subnets' pallet stores.
	items: Vec<String>,
}

/// The numbers of new blocks.
pub struct Heads(RpcSubscription<Header>);

#[derive(Deserialize)]
struct Header {
	number: String,
}

/// What changed in one block.
#[derive(Deserialize)]
struct ChangeSet {
	changes: Vec<(String, Option<String>)>,
}

/// Why the node did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum ChainError {
	#[error("the node did not answer within {} s: {action}", limit.as_secs())]
	Deadline { action: String, limit: Duration },
	#[error("the node refused: {action}")]
	Request { action: String, source: subxt_rpcs::Error },
	#[error("no use of the node: {action}")]
	Client { action: String, source: Box<subxt::Error> },
	#[error("the node's answer makes no sense: {action}")]
	Answer { action: String },
}

/// The key of `//a/path` below the development phrase.
pub fn keypair(path: &str) -> Keypair {
	let uri: SecretUri = path.parse().expect("the path is well formed; qed");
	Keypair::from_uri(&uri).expect("the development phrase is valid; qed")
}

/// A call of the subnets' pallet.
pub fn subnets_call(name: &str, arguments: Vec<Value>) -> Call {
	call(SUBNETS, name, arguments)
}

/// `call`, dispatched as if `account` had signed it.
pub fn signed_by(account: [u8; 32], call: Call) -> Call {
	let signed = Value::unnamed_variant("Signed", [Value::from_bytes(account)]);
	self::call("Utility", "dispatch_as", vec![Value::unnamed_variant("system", [signed]), call])
}

fn call(pallet: &str, name: &str, arguments: Vec<Value>) -> Call {
	dynamic::transaction(pallet, name, Composite::unnamed(arguments)).into_value()
}

pub fn number(value: impl Into<u64>) -> Value {
	Value::u128(value.into().into())
}

pub fn variant(name: &str, value: Value) -> Value {
	Value::unnamed_variant(name, [value])
}

pub fn bytes(bytes: [u8; 32]) -> Value {
	Value::from_bytes(bytes)
}

pub fn list(values: impl IntoIterator<Item = Value>) -> Value {
	Value::unnamed_composite(values)
}

/// The start of the keys of a storage item.
pub fn prefix(item: &str) -> Vec<u8> {
	[sp_crypto_hashing::twox_128(SUBNETS.as_bytes()), sp_crypto_hashing::twox_128(item.as_bytes())].concat()
}

/// The key of an entry of a map by netuid.
pub fn by_netuid(item: &str, netuid: u16) -> Vec<u8> {
	[prefix(item), netuid.to_le_bytes().to_vec()].concat()
}

impl Chain {
	/// Connects to a node that is about to start.
	pub async fn connect(endpoint: &str) -> Result<Self, ChainError> {
		let begun = Instant::now();
		loop {
			let attempt = within(REQUEST, "connecting", Self::connect_once(endpoint)).await.and_then(|result| result);
			match attempt {
				Err(_) if begun.elapsed() < START => tokio::time::sleep(RETRY).await,
				outcome => return outcome,
			}
		}
	}

	async fn connect_once(endpoint: &str) -> Result<Self, ChainError> {
		let refused = |source| ChainError::Request { action: "connecting".into(), source };
		let rpc = RpcClient::from_insecure_url(endpoint).await.map_err(refused)?;
		let backend = LegacyBackend::<PolkadotConfig>::builder().build(rpc.clone());
		let opening = async {
			let client = OnlineClient::<PolkadotConfig>::from_backend(Arc::new(backend)).await?;
			Ok(client.at_current_block().await?)
		};
		let failed =
			|source: subxt::Error| ChainError::Client { action: "reading metadata".into(), source: source.into() };
		let at = opening.await.map_err(failed)?;
		let pallet = at.metadata_ref().pallet_by_name(SUBNETS);
		let storage = pallet.and_then(|pallet| pallet.storage());
		let items = storage.into_iter().flat_map(|storage| storage.entries()).map(|entry| entry.name().to_owned());
		Ok(Self { rpc, items: items.collect(), transactions: at.transactions() })
	}

	/// Names of what the subnets' pallet stores.
	pub fn items(&self) -> &[String] {
		&self.items
	}

	/// Has root run `calls`, all of them or none, whatever they weigh: the set-up is not what is measured, and would take
	/// a block for every few registrations.
	pub async fn run_as_root(&self, sudo: &Keypair, nonce: u64, calls: Vec<Call>) -> Result<(), ChainError> {
		let batch = call("Utility", "batch_all", vec![list(calls)]);
		let weightless = Value::named_composite([("ref_time", Value::u128(0)), ("proof_size", Value::u128(0))]);
		let payload = dynamic::transaction("Sudo", "sudo_unchecked_weight", vec![batch, weightless]);
		self.submit(&payload, sudo, nonce).await
	}

	/// Puts a row of weights into the pool.
	pub async fn set_weights(
		&self,
		hotkey: &Keypair,
		nonce: u64,
		netuid: u16,
		row: (Vec<u16>, Vec<u16>),
	) -> Result<(), ChainError> {
		let (dests, weights) = row;
		let payload = dynamic::transaction(SUBNETS, "set_weights", (netuid, dests, weights, 0u64));
		self.submit(&payload, hotkey, nonce).await
	}

	async fn submit(&self, payload: &impl Payload, signer: &Keypair, nonce: u64) -> Result<(), ChainError> {
		let action = || format!("{}.{}", payload.pallet_name(), payload.call_name());
		let params = DefaultExtrinsicParamsBuilder::<PolkadotConfig>::new().nonce(nonce).immortal().build();
		let failed = |source: subxt::Error| ChainError::Client { action: action(), source: source.into() };
		let signable = self.transactions.create_signable_offline(payload, params);
		let mut signable = signable.map_err(|error| failed(error.into()))?;
		let signed = signable.sign(signer).map_err(|error| failed(error.into()))?;
		let extrinsic = hex(&signed.into_encoded());
		self.request::<String>(&action(), "author_submitExtrinsic", rpc_params![extrinsic]).await.map(drop)
	}

	/// New blocks from now on.
	pub async fn heads(&self) -> Result<Heads, ChainError> {
		let action = "subscribing to blocks";
		let asking = self.rpc.subscribe("chain_subscribeNewHeads", rpc_params![], "chain_unsubscribeNewHeads");
		let refused = |source| ChainError::Request { action: action.into(), source };
		Ok(Heads(within(REQUEST, action, asking).await?.map_err(refused)?))
	}

	/// A storage value of the newest block.
	pub async fn value<V: Decode>(&self, key: &[u8]) -> Result<Option<V>, ChainError> {
		let action = "reading storage";
		let found: Option<String> = self.request(action, "state_getStorage", rpc_params![hex(key)]).await?;
		found.map(|value| decoded(action, &value)).transpose()
	}

	/// How many keys begin with `prefix`, and how many bytes their values have.
	pub async fn size(&self, prefix: &[u8]) -> Result<(u64, u64), ChainError> {
		let (mut keys, mut last) = (0, None::<String>);
		loop {
			let params = rpc_params![hex(prefix), PAGE, last];
			let page: Vec<String> = self.request("listing keys", "state_getKeysPaged", params).await?;
			keys += page.len() as u64;
			last = page.last().cloned();
			if page.len() < PAGE as usize {
				break;
			}
		}
		let size: Option<u64> =
			self.request("measuring storage", "state_getStorageSize", rpc_params![hex(prefix)]).await?;
		Ok((keys, size.unwrap_or(0)))
	}

	/// All values that any of `keys` took in the blocks `from..=to`.
	pub async fn values_taken<V: Decode>(&self, keys: &[Vec<u8>], from: u32, to: u32) -> Result<Vec<V>, ChainError> {
		let action = "reading what changed";
		let keys: Vec<String> = keys.iter().map(|key| hex(key)).collect();
		let params = rpc_params![keys, self.hash(from).await?, self.hash(to).await?];
		let sets: Vec<ChangeSet> = self.request(action, "state_queryStorage", params).await?;
		let values = sets.iter().flat_map(|set| &set.changes).filter_map(|(_, value)| value.as_ref());
		values.map(|value| decoded(action, value)).collect()
	}

	async fn hash(&self, number: u32) -> Result<String, ChainError> {
		self.request("reading a block's hash", "chain_getBlockHash", rpc_params![number]).await
	}

	/// The time that a runtime call takes from the question to the whole answer, and the bytes of that.
	pub async fn timed_call(&self, method: &str, arguments: &[u8]) -> Result<(Duration, usize), ChainError> {
		let begun = Instant::now();
		let answer: String = self.request(method, "state_call", rpc_params![method, hex(arguments)]).await?;
		Ok((begun.elapsed(), answer.len().saturating_sub(2) / 2))
	}

	async fn request<Answer: DeserializeOwned>(
		&self,
		action: &str,
		method: &str,
		params: RpcParams,
	) -> Result<Answer, ChainError> {
		let refused = |source| ChainError::Request { action: action.into(), source };
		within(REQUEST, action, self.rpc.request(method, params)).await?.map_err(refused)
	}
}

impl Heads {
	/// The number of the next block.
	pub async fn next(&mut self) -> Result<u32, ChainError> {
		let action = "waiting for a block";
		let header = within(PATIENCE, action, self.0.next()).await?;
		let header = header.ok_or_else(|| ChainError::Answer { action: action.into() })?;
		header.map_err(|source| ChainError::Request { action: action.into(), source })?.number()
	}
}

impl Header {
	fn number(&self) -> Result<u32, ChainError> {
		u32::from_str_radix(self.number.trim_start_matches("0x"), 16)
			.map_err(|_| ChainError::Answer { action: format!("block {}", self.number) })
	}
}

async fn within<Output>(
	limit: Duration,
	action: &str,
	future: impl std::future::Future<Output = Output>,
) -> Result<Output, ChainError> {
	tokio::time::timeout(limit, future).await.map_err(|_| ChainError::Deadline { action: action.into(), limit })
}

fn decoded<V: Decode>(action: &str, hex: &str) -> Result<V, ChainError> {
	unhex(hex)
		.and_then(|bytes| V::decode(&mut &bytes[..]).ok())
		.ok_or_else(|| ChainError::Answer { action: action.into() })
}

fn hex(bytes: &[u8]) -> String {
	bytes.iter().fold("0x".to_owned(), |text, byte| text + &format!("{byte:02x}"))
}

fn unhex(text: &str) -> Option<Vec<u8>> {
	let digits = text.strip_prefix("0x")?;
	(0..digits.len()).step_by(2).map(|at| u8::from_str_radix(digits.get(at..at + 2)?, 16).ok()).collect()
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn bytes_survive_hexadecimal() {
		let bytes = Vec::from_iter(0..=255);
		assert_eq!(unhex(&hex(&bytes)), Some(bytes));
		assert_eq!(unhex("0x0"), None);
		assert_eq!(unhex("00"), None);
	}
}
