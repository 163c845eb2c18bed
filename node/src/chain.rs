// SPDX-License-Identifier: GPL-3.0-or-later WITH Classpath-exception-2.0
//! The stored chain: database, executor and transaction pool, as every command of the node needs them.
//!
//! Knows nothing of blocks to come, of peers or of RPC.

use root_weights_runtime::{opaque::Block, refusal_name, RuntimeApi};
use sc_consensus::{BasicQueue, LongestChain};
use sc_consensus_manual_seal as manual_seal;
use sc_executor::WasmExecutor;
use sc_service::{error::Error, Configuration, KeystoreContainer, PruningMode, TFullBackend, TFullClient, TaskManager};
use sc_transaction_pool::TransactionPoolHandle;
use sp_io::SubstrateHostFunctions;
use std::sync::Arc;

use crate::{authorities::Consensus, chain_spec, named_pool::NamedPool};

pub type Backend = TFullBackend<Block>;
pub type Client = TFullClient<Block, RuntimeApi, WasmExecutor<SubstrateHostFunctions>>;
pub type Pool = NamedPool<TransactionPoolHandle<Block, Client>>;

/// The stored chain and what works on it: all that a subcommand needs, and where a node begins.
pub struct Chain {
	pub client: Arc<Client>,
	pub task_manager: TaskManager,
	pub backend: Arc<Backend>,
	pub keystore: KeystoreContainer,
}

impl Chain {
	/// Opens the database, and writes the genesis block into a new one.
	pub fn open(config: &mut Configuration) -> Result<Self, Error> {
		// Researchers ask about old blocks, so no state is thrown away unless a flag says so.
		config.state_pruning.get_or_insert(PruningMode::ArchiveAll);
		let executor = sc_service::new_wasm_executor(&config.executor);
		let (client, backend, keystore, task_manager) = sc_service::new_full_parts(config, None, executor, Vec::new())?;
		Ok(Self { client: Arc::new(client), task_manager, backend, keystore })
	}

	/// The chain to build on.
	pub fn longest(&self) -> LongestChain<Backend, Block> {
		LongestChain::new(self.backend.clone())
	}

	/// Takes blocks from outside by the rules of the chain's kind.
	pub fn import_queue(&self, config: &Configuration) -> Result<BasicQueue<Block>, Error> {
		if chain_spec::is_sealed(&*config.chain_spec) {
			return Ok(self.unchecked_import_queue(config));
		}
		Consensus::open(self)?.import_queue(self, config)
	}

	/// Takes blocks from outside as they are: where one node seals there is no author to check.
	pub fn unchecked_import_queue(&self, config: &Configuration) -> BasicQueue<Block> {
		manual_seal::import_queue(
			Box::new(self.client.clone()),
			&self.task_manager.spawn_essential_handle(),
			config.prometheus_registry(),
		)
	}

	/// A pool of transactions for the next blocks, which tells by name why the runtime refuses one.
	pub fn pool(&self, config: &Configuration) -> Arc<Pool> {
		let spawner = self.task_manager.spawn_essential_handle();
		let builder =
			sc_transaction_pool::Builder::new(spawner, self.client.clone(), config.role.is_authority().into())
				.with_options(config.transaction_pool.clone())
				.with_prometheus(config.prometheus_registry());
		Arc::new(NamedPool::new(builder.build(), refusal_name))
	}
}
