// SPDX-License-Identifier: Apache-2.0

//! What the user can say.

#[cfg(feature = "torch")]
mod bucket;
pub mod corpus;
mod key;
#[cfg(feature = "torch")]
pub mod model;
#[cfg(feature = "torch")]
pub mod participant;
pub mod register;
pub mod samples;

use clap::{Parser, Subcommand};

#[cfg(feature = "torch")]
use self::participant::ParticipantArgs;

/// Off-chain validator and miner of Bittensor-family chains.
#[derive(Parser)]
#[command(version, propagate_version = true)]
pub struct Cli {
	#[command(subcommand)]
	pub command: Command,
}

#[derive(Subcommand)]
pub enum Command {
	/// Look at a chain.
	#[command(subcommand)]
	Chain(ChainCommand),
	/// Prepare text to train on.
	#[command(subcommand)]
	Corpus(corpus::CorpusCommand),
	/// Prepare prompts and responses to finetune on and to measure models on.
	#[command(subcommand)]
	Samples(samples::SamplesCommand),
	/// Make models.
	#[cfg(feature = "torch")]
	#[command(subcommand)]
	Model(model::ModelCommand),
	/// Measure what miners submit, window by window, and set weights by it.
	#[cfg(feature = "torch")]
	Validator(ParticipantArgs),
	/// Train the shared model on the pages assigned to a hotkey, window by window.
	#[cfg(feature = "torch")]
	Miner {
		/// How it comes by what it uploads: honest, noise or copy:UID. All but honest are for trying out a mechanism.
		#[arg(long, value_name = "ROLE", default_value = "honest")]
		role: offchain_validator::participant::MinerRole,
		#[command(flatten)]
		arguments: ParticipantArgs,
	},
}

#[derive(Subcommand)]
pub enum ChainCommand {
	/// Print heads, runtime version, root votes as stored and as read, and what they pay to each subnet.
	Info {
		/// WebSocket address of a node.
		#[arg(long, value_name = "URL", env = "CHAIN_ENDPOINT", default_value = "ws://127.0.0.1:9944")]
		endpoint: String,
	},
	/// Register a hotkey on a subnet, unless it is, and stake on it; the coldkey pays.
	Register(register::RegisterArgs),
}

#[cfg(test)]
mod tests {
	use super::*;
	use clap::CommandFactory;

	#[test]
	fn command_line_is_consistent() {
		Cli::command().debug_assert();
	}
}
