// SPDX-License-Identifier: Apache-2.0

//! The node's process: started with its log in a file, watched, and ended whatever happens.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use nix::errno::Errno;
use nix::sys::prctl;
use nix::sys::signal::{kill, Signal};
use nix::unistd::{getppid, Pid};
use tokio::process::{Child, Command};

use crate::cli::Settings;

/// How long a node may take to end after it was asked to.
const GRACE: Duration = Duration::from_secs(5);
/// Lines of the log that are shown when something failed.
const TAIL: usize = 20;

/// A running node. Dropping it kills the process; [`Node::stop`] asks first.
pub struct Node {
	child: Child,
	pid: u32,
	rpc_port: u16,
	log: PathBuf,
}

/// Why there is no node.
#[derive(Debug, thiserror::Error)]
pub enum NodeError {
	#[error("cannot write the node's log to {}", path.display())]
	Log { path: PathBuf, source: io::Error },
	#[error("cannot start {}", path.display())]
	Start { path: PathBuf, source: io::Error },
	#[error("the node ended by itself ({0})")]
	Died(ExitStatus),
	#[error("the node cannot be watched")]
	Unwatchable(#[source] io::Error),
}

impl Node {
	/// Starts the node of `settings` on the local network's genesis.
	pub fn start(settings: &Settings) -> Result<Self, NodeError> {
		let log = settings.log();
		let output = open_log(&log).map_err(|source| NodeError::Log { path: log.clone(), source })?;
		let start = || {
			let mut command = Command::new(&settings.node);
			command
				.args(["--chain", "localnet", "--tmp"])
				.args(["--block-time", &format!("{}ms", settings.block_time.as_millis())])
				.args(["--rpc-port", &settings.rpc_port.to_string()])
				.stdin(Stdio::null())
				.stdout(output.try_clone()?)
				.stderr(output)
				// Ctrl-C in a terminal reaches this program alone, which then ends the node.
				.process_group(0)
				.kill_on_drop(true);
			die_with_us(&mut command);
			command.spawn()
		};
		let child = start().map_err(|source| NodeError::Start { path: settings.node.clone(), source })?;
		let pid = child.id().expect("it has not been waited for; qed");
		Ok(Self { child, pid, rpc_port: settings.rpc_port, log })
	}

	/// Address of its RPC.
	pub fn endpoint(&self) -> String {
		format!("ws://127.0.0.1:{}", self.rpc_port)
	}

	/// Its process.
	pub fn pid(&self) -> u32 {
		self.pid
	}

	/// Resolves when the process has ended, which it should not by itself.
	pub async fn died(&mut self) -> NodeError {
		match self.child.wait().await {
			Ok(status) => NodeError::Died(status),
			Err(error) => NodeError::Unwatchable(error),
		}
	}

	/// Ends the process and waits for it: asks first, so that it removes its files, then kills it.
	pub async fn stop(&mut self) {
		if let Some(pid) = self.child.id() {
			// Refused only if it is gone already.
			let _ = kill(Pid::from_raw(pid as i32), Signal::SIGTERM);
			if tokio::time::timeout(GRACE, self.child.wait()).await.is_err() {
				let _ = self.child.kill().await;
			}
		}
	}

	/// The end of the log, for someone who wants to know what happened.
	pub fn log_tail(&self) -> String {
		let log = fs::read(&self.log).unwrap_or_default();
		let log = String::from_utf8_lossy(&log);
		let lines: Vec<_> = log.lines().collect();
		let tail = &lines[lines.len().saturating_sub(TAIL)..];
		let tail: String = tail.iter().map(|line| format!("  {line}\n")).collect();
		format!("last lines of {}:\n{tail}", self.log.display())
	}
}

fn open_log(path: &Path) -> io::Result<File> {
	fs::create_dir_all(path.parent().unwrap_or(Path::new(".")))?;
	File::create(path)
}

/// Has the system kill the process when the thread that starts it ends, even if we are killed ourselves.
fn die_with_us(command: &mut Command) {
	let us = Pid::this();
	let in_child = move || {
		prctl::set_pdeathsig(Signal::SIGKILL)?;
		// We may have been killed before the line above.
		if getppid() != us {
			return Err(Errno::ESRCH.into());
		}
		Ok(())
	};
	// SAFETY: between fork and exec the closure makes two system calls and allocates nothing.
	unsafe { command.pre_exec(in_child) };
}
