// SPDX-License-Identifier: Apache-2.0

//! A bare node answers, and a node ends when it should.

use e2e::programs::{gone, run, told, Localnet};
use nix::sys::signal::Signal;

#[tokio::test]
async fn a_bare_node_answers_and_ends_on_interrupt() {
	let (mut localnet, _) = Localnet::node_only("1s").await;
	let node = localnet.node_started().await;
	let output = run("offchain-validator", ["chain", "info", "--endpoint", &localnet.endpoint()]).await;
	assert!(output.status.success(), "{}", told(&output));
	assert!(told(&output).contains("No root validator has weights yet."), "{}", told(&output));

	localnet.signal(Signal::SIGINT);
	assert!(localnet.ended().await.success(), "{}", localnet.told());
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
