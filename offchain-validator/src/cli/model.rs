// SPDX-License-Identifier: Apache-2.0

//! The commands that make models.

use std::fs;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Subcommand;
use offchain_validator::finetuning::samples::Source;
use offchain_validator::finetuning::store::{Folder, Store};
use offchain_validator::finetuning::{base, Hparams};
use offchain_validator::hparams::Hparams as _;
use offchain_validator::model::description::Numbers;
use offchain_validator::model::{repository, Compute, ModelConfig, Params, NAMES};

#[derive(Subcommand)]
pub enum ModelCommand {
	/// Train the model that miners start from and publish it under the name that each competition gives it.
	Base {
		/// Parameters of the subnet.
		#[arg(long, value_name = "FILE")]
		hparams: PathBuf,

		/// Folder of the model's tokenizer, for competitions that name one: tokenizer.json and tokenizer_config.json. Both are
		/// published with the model.
		#[arg(long, value_name = "DIR")]
		tokenizer: Option<PathBuf>,

		/// Prompts and responses: a folder with *.jsonl files, or the URL of one.
		#[arg(long, value_name = "PATH_OR_URL")]
		samples: Source,

		/// Folder in which all nodes publish their models.
		#[arg(long, value_name = "DIR")]
		models: PathBuf,

		/// Threads for the model.
		#[arg(long, value_name = "N", default_value_t = NonZeroUsize::MIN)]
		threads: NonZeroUsize,
	},
	/// Make a model of fresh parameters, as a folder that Hugging Face's library opens.
	New {
		/// Its shape: toy, 10m, 125m, templar, 1b or 8b.
		#[arg(long, value_name = "NAME", value_parser = NAMES)]
		shape: String,

		/// Folder for its files.
		#[arg(long, value_name = "DIR")]
		out: PathBuf,

		/// The same seed gives the same model.
		#[arg(long, value_name = "N", default_value_t = 42)]
		seed: u64,

		/// Write half the bytes, with numbers of 16 bits.
		#[arg(long)]
		bf16: bool,
	},
}

pub async fn run(command: ModelCommand) -> anyhow::Result<()> {
	match command {
		ModelCommand::Base { hparams, tokenizer, samples, models, threads } => {
			let hparams = Hparams::read(&hparams).context("--hparams")?;
			let store = Store::Folder(Folder::open(&models).context("--models")?);
			let compute = Compute::cpu(threads);
			for address in base::publish(hparams, tokenizer.as_deref(), &samples, &store, &compute).await? {
				offchain_validator::print(format!("{address}: published\n")).context("could not print the result")?;
			}
			Ok(())
		},
		ModelCommand::New { shape, out, seed, bf16 } => {
			let numbers = if bf16 { Numbers::Bf16 } else { Numbers::F32 };
			tokio::task::spawn_blocking(move || new(&shape, &out, seed, numbers)).await?
		},
	}
}

fn new(shape: &str, out: &Path, seed: u64, numbers: Numbers) -> anyhow::Result<()> {
	let config = ModelConfig::named(shape).context("--shape")?;
	let params = Params::init(&config, seed)?;
	fs::create_dir_all(out).with_context(|| format!("cannot make {}", out.display()))?;
	repository::save(&params, out, numbers, repository::FILE_BYTES).context("--out")?;
	let told = format!("{}: {} parameters\n", out.display(), config.parameters());
	offchain_validator::print(told).context("could not print the result")
}
