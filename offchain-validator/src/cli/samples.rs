// SPDX-License-Identifier: Apache-2.0

//! The commands that prepare prompts and responses.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::{Args, Subcommand};
use offchain_validator::finetuning::samples::{cut, import, to_lines, Sample};
use offchain_validator::finetuning::Hparams;
use offchain_validator::hparams::Hparams as _;

#[derive(Subcommand)]
pub enum SamplesCommand {
	/// Convert exported runs of Cortex.t, one file each: rows with _step, prompts and responses. Refusals are left out.
	Import(ImportArgs),
	/// Cut text into prompts and what follows them.
	Cut {
		/// Files of text.
		#[arg(required = true, value_name = "FILE")]
		sources: Vec<PathBuf>,

		/// File for the samples, *.jsonl.
		#[arg(long, value_name = "FILE")]
		out: PathBuf,

		/// Characters of a prompt.
		#[arg(long, value_name = "N", default_value_t = 40)]
		prompt: usize,

		/// Characters of a response.
		#[arg(long, value_name = "N", default_value_t = 80)]
		response: usize,
	},
}

#[derive(Args)]
pub struct ImportArgs {
	/// Runs: JSON Lines, or a JSON array, of the rows of a run's history.
	#[arg(required = true, value_name = "FILE")]
	runs: Vec<PathBuf>,

	/// File for the samples, *.jsonl.
	#[arg(long, value_name = "FILE")]
	out: PathBuf,

	/// Parameters, which say what a refusal is.
	#[arg(long, value_name = "FILE", default_value = "hparams/finetuning.json")]
	hparams: PathBuf,

	/// Newest steps of each run that are taken.
	#[arg(long, value_name = "N", default_value_t = 1)]
	latest_steps: usize,

	/// Samples that are taken of each run.
	#[arg(long, value_name = "N", default_value_t = 400)]
	max_samples: usize,
}

pub fn run(command: SamplesCommand) -> anyhow::Result<()> {
	match command {
		SamplesCommand::Import(arguments) => import_runs(arguments),
		SamplesCommand::Cut { sources, out, prompt, response } => {
			let mut samples = Vec::new();
			for source in &sources {
				samples.extend(cut(&read(source)?, prompt, response));
			}
			write(&out, &samples, "")
		},
	}
}

fn import_runs(arguments: ImportArgs) -> anyhow::Result<()> {
	let hparams = Hparams::read(&arguments.hparams).context("--hparams")?;
	let ImportArgs { runs, out, latest_steps, max_samples, .. } = arguments;
	let options = import::Options { latest_steps, max_samples, refusals: &hparams.samples.refusals };
	let (mut samples, mut refused) = (Vec::new(), 0);
	for path in &runs {
		let imported =
			import::run(&read(path)?, options).with_context(|| format!("cannot import {}", path.display()))?;
		samples.extend(imported.samples);
		refused += imported.refused;
	}
	write(&out, &samples, &format!(", {refused} refusals left out"))
}

fn read(path: &Path) -> anyhow::Result<String> {
	fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))
}

/// Makes the file's folder, too: a validator is given the folder.
fn write(out: &Path, samples: &[Sample], more: &str) -> anyhow::Result<()> {
	let lines = to_lines(samples)?;
	let folder = out.parent().unwrap_or(Path::new(""));
	let written = fs::create_dir_all(folder).and_then(|()| fs::write(out, lines));
	written.with_context(|| format!("cannot write {}", out.display()))?;
	let told = format!("{}: {} samples{more}\n", out.display(), samples.len());
	offchain_validator::print(told).context("could not print the result")
}
