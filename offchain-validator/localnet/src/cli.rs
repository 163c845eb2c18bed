// SPDX-License-Identifier: Apache-2.0

//! What the user can say, and the settings it resolves to. All checks happen here, before any process is started.

mod training;

use std::io;
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::builder::ArgPredicate;
use clap::{Parser, ValueEnum};

use offchain_validator::hparams::HparamsError;

use crate::training::{BucketsError, Training};
use crate::votes::{Votes, VotesError};

use self::training::TrainingArgs;

/// Name of the node's program, beside this one.
const NODE: &str = "root-weights-node";

/// Block times that make sense: below, a node does little but make blocks; above, nobody waits.
const BLOCK_TIMES: std::ops::RangeInclusive<Duration> = Duration::from_millis(50)..=Duration::from_secs(60);

/// Run a local chain from genesis to report.
///
/// Starts one node, has root validators register, stake and vote, waits for the root epoch and a few payouts, then prints
/// per subnet what it earns and what it would earn without renormalized votes, and writes the same as a report. Ends the
/// node when done, when anything fails, and on Ctrl-C.
#[derive(Debug, Parser)]
#[command(name = "localnet", version, after_long_help = VOTES_HELP)]
pub struct Args {
	/// File with the votes to send, instead of the built-in example.
	#[arg(long, value_name = "FILE", conflicts_with = "node_only")]
	votes: Option<PathBuf>,

	/// Folder for report.html, report.json and the node's log; made if missing.
	#[arg(long, value_name = "DIR", env = "LOCALNET_REPORT", default_value = "target/localnet/report")]
	report: PathBuf,

	/// Run an experiment instead of votes and training, and report what came of it.
	#[arg(
		long,
		value_name = "NAME",
		conflicts_with_all = [
			"votes", "payouts", "mechanism", "windows", "corpus", "hparams", "bucket_endpoint", "short", "node_only"
		]
	)]
	experiment: Option<Experiment>,

	/// Time between blocks, such as 250ms or 1s [default with --experiment: 250ms].
	#[arg(
		long,
		value_name = "DURATION",
		default_value = "1s",
		default_value_if("experiment", ArgPredicate::IsPresent, "250ms")
	)]
	block_time: humantime::Duration,

	#[command(flatten)]
	training: TrainingArgs,

	/// Blocks with a payout to wait for after the votes count.
	#[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=1_000))]
	payouts: u32,

	/// Only start the node, and run it until interrupted.
	#[arg(long)]
	pub node_only: bool,

	/// Port for the node's RPC [default: a free one].
	#[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
	rpc_port: Option<u16>,

	/// The node's program [default: root-weights-node beside this program].
	#[arg(long, value_name = "PATH")]
	node: Option<PathBuf>,
}

/// What can be tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Experiment {
	/// Does an early and right validator earn more than one of the same stake that copies its last row? Twenty subnets
	/// with the same neurons: Yuma 2, Yuma 3 and two ranges of liquid alpha, each with five bonds penalties. Takes about
	/// three and a half minutes; fails unless the early one earns more under liquid alpha from 0.025 to 0.9 with every
	/// penalty below 1.
	Copier,
}

const VOTES_HELP: &str = r#"Votes file (JSON):
  {
    "subnets": [1, 2, 3],
    "validators": [
      {"stake_rao": 1000000000000, "weights": {"1": 0.75, "2": 0.2, "3": 0.05}},
      {"stake_rao": 2500000000000, "weights": {"3": 0.5, "7": 0.5}}
    ]
  }

  Each validator stakes stake_rao (1 TAO = 1e9 rao) and weighs subnets; only the proportions of its weights count. The
  subnets named anywhere are opened if the chain lacks them; "subnets" is optional and may name more of them. At most 64
  validators and 64 subnets, netuids from 1 on. Without a file three validators of equal stake vote: 0.25 each on 1 to 4;
  0.1 each on 1 to 10; 0.75, 0.2 and 0.05 on 1, 2 and 3."#;

/// What is to be done, checked.
#[derive(Debug)]
pub struct Settings {
	/// The node's program.
	pub node: PathBuf,
	/// Time between blocks.
	pub block_time: Duration,
	/// Port for the node's RPC; it was free a moment ago.
	pub rpc_port: u16,
	/// Folder for the report and the node's log.
	pub report: PathBuf,
	/// What to do once the node runs.
	pub job: Job,
}

/// What to do once the node runs.
#[derive(Debug)]
pub enum Job {
	/// Nothing.
	NodeOnly,
	/// Send the votes and report.
	Vote {
		/// What to send.
		votes: Votes,
		/// Blocks with a payout to wait for.
		payouts: u32,
		/// What to train after that.
		training: Option<Box<Training>>,
	},
	/// Have a validator copied, and report what each of the two earns.
	Copier,
}

