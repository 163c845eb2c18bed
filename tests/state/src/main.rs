// SPDX-License-Identifier: Apache-2.0

//! Checks the state of a running chain: does all that must hold of its storage hold, and what do its root votes pay?
//!
//! Reads everything that the chain has stored after one block, and runs on it, natively, what every pallet of this
//! checkout's runtime checks of its own storage. Nothing is sent to the chain. Exit status: 0 if everything holds, 1 if
//! something is broken, 2 for wrong flags, 3 if nothing was checked.

mod check;
mod fetch;
mod progress;
mod report;
mod state;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::error::ErrorKind;
use clap::{CommandFactory, Parser};
use root_weights_runtime::{Hash, VERSION};
use sp_version::RuntimeVersion;
use thiserror::Error;

use crate::fetch::{FetchError, Node};
use crate::report::Report;
use crate::state::{SnapshotError, State};

const BROKEN: u8 = 1;
const NOT_CHECKED: u8 = 3;

/// Checks the state of a running chain: runs every pallet's own check of its storage on it, and says what its root votes
/// pay.
///
/// Exit status: 0 if everything holds, 1 if something is broken, 2 for wrong flags, 3 if nothing was checked.
#[derive(Parser)]
#[command(name = "check-state")]
struct Flags {
	/// WebSocket address of a node, such as ws://127.0.0.1:9944, or a file that --snapshot has written.
	source: String,
	/// Check the state after this block, not after the last finalised one.
	#[arg(long, value_name = "HASH")]
	at: Option<Hash>,
	/// Keep the state that was read in this file.
	#[arg(long, value_name = "FILE")]
	snapshot: Option<PathBuf>,
	/// Check a chain of another runtime, too, by the rules of this one.
	#[arg(long)]
	any_version: bool,
}

/// Why nothing was checked.
#[derive(Debug, Error)]
enum Refusal {
	#[error(transparent)]
	Fetch(#[from] FetchError),
	#[error(transparent)]
	Snapshot(#[from] SnapshotError),
	#[error(
		"the state is of runtime {} {}, and this checks by the rules of {} {}: check with the checkout that the chain was \
		 built from, or pass --any-version",
		.0.spec_name, .0.spec_version, VERSION.spec_name, VERSION.spec_version
	)]
	OtherRuntime(Box<RuntimeVersion>),
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
	let flags = Flags::parse();
	let state = match read(&flags).await {
		Ok(state) => state,
		Err(refusal) => {
			eprintln!("error: {refusal}");
			return NOT_CHECKED.into();
		},
	};
	let line = progress::line("{spinner} Checking {msg}").with_message(format!("{} keys", state.pairs.len()));
	let checked = check::check(&state);
	line.finish_and_clear();
	print!("{}", Report { state: &state, checked: &checked });
	match checked.broken().is_empty() {
		true => ExitCode::SUCCESS,
		false => BROKEN.into(),
	}
}

/// Reads the state from where the flags say; a runtime that is not welcome is refused before much is read.
async fn read(flags: &Flags) -> Result<State, Refusal> {
	if !flags.source.contains("://") {
		if flags.at.is_some() || flags.snapshot.is_some() {
			let text = "--at and --snapshot are for the address of a node; a file holds one block";
			Flags::command().error(ErrorKind::ArgumentConflict, text).exit();
		}
		let state = State::load(flags.source.as_ref())?;
		welcome(&state.block.version, flags.any_version)?;
		return Ok(state);
	}
	let node = Node::connect(&flags.source).await?;
	let block = node.block(flags.at).await?;
	welcome(&block.version, flags.any_version)?;
	let pairs = node.pairs(block.header.hash()).await?;
	let state = State { block, pairs };
	if let Some(path) = &flags.snapshot {
		state.save(path)?;
	}
	Ok(state)
}

fn welcome(version: &RuntimeVersion, any: bool) -> Result<(), Refusal> {
	if any || state::is_ours(version) {
		Ok(())
	} else {
		Err(Refusal::OtherRuntime(Box::new(version.clone())))
	}
}
