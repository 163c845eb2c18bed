// SPDX-License-Identifier: Apache-2.0

//! A process of the local network: started with its log in a file, watched, and ended whatever happens.

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

/// How long a process may take to end after it was asked to.
const GRACE: Duration = Duration::from_secs(5);
/// Lines of the log that are shown when something failed.
const TAIL: usize = 20;

/// A running process. Dropping it kills it; [`Process::stop`] asks first.
pub struct Process {
	name: String,
	child: Child,
	pid: u32,
	log: PathBuf,
}

/// Why there is no process.
#[derive(Debug, thiserror::Error)]
pub enum ProcessError {
	#[error("cannot write the log of {name} to {}", path.display())]
	Log { name: String, path: PathBuf, source: io::Error },
	#[error("cannot start {name} ({})", path.display())]
	Start { name: String, path: PathBuf, source: io::Error },
	#[error("{name} ended by itself ({status})")]
	Died { name: String, status: ExitStatus },
	#[error("{name} cannot be watched")]
	Unwatchable { name: String, source: io::Error },
}

impl Process {
	/// Starts `program`; what it prints goes to `log`.
	pub fn start<S: AsRef<std::ffi::OsStr>>(
		name: impl Into<String>,
		program: &Path,
		arguments: impl IntoIterator<Item = S>,
		log: PathBuf,
	) -> Result<Self, ProcessError> {
		let name = name.into();
		let refused = |source| ProcessError::Log { name: name.clone(), path: log.clone(), source };
		let output = open_log(&log).map_err(refused)?;
		let start = || {
			let mut command = Command::new(program);
			command
				.args(arguments)
				.stdin(Stdio::null())
				.stdout(output.try_clone()?)
				.stderr(output)
				// Ctrl-C in a terminal reaches this program alone, which then ends its processes.
				.process_group(0)
				.kill_on_drop(true);
			die_with_us(&mut command);
			command.spawn()
		};
		let refused = |source| ProcessError::Start { name: name.clone(), path: program.into(), source };
		let child = start().map_err(refused)?;
		let pid = child.id().expect("it has not been waited for; qed");
		Ok(Self { name, child, pid, log })
	}

	/// Its number.
	pub fn pid(&self) -> u32 {
		self.pid
	}

	/// Resolves when the process has ended, which it should not by itself.
	pub async fn died(&mut self) -> ProcessError {
		let name = self.name.clone();
		match self.child.wait().await {
			Ok(status) => ProcessError::Died { name, status },
			Err(source) => ProcessError::Unwatchable { name, source },
		}
	}

	/// Ends the process and waits for it: asks first, so that it can tidy up, then kills it.
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
