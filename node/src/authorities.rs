// SPDX-License-Identifier: GPL-3.0-or-later WITH Classpath-exception-2.0
//! A chain whose authorities take turns: Aura says whose block is next, GRANDPA which block is final.
//!
//! Every node checks both; one that holds the keys of an authority also authors and votes. GRANDPA needs more than two
//! thirds of the votes: of three authorities all three, of four any three.

use root_weights_runtime::opaque::Block;
use sc_basic_authorship::ProposerFactory;
use sc_consensus::{BasicQueue, LongestChain};
use sc_consensus_aura::{ImportQueueParams, SlotDuration, SlotProportion, StartAuraParams};
use sc_consensus_grandpa::{GrandpaBlockImport, GrandpaParams, LinkHalf, SharedVoterState, VotingRulesBuilder};
use sc_consensus_slots::BackoffAuthoringOnFinalizedHeadLagging;
use sc_network::{NotificationService, ProtocolName};
use sc_service::{
	config::{PrometheusConfig, Role},
	error::Error,
	Configuration,
};
use sc_transaction_pool_api::{OffchainTransactionPoolFactory, RejectAllTxPool};
use sp_consensus_aura::sr25519::AuthorityPair;
use std::{sync::Arc, time::Duration};
use substrate_prometheus_endpoint::Registry;

use crate::{
	chain::{Backend, Chain, Client, Pool},
	service::{self, Network, Peers},
};

type Longest = LongestChain<Backend, Block>;

/// A proof of finality is kept for at least one block in so many. Who was away needs the newest one only.
const JUSTIFICATION_PERIOD: u32 = 512;
/// How long a vote may take to reach everybody.
const GOSSIP_DURATION: Duration = Duration::from_millis(333);
/// Part of a slot in which its block is filled; the rest is for the others to import it.
const PROPOSAL_PART: f32 = 2.0 / 3.0;

/// What the rules of a chain of authorities add to the stored chain.
pub struct Consensus {
	block_import: GrandpaBlockImport<Backend, Block, Client, Longest>,
	link: LinkHalf<Block, Client, Longest>,
	slot_duration: SlotDuration,
}

impl Consensus {
	/// Reads from the stored chain who may author and vote.
	pub fn open(chain: &Chain) -> Result<Self, Error> {
		let client = chain.client.clone();
		let (block_import, link) =
			sc_consensus_grandpa::block_import(client.clone(), JUSTIFICATION_PERIOD, &client, chain.longest(), None)?;
		Ok(Self { block_import, link, slot_duration: sc_consensus_aura::slot_duration(&*chain.client)? })
	}

	/// Takes a block from outside if it was its author's turn.
	pub fn import_queue(&self, chain: &Chain, config: &Configuration) -> Result<BasicQueue<Block>, Error> {
		let slot_duration = self.slot_duration;
		let queue = sc_consensus_aura::import_queue::<AuthorityPair, _, _, _, _, _>(ImportQueueParams {
			block_import: self.block_import.clone(),
			justification_import: Some(Box::new(self.block_import.clone())),
			client: chain.client.clone(),
			create_inherent_data_providers: move |_, ()| async move { Ok(now(slot_duration)) },
			spawner: &chain.task_manager.spawn_essential_handle(),
			registry: config.prometheus_registry(),
			check_for_equivocation: Default::default(),
			telemetry: None,
			compatibility_mode: Default::default(),
		})?;
		Ok(queue)
	}

	/// Authors if this node is an authority, and in any case follows the votes.
	pub fn spawn(self, chain: &Chain, pool: Arc<Pool>, part: &Part, peers: &Peers, votes: Votes) -> Result<(), Error> {
		if part.role.is_authority() {
			self.spawn_authoring(chain, pool, part, peers)?;
		}
		spawn_voting(self.link, chain, part, peers, votes)
	}

