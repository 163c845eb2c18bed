// SPDX-License-Identifier: Apache-2.0

//! The localnet trains, by each mechanism: what its report says is what the chain holds, and work alone is paid.

use std::fs;
use std::path::PathBuf;

use e2e::programs::{node_on, Localnet};
use serde_json::Value;

use crate::s3::{tells_a_secret, Accounts};

/// A byte of a model that knows nothing, in nats.
const KNOWS_NOTHING: f64 = 5.545;

/// Who takes part in a run.
const MEMBERS: [&str; 7] = ["validator-1", "validator-2", "miner-1", "miner-2", "copier", "noise", "miner-3"];

/// A short run.
struct Run {
	mechanism: &'static str,
	/// Its parameters, at the root of the checkout.
	hparams: &'static str,
	block_time: &'static str,
	windows: u64,
	/// Charts on its page: two of votes, four of any training, and the mechanism's own.
	charts: usize,
}

/// A folder or file at the root of the checkout that the test runs in.
fn checkout(path: &str) -> String {
	let package = std::env::var_os("CARGO_MANIFEST_DIR").expect("tests are run by cargo");
	PathBuf::from(package).join("../..").join(path).to_str().expect("the path is text").into()
}

#[tokio::test]
async fn a_short_run_of_templar_learns_and_pays_for_work_alone() {
	let run = Run { mechanism: "templar", hparams: "hparams/short.json", block_time: "250ms", windows: 12, charts: 8 };
	let (report, _) = run.report(&[]).await;
	let last = report["loss"]["last"].as_f64();
	assert!(last < Some(4.3), "{}", report["loss"]);
	let copies = report["model"]["copies"].as_object().expect("an object");
	assert_eq!(copies.len(), 1, "the copies of the model differ: {copies:?}");
}

/// With all buckets at a server: there is everybody's work, and no key is anywhere else than in its file.
#[tokio::test]
async fn a_short_run_of_boltzmann_learns_and_pays_for_work_alone() {
	let run = Run {
		mechanism: "boltzmann",
		hparams: "hparams/short-boltzmann.json",
		block_time: "250ms",
		windows: 12,
		charts: 7,
	};
	let accounts = Accounts::of(&MEMBERS);
	let keys = accounts.keys().to_str().expect("the path is text");
	let (report, localnet) =
		run.report(&["--bucket-endpoint", accounts.endpoint(), "--bucket-credentials", keys]).await;
	let copies = report["model"]["copies"].as_object().expect("an object");
	assert_eq!(copies.len(), 1, "the copies of the model differ: {copies:?}");

	let training = localnet.report().join("training");
	assert!(!training.join("buckets").exists(), "some buckets are folders");
	for name in &MEMBERS[2..] {
		let objects = accounts.objects(name);
		assert!(objects.iter().any(|object| object.starts_with("delta-")), "{name}: {objects:?}");
	}
	for name in MEMBERS {
		assert!(!tells_a_secret(&training.join(format!("{name}.log"))), "the log of {name} tells a secret");
	}
}

#[tokio::test]
async fn a_short_run_of_finetuning_learns_and_pays_for_work_alone() {
	let run = Run {
		mechanism: "finetuning",
		hparams: "hparams/localnet-finetuning.json",
		block_time: "500ms",
		windows: 12,
		charts: 8,
	};
	run.report(&[]).await;
}

impl Run {
	/// Runs it, with `more` arguments, and checks what holds of all mechanisms.
	async fn report(&self, more: &[&str]) -> (Value, Localnet) {
		let folder = tempfile::tempdir().expect("a folder can be made");
		let shards = folder.path().join("shards");
		let (windows, hparams) = (self.windows.to_string(), checkout(self.hparams));
		let corpus = ["pallets", "node", "offchain-validator", "tests/e2e", "README.md"].map(checkout);
		let mut arguments =
			vec!["--mechanism", self.mechanism, "--hparams", &hparams, "--windows", &windows, "--short"];
		arguments.extend(["--block-time", self.block_time, "--shards", shards.to_str().expect("the path is text")]);
		arguments.extend(corpus.iter().flat_map(|path| ["--corpus", path]));
		arguments.extend(more);
		let mut localnet = Localnet::start(&arguments);
		assert!(localnet.ended().await.success(), "{}", localnet.told());
		assert_eq!(node_on(localnet.rpc_port), None, "the node outlived the run");

		let text = fs::read_to_string(localnet.report().join("report.json")).expect("the report is there");
		let report: Value = serde_json::from_str(&text).expect("the report is JSON");
		assert_eq!((&report["mechanism"], &report["windows"]), (&self.mechanism.into(), &self.windows.into()));
		self.check_loss(&report);
		self.check_validators(&report);
		check_miners(&report);
		self.check_page(&localnet);
		(report, localnet)
	}

	fn check_loss(&self, report: &Value) {
		let loss = |which: &str| report["loss"][which].as_f64().expect("a number");
		assert!(loss("last") < loss("first"), "{}", report["loss"]);
		assert!(loss("unigram_entropy") > 2.0 && loss("unigram_entropy") < KNOWS_NOTHING, "{}", report["loss"]);
	}

	fn check_validators(&self, report: &Value) {
		let validators = report["validators"].as_array().expect("a list");
		assert_eq!(validators.len(), 2);
		for validator in validators {
			assert_eq!(validator["windows_scored"], self.windows);
			assert!(validator["weights_set"].as_u64() >= Some(2), "{validator}");
			assert!(validator["vtrust_u16"].as_u64() > Some(32_767), "{validator}");
		}
	}

	/// The page has its charts, and nothing from elsewhere.
	fn check_page(&self, localnet: &Localnet) {
		let page = fs::read_to_string(localnet.report().join("report.html")).expect("the page is there");
		assert_eq!(page.matches("<svg").count(), self.charts);
		for outside in ["http://", "https://", "src=", "href=", "url(", "@import"] {
			assert!(!page.contains(outside), "the page has {outside}");
		}
	}
}

/// Only those who work are paid, by both validators and by the chain.
fn check_miners(report: &Value) {
	let miners = report["miners"].as_array().expect("a list");
	let roles: Vec<_> = miners.iter().map(|miner| miner["role"].as_str().expect("a word")).collect();
	assert_eq!(roles, ["honest", "honest", "copier", "noise", "honest"]);
	for miner in miners {
		let works = miner["role"] == "honest";
		let weights = miner["weights_u16"].as_object().expect("an object");
		assert_eq!(weights.len(), 2, "{miner}");
		assert!(weights.values().all(|weight| (weight.as_u64() > Some(0)) == works), "{miner}");
		for paid in ["incentive_u16", "emission_rao"] {
			assert_eq!(miner[paid].as_u64() > Some(0), works, "{paid}: {miner}");
		}
	}
}
