// SPDX-License-Identifier: Apache-2.0

//! Three authorities on one machine, each a node of its own: they agree, whatever becomes of one of them.
//!
//! Nodes reach each other through links of this process alone: they listen where nobody is told of, know their peers by the
//! entrances of the links, and each may use its own links only. So one can be cut off without rights that a test does not
//! have.

use std::fs;
use std::path::{Path, PathBuf};

use e2e::link::Link;
use e2e::programs::{free_port, run, told, Node};
use e2e::rpc::{Header, Rpc};
use offchain_validator::chain::{calls, surface, Chain, Signer};
use serde_json::Value;
use subxt::dynamic;
use tempfile::TempDir;

/// The authorities; GRANDPA needs more than two thirds of them, which is all three.
const NAMES: [&str; 3] = ["alice", "bob", "charlie"];
const BOB: usize = 1;
const CHARLIE: usize = 2;
/// Blocks that are made while finality cannot be.
const ALONE: u32 = 4;

/// One authority: what it is started with, and the node while it runs.
struct Authority {
	base_path: PathBuf,
	flags: Vec<String>,
	running: Option<(Node, Chain, Rpc)>,
}

impl Authority {
	fn launch(&self) -> Node {
		Node::launch(&self.base_path, &self.flags)
	}

	async fn start(&mut self) {
		let node = self.launch();
		let chain = node.connected().await;
		let rpc = Rpc::connect(&node).await;
		self.running = Some((node, chain, rpc));
	}

	async fn kill(&mut self) {
		let (node, ..) = self.running.take().expect("it runs");
		node.kill().await;
	}

	fn rpc(&self) -> &Rpc {
		&self.running.as_ref().expect("it runs").2
	}

	fn chain(&self) -> &Chain {
		&self.running.as_ref().expect("it runs").1
	}
}

/// The three and what lies between them.
struct Network {
	authorities: [Authority; 3],
	/// From whom, to whom.
	links: Vec<(usize, usize, Link)>,
	_folder: TempDir,
}

impl Network {
	async fn start() -> Self {
		let folder = tempfile::tempdir().expect("a folder can be made");
		let spec = secluded_spec(folder.path()).await;
		let ports = [(); 3].map(|()| free_port());
		let mut peers = Vec::new();
		for name in NAMES {
			peers.push(node_key(folder.path(), name).await);
		}
		let mut links = Vec::new();
		for (from, to) in (0..3).flat_map(|from| (0..3).map(move |to| (from, to))).filter(|(from, to)| from != to) {
			links.push((from, to, Link::between(ports[from], ports[to]).await));
		}
		let mut authorities = [0, 1, 2].map(|index| {
			let others = links.iter().filter(|(from, ..)| *from == index);
			let reserved =
				others.map(|(_, to, link)| format!("/ip4/127.0.0.1/tcp/{}/p2p/{}", link.entrance(), peers[*to]));
			let mut flags = vec![format!("--chain={spec}"), format!("--{}", NAMES[index])];
			flags.push(format!("--listen-addr=/ip4/127.0.0.1/tcp/{}", ports[index]));
			flags.push(format!("--node-key-file={}", folder.path().join(NAMES[index]).join("key").display()));
			flags.extend(["--no-mdns", "--no-prometheus", "--reserved-only"].map(str::to_owned));
			flags.extend(reserved.map(|peer| format!("--reserved-nodes={peer}")));
			Authority { base_path: folder.path().join(NAMES[index]), flags, running: None }
		});
		let nodes = [0, 1, 2].map(|index| authorities[index].launch());
		for (authority, node) in authorities.iter_mut().zip(nodes) {
			let chain = node.connected().await;
			let rpc = Rpc::connect(&node).await;
			authority.running = Some((node, chain, rpc));
		}
		Self { authorities, links, _folder: folder }
	}

	fn links_of(&self, index: usize) -> impl Iterator<Item = &Link> {
		let touches = move |(from, to, _): &&(usize, usize, Link)| *from == index || *to == index;
		self.links.iter().filter(touches).map(|(.., link)| link)
	}

	/// Waits until the block at `height` is final for all; it is the same one, with the same state. Returns it.
	async fn agree(&self, height: u32) -> Header {
		let mut blocks = Vec::new();
		for authority in &self.authorities {
			authority.rpc().wait_until_final(height).await;
			blocks.push(authority.rpc().header_at(height).await);
		}
		assert!(blocks.iter().all(|block| *block == blocks[0]), "{blocks:?}");
		blocks.swap_remove(0)
	}

	/// Finality goes on for all with a block that is not made yet.
	async fn agree_on_something_new(&self) -> Header {
		let mut newest = 0;
		for authority in &self.authorities {
			newest = newest.max(authority.rpc().best().await.number);
		}
		self.agree(newest + 1).await
	}

	/// Blocks are made by those who are left, none of which becomes final.
	async fn goes_on_without_finality(&self) {
		let [alice, bob, _] = &self.authorities;
		let last = alice.rpc().best().await.number.max(bob.rpc().best().await.number);
		bob.rpc().wait_until_made(last + ALONE).await;
		for authority in [alice, bob] {
			// A vote may have been on its way.
			assert!(authority.rpc().finalized().await.number <= last + 1, "two of three made a block final");
		}
	}
}

