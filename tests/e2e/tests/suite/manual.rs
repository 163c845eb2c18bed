// SPDX-License-Identifier: Apache-2.0

//! Sealing by hand: blocks where and when a request says, and no finality that none has asked for.

use e2e::programs::Node;
use e2e::rpc::{rpc_params, Rpc};
use serde_json::Value;

async fn block_on(rpc: &Rpc, parent: &str, is_final: bool) -> String {
	let made = rpc.ask("engine_createBlock", rpc_params![true, is_final, parent]).await.expect("a block is made");
	made["hash"].as_str().expect("a hash").into()
}

#[tokio::test]
async fn the_longer_fork_wins_until_finality_says_otherwise() {
	let folder = tempfile::tempdir().expect("a folder can be made");
	let (node, _) = Node::start_with(folder.path(), &["--chain", "localnet", "--sealing", "manual"]).await;
	let rpc = Rpc::connect(&node).await;
	let genesis = rpc.hash_at(0).await.expect("there is a first block");

	let short_1 = block_on(&rpc, &genesis, false).await;
	let short_2 = block_on(&rpc, &short_1, false).await;
	let long_1 = block_on(&rpc, &genesis, false).await;
	assert_ne!(short_1, long_1);
	assert_eq!(rpc.best().await.hash, short_2, "a shorter fork has won");
	let long_2 = block_on(&rpc, &long_1, false).await;
	let long_3 = block_on(&rpc, &long_2, false).await;
	assert_eq!(rpc.best().await.hash, long_3, "the longer fork has not won");
	assert_eq!(rpc.hash_at(1).await.as_ref(), Some(&long_1));
	assert_eq!(rpc.finalized().await.hash, genesis, "nobody has asked for finality");

	let finalize = async |hash: &str| rpc.ask("engine_finalizeBlock", rpc_params![hash, Value::Null]).await;
	finalize(&short_1).await.expect("the engine answers");
	assert_eq!(rpc.finalized().await.hash, short_1);
	assert_eq!(rpc.best().await.hash, short_1, "the longer fork is not built on what is final");
	// The SDK's engine says that it was asked, not that it could: two blocks of one height are never both final.
	finalize(&long_1).await.expect("the engine answers");
	assert_eq!(rpc.finalized().await.hash, short_1);

	let next = block_on(&rpc, &short_2, true).await;
	assert_eq!(rpc.finalized().await.hash, next);
	assert_eq!(rpc.header(&next).await.parent, short_2);
}

#[tokio::test]
async fn blocks_that_cannot_be_made_are_refused() {
	let folder = tempfile::tempdir().expect("a folder can be made");
	let (node, _) = Node::start_with(folder.path(), &["--chain", "localnet", "--sealing", "manual"]).await;
	let rpc = Rpc::connect(&node).await;
	let unknown = format!("0x{}", "11".repeat(32));
	let refused = rpc.ask("engine_createBlock", rpc_params![true, false, unknown]).await.expect_err("no such parent");
	assert!(refused.contains("0x1111"), "{refused}");
	let refused = rpc.ask("engine_createBlock", rpc_params![false, false, Value::Null]).await.expect_err("no call");
	assert!(refused.contains("empty"), "{refused}");
	assert_eq!(rpc.best().await.number, 0);
}

#[tokio::test]
async fn only_a_chain_sealed_by_hand_takes_requests() {
	let folder = tempfile::tempdir().expect("a folder can be made");
	let (node, _) = Node::start(folder.path(), "1s").await;
	let rpc = Rpc::connect(&node).await;
	let refused = rpc.ask("engine_createBlock", rpc_params![true, false, Value::Null]).await.expect_err("not by hand");
	assert!(refused.contains("Method not found"), "{refused}");
}
