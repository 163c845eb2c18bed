// SPDX-License-Identifier: Apache-2.0

//! The checker as a process: on a real node's chain, on snapshots of it with one value changed, and on what is no node.

use std::collections::BTreeMap;
use std::fs;
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};

use e2e::programs::{free_port, told, Node, PATIENCE};
use e2e::training;
use offchain_validator::chain::root::{self, Emission};
use offchain_validator::chain::{calls, Chain, Signer};
use serde_json::Value;
use sp_core::bytes::to_hex;
use sp_io::hashing::twox_128;
use tokio::process::Command;
use tokio::time::{timeout, Instant};

const BROKEN: i32 = 1;
const NOT_CHECKED: i32 = 3;
const RAO_PER_TAO: u64 = 1_000_000_000;
const PALLETS: [&str; 11] = [
	"System",
	"Timestamp",
	"Aura",
	"Grandpa",
	"Balances",
	"TransactionPayment",
	"RootWeights",
	"SubtensorModule",
	"Utility",
	"Sudo",
	"Commitments",
];

/// Runs the checker to its end.
async fn check(arguments: &[&str]) -> Output {
	let mut command = Command::new(env!("CARGO_BIN_EXE_check-state"));
	command.args(arguments).stdin(Stdio::null()).kill_on_drop(true);
	timeout(PATIENCE, command.output()).await.expect("it ends in time").expect("it can be started")
}

#[tokio::test]
async fn a_used_chain_holds_and_pays_what_its_own_runtime_says() {
	let folder = tempfile::tempdir().expect("a folder can be made");
	let (node, chain) = Node::start(&folder.path().join("node"), "250ms").await;
	use_all_pallets(&chain).await;
	let at = chain.at_finalized().await.expect("the chain can be read");
	let paid = root::view(&at).await.expect("the chain has root votes");
	assert_ne!(paid.normalized, paid.unnormalized, "the votes must differ in size for the two columns to differ");

	let snapshot = folder.path().join("snapshot.json");
	let block = to_hex(&at.block().hash_bytes(), false);
	let of_node = check(&[&node.endpoint(), "--at", &block, "--snapshot", text(&snapshot)]).await;
	assert_holds(&of_node);
	let report = told(&of_node);
	assert!(report.contains(&format!("{}, {block}", at.block().number)), "{report}");
	assert_eq!(preview(&report), (paid.normalized, paid.unnormalized), "{report}");

	let unknown = check(&[&node.endpoint(), "--at", &format!("0x{}", "1".repeat(64))]).await;
	assert_refused(&unknown, &[&node.endpoint(), "has no block 0x1111"]);
	let newest = check(&[&node.endpoint()]).await;
	assert_holds(&newest);
	node.kill().await;

	let of_file = check(&[text(&snapshot)]).await;
	assert_eq!(told(&of_file), report, "a snapshot says what its node said");
	what_is_broken_is_named(&snapshot).await;
	another_runtime_is_refused(&snapshot).await;
}

/// Members, stake, weights, a commitment, and root votes of different size on two subnets.
async fn use_all_pallets(chain: &Chain) {
	let (alice, bob) = (signer("//Alice"), signer("//Bob"));
	chain.submit(calls::sudo(calls::create_network(2, 10)), &alice).await.expect("Alice is the sudo key");
	for (coldkey, name, dests) in [(&alice, "//state//one", &[1][..]), (&bob, "//state//two", &[1, 2])] {
		let hotkey = signer(name).account();
		let weights = vec![1; dests.len()];
		for call in [
			calls::root_register(hotkey),
			calls::add_stake(hotkey, 0, 5 * RAO_PER_TAO),
			calls::set_root_weights(0, hotkey, dests, &weights, 0),
		] {
			chain.submit(call, coldkey).await.expect("the call is good");
		}
	}
	training::register(chain, "validator", &["miner"]).await;
	let commitment = calls::set_commitment(training::NETUID, "bucket");
	chain.submit(commitment, &training::hotkey("miner")).await.expect("a member may publish");
	let weights = calls::set_weights(training::NETUID, &[0], &[1], 0);
	chain.submit(weights, &training::hotkey("validator")).await.expect("a member may weigh itself");
}

