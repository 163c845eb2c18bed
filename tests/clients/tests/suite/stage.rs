// SPDX-License-Identifier: Apache-2.0

//! A node with a chain on which a client finds what it needs.

use std::time::Duration;

use e2e::programs::Node;
use subxt::transactions::Payload;
use subxt::{OnlineClient, PolkadotConfig};
use subxt_signer::sr25519::{dev, Keypair};
use subxt_signer::SecretUri;
use tempfile::TempDir;
use tokio::time::{sleep, timeout};

use crate::runtime;
use runtime::runtime_types::pallet_subnets::hyperparameters::Hyperparameter;
use runtime::runtime_types::pallet_subnets::pallet::Call as Subnets;
use runtime::runtime_types::pallet_utility::pallet::Call as Utility;
use runtime::runtime_types::root_weights_runtime::RuntimeCall;

/// Addresses are `MultiAddress<AccountId32, ()>`, as on the chains of this family.
pub type Config = PolkadotConfig;

/// The subnet of the genesis, on which clients act.
pub const NETUID: u16 = 1;
/// Another one, on which the validator is, too.
pub const SECOND_NETUID: u16 = 2;
/// Blocks that a hotkey must leave between two rows of weights: 5 seconds.
const RATE_LIMIT: u64 = 20;
const TAO: u64 = 1_000_000_000;
const PATIENCE: Duration = Duration::from_secs(60);

/// The chain as each client finds it. Bob owns two hotkeys without balance, which are on two subnets: `//validator` has
/// uid 0, stake and a permit, `//miner` has uid 1. Both may set weights at once, and again after twenty blocks.
pub struct Stage {
	node: Node,
	/// A connection to it.
	pub chain: OnlineClient<Config>,
	_folder: TempDir,
}

impl Stage {
	/// Starts a node and sends what makes the chain so.
	pub async fn set() -> Self {
		let folder = tempfile::tempdir().expect("a folder can be made");
		let (node, _) = Node::start(folder.path(), "250ms").await;
		let chain = OnlineClient::from_insecure_url(node.endpoint()).await.expect("the node answers");
		let stage = Self { node, chain, _folder: folder };
		stage.set_parameters().await;
		stage.register().await;
		timeout(PATIENCE, stage.ready()).await.expect("the validator gets its permits");
		stage
	}

	/// Address of the node's RPC.
	pub fn endpoint(&self) -> String {
		self.node.endpoint()
	}

	/// Signs a call and waits until it is finalized.
	pub async fn send<Call: Payload>(&self, call: &Call, signer: &Keypair) {
		let at = self.chain.at_current_block().await.expect("the chain can be read");
		let progress = at.transactions().sign_and_submit_then_watch_default(call, signer).await;
		let finalized = progress.expect("the pool takes it").wait_for_finalized_success();
		timeout(PATIENCE, finalized).await.expect("it is finalized in time").expect("it succeeds");
	}

	/// One validator to a subnet, so that the miner has no permit, and registrations that are not held up.
	async fn set_parameters(&self) {
		let set = |netuid, parameter| RuntimeCall::SubtensorModule(Subnets::set_hyperparameter { netuid, parameter });
		let mut calls = vec![RuntimeCall::SubtensorModule(Subnets::create_network { netuid: SECOND_NETUID, tempo: 9 })];
		for netuid in [NETUID, SECOND_NETUID] {
			calls.push(set(netuid, Hyperparameter::MaxAllowedValidators(1)));
			calls.push(set(netuid, Hyperparameter::WeightsSetRateLimit(RATE_LIMIT)));
			calls.push(set(netuid, Hyperparameter::MaxRegistrationsPerBlock(10)));
			calls.push(set(netuid, Hyperparameter::TargetRegistrationsPerInterval(10)));
		}
		let batch = RuntimeCall::Utility(Utility::batch_all { calls });
		self.send(&runtime::transactions().sudo().sudo(batch), &dev::alice()).await;
	}

	async fn register(&self) {
		let subnets = RuntimeCall::SubtensorModule;
		let (validator, miner) = (signer("//validator").public_key(), signer("//miner").public_key());
		let register = |netuid, hotkey: [u8; 32]| subnets(Subnets::burned_register { netuid, hotkey: hotkey.into() });
		let stake = Subnets::add_stake { hotkey: validator.0.into(), netuid: NETUID, amount_staked: 10_000 * TAO };
		let calls = vec![
			register(NETUID, validator.0),
			register(NETUID, miner.0),
			register(SECOND_NETUID, validator.0),
			register(SECOND_NETUID, miner.0),
			subnets(stake),
		];
		self.send(&runtime::transactions().utility().batch_all(calls), &dev::bob()).await;
	}

	/// Waits for the permits, and until the rate limit has passed since the registration.
	async fn ready(&self) {
		let begun = self.chain.at_current_block().await.expect("the chain can be read").block_number();
		loop {
			let at = self.chain.at_current_block().await.expect("the chain can be read");
			let permits = at.storage().entry(runtime::storage().subtensor_module().validator_permit());
			let permits = permits.expect("there are permits");
			let mut permitted = true;
			for netuid in [NETUID, SECOND_NETUID] {
				let of_subnet = permits.fetch((netuid,)).await.expect("it can be read").decode().expect("it is a row");
				permitted &= of_subnet.first() == Some(&true);
			}
			if permitted && at.block_number() > begun + RATE_LIMIT {
				return;
			}
			sleep(Duration::from_millis(100)).await;
		}
	}
}

/// The key of a development secret such as `//Bob`.
pub fn signer(uri: &str) -> Keypair {
	let uri: SecretUri = uri.parse().expect("a valid secret");
	Keypair::from_uri(&uri).expect("a valid secret")
}
