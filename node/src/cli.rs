// SPDX-License-Identifier: GPL-3.0-or-later WITH Classpath-exception-2.0
//! The command line: what a user can say, and how it becomes the SDK's configuration.
//!
//! Only flags that have an effect on a node without peers are offered: there are none for the network, for telemetry
//! or for validators.

use clap::{Arg, Args, Parser, ValueEnum};
use sc_cli::{
	ChainInfoCmd, ChainSpec, CheckBlockCmd, CliConfiguration, ExportBlocksCmd, ExportChainSpecCmd, ImportBlocksCmd,
	ImportParams, KeySubcommand, PurgeChainCmd, Result, Role, RpcEndpoint, RpcParams, SharedParams, SubstrateCli,
};
use sc_service::{BasePath, TransactionPoolOptions};
use sc_transaction_pool::TransactionPoolType;
use std::{str::FromStr, time::Duration};

use crate::{chain_spec, sealing::Sealing};

#[derive(Debug, Parser)]
pub struct Cli {
	#[command(subcommand)]
	pub subcommand: Option<Subcommand>,

	#[command(flatten)]
	pub run: RunCmd,
}

// The SDK's own texts tell of chains and defaults that this node does not have.
const CHAIN_HELP: &str = "The chain: `dev`, `localnet`, or the path of a chain spec file";
const STATE_PRUNING_HELP: &str = "How many final blocks keep their state: `archive` for all, or a number; \
	a database keeps the mode that it was made with [default: archive]";

fn described(arg: Arg, help: &'static str) -> Arg {
	arg.help(help).long_help(help)
}

/// What the node can do besides running.
#[derive(Debug, clap::Subcommand)]
pub enum Subcommand {
	/// Make, inspect and store keys.
	#[command(subcommand)]
	Key(KeySubcommand),
	/// Write a chain spec as JSON.
	#[command(mut_arg("chain", |arg| described(arg, CHAIN_HELP).default_value("localnet")))]
	ExportChainSpec(ExportChainSpecCmd),
	/// Execute one stored block again.
	CheckBlock(CheckBlockCmd),
	/// Write blocks to a file.
	ExportBlocks(ExportBlocksCmd),
	/// Read blocks from a file.
	ImportBlocks(ImportBlocksCmd),
	/// Show how far the stored chain goes.
	ChainInfo(ChainInfoCmd),
	/// Remove the stored chain.
	PurgeChain(PurgeChainCmd),
	/// Measure the runtime.
	#[cfg(feature = "runtime-benchmarks")]
	#[command(subcommand)]
	Benchmark(Benchmark),
}

/// What of the runtime can be measured.
#[cfg(feature = "runtime-benchmarks")]
#[derive(Debug, clap::Subcommand)]
pub enum Benchmark {
	/// What the calls and hooks of its pallets cost.
	Pallet(Box<frame_benchmarking_cli::PalletCmd>),
}

/// Flags of a running node.
#[derive(Debug, Args)]
#[command(
	mut_arg("chain", |arg| described(arg, CHAIN_HELP)),
	mut_arg("dev", |arg| described(arg, "Short for `--chain dev --tmp --rpc-cors all`")),
	mut_arg("state_pruning", |arg| described(arg, STATE_PRUNING_HELP)),
)]
pub struct RunCmd {
	/// What makes a block due. Either way it is final at once.
	#[arg(long, value_enum, default_value_t = SealingMode::Interval)]
	sealing: SealingMode,

	/// Time between two blocks with interval sealing, such as `250ms` or `12s`.
	#[arg(long, value_name = "DURATION", default_value = "1s")]
	block_time: BlockTime,

	/// Keep the chain in a temporary directory that goes when the node ends. Implied by `--dev`.
	#[arg(long, conflicts_with = "base_path")]
	tmp: bool,

	#[command(flatten)]
	shared_params: SharedParams,

	#[command(flatten)]
	rpc_params: RpcParams,

	#[command(flatten)]
	import_params: ImportParams,

	/// How many transactions may wait for a block.
	#[arg(long, value_name = "COUNT", default_value_t = 8192)]
	pool_limit: usize,

	/// How large the waiting transactions may be together, in KiB.
	#[arg(long, value_name = "COUNT", default_value_t = 20480)]
	pool_kbytes: usize,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum SealingMode {
	/// A block every `--block-time`.
	Interval,
	/// A block as soon as a transaction is ready.
	Instant,
}

/// A time between two blocks: whole milliseconds, at least one.
#[derive(Clone, Copy, Debug)]
struct BlockTime(Duration);

/// Why a text is no block time.
#[derive(Debug, thiserror::Error)]
enum BlockTimeError {
	#[error("must be longer than zero")]
	Zero,
	#[error("expected a whole number and a unit, `ms` or `s`, such as `250ms` or `1s`")]
	Malformed,
}

impl FromStr for BlockTime {
	type Err = BlockTimeError;

	fn from_str(text: &str) -> std::result::Result<Self, BlockTimeError> {
		let (number, unit) = text.split_at(text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len()));
		let number: u32 = number.parse().map_err(|_| BlockTimeError::Malformed)?;
		match unit {
			"ms" | "s" if number == 0 => Err(BlockTimeError::Zero),
			"ms" => Ok(Self(Duration::from_millis(number.into()))),
			"s" => Ok(Self(Duration::from_secs(number.into()))),
			_ => Err(BlockTimeError::Malformed),
		}
	}
}

