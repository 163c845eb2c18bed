// SPDX-License-Identifier: Apache-2.0

//! Drives a real node with as many neurons, rows and subnets as a chain may have, and measures what that costs.

mod chain;
mod drive;
mod figures;
mod matrix;
mod measure;
mod node;
mod plot;
mod progress;
mod random;
mod report;
mod scenario;
mod stage;
mod timeline;

use std::path::PathBuf;
use std::process::ExitCode;
use std::{fs, io, thread};

use anyhow::Context;
use clap::Parser;
use offchain_validator::print;
use tokio::signal::unix::{signal, SignalKind};

use crate::figures::Figures;
use crate::measure::Settings;
use crate::progress::Progress;
use crate::scenario::Choice;

/// Drive a node of its own with full weight rows, and measure blocks, epochs, views, memory and state.
///
/// Nothing but this machine is reached. Prints tables, and writes them with the charts and all figures into a folder.
/// Ends the node when done, when anything fails, when time is up, and on Ctrl-C.
#[derive(Debug, Parser)]
#[command(name = "load", version)]
struct Args {
	/// What to measure; several with commas.
	#[arg(long, value_enum, value_delimiter = ',', default_value = "256")]
	scenario: Vec<Choice>,

	/// Blocks that are measured of each chain.
	#[arg(long, value_name = "N", default_value_t = 500, value_parser = clap::value_parser!(u32).range(20..=10_000))]
	blocks: u32,

	/// The node's program.
	#[arg(long, value_name = "PATH", env = "LOAD_NODE")]
	node: PathBuf,

	/// Time between two blocks; a node that needs longer takes longer.
	#[arg(long, value_name = "DURATION", default_value = "250ms")]
	block_time: humantime::Duration,

	/// Longest that one scenario may take.
	#[arg(long, value_name = "DURATION", default_value = "40min")]
	limit: humantime::Duration,

	/// A flag for the node, such as --trie-cache-size=0; may be given several times.
	#[arg(long, value_name = "FLAG", allow_hyphen_values = true)]
	node_flag: Vec<String>,

	/// Folder for load.json, load.md, views.svg, blocks.svg and memory.svg; made if missing.
	#[arg(long, value_name = "DIR", env = "LOAD_REPORT", default_value = "target/load")]
	report: PathBuf,
}

#[tokio::main]
async fn main() -> ExitCode {
	match run_until_told_to_stop(&Args::parse()).await {
		Ok(()) => ExitCode::SUCCESS,
		Err(error) => {
			eprintln!("error: {error:#}");
			ExitCode::FAILURE
		},
	}
}

async fn run_until_told_to_stop(args: &Args) -> anyhow::Result<()> {
	let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
	tokio::select! {
		outcome = run(args) => outcome,
		_ = interrupt.recv() => anyhow::bail!("interrupted"),
		_ = terminate.recv() => anyhow::bail!("terminated"),
	}
}

async fn run(args: &Args) -> anyhow::Result<()> {
	let choices = match args.scenario.contains(&Choice::All) {
		true => vec![Choice::N64, Choice::N256, Choice::N1024, Choice::N4096, Choice::Subnets, Choice::Matrix],
		false => args.scenario.clone(),
	};
	let settings = Settings {
		node: &args.node,
		node_flags: &args.node_flag,
		blocks: args.blocks,
		block_time: args.block_time.into(),
	};
	let mut figures = Figures { machine: machine()?, ..Figures::default() };
	for choice in choices {
		match choice.scenario() {
			Some(scenario) => {
				let measured = tokio::time::timeout(args.limit.into(), measure::measure(scenario, &settings)).await;
				let measured =
					measured.with_context(|| format!("{}: not done within {}", scenario.name, args.limit))?;
				figures.chains.push(measured.with_context(|| format!("scenario {}", scenario.name))?);
			},
			None => {
				let progress = Progress::new("matrix");
				progress.step("computing");
				figures.matrices = tokio::task::spawn_blocking(|| matrix::SIZES.map(matrix::measure)).await?.into();
			},
		}
		// After each, so that a later one that fails takes nothing with it.
		report::write(&figures, &args.report)?;
	}
	let tables: Vec<_> = report::sections(&figures).iter().map(report::Section::plain).collect();
	print(format!("{}\n\n{}\n", figures.machine, tables.join("\n")))?;
	eprintln!("report: {}", args.report.join("load.md").display());
	Ok(())
}

fn machine() -> io::Result<String> {
	let processors = fs::read_to_string("/proc/cpuinfo")?;
	let model = processors.lines().find_map(|line| line.strip_prefix("model name")?.split_once(':'));
	let cores = thread::available_parallelism()?;
	Ok(format!("{} cores of {}", cores, model.map_or("an unnamed processor", |(_, model)| model.trim())))
}
