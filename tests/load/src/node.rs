// SPDX-License-Identifier: Apache-2.0

//! The node's processes: the one that is driven, and those that export and import its blocks afterwards. None outlives
//! this program, however it ends.

use std::fs::{self, File};
use std::io;
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use nix::errno::Errno;
use nix::sys::prctl;
use nix::sys::signal::{kill, Signal};
use nix::unistd::{getppid, Pid};
use serde::Serialize;
use tokio::process::{Child, Command};
use tokio::time::timeout;

/// How long the node may take to end once asked to.
const GRACE: Duration = Duration::from_secs(20);
/// Longest that an export or an import may take.
const SUBCOMMAND: Duration = Duration::from_secs(1_200);
/// Lines of a log that are shown when something failed.
const TAIL: usize = 5;

/// Why there is no node.
#[derive(Debug, thiserror::Error)]
pub enum NodeError {
	#[error("{}", path.display())]
	File { path: PathBuf, source: io::Error },
	#[error("cannot start {}", path.display())]
	Start { path: PathBuf, source: io::Error },
	#[error("no port is free")]
	Port { source: io::Error },
	#[error("the node's {what} failed:\n{log}")]
	Failed { what: String, log: String },
}

/// Memory that a process holds, in bytes.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Resident {
	/// What it has allocated, which nobody else can have.
	pub own: u64,
	/// Pages of files that it has mapped, its database's above all; the system takes them back when it needs them.
	pub files: u64,
}

/// A node that makes blocks. Dropping it kills it.
pub struct Node {
	child: Child,
	pid: u32,
	port: u16,
	log: PathBuf,
}

/// The program of a node, and the folder that is all it may write to.
pub struct Program<'a> {
	/// The program.
	pub path: &'a Path,
	/// The folder.
	pub folder: &'a Path,
}

impl Program<'_> {
	/// Starts a node on a chain of its own, which serves nobody but this machine; `flags` are further ones.
	pub fn start(&self, block_time: Duration, flags: &[String]) -> Result<Node, NodeError> {
		let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0));
		let port = listener.and_then(|listener| listener.local_addr()).map_err(|source| NodeError::Port { source })?;
		let port = port.port();
		let (block_time, rpc_port) = (format!("{}ms", block_time.as_millis()), port.to_string());
		let ours = ["--block-time", &block_time, "--rpc-port", &rpc_port, "--rpc-max-response-size", "64"];
		let arguments: Vec<_> = ours.into_iter().chain(flags.iter().map(String::as_str)).collect();
		let log = self.folder.join("node.log");
		let child = self.command(&self.chain(), &arguments, &log)?;
		let pid = child.id().expect("it has not been waited for; qed");
		Ok(Node { child, pid, port, log })
	}

	/// The folder of the chain that is driven.
	pub fn chain(&self) -> PathBuf {
		self.folder.join("chain")
	}

	/// Writes the chain's blocks to a file, imports them into an empty database, and returns the log of that.
	pub async fn reimport(&self) -> Result<String, NodeError> {
		let blocks = self.folder.join("blocks");
		let blocks = blocks.to_string_lossy();
		self.subcommand(&self.chain(), &["export-blocks", "--binary", &blocks], "export").await?;
		let import = ["import-blocks", "--binary", "-ldb=debug", &blocks];
		let log = self.subcommand(&self.folder.join("copy"), &import, "import").await?;
		fs::read_to_string(&log).map_err(|source| NodeError::File { path: log, source })
	}

	async fn subcommand(&self, chain: &Path, arguments: &[&str], what: &str) -> Result<PathBuf, NodeError> {
		let log = self.folder.join(format!("{what}.log"));
		let mut child = self.command(chain, arguments, &log)?;
		match timeout(SUBCOMMAND, child.wait()).await {
			Ok(Ok(status)) if status.success() => Ok(log),
			_ => Err(NodeError::Failed { what: what.into(), log: tail(&log) }),
		}
	}

	fn command(&self, chain: &Path, arguments: &[&str], log: &Path) -> Result<Child, NodeError> {
		let unwritable = |source| NodeError::File { path: log.into(), source };
		let output = File::create(log).map_err(unwritable)?;
		let mut command = Command::new(self.path);
		command
			.args(arguments)
			.args(["--chain", "localnet", "--disable-log-color", "--base-path"])
			.arg(chain)
			.stdin(Stdio::null())
			.stdout(output.try_clone().map_err(unwritable)?)
			.stderr(output)
			.process_group(0) // Ctrl-C reaches this program alone, which then ends the node.
			.kill_on_drop(true);
		die_with_us(&mut command);
		command.spawn().map_err(|source| NodeError::Start { path: self.path.into(), source })
	}
}

