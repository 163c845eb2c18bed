// SPDX-License-Identifier: GPL-3.0-or-later WITH Classpath-exception-2.0
//! The command line: what a user can say, and how it becomes the SDK's configuration.
//!
//! Only flags that have an effect are offered. Which of them have one on the chain at hand is [`run`]'s concern.

mod network;
mod run;

use clap::{Arg, Parser};
use sc_cli::{
	ChainInfoCmd, ChainSpec, CheckBlockCmd, ExportBlocksCmd, ExportChainSpecCmd, ImportBlocksCmd, KeySubcommand,
	PurgeChainCmd, SubstrateCli,
};

use crate::chain_spec;
pub use run::RunCmd;

/// Told below the flags by `--help`.
const KINDS_OF_CHAIN: &str = "\
Chains that one node makes by itself: `--dev` and `--chain localnet`. There is a block each `--block-time`, or as \
	`--sealing` says. Without peers there is nothing to say about a network.

Chains of authorities, which take turns with a block each second and vote for its finality: `--chain local`, where \
	`--alice`, `--bob` and `--charlie` each start one of the three. Without such a flag a node follows them. A block is final \
	when more than two thirds of the authorities have voted for it: of three all three.";

#[derive(Debug, Parser)]
#[command(after_long_help = KINDS_OF_CHAIN)]
pub struct Cli {
	#[command(subcommand)]
	pub subcommand: Option<Subcommand>,

	#[command(flatten)]
	pub run: RunCmd,
}

// The SDK's own texts tell of chains and defaults that this node does not have.
const CHAIN_HELP: &str = "The chain: `dev`, `localnet`, `local`, or the path of a chain spec file";
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
	#[command(mut_arg("chain", |arg| described(arg, CHAIN_HELP)))]
	CheckBlock(CheckBlockCmd),
	/// Write blocks to a file.
	#[command(mut_arg("chain", |arg| described(arg, CHAIN_HELP)))]
	ExportBlocks(ExportBlocksCmd),
	/// Read blocks from a file.
	#[command(mut_arg("chain", |arg| described(arg, CHAIN_HELP)))]
	ImportBlocks(ImportBlocksCmd),
	/// Show how far the stored chain goes.
	#[command(mut_arg("chain", |arg| described(arg, CHAIN_HELP)))]
	ChainInfo(ChainInfoCmd),
	/// Remove the stored chain.
	#[command(mut_arg("chain", |arg| described(arg, CHAIN_HELP)))]
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
		assert!(
			help.contains("`localnet`") && help.contains("`local`") && help.contains("[default: archive]"),
			"{help}"
		);
		assert!(!help.contains("staging") && !help.contains("[default: 256]"), "{help}");
	}
}
