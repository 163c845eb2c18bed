// SPDX-License-Identifier: Apache-2.0

//! The commands that prepare text.

use std::path::PathBuf;

use anyhow::Context as _;
use clap::Subcommand;
use offchain_validator::data::{cut, Cut, CutOptions};

#[derive(Subcommand)]
pub enum CorpusCommand {
	/// Cut text files into token shards, once: training pages, and held-out pages that are none of them.
	Cut {
		/// Files and folders with text.
		#[arg(required = true, value_name = "PATH")]
		sources: Vec<PathBuf>,

		/// Folder for the shards.
		#[arg(long, value_name = "DIR")]
		out: PathBuf,

		/// Tokens of a page; as `page_tokens` in the parameters.
		#[arg(long, value_name = "N", default_value_t = CutOptions::default().page_tokens)]
		page_tokens: u32,
	},
}

pub async fn run(command: CorpusCommand) -> anyhow::Result<()> {
	let CorpusCommand::Cut { sources, out, page_tokens } = command;
	let options = CutOptions { page_tokens, ..CutOptions::default() };
	let (shards, nothing) = (out.clone(), |_, _| ());
	let cut = tokio::task::spawn_blocking(move || cut(&sources, &shards, &options, nothing)).await??;
	let (verb, manifest) = match cut {
		Cut::Written(manifest) => ("cut", manifest),
		Cut::Unchanged(manifest) => ("unchanged", manifest),
	};
	let train: u64 = manifest.train.iter().map(|shard| shard.pages).sum();
	let (heldout, entropy) = (manifest.heldout.pages, manifest.unigram_entropy);
	let pages = format!("{train} training pages, {heldout} held-out pages of {page_tokens} tokens");
	let told = format!("{}: {verb}; {pages}, entropy {entropy:.3} nats a token\n", out.display());
	offchain_validator::print(told).context("could not print the result")
}
