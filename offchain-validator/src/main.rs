// SPDX-License-Identifier: Apache-2.0

//! The `offchain-validator` program.

use std::io;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::{Parser, Subcommand};
use offchain_validator::chain::Chain;
use offchain_validator::{chain_info, one_line};
use tracing_subscriber::EnvFilter;

/// Off-chain validator of Bittensor-family chains.
#[derive(Parser)]
#[command(version, propagate_version = true)]
struct Cli {
	#[command(subcommand)]
	command: Command,
}

#[derive(Subcommand)]
enum Command {
	/// Look at a chain.
	#[command(subcommand)]
	Chain(ChainCommand),
}

#[derive(Subcommand)]
enum ChainCommand {
	/// Print heads, runtime version, root votes as stored and as read, and what they pay to each subnet.
	Info {
		/// WebSocket address of a node.
		#[arg(long, value_name = "URL", env = "CHAIN_ENDPOINT", default_value = "ws://127.0.0.1:9944")]
		endpoint: String,
	},
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
	let logs = tracing_subscriber::fmt().with_env_filter(EnvFilter::from_default_env());
	logs.with_writer(io::stderr).init();
	match run(Cli::parse().command).await {
		Ok(()) => ExitCode::SUCCESS,
		Err(error) => {
			eprintln!("error: {}", one_line(error.as_ref()));
			ExitCode::FAILURE
		},
	}
}

async fn run(command: Command) -> anyhow::Result<()> {
	match command {
		Command::Chain(ChainCommand::Info { endpoint }) => {
			let chain = Chain::connect(&endpoint).await?;
			let info = chain_info::read(&chain).await.context("could not read the chain")?;
			offchain_validator::print(info).context("could not print the result")
		},
	}
}
