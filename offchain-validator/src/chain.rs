// SPDX-License-Identifier: Apache-2.0

//! The seam to the chain: the only module that names subxt.
//!
//! Everything goes by names in the metadata that the node serves; no code is generated from a particular runtime. The names
//! are all in [`surface`], by which a chain is checked before it is worked with. Every await has a deadline, so nothing here
//! hangs.

mod blocks;
pub mod calls;
mod error;
pub mod metagraph;
mod read;
pub mod root;
mod signer;
mod submit;
pub mod surface;

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use subxt::backend::LegacyBackend;
use subxt::config::{HashFor, RpcConfigFor};
use subxt::rpcs::methods::legacy::LegacyRpcMethods;
use subxt::rpcs::RpcClient;
use subxt::{OnlineClient, PolkadotConfig};

pub use blocks::{BlockId, FinalizedBlocks};
pub use calls::Call;
pub use error::ChainError;
pub use read::AtBlock;
pub use signer::Signer;
pub use submit::Submission;
use surface::Need;
pub use surface::Role;

/// Public key of an account; prints as ss58 with prefix 42.
pub type AccountId = subxt::utils::AccountId32;

/// Addresses are `MultiAddress<AccountId32, ()>`, as on the chains of this family.
type Config = PolkadotConfig;
type Hash = HashFor<Config>;

/// How long each kind of step may take.
#[derive(Clone, Copy, Debug)]
pub struct Deadlines {
	/// Until the endpoint has answered its first questions.
	pub connect: Duration,
	/// For one question and its answer.
	pub request: Duration,
	/// Until the next finalized block, and until a submitted call is in one.
	pub finality: Duration,
}

impl Default for Deadlines {
	fn default() -> Self {
		Self { connect: Duration::from_secs(10), request: Duration::from_secs(30), finality: Duration::from_secs(120) }
	}
}

/// A connection to one node. Cheap to clone.
#[derive(Clone)]
pub struct Chain {
	endpoint: Arc<str>,
	deadlines: Deadlines,
	client: OnlineClient<Config>,
	rpc: LegacyRpcMethods<RpcConfigFor<Config>>,
	/// What it has been checked for; `None` if it has not been.
	checked: Option<Arc<[Need]>>,
}

/// What a chain says about itself.
#[derive(Clone, Debug)]
pub struct Identity {
	/// Name from its specification, such as `Localnet`.
	pub name: String,
	/// Name of its runtime.
	pub runtime: String,
	/// Version of its runtime.
	pub spec_version: u32,
	/// Hash of its first block.
	pub genesis: String,
}

impl Chain {
	/// Connects to the node at `endpoint` and checks that its chain has all that `role` uses.
	///
	/// # Errors
	///
	/// [`ChainError::Lacks`] with everything that is missing, besides those of [`Chain::connect`].
	pub async fn connect_as(role: Role, endpoint: &str) -> Result<Self, ChainError> {
		Self::connect(endpoint).await?.checked(role).await
	}

	/// The same connection once its chain is known to have all that `role` uses.
	pub async fn checked(self, role: Role) -> Result<Self, ChainError> {
		let needs = role.needs();
		self.at_finalized().await?.check(role, &needs)?;
		Ok(Self { checked: Some(needs.into()), ..self })
	}

	/// Connects to the node at `endpoint`, a `ws://` or `wss://` address, whatever chain it has.
	pub async fn connect(endpoint: &str) -> Result<Self, ChainError> {
		Self::connect_with(endpoint, Deadlines::default()).await
	}

	/// Like [`Chain::connect`], with other deadlines.
	pub async fn connect_with(endpoint: &str, deadlines: Deadlines) -> Result<Self, ChainError> {
		let connecting = async {
			let rpc = RpcClient::from_insecure_url(endpoint).await.map_err(error::transport)?;
			// The older methods, because every node of the family serves them, and at any block it still holds.
			let backend = LegacyBackend::<Config>::builder().build(rpc.clone());
			let client = OnlineClient::from_backend(Arc::new(backend)).await.map_err(Box::new)?;
			Ok::<_, error::Cause>((client, LegacyRpcMethods::new(rpc)))
		};
		let (client, rpc) = tokio::time::timeout(deadlines.connect, connecting)
			.await
			.map_err(|_| ChainError::Deadline {
				action: "connecting".into(),
				endpoint: endpoint.into(),
				within: deadlines.connect,
			})?
			.map_err(|source| ChainError::Connect { endpoint: endpoint.into(), source })?;
		Ok(Self { endpoint: endpoint.into(), deadlines, client, rpc, checked: None })
	}

	/// The address this connection was made to.
	pub fn endpoint(&self) -> &str {
		&self.endpoint
	}

	/// How long each kind of step may take.
	pub fn deadlines(&self) -> Deadlines {
		self.deadlines
	}

	/// Name, runtime and first block of the chain.
	pub async fn identity(&self) -> Result<Identity, ChainError> {
		let name = self.ask("reading the chain's name", self.rpc.system_chain()).await?;
		let version = self.ask("reading the runtime version", self.rpc.state_get_runtime_version(None)).await?;
		let runtime = version.other.get("specName").and_then(|name| name.as_str());
		Ok(Identity {
			name,
			runtime: runtime.unwrap_or("unnamed").into(),
			spec_version: version.spec_version,
			genesis: format!("{:?}", self.client.genesis_hash()),
		})
	}

	/// What a role uses without having declared it has not been checked: that is an error of ours, which tests shall find.
	fn uses(&self, need: Need) {
		let declared = self.checked.as_ref().is_none_or(|needs| needs.contains(&need));
		debug_assert!(declared, "{need} is not among what has been checked");
	}

	/// Awaits one answer of the node, no longer than the deadline for requests.
	async fn ask<T, E: Into<subxt::Error>>(
		&self,
		action: &str,
		answer: impl Future<Output = Result<T, E>>,
	) -> Result<T, ChainError> {
		self.within(self.deadlines.request, action, answer).await?.map_err(|source| self.failed(action, source))
	}

	/// The error of a question that was refused or got lost.
	fn failed(&self, action: &str, source: impl Into<subxt::Error>) -> ChainError {
		let (action, endpoint) = (action.into(), self.endpoint.to_string());
		ChainError::Request { action, endpoint, source: Box::new(source.into()) }
	}

	/// Awaits `future` for no longer than `limit`.
	async fn within<T>(&self, limit: Duration, action: &str, future: impl Future<Output = T>) -> Result<T, ChainError> {
		tokio::time::timeout(limit, future).await.map_err(|_| ChainError::Deadline {
			action: action.into(),
			endpoint: self.endpoint.to_string(),
			within: limit,
		})
	}
}
