// SPDX-License-Identifier: Apache-2.0

//! Sealing for calls, on the chain that `--dev` starts: a block for each call, final at once, and none without one.

use std::time::Duration;

use e2e::programs::Node;
use e2e::rpc::Rpc;
use offchain_validator::chain::{calls, Signer};
use tokio::time::sleep;

/// So long without a call that a node with interval sealing would have made blocks.
const SILENCE: Duration = Duration::from_millis(2_500);

#[tokio::test]
async fn a_call_makes_a_final_block_and_time_makes_none() {
	let folder = tempfile::tempdir().expect("a folder can be made");
	let (node, chain) = Node::start_with(folder.path(), &["--dev", "--sealing", "instant"]).await;
	let rpc = Rpc::connect(&node).await;
	let alice = Signer::from_uri("//Alice").expect("the key is valid");
	for height in 1..=2 {
		let call = calls::sudo(calls::create_network(height + 1, 10));
		let block = chain.submit(call, &alice).await.expect("Alice is the sudo key");
		assert_eq!(block.number, u32::from(height));
		sleep(SILENCE).await;
		let best = rpc.best().await;
		assert_eq!((&best.hash, best.number), (&block.hash(), block.number), "a block that nobody called for");
		assert_eq!(rpc.finalized().await, best);
	}
}
