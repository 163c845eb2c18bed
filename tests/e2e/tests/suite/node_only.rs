// SPDX-License-Identifier: Apache-2.0

//! A bare node: it answers, keeps the time, and ends when it should.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use e2e::programs::{gone, run, told, Localnet};
use nix::sys::signal::Signal;
use offchain_validator::chain::Chain;

/// Blocks after which the clock is looked at.
const BLOCKS: u32 = 60;
/// Furthest that chain time may be from the system's.
const OFF: Duration = Duration::from_millis(1_500);

#[tokio::test]
async fn a_bare_node_answers_and_ends_on_interrupt() {
	let mut localnet = Localnet::node_only("1s").await;
	let node = localnet.node_started().await;
	let output = run("offchain-validator", ["chain", "info", "--endpoint", &localnet.endpoint()]).await;
	assert!(output.status.success(), "{}", told(&output));
	assert!(told(&output).contains("No root validator has weights yet."), "{}", told(&output));

	localnet.signal(Signal::SIGINT);
	assert!(localnet.ended().await.success());
	gone(node).await;
}

#[tokio::test]
async fn a_run_that_is_interrupted_ends_its_node() {
	let mut localnet = Localnet::start(&["--block-time", "1s"]);
	let node = localnet.node_started().await;
	localnet.signal(Signal::SIGTERM);
	assert_eq!(localnet.ended().await.code(), Some(128 + Signal::SIGTERM as i32));
	gone(node).await;
}

#[tokio::test]
async fn a_run_that_is_killed_takes_its_node_along() {
	let mut localnet = Localnet::start(&["--block-time", "1s"]);
	let node = localnet.node_started().await;
	localnet.signal(Signal::SIGKILL);
	assert!(!localnet.ended().await.success());
	gone(node).await;
}

#[tokio::test]
async fn chain_time_is_system_time_at_fast_blocks() {
	check_clock("250ms").await;
}

#[tokio::test]
async fn chain_time_is_system_time_at_a_block_per_second() {
	check_clock("1s").await;
}

async fn check_clock(block_time: &str) {
	let localnet = Localnet::node_only(block_time).await;
	let chain = Chain::connect(&localnet.endpoint()).await.expect("the node answers");
	let limit = Duration::from_secs(120);
	let newest = chain.wait_for_block(BLOCKS, limit, |_| ()).await.expect("the chain grows");
	let system = SystemTime::now().duration_since(UNIX_EPOCH).expect("the clock is set");
	let at = chain.at(newest).await.expect("the block is there");
	let now: u64 = at.value("Timestamp", "Now", ()).await.expect("the chain has a clock");
	let off = system.abs_diff(Duration::from_millis(now));
	println!("{block_time}: {off:?} off at block {}", newest.number);
	assert!(off <= OFF, "chain time is {off:?} off");
}