impl RunCmd {
	/// What makes a block due, resolved from the two flags that say so.
	pub fn sealing(&self) -> Sealing {
		match self.sealing {
			SealingMode::Interval => Sealing::Interval(self.block_time.0),
			SealingMode::Instant => Sealing::Instant,
		}
	}
}

impl CliConfiguration for RunCmd {
	fn shared_params(&self) -> &SharedParams {
		&self.shared_params
	}

	fn import_params(&self) -> Option<&ImportParams> {
		Some(&self.import_params)
	}

	fn base_path(&self) -> Result<Option<BasePath>> {
		if self.tmp {
			return Ok(Some(BasePath::new_temp_dir()?));
		}
		self.shared_params.base_path()
	}

	/// It makes the blocks. The pool of a mere full node would refuse transactions that are not to be passed on.
	fn role(&self, _is_dev: bool) -> Result<Role> {
		Ok(Role::Authority)
	}

	fn transaction_pool(&self, _is_dev: bool) -> Result<TransactionPoolOptions> {
		let may_retry_at_once = true; // Nobody attacks a chain of one node, but people do try twice.
		Ok(TransactionPoolOptions::new_with_params(
			self.pool_limit,
			self.pool_kbytes.saturating_mul(1024),
			None,
			TransactionPoolType::SingleState, // There are no forks to be aware of.
			may_retry_at_once,
			false, // Has no meaning for this type of pool.
		))
	}

	fn rpc_addr(&self, default_listen_port: u16) -> Result<Option<Vec<RpcEndpoint>>> {
		let is_validator = false; // Only forbids `--rpc-external`, which protects keys this node does not have.
		let mut endpoints = self.rpc_params.rpc_addr(self.is_dev()?, is_validator, default_listen_port)?;
		// On a port other than the one asked for nobody would find the node, or they would find the wrong one.
		endpoints.iter_mut().flatten().for_each(|endpoint| endpoint.retry_random_port = false);
		Ok(endpoints)
	}

	fn rpc_max_connections(&self) -> Result<u32> {
		Ok(self.rpc_params.rpc_max_connections)
	}
}

impl SubstrateCli for Cli {
	fn impl_name() -> String {
		"Root weights node".into()
	}

	fn impl_version() -> String {
		env!("SUBSTRATE_CLI_IMPL_VERSION").into()
	}

	fn description() -> String {
		env!("CARGO_PKG_DESCRIPTION").into()
	}

	fn author() -> String {
		"the root weights authors".into()
	}

	fn support_url() -> String {
		"the issue tracker of this project".into()
	}

	fn copyright_start_year() -> i32 {
		2026
	}

	fn load_spec(&self, id: &str) -> std::result::Result<Box<dyn ChainSpec>, String> {
		chain_spec::load(id).map(|spec| Box::new(spec) as Box<_>).map_err(|error| error.to_string())
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use clap::CommandFactory;

	fn parse(arguments: &[&str]) -> std::result::Result<Cli, String> {
		Cli::try_from_iter([&["root-weights-node"], arguments].concat()).map_err(|error| error.to_string())
	}

	#[track_caller]
	fn check_sealing(arguments: &[&str], expected: Sealing) {
		assert_eq!(parse(arguments).expect("the arguments are valid").run.sealing(), expected);
	}

	#[track_caller]
	fn check_refused(arguments: &[&str], reason: &str) {
		let error = parse(arguments).expect_err("the arguments are not valid");
		assert!(error.contains(reason), "{error}");
	}

	#[test]
	fn default_is_a_block_every_second() {
		check_sealing(&["--chain", "localnet"], Sealing::Interval(Duration::from_secs(1)));
	}

	#[test]
	fn block_time_is_read_with_its_unit() {
		check_sealing(&["--dev", "--block-time", "250ms"], Sealing::Interval(Duration::from_millis(250)));
		check_sealing(&["--dev", "--block-time", "12s"], Sealing::Interval(Duration::from_secs(12)));
	}

	#[test]
	fn instant_sealing_is_chosen_by_flag() {
		check_sealing(&["--dev", "--sealing", "instant"], Sealing::Instant);
	}

	#[test]
	fn block_time_of_zero_is_refused() {
		check_refused(&["--dev", "--block-time", "0s"], "must be longer than zero");
		check_refused(&["--dev", "--block-time", "0ms"], "must be longer than zero");
	}

	#[test]
	fn malformed_block_time_is_refused_with_an_example() {
		for text in ["", "1", "s", "1h", "-1s", "0.5s", "1 s", "99999999999s"] {
			check_refused(&["--dev", &format!("--block-time={text}")], "such as `250ms`");
		}
	}

	#[test]
	fn unknown_chain_is_refused_before_anything_starts() {
		let cli = parse(&["--chain", "mainnet"]).expect("the flag is well formed");
		assert!(cli.load_spec("mainnet").expect_err("not a chain").contains("`localnet`"));
	}

	#[test]
	fn help_tells_of_this_node_only() {
		let mut command = Cli::command();
		command.clone().debug_assert();
		let help = command.render_long_help().to_string();
		assert!(help.contains("`localnet`") && help.contains("[default: archive]"), "{help}");
		assert!(!help.contains("staging") && !help.contains("[default: 256]"), "{help}");
	}
}
