// SPDX-License-Identifier: Apache-2.0

//! A subnet that trains: its parameters and text, its members as real processes, and what they leave behind.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use offchain_validator::chain::{calls, AccountId, Chain, Signer, Submission};
use offchain_validator::clock::Window;
use offchain_validator::data::{cut, CutOptions};
use offchain_validator::gradient::Layouts;
use offchain_validator::hparams::Hparams as _;
use offchain_validator::journal::{self, ScoredWindow};
use offchain_validator::state::ValidatorState;
use offchain_validator::templar::scores::Scores;
use offchain_validator::templar::Hparams;
use tempfile::TempDir;
use tokio::process::{Child, Command};
use tokio::time::{sleep, timeout, Instant};

use crate::programs::{program, GOODBYE, PATIENCE};

/// The subnet, there from the first block.
pub const NETUID: u16 = 1;
/// Time between blocks.
pub const BLOCK_TIME: &str = "250ms";
/// Blocks of a window, which so takes four seconds.
pub const BLOCKS_PER_WINDOW: u32 = 16;
/// Time for uploads after a window, in seconds; as much is left before the next window ends.
pub const OPEN_SECONDS: u64 = 2;

/// Stake of a validator, more than a miner may have, in rao.
const STAKE: u64 = 30_000_000_000_000;
/// Text in the corpus, in bytes.
const TEXT: u64 = 400_000;
/// How often a file is looked at.
const LOOK: Duration = Duration::from_millis(50);

/// What the members of a subnet share, in a folder of its own.
pub struct Ground {
	folder: TempDir,
	/// Parameters of the run.
	pub hparams: Hparams,
}

/// A validator or miner as a process. Dropping it kills it.
pub struct Member {
	name: String,
	child: Child,
	log: PathBuf,
	state: PathBuf,
}

/// The development key of a member.
pub fn hotkey(name: &str) -> Signer {
	Signer::from_uri(&uri(name)).expect("the key is valid")
}

fn uri(name: &str) -> String {
	format!("//e2e//{name}")
}

/// Registers a validator and miners in this order, so that their uids on an empty subnet count up from zero.
pub async fn register(chain: &Chain, validator: &str, miners: &[&str]) {
	let coldkey = Signer::from_uri("//Ferdie").expect("the key is valid");
	let account = |name: &str| -> AccountId { hotkey(name).account() };
	let mut calls =
		vec![calls::burned_register(NETUID, account(validator)), calls::add_stake(account(validator), NETUID, STAKE)];
	calls.extend(miners.iter().map(|name| calls::burned_register(NETUID, account(name))));
	let signed = calls.into_iter().map(|call| Submission { call, signer: coldkey.clone() });
	chain.submit_all(signed.collect()).await.expect("Ferdie can pay");
}

/// The window after the next: by then every process that is started now has joined.
pub async fn first_window(chain: &Chain) -> Window {
	chain.finalized().await.expect("the chain can be read").number / BLOCKS_PER_WINDOW + 2
}

/// The last lines of a log, for a test that fails.
fn tail(log: &str) -> String {
	let lines: Vec<_> = log.lines().collect();
	lines[lines.len().saturating_sub(30)..].join("\n")
}

impl Ground {
	/// The short run's parameters with quick windows, changed as the test needs it, and a corpus of this project's sources.
	pub fn prepare(change: impl FnOnce(&mut Hparams)) -> Self {
		Self::prepare_with("hparams/short.json", change)
	}

	/// Like [`Ground::prepare`], with the parameters of another file of the checkout.
	pub fn prepare_with(hparams: &str, change: impl FnOnce(&mut Hparams)) -> Self {
		let folder = tempfile::tempdir().expect("a folder can be made");
		let package = std::env::var_os("CARGO_MANIFEST_DIR").expect("tests are run by cargo");
		let checkout = Path::new(&package).join("../..");
		let mut hparams = Hparams::read(&checkout.join(hparams)).expect("the parameters are valid");
		hparams.windows.blocks_per_window = BLOCKS_PER_WINDOW;
		hparams.windows.time_window_delta_seconds = OPEN_SECONDS;
		hparams.windows.validator_offset = 1;
		hparams.scoring.windows_per_weights = 1;
		change(&mut hparams);
		hparams.check().expect("the parameters are valid");

		let options = CutOptions {
			page_tokens: hparams.data.page_tokens as u32,
			heldout_every: 10,
			max_folder_bytes: TEXT,
			max_total_bytes: TEXT,
			min_heldout_pages: hparams.evaluation.heldout_pages as u64,
			..CutOptions::default()
		};
		let sources = ["offchain-validator", "pallets", "tests/e2e"].map(|name| checkout.join(name));
		cut(&sources, &folder.path().join("shards"), &options, |_, _| ()).expect("there is enough text");
		let text = serde_json::to_vec_pretty(&hparams).expect("they are plain data");
		fs::write(folder.path().join("hparams.json"), text).expect("it can be written");
		fs::create_dir(folder.path().join("buckets")).expect("it can be made");
		Self { folder, hparams }
	}

