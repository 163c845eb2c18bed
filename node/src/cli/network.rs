// SPDX-License-Identifier: GPL-3.0-or-later WITH Classpath-exception-2.0
//! Flags of a node among peers: where it is, whom it knows, and who it is.

use clap::Args;
use sc_cli::{NodeKeyParams, NodeKeyType, Result, Role};
use sc_network::{
	config::{MultiaddrWithPeerId, NetworkConfiguration, NodeKeyConfig, NonReservedPeerMode, TransportConfig},
	multiaddr::{Multiaddr, Protocol},
};
use sc_service::{ChainSpec, ChainType};
use std::{
	net::{Ipv4Addr, Ipv6Addr},
	path::PathBuf,
};

#[derive(Debug, Args)]
#[command(next_help_heading = "A node among peers")]
pub struct NetworkFlags {
	/// TCP port for peers, on all interfaces [default: 30333].
	#[arg(long, value_name = "PORT", conflicts_with = "listen_addr")]
	pub port: Option<u16>,

	/// Address to listen on for peers, such as `/ip4/127.0.0.1/tcp/30333`.
	#[arg(long, value_name = "ADDR", num_args = 1..)]
	pub listen_addr: Vec<Multiaddr>,

	/// Address to tell peers, if it is not one that is listened on.
	#[arg(long, value_name = "ADDR", num_args = 1..)]
	pub public_addr: Vec<Multiaddr>,

	/// Peers to begin with, such as `/ip4/127.0.0.1/tcp/30333/p2p/PEER`; others are found through them.
	#[arg(long, value_name = "ADDR", num_args = 1..)]
	pub bootnodes: Vec<MultiaddrWithPeerId>,

	/// Peers to stay connected with.
	#[arg(long, value_name = "ADDR", num_args = 1..)]
	pub reserved_nodes: Vec<MultiaddrWithPeerId>,

	/// Have no peers but the reserved ones, and look for no others.
	#[arg(long, requires = "reserved_nodes")]
	pub reserved_only: bool,

	/// Do not look for peers on the local network.
	#[arg(long)]
	pub no_mdns: bool,

	/// Secret key of the node, 64 hexadecimal digits, from which its peer id follows. Other users of the machine can read
	/// it in the list of processes.
	#[arg(long, value_name = "KEY", conflicts_with = "node_key_file")]
	pub node_key: Option<String>,

	/// File with the secret key of the node [default: one below the base path, made if it is not there].
	#[arg(long, value_name = "FILE")]
	pub node_key_file: Option<PathBuf>,
}

impl NetworkFlags {
	/// A flag that was given, if any.
	pub fn given(&self) -> Option<&'static str> {
		let flags = [
			("--port", self.port.is_some()),
			("--listen-addr", !self.listen_addr.is_empty()),
			("--public-addr", !self.public_addr.is_empty()),
			("--bootnodes", !self.bootnodes.is_empty()),
			("--reserved-nodes", !self.reserved_nodes.is_empty()),
			("--no-mdns", self.no_mdns),
			("--node-key", self.node_key.is_some()),
			("--node-key-file", self.node_key_file.is_some()),
		];
		flags.into_iter().find_map(|(flag, is_given)| is_given.then_some(flag))
	}

	/// The key that a flag says, or the one that is kept in `folder`.
	pub fn node_key(&self, folder: &PathBuf) -> Result<NodeKeyConfig> {
		let params = NodeKeyParams {
			node_key: self.node_key.clone(),
			node_key_type: NodeKeyType::Ed25519,
			node_key_file: self.node_key_file.clone(),
			unsafe_force_node_key_generation: true, // Kept once made, for authorities as for others.
		};
		params.node_key(folder, Role::Full, false)
	}

	/// Fills in what these flags and the chain say.
	pub fn apply(&self, spec: &dyn ChainSpec, default_port: u16, config: &mut NetworkConfiguration) {
		let is_public = spec.chain_type() == ChainType::Live;
		config.listen_addresses = self.listen_addresses(default_port);
		config.public_addresses = self.public_addr.clone();
		config.boot_nodes = spec.boot_nodes().iter().chain(&self.bootnodes).cloned().collect();
		config.default_peers_set.reserved_nodes = self.reserved_nodes.clone();
		if self.reserved_only {
			config.default_peers_set.non_reserved_mode = NonReservedPeerMode::Deny;
		}
		config.enable_dht_random_walk = !self.reserved_only;
		config.allow_non_globals_in_dht = !is_public;
		config.transport = TransportConfig::Normal { enable_mdns: !self.no_mdns, allow_private_ip: !is_public };
	}

	fn listen_addresses(&self, default_port: u16) -> Vec<Multiaddr> {
		if !self.listen_addr.is_empty() {
			return self.listen_addr.clone();
		}
		let port = Protocol::Tcp(self.port.unwrap_or(default_port));
		let everywhere = [Protocol::Ip6(Ipv6Addr::UNSPECIFIED), Protocol::Ip4(Ipv4Addr::UNSPECIFIED)];
		everywhere.map(|interface| Multiaddr::empty().with(interface).with(port.clone())).into()
	}
}
