// SPDX-License-Identifier: Apache-2.0

//! The commands that prepare text.

use std::path::PathBuf;

use anyhow::Context as _;
use clap::{Args, Subcommand};
use indicatif::{ProgressBar, ProgressStyle};
use offchain_validator::data::{cut, Cut, CutOptions, Manifest, Tokenizer};

#[derive(Subcommand)]
pub enum CorpusCommand {
	/// Cut text into token shards, once: training pages, and held-out pages that are none of them. A cut that was ended half
	/// way is gone on with by the next.
	Cut(CutArgs),
}

#[derive(Args)]
pub struct CutArgs {
	/// Files and folders with text: *.txt, *.md, *.rs and *.toml are a document each, *.jsonl and *.parquet hold many.
	#[arg(required = true, value_name = "PATH")]
	sources: Vec<PathBuf>,

	/// Folder for the shards.
	#[arg(long, value_name = "DIR")]
	out: PathBuf,

	/// Tokens of a page; as `page_tokens` in the parameters.
	#[arg(long, value_name = "N", default_value_t = CutOptions::default().page_tokens)]
	page_tokens: u32,

	/// The model's tokenizer.json [default: a token for each byte].
	#[arg(long, value_name = "FILE")]
	tokenizer: Option<PathBuf>,

	/// The token after each document [default: the tokenizer's </s>, <|end_of_text|>, <|endoftext|> or <eos>].
	#[arg(long, value_name = "TOKEN", requires = "tokenizer")]
	separator: Option<String>,

	/// Field of a JSON line, or column of a table, that holds the document.
	#[arg(long, value_name = "NAME", default_value = "text")]
	text_field: String,

	/// Largest document, in bytes; larger ones are left out.
	#[arg(long, value_name = "BYTES", default_value_t = CutOptions::default().max_file_bytes)]
	max_document: u64,

	/// Most text of all files in each folder right below a PATH, in bytes; not of *.jsonl and *.parquet.
	#[arg(long, value_name = "BYTES", default_value_t = CutOptions::default().max_folder_bytes)]
	max_folder: u64,

	/// Most text of all, in bytes; what comes after it is left out.
	#[arg(long, value_name = "BYTES", default_value_t = CutOptions::default().max_total_bytes)]
	max_total: u64,
}

impl CutArgs {
	fn options(&self) -> anyhow::Result<CutOptions> {
		let tokenizer = match &self.tokenizer {
			Some(file) => Tokenizer::open(file, self.separator.as_deref()).context("--tokenizer")?,
			None => Tokenizer::bytes(),
		};
		Ok(CutOptions {
			tokenizer,
			text_field: Some(self.text_field.clone()),
			page_tokens: self.page_tokens,
			max_file_bytes: self.max_document,
			max_folder_bytes: self.max_folder,
			max_total_bytes: self.max_total,
			..CutOptions::default()
		})
	}
}

pub async fn run(command: CorpusCommand) -> anyhow::Result<()> {
	let CorpusCommand::Cut(arguments) = command;
	let out = arguments.out.clone();
	let cut = tokio::task::spawn_blocking(move || {
		let options = arguments.options()?;
		let bar = progress_bar()?;
		let progress = |done, all| {
			bar.set_length(all);
			bar.set_position(done);
		};
		let cut = cut(&arguments.sources, &arguments.out, &options, progress);
		bar.finish_and_clear();
		cut.map_err(anyhow::Error::from)
	});
	let told = match cut.await?? {
		Cut::Written(manifest) => told("cut", &manifest),
		Cut::Unchanged(manifest) => told("unchanged", &manifest),
	};
	offchain_validator::print(format!("{}: {told}\n", out.display())).context("could not print the result")
}

/// Shows nothing where nobody looks.
fn progress_bar() -> anyhow::Result<ProgressBar> {
	let template = "{bar:30} {bytes} of {total_bytes}, {bytes_per_sec}, {eta} left";
	Ok(ProgressBar::new(0).with_style(ProgressStyle::with_template(template)?))
}

fn told(verb: &str, manifest: &Manifest) -> String {
	let (train, heldout, page_tokens) = (manifest.n_train_pages(), manifest.heldout.pages, manifest.page_tokens);
	let pages = format!("{train} training pages, {heldout} held-out pages of {page_tokens} tokens");
	let left_out = match (manifest.origin.too_large, manifest.origin.not_text) {
		(0, 0) => String::new(),
		(large, none) => format!("; left out: {large} files or documents above a --max limit, {none} that are no text"),
	};
	format!("{verb}; {pages}, entropy {:.3} nats a token{left_out}", manifest.unigram_entropy)
}
