// SPDX-License-Identifier: Apache-2.0

//! Flags that validator and miner share.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use anyhow::Context as _;
use clap::Args;
use offchain_validator::bucket::BucketAddress;
use offchain_validator::hparams::Hparams;
use offchain_validator::participant::Settings;

use super::key::signer;

#[derive(Args)]
pub struct ParticipantArgs {
	/// WebSocket address of a node.
	#[arg(long, value_name = "URL", env = "CHAIN_ENDPOINT", default_value = "ws://127.0.0.1:9944")]
	endpoint: String,

	/// The subnet.
	#[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..))]
	netuid: u16,

	/// Who acts: @FILE with the hotkey's secret phrase, or a development key such as //Alice.
	///
	/// A phrase itself is not taken: everybody on the machine can read a program's arguments.
	#[arg(long, value_name = "KEY", env = "HOTKEY")]
	hotkey: String,

	/// Training and scoring parameters; all nodes of a run use the same.
	#[arg(long, value_name = "FILE", default_value = "hparams.json")]
	hparams: PathBuf,

	/// Folder of the token shards that `corpus cut` has made.
	#[arg(long, value_name = "DIR")]
	dataset: PathBuf,

	/// Where this hotkey keeps its objects: local:NAME, a folder below --bucket-root. Published on the chain.
	#[arg(long, value_name = "ADDRESS")]
	bucket: String,

	/// Folder below which local buckets lie, this hotkey's and all others.
	#[arg(long, value_name = "DIR")]
	bucket_root: PathBuf,

	/// Folder for what must outlive a restart: scores, the model, the journal.
	#[arg(long, value_name = "DIR")]
	state: PathBuf,

	/// Threads for the model [default: one for each core].
	#[arg(long, value_name = "N")]
	threads: Option<NonZeroUsize>,

	/// The first window of the run; the same for all its nodes.
	#[arg(long, value_name = "WINDOW", default_value_t = 0)]
	start_window: u32,
}

impl ParticipantArgs {
	/// Checks what the user said.
	pub fn settings(self) -> anyhow::Result<Settings> {
		let available = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
		let bucket = BucketAddress::parse(self.bucket.as_bytes())
			.with_context(|| format!("--bucket {}: use local:NAME with letters, digits, - and _", self.bucket))?;
		Ok(Settings {
			endpoint: self.endpoint,
			netuid: self.netuid,
			hotkey: signer(&self.hotkey).context("--hotkey")?,
			hparams: Hparams::read(&self.hparams).context("--hparams")?,
			dataset: self.dataset,
			bucket,
			bucket_root: self.bucket_root,
			state: self.state,
			threads: self.threads.map_or(available, NonZeroUsize::get),
			start_window: self.start_window,
		})
	}
}
