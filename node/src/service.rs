// SPDX-License-Identifier: GPL-3.0-or-later WITH Classpath-exception-2.0
//! Puts the SDK's parts together into a running node: stored chain, network, RPC, and what makes blocks.
//!
//! When a sealed block is due is [`sealing`]'s concern, whose turn it is among authorities that of [`crate::authorities`],
//! and what is in a block the runtime's.

use root_weights_runtime::{opaque::Block, Hash};
use sc_basic_authorship::ProposerFactory;
use sc_consensus::BasicQueue;
use sc_consensus_manual_seal::{self as manual_seal, consensus::aura::AuraConsensusDataProvider, ManualSealParams};
use sc_network::{
	config::FullNetworkConfiguration,
	service::{traits::NetworkService, NotificationMetrics},
	Litep2pNetworkBackend, NetworkBackend,
};
use sc_network_sync::SyncingService;
use sc_service::{error::Error, BuildNetworkParams, Configuration, SpawnTasksParams, TaskManager};
use std::sync::Arc;

use crate::{
	authorities::{Consensus, Part, Votes},
	chain::{Chain, Pool},
	rpc,
	sealing::{self, Requests, Sealing},
};

/// Carries all that goes between peers.
pub type Backend = Litep2pNetworkBackend;

/// How a node takes part in its chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
	/// It makes all blocks by itself, and has no peers.
	Sealed(Sealing),
	/// It follows the authorities of the chain, of which it may be one.
	Networked,
}

/// Starts a node, which runs until the returned task manager is dropped.
pub fn start(config: Configuration, mode: Mode) -> Result<TaskManager, Error> {
	match mode {
		Mode::Sealed(sealing) => start_sealed(config, sealing),
		Mode::Networked => start_networked(config),
	}
}

fn start_sealed(mut config: Configuration, sealing: Sealing) -> Result<TaskManager, Error> {
	let mut chain = Chain::open(&mut config)?;
	let pool = chain.pool(&config);
	let requests = spawn_sealing(&chain, pool.clone(), &config, sealing);
	// The SDK's services need a network to exist. The configuration names no address to listen on and no peer.
	let import_queue = chain.unchecked_import_queue(&config);
	let network = Network::new(&config, import_queue);
	serve(&mut chain, pool, config, network, requests)?;
	Ok(chain.task_manager)
}

fn start_networked(mut config: Configuration) -> Result<TaskManager, Error> {
	let mut chain = Chain::open(&mut config)?;
	let pool = chain.pool(&config);
	let consensus = Consensus::open(&chain)?;
	let import_queue = consensus.import_queue(&chain, &config)?;
	let mut network = Network::new(&config, import_queue);
	let votes = Votes::register(&chain, &config, &mut network);
	let part = Part::of(&config);
	// First of all this stores the keys that a flag names, which voting looks for once.
	let peers = serve(&mut chain, pool.clone(), config, network, None)?;
	consensus.spawn(&chain, pool, &part, &peers, votes)?;
	Ok(chain.task_manager)
}

/// Returns where requests for blocks go, if the sealing waits for them.
fn spawn_sealing(chain: &Chain, pool: Arc<Pool>, config: &Configuration, sealing: Sealing) -> Option<Requests> {
	let client = chain.client.clone();
	let spawner = chain.task_manager.spawn_handle();
	let (commands_stream, requests) = sealing::commands(sealing, &*pool);
	let engine = manual_seal::run_manual_seal(ManualSealParams {
		block_import: client.clone(),
		env: ProposerFactory::new(spawner, client.clone(), pool.clone(), config.prometheus_registry(), None),
		client: client.clone(),
		commands_stream,
		pool,
		select_chain: chain.longest(),
		consensus_data_provider: Some(Box::new(AuraConsensusDataProvider::new(client))),
		// Chain time is wall-clock time: what miners upload is judged against it.
		create_inherent_data_providers: |_, ()| async { Ok(sp_timestamp::InherentDataProvider::from_system_time()) },
	});
	chain.task_manager.spawn_essential_handle().spawn_blocking("sealing", Some("block-authoring"), engine);
	requests
}

/// The network as it is to be.
pub struct Network {
	pub protocols: FullNetworkConfiguration<Block, Hash, Backend>,
	pub metrics: NotificationMetrics,
	import_queue: BasicQueue<Block>,
}

impl Network {
	fn new(config: &Configuration, import_queue: BasicQueue<Block>) -> Self {
		let registry = config.prometheus_registry();
		let metrics = <Backend as NetworkBackend<Block, Hash>>::register_notification_metrics(registry);
		let protocols = FullNetworkConfiguration::new(&config.network, registry.cloned());
		Self { protocols, metrics, import_queue }
	}
}

/// The network as it runs.
pub struct Peers {
	pub network: Arc<dyn NetworkService>,
	pub sync: Arc<SyncingService<Block>>,
}

/// Starts the network, the RPC server and the endpoint for metrics.
fn serve(
	chain: &mut Chain,
	pool: Arc<Pool>,
	config: Configuration,
	network: Network,
	requests: Option<Requests>,
) -> Result<Peers, Error> {
	let (client, transaction_pool) = (chain.client.clone(), pool.clone());
	let (network, system_rpc_tx, tx_handler_controller, sync, _) = sc_service::build_network(BuildNetworkParams {
		net_config: network.protocols,
		client: client.clone(),
		transaction_pool: pool.clone(),
		spawn_handle: chain.task_manager.spawn_handle(),
		spawn_essential_handle: chain.task_manager.spawn_essential_handle(),
		import_queue: network.import_queue,
		block_announce_validator_builder: None,
		warp_sync_config: None,
		block_relay: None,
		metrics: network.metrics,
		gap_sync_body_policy: None,
		config: &config,
	})?;
	sc_service::spawn_tasks(SpawnTasksParams {
		rpc_builder: Box::new(move |_| {
			rpc::methods(client.clone(), transaction_pool.clone(), requests.clone())
				.map_err(|error| Error::Application(error.into()))
		}),
		client: chain.client.clone(),
		backend: chain.backend.clone(),
		keystore: chain.keystore.keystore(),
		task_manager: &mut chain.task_manager,
		transaction_pool: pool,
		network: network.clone(),
		system_rpc_tx,
		tx_handler_controller,
		sync_service: sync.clone(),
		telemetry: None,
		tracing_execute_block: None,
		config,
	})?;
	Ok(Peers { network, sync })
}
