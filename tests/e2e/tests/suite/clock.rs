// SPDX-License-Identifier: Apache-2.0

//! Chain time is system time, also with dev sealing.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use e2e::programs::Localnet;

/// Blocks after which the clock is looked at.
const BLOCKS: u32 = 60;
/// Furthest that chain time may be from the system's.
const OFF: Duration = Duration::from_millis(1_500);

#[tokio::test]
async fn chain_time_is_system_time_at_fast_blocks() {
	check_clock("250ms").await;
}

#[tokio::test]
async fn chain_time_is_system_time_at_a_block_per_second() {
	check_clock("1s").await;
}

async fn check_clock(block_time: &str) {
	let (_localnet, chain) = Localnet::node_only(block_time).await;
	let limit = Duration::from_secs(120);
	let newest = chain.wait_for_block(BLOCKS, limit, |_| ()).await.expect("the chain grows");
	let system = SystemTime::now().duration_since(UNIX_EPOCH).expect("the clock is set");
	let at = chain.at(newest).await.expect("the block is there");
	let now = at.timestamp().await.expect("the chain has a clock");
	let off = system.abs_diff(Duration::from_millis(now));
	println!("{block_time}: {off:?} off at block {}", newest.number);
	assert!(off <= OFF, "chain time is {off:?} off");
}
