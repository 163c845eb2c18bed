// SPDX-License-Identifier: Apache-2.0

//! The `localnet` program: a chain from genesis to report, in one command.

mod cli;
mod copier;
mod node;
mod process;
mod progress;
mod read;
mod report;
mod run;
mod summary;
mod training;
mod votes;

use std::fmt::Display;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::Parser;
use nix::sys::signal::Signal;
use offchain_validator::{one_line, print};
use tokio::signal::unix::{signal, SignalKind};

use cli::{Args, Job, Settings};
use process::Process;
use progress::Progress;

/// How a run ended that did not fail.
enum Ending {
	Done,
	Interrupted(Signal),
}

// One thread, and never another: the node is told to die with the thread that started it.
#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
	let args = Args::parse();
	let node_only = args.node_only;
	match localnet(args).await {
		Ok(Ending::Done) => ExitCode::SUCCESS,
		// An interrupt is how a bare node is meant to end; anything else it cuts short.
		Ok(Ending::Interrupted(_)) if node_only => ExitCode::SUCCESS,
		Ok(Ending::Interrupted(signal)) => {
			eprintln!("interrupted by {signal}");
			ExitCode::from(128 + signal as u8)
		},
		Err(error) => {
			eprintln!("error: {}", one_line(error.as_ref()));
			ExitCode::FAILURE
		},
	}
}

async fn localnet(args: Args) -> anyhow::Result<Ending> {
	let settings = Settings::resolve(args)?;
	let interrupted = interrupted()?;
	let progress = Progress::new();

	progress.step("Starting the node");
	let mut node: Process = node::start(&settings)?;
	let job = job(&settings, node.pid(), &progress);
	let ending = tokio::select! {
		biased; // Someone who interrupts wants to hear that, not that the node went away.
		signal = interrupted => Ok(Ending::Interrupted(signal)),
		error = node.died() => Err(error.into()),
		done = job => done.map(|()| Ending::Done),
	};
	progress.clear();
	node.stop().await;
	// A run that came to its end, and did not show what it should, has nothing to do with the node.
	let is_verdict = |error: &anyhow::Error| error.is::<training::Failure>() || error.is::<copier::Failure>();
	if ending.as_ref().is_err_and(|error| !is_verdict(error)) {
		eprint!("{}", node.log_tail());
	}
	ending
}

async fn job(settings: &Settings, pid: u32, progress: &Progress) -> anyhow::Result<()> {
	let endpoint = settings.endpoint();
	let chain = run::connect(&endpoint, settings.block_time).await?;
	match &settings.job {
		Job::NodeOnly => {
			progress.clear();
			let log = settings.log();
			print(format_args!("A node runs at {endpoint}; Ctrl-C ends it.\nprocess {pid}, log {}\n", log.display()))?;
			std::future::pending().await
		},
		Job::Vote { votes, payouts, training } => {
			let payouts = run::vote(&chain, votes, *payouts, settings.block_time, progress).await?;
			let trained = match training {
				Some(training) => Some(training::train(&chain, training, progress).await?),
				None => None,
			};
			progress.step("Reading the outcome");
			let outcome = read::outcome(&chain, payouts).await.context("reading the outcome failed")?;
			progress.step("Writing the report");
			let report =
				report::Report::new(&outcome, votes, trained).context("the chain does not hold the votes as sent")?;
			tell(summary::Summary(&report), &report, settings, progress)?;
			// Last, so that whoever wants to know why has the report.
			match (training, &report.training) {
				(Some(training), Some(trained)) => {
					training::check(trained, training.demand).context("the training failed")
				},
				_ => Ok(()),
			}
		},
		Job::Copier => {
			let copied = copier::run(&chain, settings.block_time, progress).await?;
			let origin =
				read::origin(&chain, &chain.at_finalized().await?).await.context("reading the outcome failed")?;
			progress.step("Writing the report");
			let report = report::CopierReport::new(copied, &origin);
			tell(summary::CopierSummary(&report.copied), &report, settings, progress)?;
			copier::check(&report.copied).context("the experiment failed")
		},
	}
}

/// Writes the report, and prints its summary and where it is.
fn tell(
	summary: impl Display,
	report: &impl report::Page,
	settings: &Settings,
	progress: &Progress,
) -> anyhow::Result<()> {
	let files = report::write(report, &settings.report)?;
	progress.clear();
	let (html, json) = (files.html.display(), files.json.display());
	print(format_args!("{summary}\nreport  {html}\n        {json}\n")).context("cannot print the result")
}

/// Resolves when the user or the system wants this program to end.
fn interrupted() -> anyhow::Result<impl std::future::Future<Output = Signal>> {
	let mut interrupt = signal(SignalKind::interrupt()).context("cannot listen for Ctrl-C")?;
	let mut terminate = signal(SignalKind::terminate()).context("cannot listen for SIGTERM")?;
	let mut hangup = signal(SignalKind::hangup()).context("cannot listen for SIGHUP")?;
	Ok(async move {
		tokio::select! {
			_ = interrupt.recv() => Signal::SIGINT,
			_ = terminate.recv() => Signal::SIGTERM,
			_ = hangup.recv() => Signal::SIGHUP,
		}
	})
}
