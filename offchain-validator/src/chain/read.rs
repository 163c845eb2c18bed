// SPDX-License-Identifier: Apache-2.0

//! Reading the state after one block: storage, constants and runtime calls, decoded into what the caller asks for.

use subxt::ext::frame_decode::helpers::{IntoDecodableValues, IntoEncodableValues};
use subxt::ext::scale_decode::DecodeAsType;
use subxt::storage::PrefixOf;
use subxt::{dynamic, OnlineClientAtBlock};

use super::surface::{self, Arity, Item, Method, Need};
use super::{AccountId, BlockId, Chain, ChainError, Config};

/// What is read of `System.Account`; its other fields are skipped by name.
#[derive(DecodeAsType)]
#[decode_as_type(crate_path = "subxt::ext::scale_decode")]
pub(super) struct AccountInfo {
	data: AccountData,
}

#[derive(DecodeAsType)]
#[decode_as_type(crate_path = "subxt::ext::scale_decode")]
struct AccountData {
	free: u64,
}

/// The chain's state after one block. All reads through one value see the same state.
pub struct AtBlock {
	chain: Chain,
	block: BlockId,
	client: OnlineClientAtBlock<Config>,
}

impl AtBlock {
	pub(super) fn new(chain: Chain, block: BlockId, client: OnlineClientAtBlock<Config>) -> Self {
		Self { chain, block, client }
	}

	/// The block whose state this is.
	pub fn block(&self) -> BlockId {
		self.block
	}

	pub(super) fn client(&self) -> &OnlineClientAtBlock<Config> {
		&self.client
	}

	/// A storage value, or its default. `keys` is a tuple with one entry per key of the map, `()` for a plain value.
	pub async fn value<K, V>(&self, item: &Item<K, V>, keys: K) -> Result<V, ChainError>
	where
		K: Arity + IntoEncodableValues + IntoDecodableValues,
		V: DecodeAsType,
	{
		let read = async {
			let address = dynamic::storage::<K, V>(item.pallet, item.name);
			let value = self.client.storage().fetch(address, keys).await?;
			Ok::<_, subxt::Error>(value.decode()?)
		};
		self.chain.ask(&self.reading(item.need(), item.pallet, item.name), read).await
	}

	/// Like [`AtBlock::value`], for an entry that may be absent.
	pub async fn find<K, V>(&self, item: &Item<K, V>, keys: K) -> Result<Option<V>, ChainError>
	where
		K: Arity + IntoEncodableValues + IntoDecodableValues,
		V: DecodeAsType,
	{
		let read = async {
			let address = dynamic::storage::<K, V>(item.pallet, item.name);
			let value = self.client.storage().try_fetch(address, keys).await?;
			Ok::<_, subxt::Error>(value.map(|value| value.decode()).transpose()?)
		};
		self.chain.ask(&self.reading(item.need(), item.pallet, item.name), read).await
	}

	/// All entries of a map whose keys begin with `prefix`, in the map's own order.
	pub async fn map<K, V>(&self, item: &Item<K, V>, prefix: impl PrefixOf<K>) -> Result<Vec<(K, V)>, ChainError>
	where
		K: Arity + IntoEncodableValues + IntoDecodableValues,
		V: DecodeAsType,
	{
		let read = async {
			let address = dynamic::storage::<K, V>(item.pallet, item.name);
			let mut entries = self.client.storage().iter(address, prefix).await?;
			let mut found = Vec::new();
			while let Some(entry) = entries.next().await {
				let entry = entry?;
				found.push((entry.key()?.decode()?, entry.value().decode()?));
			}
			Ok::<_, subxt::Error>(found)
		};
		self.chain.ask(&self.reading(item.need(), item.pallet, item.name), read).await
	}

	/// The answer of a runtime call; `arguments` is a tuple.
	pub async fn call<A, V>(&self, method: &Method<A, V>, arguments: A) -> Result<V, ChainError>
	where
		A: Arity + IntoEncodableValues,
		V: DecodeAsType,
	{
		let payload = dynamic::runtime_api_call::<A, V>(method.api, method.name, arguments);
		let action = self.reading(method.need(), method.api, method.name);
		self.chain.ask(&action, self.client.runtime_apis().call(payload)).await
	}

	/// When the block was made, in milliseconds since 1970.
	pub async fn timestamp(&self) -> Result<u64, ChainError> {
		self.value(&surface::NOW, ()).await
	}

	/// The free balance of `account`, in rao; zero for an account that does not exist.
	pub async fn balance(&self, account: AccountId) -> Result<u64, ChainError> {
		let info = self.find(&surface::ACCOUNT, (account,)).await?;
		Ok(info.map_or(0, |info| info.data.free))
	}

	/// Whether the runtime offers what `method` is a part of.
	pub fn has_api_of<A, V>(&self, method: &Method<A, V>) -> bool {
		self.client.metadata_ref().runtime_api_trait_by_name(method.api).is_some()
	}

	/// Fails with everything of `needs` that the chain does not have; `purpose` is what for.
	pub fn check(&self, purpose: impl ToString, needs: &[Need]) -> Result<(), ChainError> {
		let missing = surface::missing(needs, self.client.metadata_ref());
		if missing.is_empty() {
			return Ok(());
		}
		let (endpoint, purpose) = (self.chain.endpoint.to_string(), purpose.to_string());
		Err(ChainError::Lacks { endpoint, purpose, missing })
	}

	fn reading(&self, need: Need, place: &str, name: &str) -> String {
		self.chain.uses(need);
		format!("reading {place}.{name} at block {}", self.block.number)
	}
}
