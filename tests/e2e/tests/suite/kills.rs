// SPDX-License-Identifier: Apache-2.0

//! A node that is killed at any moment goes on with its own data.

use std::path::Path;
use std::time::Duration;

use e2e::programs::Node;
use e2e::random::Random;
use e2e::rpc::{Header, Rpc};
use offchain_validator::chain::{calls, AccountId, BlockId, Chain, Signer};
use tokio::time::sleep;

/// Kills unless `KILLS` says otherwise.
const KILLS: u64 = 2;
/// Longest that a node runs before it is killed, in milliseconds; mostly its next kill comes sooner.
const LIFE: u64 = 3_000;
/// Longest that a node has for its start before it is killed, in milliseconds; some have started then.
const START: u64 = 1_500;
const FLAGS: [&str; 4] = ["--chain", "localnet", "--block-time", "250ms"];
/// Blocks that a killed node may not have written to its disk yet.
const UNWRITTEN: u32 = 2;

/// What was final, and what an account had then.
struct Seen {
	block: BlockId,
	head: Header,
	balance: u64,
}

#[tokio::test]
async fn a_node_that_is_killed_goes_on_where_it_was() {
	let kills = std::env::var("KILLS").map_or(KILLS, |kills| kills.parse().expect("KILLS is a number"));
	let folder = tempfile::tempdir().expect("a folder can be made");
	let alice = Signer::from_uri("//Alice").expect("the key is valid");
	let staker = Signer::from_uri("//e2e/kills").expect("the key is valid").account();
	let mut random = Random::seeded();
	let mut past: Vec<Seen> = Vec::new();
	for life in 0..=kills {
		kill_as_it_starts(folder.path(), &mut random).await;
		let (node, chain) = Node::start_with(folder.path(), &FLAGS).await;
		let rpc = Rpc::connect(&node).await;
		check_past(&rpc, &chain, &past, &alice.account()).await;
		if life == 0 {
			chain.submit(calls::root_register(staker), &alice).await.expect("Alice can pay");
		}
		// It lives: what is called is done, and done once.
		let nonce = rpc.nonce(&alice.account().to_string()).await;
		chain.submit(calls::add_stake(staker, 0, 1_000_000_000), &alice).await.expect("Alice has enough");
		assert_eq!(rpc.nonce(&alice.account().to_string()).await, nonce + 1);
		past.push(seen(&rpc, &chain, &alice.account()).await);

		// The kill shall find it at work.
		let (busy, signer) = (chain.clone(), alice.clone());
		let work = tokio::spawn(async move {
			while busy.submit(calls::add_stake(staker, 0, 1_000_000_000), &signer).await.is_ok() {}
		});
		let moment = Duration::from_millis(random.between(0, LIFE));
		sleep(moment).await;
		past.push(seen(&rpc, &chain, &alice.account()).await);
		println!("life {life}: killed {moment:?} after block {}", past[past.len() - 2].head);
		node.kill().await;
		work.abort();
	}
}

/// While it makes its chain, the first time, or opens the one that is there.
async fn kill_as_it_starts(folder: &Path, random: &mut Random) {
	let node = Node::launch(folder, &FLAGS);
	let moment = Duration::from_millis(random.between(0, START));
	sleep(moment).await;
	println!("killed {moment:?} after its start");
	node.kill().await;
}

async fn seen(rpc: &Rpc, chain: &Chain, account: &AccountId) -> Seen {
	let at = chain.at_finalized().await.expect("the chain can be read");
	let balance = at.balance(*account).await.expect("accounts can be read");
	Seen { block: at.block(), head: rpc.header(&at.block().hash()).await, balance }
}

/// What was final still is, with its state, but for the last blocks; each block is built on the one before, back to the
/// last life.
async fn check_past(rpc: &Rpc, chain: &Chain, past: &[Seen], account: &AccountId) {
	let Some(newest) = past.last() else { return };
	let before = past.len().checked_sub(3).map_or(0, |index| past[index].head.number);
	let head = rpc.finalized().await;
	assert!(head.number + UNWRITTEN >= newest.head.number, "{head} of {} is left", newest.head);
	let mut block = head.clone();
	while block.number > before {
		assert_eq!(rpc.hash_at(block.number).await.as_ref(), Some(&block.hash));
		let parent = rpc.header(&block.parent).await;
		assert_eq!(parent.number + 1, block.number);
		block = parent;
	}
	for seen in past.iter().filter(|seen| seen.head.number + UNWRITTEN <= newest.head.number) {
		assert_eq!(rpc.header_at(seen.head.number).await, seen.head, "what was final is not any more");
		let at = chain.at(seen.block).await.expect("the block is there");
		assert_eq!(at.balance(*account).await.expect("accounts can be read"), seen.balance);
	}
}
