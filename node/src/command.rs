// SPDX-License-Identifier: GPL-3.0-or-later WITH Classpath-exception-2.0
//! Does what the command line asks for.

use root_weights_runtime::opaque::Block;
use sc_cli::{Result, SubstrateCli};

#[cfg(feature = "runtime-benchmarks")]
use crate::cli::Benchmark;
use crate::{
	chain::Chain,
	cli::{Cli, Subcommand},
	service,
};

pub fn run() -> Result<()> {
	let cli = Cli::from_args();
	match &cli.subcommand {
		None => {
			let spec = cli.load_spec(&cli.run.chain_id()?)?;
			let run = cli.run.resolve(&*spec).map_err(|error| sc_cli::Error::Input(error.to_string()))?;
			let mode = run.mode();
			cli.create_runner(&run)?
				.run_node_until_exit(|config| async move { service::start(config, mode).map_err(sc_cli::Error::from) })
		},
		Some(subcommand) => run_subcommand(&cli, subcommand),
	}
}

fn run_subcommand(cli: &Cli, subcommand: &Subcommand) -> Result<()> {
	match subcommand {
		Subcommand::Key(cmd) => cmd.run(cli),
		Subcommand::ExportChainSpec(cmd) => cmd.run(cli.load_spec(&cmd.chain)?),
		Subcommand::CheckBlock(cmd) => cli.create_runner(cmd)?.async_run(|mut config| {
			let chain = Chain::open(&mut config)?;
			let import_queue = chain.import_queue(&config)?;
			Ok((cmd.run(chain.client, import_queue), chain.task_manager))
		}),
		Subcommand::ExportBlocks(cmd) => cli.create_runner(cmd)?.async_run(|mut config| {
			let chain = Chain::open(&mut config)?;
			Ok((cmd.run(chain.client, config.database), chain.task_manager))
		}),
		Subcommand::ImportBlocks(cmd) => cli.create_runner(cmd)?.async_run(|mut config| {
			let chain = Chain::open(&mut config)?;
			let import_queue = chain.import_queue(&config)?;
			Ok((cmd.run(chain.client, import_queue), chain.task_manager))
		}),
		Subcommand::ChainInfo(cmd) => cli.create_runner(cmd)?.sync_run(|config| cmd.run::<Block>(&config)),
		Subcommand::PurgeChain(cmd) => cli.create_runner(cmd)?.sync_run(|config| cmd.run(config.database)),
		#[cfg(feature = "runtime-benchmarks")]
		Subcommand::Benchmark(Benchmark::Pallet(cmd)) => benchmark_pallet(cli, cmd),
	}
}

/// Of the runtime in a file where one is named, else of a chain.
#[cfg(feature = "runtime-benchmarks")]
fn benchmark_pallet(cli: &Cli, cmd: &frame_benchmarking_cli::PalletCmd) -> Result<()> {
	cli.create_runner(cmd)?.sync_run(|config| {
		let spec = cmd.runtime.is_none().then_some(config.chain_spec);
		cmd.run_with_spec::<sp_runtime::traits::HashingFor<Block>, ()>(spec)
	})
}