	/// A path in the folder that all share.
	pub fn path(&self, name: &str) -> PathBuf {
		self.folder.path().join(name)
	}

	/// The folder of a member's bucket.
	pub fn bucket(&self, name: &str) -> PathBuf {
		self.path("buckets").join(name)
	}

	/// How gradients of this run travel.
	pub fn layouts(&self) -> Layouts {
		let training = &self.hparams.training;
		let shapes = self.hparams.model.parameter_shapes();
		let (side, kept) = (training.target_chunk, training.topk_compression);
		Layouts::with_coding(&shapes, side, kept, training.codec.coding()).expect("the model can be cut")
	}

	/// Starts a member with a bucket and a state folder of its own name, as `validator` or `miner`. Without a first window
	/// it finds that out.
	pub fn start(
		&self,
		name: &str,
		endpoint: &str,
		start_window: impl Into<Option<Window>>,
		command: &[&str],
	) -> Member {
		self.start_at(name, endpoint, start_window, command, name)
	}

	/// Like [`Ground::start`], with the state folder of another.
	pub fn start_at(
		&self,
		name: &str,
		endpoint: &str,
		start_window: impl Into<Option<Window>>,
		command: &[&str],
		state: &str,
	) -> Member {
		let start_window = start_window.into().map(|window| format!("--start-window={window}"));
		let (log, state) = (self.path(&format!("{name}-{state}.log")), self.path("states").join(state));
		let child = Command::new(program("offchain-validator"))
			.args(command)
			.args(["--endpoint", endpoint, "--netuid", &NETUID.to_string(), "--hotkey", &uri(name)])
			.arg("--hparams")
			.arg(self.path("hparams.json"))
			.arg("--dataset")
			.arg(self.path("shards"))
			.args(["--bucket", &format!("local:{name}"), "--bucket-root"])
			.arg(self.path("buckets"))
			.arg("--state")
			.arg(&state)
			.args(["--threads", "1"])
			.args(start_window)
			.stdin(Stdio::null())
			.stdout(Stdio::null())
			.stderr(fs::File::create(&log).expect("a file can be made"))
			.kill_on_drop(true)
			.spawn()
			.expect("it can be started");
		Member { name: name.into(), child, log, state }
	}
}

impl Member {
	/// What it has told its user since it was started.
	pub fn told(&self) -> String {
		fs::read_to_string(&self.log).expect("the file is there")
	}

	/// The lines of its journal.
	pub fn journal(&self) -> Vec<ScoredWindow> {
		let text = fs::read_to_string(self.state.join(journal::FILE)).unwrap_or_default();
		text.lines().map(|line| serde_json::from_str(line).expect("a line is a window")).collect()
	}

	/// What it has saved; none before its first window.
	pub fn saved(&self) -> Option<ValidatorState<Scores>> {
		let text = fs::read(self.state.join("state.json")).ok()?;
		Some(serde_json::from_slice(&text).expect("the state is whole"))
	}

	/// Its state folder.
	pub fn state(&self) -> &Path {
		&self.state
	}

	/// Its copies of the model, by the last window whose step they have.
	pub fn models(&self) -> BTreeMap<Window, Vec<u8>> {
		let entries = fs::read_dir(&self.state).into_iter().flatten().filter_map(Result::ok);
		let model = |entry: fs::DirEntry| {
			let name = entry.file_name().into_string().ok()?;
			let window = name.strip_prefix("params-")?.strip_suffix(".safetensors")?.parse().ok()?;
			Some((window, fs::read(entry.path()).ok()?)) // One that is removed meanwhile is not there.
		};
		entries.filter_map(model).collect()
	}

	/// Fails the test if it has ended.
	pub fn assert_running(&mut self) {
		if let Some(status) = self.child.try_wait().expect("it can be waited for") {
			panic!("{} has ended ({status}):\n{}", self.name, tail(&self.told()));
		}
	}

	/// Waits until `found` finds something, while it runs.
	pub async fn until<T>(&mut self, what: &str, mut found: impl FnMut(&Self) -> Option<T>) -> T {
		let deadline = Instant::now() + PATIENCE;
		loop {
			if let Some(found) = found(self) {
				return found;
			}
			self.assert_running();
			assert!(Instant::now() < deadline, "{}: {what}: not in time\n{}", self.name, tail(&self.told()));
			sleep(LOOK).await;
		}
	}

	/// Kills it without a warning.
	pub async fn kill(&mut self) {
		self.assert_running();
		self.child.kill().await.expect("it can be killed");
	}

	/// Waits until it ends by itself.
	pub async fn ended(&mut self) -> ExitStatus {
		match timeout(GOODBYE, self.child.wait()).await {
			Ok(status) => status.expect("it can be waited for"),
			Err(_) => panic!("{} does not end:\n{}", self.name, tail(&self.told())),
		}
	}
}
