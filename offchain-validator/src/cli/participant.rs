// SPDX-License-Identifier: Apache-2.0

//! Flags that validator and miner share.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use anyhow::{bail, Context as _};
use clap::{Args, ValueEnum};
use offchain_validator::finetuning::store::{Folder, Hub, Store};
use offchain_validator::hparams::Hparams as _;
use offchain_validator::model::{Compute, Precision, Processor};
use offchain_validator::participant;
use offchain_validator::{boltzmann, finetuning, templar};

use super::bucket::BucketArgs;
use super::key::signer;

/// What is measured and paid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Mechanism {
	/// Compressed gradients, by what each does to the loss.
	Templar,
	/// Slices of trained parameters, by how far each goes along the gradient.
	Boltzmann,
	/// Whole models, by how often each beats the others.
	Finetuning,
}

/// What the user has said, for the mechanism named.
pub enum Settings {
	Templar(templar::Settings),
	Boltzmann(boltzmann::Settings),
	Finetuning(finetuning::Settings),
}

#[derive(Args)]
pub struct ParticipantArgs {
	/// What is measured and paid.
	#[arg(long, value_enum, default_value_t = Mechanism::Templar)]
	mechanism: Mechanism,

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

	/// Folder of the token shards that `corpus cut` has made. For templar.
	#[arg(long, value_name = "DIR")]
	dataset: Option<PathBuf>,

	#[command(flatten)]
	bucket: BucketArgs,

	/// Folder in which all nodes publish their models. For finetuning, unless models are at a hub.
	#[arg(long, value_name = "DIR")]
	models: Option<PathBuf>,

	/// Address of the hub that models are at, such as https://huggingface.co; --models goes before it. For finetuning.
	#[arg(long, value_name = "URL", env = "HF_ENDPOINT")]
	hub_endpoint: Option<String>,

	/// Prompts and responses: a folder with *.jsonl files, or the URL of one. For finetuning.
	#[arg(long, value_name = "PATH_OR_URL")]
	samples: Option<finetuning::samples::Source>,

	/// Folder for what must outlive a restart: scores, the model, the journal.
	#[arg(long, value_name = "DIR")]
	state: PathBuf,

	/// What computes the model: cpu, cuda or cuda:N. Of several, with commas between them, each measures a part of the miners.
	#[arg(long, visible_alias = "device", value_name = "LIST", value_delimiter = ',', default_value = "cpu")]
	devices: Vec<Processor>,

	/// Threads for the model on each CPU named by --devices [default: one for each core].
	#[arg(long, value_name = "N")]
	threads: Option<NonZeroUsize>,

	/// Numbers that losses are computed with, f32 or bf16. Training and the steps that all nodes take are in f32.
	///
	/// A score is the part of the loss that a submission removes. With bf16 it moves by up to 0.0005 (of a small model, that of
	/// the tests), so miners closer than twice that may change places.
	#[arg(long, value_name = "KIND", default_value_t = Precision::F32)]
	precision: Precision,

	/// Most tokens that go through the model at a time while losses are computed [default: 2048, on a GPU 16384].
	///
	/// Scores move with it by rounding alone, in f32 by less than 0.00002; miners more than twice that apart keep their order.
	#[arg(long, value_name = "N")]
	pass_tokens: Option<NonZeroUsize>,

	/// Folder of libtorch_cuda.so, for a GPU [default: where the program finds the rest of libtorch].
	#[arg(long, value_name = "DIR", env = "LIBTORCH_CUDA")]
	libtorch_cuda: Option<PathBuf>,

	/// The first window of the run, the same for all its nodes [default: that of the state folder, or as validators tell].
	#[arg(long, value_name = "WINDOW")]
	start_window: Option<u32>,
}

impl ParticipantArgs {
	/// Checks what the user said.
	pub fn settings(self) -> anyhow::Result<Settings> {
		match self.mechanism {
			Mechanism::Templar => Ok(Settings::Templar(templar::Settings {
				participant: self.participant()?,
				objects: self.bucket.settings()?,
				hparams: templar::Hparams::read(&self.hparams).context("--hparams")?,
				compute: self.compute(),
				dataset: wanted(self.dataset, "--dataset")?,
			})),
			Mechanism::Finetuning => Ok(Settings::Finetuning(finetuning::Settings {
				participant: self.participant()?,
				hparams: finetuning::Hparams::read(&self.hparams).context("--hparams")?,
				store: self.store()?,
				compute: self.compute(),
				samples: wanted(self.samples, "--samples")?,
			})),
			Mechanism::Boltzmann => Ok(Settings::Boltzmann(boltzmann::Settings {
				participant: self.participant()?,
				objects: self.bucket.settings()?,
				hparams: boltzmann::Hparams::read(&self.hparams).context("--hparams")?,
				compute: self.compute(),
				dataset: wanted(self.dataset, "--dataset")?,
			})),
		}
	}

	fn participant(&self) -> anyhow::Result<participant::Settings> {
		Ok(participant::Settings {
			endpoint: self.endpoint.clone(),
			netuid: self.netuid,
			hotkey: signer(&self.hotkey).context("--hotkey")?,
			state: self.state.clone(),
			start_window: self.start_window,
		})
	}

	fn store(&self) -> anyhow::Result<Store> {
		match (&self.models, &self.hub_endpoint) {
			(Some(folder), _) => Ok(Store::Folder(Folder::open(folder).context("--models")?)),
			(None, Some(endpoint)) => Ok(Store::Hub(Hub::new(endpoint).context("--hub-endpoint")?)),
			(None, None) => bail!("this mechanism needs --models or --hub-endpoint"),
		}
	}

	fn compute(&self) -> Compute {
		let available = || std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
		Compute {
			processors: self.devices.clone(),
			threads: self.threads.unwrap_or_else(available),
			precision: self.precision,
			pass_tokens: self.pass_tokens,
			cuda_library: self.libtorch_cuda.clone(),
		}
	}
}

/// What a mechanism needs to be told.
fn wanted<T>(value: Option<T>, flag: &str) -> anyhow::Result<T> {
	value.with_context(|| format!("this mechanism needs {flag}"))
}
