// SPDX-License-Identifier: Apache-2.0

//! How the node is started.

use crate::cli::Settings;
use crate::process::{Process, ProcessError};

/// Starts the node of `settings` on the local network's genesis.
pub fn start(settings: &Settings) -> Result<Process, ProcessError> {
	let block_time = format!("{}ms", settings.block_time.as_millis());
	let rpc_port = settings.rpc_port.to_string();
	let arguments = ["--chain", "localnet", "--tmp", "--block-time", &block_time, "--rpc-port", &rpc_port];
	Process::start("the node", &settings.node, arguments, settings.log())
}
