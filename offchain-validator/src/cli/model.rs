// SPDX-License-Identifier: Apache-2.0

//! The commands that make models.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use anyhow::Context as _;
use clap::Subcommand;
use offchain_validator::finetuning::samples::Source;
use offchain_validator::finetuning::store::{Folder, Store};
use offchain_validator::finetuning::{base, Hparams};
use offchain_validator::hparams::Hparams as _;
use offchain_validator::model::Compute;

#[derive(Subcommand)]
pub enum ModelCommand {
	/// Train the model that miners start from and publish it under the name that each competition gives it.
	Base {
		/// Parameters of the subnet.
		#[arg(long, value_name = "FILE")]
		hparams: PathBuf,

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
}

pub async fn run(command: ModelCommand) -> anyhow::Result<()> {
	let ModelCommand::Base { hparams, samples, models, threads } = command;
	let hparams = Hparams::read(&hparams).context("--hparams")?;
	let store = Store::Folder(Folder::open(&models).context("--models")?);
	for address in base::publish(hparams, &samples, &store, &Compute::cpu(threads)).await? {
		offchain_validator::print(format!("{address}: published\n")).context("could not print the result")?;
	}
	Ok(())
}