/// Each change is found where it is, and keeps no other pallet from being checked.
async fn what_is_broken_is_named(snapshot: &Path) {
	let largest = to_hex(&u64::MAX.to_le_bytes(), false);
	let cases = [
		("SubtensorModule", "TotalIssuance", "0x0100000000000000", "issuance is not balances plus stake"),
		("SubtensorModule", "TotalStake", &largest, "the check panicked at"),
		("RootWeights", "EmissionShares", "0x04010007", "1 of EmissionShares cannot be decoded"),
		("Aura", "Authorities", "0x00", "Authorities must be non-empty"),
	];
	for (pallet, item, value, words) in cases {
		let broken = with_value(snapshot, pallet, item, value);
		let output = check(&[text(&broken)]).await;
		let report = told(&output);
		assert_eq!(output.status.code(), Some(BROKEN), "{report}");
		assert!(report.contains("not with the root that the block names"), "{report}");
		for name in PALLETS {
			let line = line_of(&report, name);
			let expected = if name == pallet { line.contains("BROKEN: ") } else { line.ends_with("ok") };
			assert!(expected, "{item} changed: {report}");
		}
		assert!(report.contains(words), "{item} changed: {report}");
		assert!(report.ends_with(&format!("BROKEN: root of the state, {pallet}.\n")), "{report}");
	}
}

async fn another_runtime_is_refused(snapshot: &Path) {
	let other = changed(snapshot, |state| {
		state["block"]["version"]["specVersion"] = Value::from(999);
	});
	assert_refused(&check(&[text(&other)]).await, &["root-weights 999", "--any-version"]);
	let forced = check(&[text(&other), "--any-version"]).await;
	assert_holds(&forced);
	assert!(told(&forced).contains("root-weights 999, checked by the rules of root-weights"), "{}", told(&forced));
}

#[tokio::test]
async fn where_no_node_answers_nothing_is_checked() {
	let nobody = format!("ws://127.0.0.1:{}", free_port());
	assert_refused(&check(&[&nobody]).await, &[&nobody, "Connection refused", "--rpc-port"]);

	// Takes connections and says nothing.
	let mute = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("some port is free");
	let endpoint = format!("ws://{}", mute.local_addr().expect("it is bound"));
	let start = Instant::now();
	assert_refused(&check(&[&endpoint]).await, &[&endpoint, "10s have passed"]);
	assert!(start.elapsed().as_secs() < 60, "it waited for {:?}", start.elapsed());

	assert_refused(&check(&["no-such-file"]).await, &["no-such-file", "--snapshot"]);
	assert_refused(&check(&["/dev/null"]).await, &["/dev/null is not a snapshot"]);
}

#[track_caller]
fn assert_holds(output: &Output) {
	let report = told(output);
	assert!(output.status.success(), "{report}");
	for name in PALLETS {
		assert!(line_of(&report, name).ends_with("ok"), "{report}");
	}
	assert!(
		report.contains("with the root that the block names") && report.ends_with("Everything holds.\n"),
		"{report}"
	);
}

/// Nothing but one line that says what it was and what to do.
#[track_caller]
fn assert_refused(output: &Output, words: &[&str]) {
	let said = told(output);
	assert_eq!(output.status.code(), Some(NOT_CHECKED), "{said}");
	assert!(said.starts_with("error: ") && said.lines().count() == 1, "{said}");
	assert!(words.iter().all(|word| said.contains(word)), "{words:?} not in: {said}");
}

fn line_of<'a>(report: &'a str, name: &str) -> &'a str {
	report.lines().find(|line| line.split_whitespace().next() == Some(name)).expect(name)
}

/// What the report's table says each subnet earns, with renormalization and without.
fn preview(report: &str) -> (Emission, Emission) {
	let row = |line: &str| {
		let cells: Vec<_> = line.split_whitespace().collect();
		let rao = |tao: &str| tao.replace('.', "").parse::<u64>().expect("nine decimals");
		let netuid = cells.first()?.parse::<u16>().ok()?;
		Some((netuid, rao(cells[1]), rao(cells[4])))
	};
	let rows: Vec<_> = report.lines().filter_map(row).collect();
	let column = |of: fn(&(u16, u64, u64)) -> u64| rows.iter().map(|row| (row.0, of(row))).collect::<BTreeMap<_, _>>();
	(column(|row| row.1), column(|row| row.2))
}

/// A copy of the snapshot with another value of a storage item, which must have one.
fn with_value(snapshot: &Path, pallet: &str, item: &str, value: &str) -> PathBuf {
	let key = to_hex(&[twox_128(pallet.as_bytes()), twox_128(item.as_bytes())].concat(), false);
	changed(snapshot, |state| {
		let pairs = state["pairs"].as_object_mut().expect("pairs are an object");
		pairs.insert(key, value.into()).expect(item);
	})
}

fn changed(snapshot: &Path, change: impl FnOnce(&mut Value)) -> PathBuf {
	let mut state = serde_json::from_slice(&fs::read(snapshot).expect("it is there")).expect("it is JSON");
	change(&mut state);
	let path = snapshot.with_extension("changed.json");
	fs::write(&path, state.to_string()).expect("it can be written");
	path
}

fn signer(uri: &str) -> Signer {
	Signer::from_uri(uri).expect("the key is valid")
}

fn text(path: &Path) -> &str {
	path.to_str().expect("the path is text")
}