	fn spawn_authoring(&self, chain: &Chain, pool: Arc<Pool>, part: &Part, peers: &Peers) -> Result<(), Error> {
		let (client, slot_duration) = (chain.client.clone(), self.slot_duration);
		let spawner = chain.task_manager.spawn_handle();
		let authoring =
			sc_consensus_aura::start_aura::<AuthorityPair, _, _, _, _, _, _, _, _, _, _>(StartAuraParams {
				slot_duration,
				client: client.clone(),
				select_chain: chain.longest(),
				block_import: self.block_import.clone(),
				proposer_factory: ProposerFactory::new(spawner, client, pool, part.registry(), None),
				sync_oracle: peers.sync.clone(),
				justification_sync_link: peers.sync.clone(),
				create_inherent_data_providers: move |_, ()| async move { Ok(now(slot_duration)) },
				force_authoring: false, // Who has no peers would make a chain that the others do not take.
				// The longer finality stands still, the fewer blocks there are to vote on afterwards.
				backoff_authoring_blocks: Some(BackoffAuthoringOnFinalizedHeadLagging::default()),
				keystore: chain.keystore.keystore(),
				block_proposal_slot_portion: SlotProportion::new(PROPOSAL_PART),
				max_block_proposal_slot_portion: None,
				telemetry: None,
				compatibility_mode: Default::default(),
			})?;
		chain.task_manager.spawn_essential_handle().spawn_blocking("aura", Some("block-authoring"), authoring);
		Ok(())
	}
}

/// What part the node takes; of its configuration what outlives the start of the services.
pub struct Part {
	role: Role,
	name: String,
	metrics: Option<PrometheusConfig>,
}

impl Part {
	pub fn of(config: &Configuration) -> Self {
		let (role, name) = (config.role, config.network.node_name.clone());
		Self { role, name, metrics: config.prometheus_config.clone() }
	}

	fn registry(&self) -> Option<&Registry> {
		self.metrics.as_ref().map(|metrics| &metrics.registry)
	}
}

/// The slot of this moment and the moment itself, which is in the block.
fn now(
	slot_duration: SlotDuration,
) -> (sp_consensus_aura::inherents::InherentDataProvider, sp_timestamp::InherentDataProvider) {
	let timestamp = sp_timestamp::InherentDataProvider::from_system_time();
	let slot =
		sp_consensus_aura::inherents::InherentDataProvider::from_timestamp_and_slot_duration(*timestamp, slot_duration);
	(slot, timestamp)
}

/// The protocol by which votes travel.
pub struct Votes {
	protocol: ProtocolName,
	service: Box<dyn NotificationService>,
}

impl Votes {
	/// Adds the protocol to those of the network.
	pub fn register(chain: &Chain, config: &Configuration, network: &mut Network) -> Self {
		let genesis = chain.client.chain_info().genesis_hash;
		let protocol = sc_consensus_grandpa::protocol_standard_name(&genesis, &config.chain_spec);
		let (notifications, service) = sc_consensus_grandpa::grandpa_peers_set_config::<Block, service::Backend>(
			protocol.clone(),
			network.metrics.clone(),
			network.protocols.peer_store_handle(),
		);
		network.protocols.add_notification_protocol(notifications);
		Self { protocol, service }
	}
}

fn spawn_voting(
	link: LinkHalf<Block, Client, Longest>,
	chain: &Chain,
	part: &Part,
	peers: &Peers,
	votes: Votes,
) -> Result<(), Error> {
	let keystore = part.role.is_authority().then(|| chain.keystore.keystore());
	let voter = sc_consensus_grandpa::run_grandpa_voter(GrandpaParams {
		config: sc_consensus_grandpa::Config {
			gossip_duration: GOSSIP_DURATION,
			justification_generation_period: JUSTIFICATION_PERIOD,
			observer_enabled: false,
			local_role: part.role,
			name: Some(part.name.clone()),
			keystore,
			telemetry: None,
			protocol_name: votes.protocol,
		},
		link,
		network: peers.network.clone(),
		sync: peers.sync.clone(),
		notification_service: votes.service,
		voting_rule: VotingRulesBuilder::default().build(),
		prometheus_registry: part.registry().cloned(),
		shared_voter_state: SharedVoterState::empty(),
		telemetry: None,
		// The runtime takes no reports of authorities that vote twice.
		offchain_tx_pool_factory: OffchainTransactionPoolFactory::new(RejectAllTxPool::default()),
	})?;
	chain.task_manager.spawn_essential_handle().spawn_blocking("grandpa-voter", None, voter);
	Ok(())
}
