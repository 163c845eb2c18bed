// SPDX-License-Identifier: Apache-2.0

//! Runs that must fail: with a reason, at once, and leaving nothing behind.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use e2e::programs::{free_port, run, told};
use tempfile::TempDir;

#[tokio::test]
async fn bad_votes_are_refused_before_anything_starts() {
	let folder = tempfile::tempdir().expect("a folder can be made");
	let (node, started) = fake_node(&folder, "");
	let votes = folder.path().join("votes.json");
	for (text, reason) in [
		(r#"{"validators": []}"#, "no validator"),
		(r#"{"validators": [{"stake_rao": 1, "weights": {"1": -1}}]}"#, "must not be negative"),
		(r#"{"validators": [{"stake_rao": 1, "weights": {"0": 1}}]}"#, "netuid 0"),
		(r#"{"validators": [{"stake_rao": 1, "weights": {"1": 1}, "wieghts": {}}]}"#, "wieghts"),
		("{", "line 1"),
	] {
		fs::write(&votes, text).expect("the file can be written");
		let output = run("localnet", [path("--node"), node.clone(), path("--votes"), votes.clone()]).await;
		assert_eq!(output.status.code(), Some(1));
		assert!(told(&output).contains(reason), "{}", told(&output));
		assert!(told(&output).contains("votes.json"), "{}", told(&output));
	}
	let missing = folder.path().join("missing.json");
	let output = run("localnet", [path("--node"), node, path("--votes"), missing]).await;
	assert!(!output.status.success() && told(&output).contains("missing.json"), "{}", told(&output));
	assert!(!started.exists(), "a node was started");
}

#[tokio::test]
async fn a_node_that_dies_is_told_with_its_last_words() {
	let folder = tempfile::tempdir().expect("a folder can be made");
	let (node, started) = fake_node(&folder, "echo 'no room for blocks' >&2; exit 3");
	let report = folder.path().join("report");
	let output = run("localnet", [path("--node"), node, path("--report"), report]).await;
	assert_eq!(output.status.code(), Some(1));
	assert!(started.exists(), "no node was started");
	let told = told(&output);
	assert!(told.contains("exit status: 3") && told.contains("no room for blocks"), "{told}");
}

#[tokio::test]
async fn a_chain_that_is_not_there_is_named() {
	let endpoint = format!("ws://127.0.0.1:{}", free_port());
	let began = Instant::now();
	let output = run("offchain-validator", ["chain", "info", "--endpoint", &endpoint]).await;
	assert!(began.elapsed() < Duration::from_secs(5));
	assert_eq!(output.status.code(), Some(69), "the code of an unavailable service");
	assert!(output.stdout.is_empty());
	let told = told(&output);
	assert!(told.lines().count() == 1 && told.contains(&endpoint), "{told}");
}

/// A program in place of the node that leaves a mark when started; returns both.
fn fake_node(folder: &TempDir, script: &str) -> (PathBuf, PathBuf) {
	let node = folder.path().join("node");
	let started = folder.path().join("started");
	fs::write(&node, format!("#!/bin/sh\ntouch {}\n{script}\n", started.display())).expect("it can be written");
	fs::set_permissions(&node, fs::Permissions::from_mode(0o755)).expect("it can be made executable");
	(node, started)
}

fn path(text: &str) -> PathBuf {
	Path::new(text).to_owned()
}
