// SPDX-License-Identifier: GPL-3.0-or-later WITH Classpath-exception-2.0
//! The dev chain's node: seals and finalises blocks by itself, or takes turns with other authorities.
//!
//! It wires the runtime to the SDK's client and holds no rule of the chain itself.

#![allow(clippy::result_large_err, reason = "the SDK's own error types, of which a run sees one")]

mod authorities;
mod chain;
mod chain_spec;
mod cli;
mod command;
mod named_pool;
mod rpc;
mod sealing;
mod service;

use std::process::ExitCode;

fn main() -> ExitCode {
	match command::run() {
		Ok(()) => ExitCode::SUCCESS,
		Err(error) => {
			eprintln!("error: {error}");
			ExitCode::FAILURE
		},
	}
}