/// The chain `local` as a file, for nodes that tell nobody of addresses on this machine, as on a public network.
async fn secluded_spec(folder: &Path) -> String {
	let output = run("root-weights-node", ["export-chain-spec", "--chain", "local"]).await;
	assert!(output.status.success(), "{}", told(&output));
	let mut spec: Value = serde_json::from_slice(&output.stdout).expect("a spec is JSON");
	assert_eq!(spec["chainType"], "Local");
	spec["chainType"] = "Live".into();
	let path = folder.join("spec.json");
	fs::write(&path, spec.to_string()).expect("the file can be written");
	path.to_str().expect("the path is text").into()
}

/// Makes the key of a node, and returns the peer id that follows from it.
async fn node_key(folder: &Path, name: &str) -> String {
	let folder = folder.join(name);
	fs::create_dir_all(&folder).expect("a folder can be made");
	let file = folder.join("key");
	let arguments = ["key", "generate-node-key", "--chain=local", "--file", file.to_str().expect("the path is text")];
	let output = run("root-weights-node", arguments).await;
	assert!(output.status.success(), "{}", told(&output));
	told(&output).lines().last().expect("it tells the peer id").trim().into()
}

#[tokio::test]
async fn three_authorities_agree_whatever_becomes_of_one() {
	let mut network = Network::start().await;
	network.agree(2).await;
	a_call_at_one_is_known_to_all(&network).await;

	network.authorities[CHARLIE].kill().await;
	network.goes_on_without_finality().await;
	network.authorities[CHARLIE].start().await;
	println!("after the kill: {}", network.agree_on_something_new().await);

	network.links_of(CHARLIE).for_each(Link::cut);
	network.authorities[CHARLIE].rpc().wait_for_peers(0).await;
	network.authorities[BOB].rpc().wait_for_peers(1).await;
	let alone = network.authorities[CHARLIE].rpc().best().await;
	network.goes_on_without_finality().await;
	assert_eq!(network.authorities[CHARLIE].rpc().best().await, alone, "a block came through or was made alone");
	network.links_of(CHARLIE).for_each(Link::heal);
	println!("after the cut: {}", network.agree_on_something_new().await);
	a_call_at_one_is_known_to_all(&network).await;
}

/// What is called at Bob's node changes the same state for all.
async fn a_call_at_one_is_known_to_all(network: &Network) {
	let alice = Signer::from_uri("//Alice").expect("the key is valid");
	let bob = network.authorities[BOB].chain();
	let hotkey = Signer::from_uri(&format!("//e2e/{}", bob.best().await.expect("it answers"))).expect("a valid key");
	let block = bob.submit(calls::burned_register(1, hotkey.account()), &alice).await.expect("Alice can pay");
	let agreed = network.agree(block.number).await;
	assert_eq!(agreed.hash, block.hash());
	for authority in &network.authorities {
		let at = authority.chain().at(block).await.expect("the block is there");
		let uid = at.find(&surface::UIDS, (1, hotkey.account())).await.expect("it can be read");
		assert!(uid.is_some(), "the hotkey has no uid");
	}
}

#[tokio::test]
async fn a_running_network_takes_a_new_runtime_and_no_wrong_one() {
	let network = Network::start().await;
	network.agree(1).await;
	let chain = network.authorities[BOB].chain();
	let upgraded = upgraded_runtime::WASM_BINARY.expect("the tests are built with the runtime's wasm");
	let before = runtime(&network.authorities[BOB]).await;
	check_refused(chain, b"no runtime", "System.FailedToExtractRuntimeVersion").await;
	assert_eq!(runtime(&network.authorities[BOB]).await, before);

	let sudo = Signer::from_uri("//Alice").expect("the key is valid");
	let block = chain.submit(calls::sudo(calls::set_code(upgraded)), &sudo).await.expect("the version is higher");
	network.agree(block.number + 2).await;
	let (version, deposit) = before;
	for authority in &network.authorities {
		assert_eq!(runtime(authority).await, (version + 1, deposit * 2));
	}
	// Its own version is not a higher one, and it does what the old one did.
	check_refused(network.authorities[CHARLIE].chain(), upgraded, "System.SpecVersionNeedsToIncrease").await;
	a_call_at_one_is_known_to_all(&network).await;
}

/// The version of the runtime, and the existential deposit, a constant of a pallet.
async fn runtime(authority: &Authority) -> (u32, u64) {
	let (node, chain, _) = authority.running.as_ref().expect("it runs");
	let version = chain.identity().await.expect("it answers").spec_version;
	let client = subxt::OnlineClient::<subxt::PolkadotConfig>::from_insecure_url(node.endpoint()).await;
	let at = client.expect("it answers").at_current_block().await.expect("it has a block");
	let deposit = at.constants().entry(dynamic::constant::<u64>("Balances", "ExistentialDeposit"));
	(version, deposit.expect("the pallet has one"))
}

async fn check_refused(chain: &Chain, code: &[u8], reason: &str) {
	let sudo = Signer::from_uri("//Alice").expect("the key is valid");
	let error = chain.submit(calls::sudo(calls::set_code(code)), &sudo).await.expect_err(reason);
	assert_eq!(error.dispatch_error(), Some(reason), "{error}");
}
