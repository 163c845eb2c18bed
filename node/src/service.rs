// SPDX-License-Identifier: GPL-3.0-or-later WITH Classpath-exception-2.0
//! Puts the SDK's parts together into a running node: stored chain, network, RPC and the sealing engine.
//!
//! When a block is due is [`sealing`]'s concern; what is in it is the runtime's.

use root_weights_runtime::{opaque::Block, Hash};
use sc_basic_authorship::ProposerFactory;
use sc_consensus::LongestChain;
use sc_consensus_manual_seal::{self as manual_seal, consensus::aura::AuraConsensusDataProvider, ManualSealParams};
use sc_network::{config::FullNetworkConfiguration, Litep2pNetworkBackend, NetworkBackend};
use sc_service::{error::Error, BuildNetworkParams, Configuration, SpawnTasksParams, TaskManager};
use std::sync::Arc;

use crate::{
	chain::{Chain, Pool},
	rpc,
	sealing::{self, Sealing},
};

type Network = Litep2pNetworkBackend;

/// Starts a node, which runs until the returned task manager is dropped.
pub fn start(mut config: Configuration, sealing: Sealing) -> Result<TaskManager, Error> {
	let chain = Chain::open(&mut config)?;
	let pool = chain.pool(&config);
	spawn_sealing(&chain, pool.clone(), &config, sealing);
	serve(chain, pool, config)
}

fn spawn_sealing(chain: &Chain, pool: Arc<Pool>, config: &Configuration, sealing: Sealing) {
	let client = chain.client.clone();
	let spawner = chain.task_manager.spawn_handle();
	let engine = manual_seal::run_manual_seal(ManualSealParams {
		block_import: client.clone(),
		env: ProposerFactory::new(spawner, client.clone(), pool.clone(), config.prometheus_registry(), None),
		client: client.clone(),
		commands_stream: sealing::commands(sealing, &*pool),
		pool,
		select_chain: LongestChain::new(chain.backend.clone()),
		consensus_data_provider: Some(Box::new(AuraConsensusDataProvider::new(client))),
		// Chain time is wall-clock time: what miners upload is judged against it.
		create_inherent_data_providers: |_, ()| async { Ok(sp_timestamp::InherentDataProvider::from_system_time()) },
	});
	chain.task_manager.spawn_essential_handle().spawn_blocking("sealing", Some("block-authoring"), engine);
}

/// Starts the network and the RPC server.
///
/// The SDK's services need a network to exist. Its configuration names no address to listen on and no peer.
fn serve(mut chain: Chain, pool: Arc<Pool>, config: Configuration) -> Result<TaskManager, Error> {
	let registry = config.prometheus_registry().cloned();
	let (network, system_rpc_tx, tx_handler_controller, sync_service, _) =
		sc_service::build_network(BuildNetworkParams {
			net_config: FullNetworkConfiguration::<Block, Hash, Network>::new(&config.network, registry.clone()),
			client: chain.client.clone(),
			transaction_pool: pool.clone(),
			spawn_handle: chain.task_manager.spawn_handle(),
			spawn_essential_handle: chain.task_manager.spawn_essential_handle(),
			import_queue: chain.import_queue(&config),
			block_announce_validator_builder: None,
			warp_sync_config: None,
			block_relay: None,
			metrics: <Network as NetworkBackend<Block, Hash>>::register_notification_metrics(registry.as_ref()),
			gap_sync_body_policy: None,
			config: &config,
		})?;
	let (client, transaction_pool) = (chain.client.clone(), pool.clone());
	sc_service::spawn_tasks(SpawnTasksParams {
		rpc_builder: Box::new(move |_| {
			rpc::methods(client.clone(), transaction_pool.clone()).map_err(|error| Error::Application(error.into()))
		}),
		client: chain.client,
		backend: chain.backend,
		keystore: chain.keystore.keystore(),
		task_manager: &mut chain.task_manager,
		transaction_pool: pool,
		network,
		system_rpc_tx,
		tx_handler_controller,
		sync_service,
		telemetry: None,
		tracing_execute_block: None,
		config,
	})?;
	Ok(chain.task_manager)
}