impl Node {
	/// Address of its RPC.
	pub fn endpoint(&self) -> String {
		format!("ws://127.0.0.1:{}", self.port)
	}

	/// Memory that it holds now.
	pub fn resident(&self) -> Result<Resident, NodeError> {
		let path = PathBuf::from(format!("/proc/{}/status", self.pid));
		let status = fs::read_to_string(&path).map_err(|source| NodeError::File { path, source })?;
		let bytes = |key: &str| {
			let line = status.lines().find_map(|line| line.strip_prefix(key))?;
			Some(line.split_whitespace().next()?.parse::<u64>().ok()? * 1_024)
		};
		let gone = || NodeError::Failed { what: "process".into(), log: self.log_tail() };
		let resident = || Some(Resident { own: bytes("RssAnon:")?, files: bytes("RssFile:")? });
		resident().ok_or_else(gone)
	}

	/// All it has said.
	pub fn log(&self) -> Result<String, NodeError> {
		fs::read_to_string(&self.log).map_err(|source| NodeError::File { path: self.log.clone(), source })
	}

	/// The last it has said.
	pub fn log_tail(&self) -> String {
		tail(&self.log)
	}

	/// Ends it, so that its database is whole.
	pub async fn stop(mut self) -> Result<(), NodeError> {
		// Refused only if it is gone already.
		let _ = kill(Pid::from_raw(self.pid as i32), Signal::SIGTERM);
		match timeout(GRACE, self.child.wait()).await {
			Ok(Ok(_)) => Ok(()),
			_ => Err(NodeError::Failed { what: "end".into(), log: self.log_tail() }),
		}
	}
}

/// Bytes that the disk has given to the database below `folder`, but for its logs of writes that are about to be made:
/// how long those are depends on when one looks.
pub fn bytes_of_database(folder: &Path) -> Result<u64, NodeError> {
	const UNIT: u64 = 512; // Of `blocks`, whatever the disk's own is.
	let unreadable = |source| NodeError::File { path: folder.into(), source };
	let mut sum = 0;
	for entry in fs::read_dir(folder).map_err(unreadable)? {
		let entry = entry.map_err(unreadable)?;
		let (name, data) = (entry.file_name(), entry.metadata().map_err(unreadable)?);
		if data.is_dir() {
			sum += bytes_of_database(&entry.path())?;
		} else if !name.to_string_lossy().starts_with("log") {
			sum += data.blocks() * UNIT;
		}
	}
	Ok(sum)
}

fn tail(log: &Path) -> String {
	let log = fs::read(log).unwrap_or_default();
	let log = String::from_utf8_lossy(&log);
	let lines: Vec<_> = log.lines().collect();
	lines[lines.len().saturating_sub(TAIL)..].join("\n")
}

/// Has the system kill the process with the thread that starts it, even if nobody is left to drop it.
fn die_with_us(command: &mut Command) {
	let us = Pid::this();
	let in_child = move || {
		prctl::set_pdeathsig(Signal::SIGKILL)?;
		if getppid() == us {
			Ok(())
		} else {
			Err(Errno::ESRCH.into()) // We ended before the line above.
		}
	};
	// SAFETY: between fork and exec the closure makes two system calls and allocates nothing.
	unsafe { command.pre_exec(in_child) };
}