/// Why the settings cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
	#[error("--votes {}", path.display())]
	Votes { path: PathBuf, source: VotesError },
	#[error("--block-time {0}: must be whole milliseconds from 50ms to 1m")]
	BlockTime(humantime::Duration),
	#[error("no node program at {}: build it, or name it with --node", .0.display())]
	NoNode(PathBuf),
	#[error("no program at {}: build the workspace", .0.display())]
	NoProgram(PathBuf),
	#[error("--hparams")]
	Hparams(#[source] HparamsError),
	#[error(transparent)]
	Buckets(#[from] BucketsError),
	#[error("cannot tell where this program is")]
	OwnPath(#[source] io::Error),
	#[error("port {port} cannot be used for the node's RPC")]
	Port { port: u16, source: io::Error },
}

impl Settings {
	/// Checks what the user said.
	pub fn resolve(args: Args) -> Result<Self, SettingsError> {
		let programs = std::env::current_exe().map_err(SettingsError::OwnPath)?;
		let programs = programs.parent().unwrap_or(Path::new("."));
		let block_time = block_time(args.block_time)?;
		let job = match args.experiment {
			_ if args.node_only => Job::NodeOnly,
			Some(Experiment::Copier) => Job::Copier,
			None => {
				let training = args.training.resolve(&args.report, programs, block_time)?;
				Job::Vote { votes: votes(args.votes)?, payouts: args.payouts, training: training.map(Box::new) }
			},
		};
		Ok(Self {
			job,
			block_time,
			node: node(args.node, programs)?,
			rpc_port: rpc_port(args.rpc_port)?,
			report: args.report,
		})
	}

	/// Address of the node's RPC.
	pub fn endpoint(&self) -> String {
		format!("ws://127.0.0.1:{}", self.rpc_port)
	}

	/// Where the node's log goes.
	pub fn log(&self) -> PathBuf {
		self.report.join("node.log")
	}
}

fn votes(given: Option<PathBuf>) -> Result<Votes, SettingsError> {
	match given {
		Some(path) => Votes::read(&path).map_err(|source| SettingsError::Votes { path, source }),
		None => Ok(Votes::example()),
	}
}

fn block_time(given: humantime::Duration) -> Result<Duration, SettingsError> {
	let whole = given.subsec_nanos().is_multiple_of(1_000_000);
	if whole && BLOCK_TIMES.contains(&*given) {
		Ok(*given)
	} else {
		Err(SettingsError::BlockTime(given))
	}
}

fn node(given: Option<PathBuf>, programs: &Path) -> Result<PathBuf, SettingsError> {
	let node = given.unwrap_or_else(|| programs.join(NODE));
	if node.is_file() {
		Ok(node)
	} else {
		Err(SettingsError::NoNode(node))
	}
}

/// The port given, or any, if it can be bound now: a stranger on it is better noticed before anything starts.
fn rpc_port(given: Option<u16>) -> Result<u16, SettingsError> {
	let port = given.unwrap_or(0);
	TcpListener::bind((Ipv4Addr::LOCALHOST, port))
		.and_then(|listener| listener.local_addr())
		.map(|address| address.port())
		.map_err(|source| SettingsError::Port { port, source })
}

#[cfg(test)]
mod tests {
	use super::*;
	use clap::CommandFactory;

	fn resolve(arguments: &[&str]) -> Result<Settings, SettingsError> {
		let this = std::env::current_exe().expect("the test has a path");
		let node = ["--node", this.to_str().expect("the path is text")];
		let node = if arguments.contains(&"--node") { &node[..0] } else { &node };
		// A test's program has no other programs beside it; an experiment needs none.
		let training = if arguments.contains(&"--experiment") { &[][..] } else { &["--windows", "0"] };
		let all = ["localnet"].iter().chain(training).chain(node).chain(arguments);
		Settings::resolve(Args::parse_from(all))
	}

	#[test]
	fn command_line_is_consistent() {
		Args::command().debug_assert();
	}

	#[test]
	fn a_free_port_and_a_block_each_second_are_the_default() {
		let settings = resolve(&[]).expect("the defaults are valid");
		assert_ne!(settings.rpc_port, 0);
		assert_eq!(settings.block_time, Duration::from_secs(1));
		assert!(matches!(settings.job, Job::Vote { payouts: 3, .. }));
	}

	#[test]
	fn an_experiment_has_blocks_of_its_own_and_takes_nothing_of_votes_and_training() {
		let settings = resolve(&["--experiment", "copier"]).expect("it needs nothing else");
		assert!(matches!(settings.job, Job::Copier));
		assert_eq!(settings.block_time, Duration::from_millis(250));
		let slower = resolve(&["--experiment", "copier", "--block-time", "2s"]).expect("it may be slower");
		assert_eq!(slower.block_time, Duration::from_secs(2));
		for other in [
			"--votes=f",
			"--payouts=3",
			"--mechanism=templar",
			"--windows=9",
			"--corpus=f",
			"--hparams=f",
			"--bucket-endpoint=u",
			"--short",
			"--node-only",
		] {
			let refused = Args::try_parse_from(["localnet", "--experiment", "copier", other]);
			assert_eq!(refused.expect_err(other).kind(), clap::error::ErrorKind::ArgumentConflict, "{other}");
		}
	}

	#[test]
	fn a_port_in_use_is_refused() {
		let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("some port is free");
		let port = taken.local_addr().expect("it is bound").port().to_string();
		assert!(matches!(resolve(&["--rpc-port", &port]), Err(SettingsError::Port { .. })));
	}

	#[test]
	fn block_times_out_of_range_are_refused() {
		for text in ["0ms", "10ms", "2m", "250500us"] {
			assert!(matches!(resolve(&["--block-time", text]), Err(SettingsError::BlockTime(_))), "{text}");
		}
	}

	#[test]
	fn a_missing_node_is_named() {
		let error = resolve(&["--node", "/no/such/node"]).expect_err("missing");
		assert!(error.to_string().contains("/no/such/node"));
	}
}
