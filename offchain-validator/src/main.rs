// SPDX-License-Identifier: Apache-2.0

//! The `offchain-validator` program.

mod cli;

use std::io::{self, IsTerminal as _};
use std::process::ExitCode;

use anyhow::Context as _;
use clap::Parser;
use offchain_validator::chain::{Chain, ChainError};
#[cfg(feature = "torch")]
use offchain_validator::model::DeviceStopped;
#[cfg(feature = "torch")]
use offchain_validator::{boltzmann, finetuning, templar};
use offchain_validator::{chain_info, one_line};
use tracing_subscriber::EnvFilter;

#[cfg(feature = "torch")]
use cli::participant::Settings;
use cli::{ChainCommand, Cli, Command};

/// The chain does not answer: try again when it does. The code that sysexits.h gives an unavailable service.
const CHAIN_UNAVAILABLE: u8 = 69;
/// The device is of no more use to this process, whatever it would do: start it again. The code for an error of the system.
#[cfg(feature = "torch")]
const DEVICE_LOST: u8 = 71;

// Libraries tell of their own affairs at level `info`; the user asked for ours.
const LOGS: &str = "warn,offchain_validator=info";

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> ExitCode {
	let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(LOGS));
	let colours = io::stderr().is_terminal();
	tracing_subscriber::fmt().with_env_filter(filter).with_ansi(colours).with_writer(io::stderr).init();
	match run(Cli::parse().command).await {
		Ok(()) => ExitCode::SUCCESS,
		Err(error) => {
			eprintln!("error: {}", one_line(error.as_ref()));
			exit_code(&error).map_or(ExitCode::FAILURE, ExitCode::from)
		},
	}
}

/// Of an error that whoever watches over the program can do something about.
fn exit_code(error: &anyhow::Error) -> Option<u8> {
	// An error that stands in for its cause shows up as itself, with that a source further down.
	error.chain().find_map(|cause| {
		#[cfg(feature = "torch")]
		if cause.is::<DeviceStopped>() {
			return Some(DEVICE_LOST);
		}
		let chain = cause.downcast_ref::<ChainError>();
		chain.is_some_and(ChainError::is_unavailable).then_some(CHAIN_UNAVAILABLE)
	})
}

async fn run(command: Command) -> anyhow::Result<()> {
	match command {
		Command::Chain(ChainCommand::Info { endpoint }) => {
			let chain = Chain::connect(&endpoint).await?;
			let info = chain_info::read(&chain).await.context("could not read the chain")?;
			offchain_validator::print(info).context("could not print the result")
		},
		Command::Chain(ChainCommand::Register(arguments)) => cli::register::run(arguments).await,
		Command::Corpus(command) => cli::corpus::run(command).await,
		Command::Samples(command) => cli::samples::run(command),
		#[cfg(feature = "torch")]
		Command::Model(command) => cli::model::run(command).await,
		#[cfg(feature = "torch")]
		Command::Validator(arguments) => match arguments.settings()? {
			Settings::Templar(settings) => match templar::validator::run(settings).await? {},
			Settings::Boltzmann(settings) => match boltzmann::validator::run(settings).await? {},
			Settings::Finetuning(settings) => match finetuning::validator::run(settings).await? {},
		},
		#[cfg(feature = "torch")]
		Command::Miner { role, arguments } => match arguments.settings()? {
			Settings::Templar(settings) => match templar::miner::run(settings, role).await? {},
			Settings::Boltzmann(settings) => match boltzmann::miner::run(settings, role).await? {},
			Settings::Finetuning(settings) => match finetuning::miner::run(settings, role).await? {},
		},
	}
}

#[cfg(all(test, feature = "torch"))]
mod tests {
	use std::convert::Infallible;

	use offchain_validator::model::Device;
	use offchain_validator::templar::validator::ValidatorError;
	use offchain_validator::templar::NodeError;

	use super::*;

	#[tokio::test]
	async fn a_lost_device_has_an_exit_code_of_its_own() {
		let device = Device::start(1, || Ok::<_, Infallible>(())).await.expect("a thread");
		let stopped = device.run(|()| -> () { panic!("an illegal memory access was encountered") }).await;
		let error = ValidatorError::from(NodeError::from(stopped.expect_err("it panicked")));
		let error = anyhow::Error::from(error);
		assert_eq!(exit_code(&error), Some(71));
		assert!(one_line(error.as_ref()).contains("an illegal memory access"));
		assert_eq!(exit_code(&anyhow::anyhow!("anything else")), None);
	}
}
