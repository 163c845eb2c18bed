// SPDX-License-Identifier: Apache-2.0

//! Running a client's script in its environment, with a home of its own and for no longer than it may.

use std::fs;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use nix::sys::signal::{killpg, Signal};
use nix::unistd::Pid;
use tempfile::TempDir;
use tokio::process::{Child, Command};
use tokio::time::timeout;

use crate::folder;

/// Longest that a script may run; each of its steps has a deadline of its own, far shorter.
const PATIENCE: Duration = Duration::from_secs(120);

/// Runs a script of the folder `python` in the environment of that lock file.
pub async fn python(environment: &str, script: &str, arguments: &[&str]) {
	let python = environment_of(environment).await.join("bin/python");
	let mut command = Command::new(python);
	command.arg(folder().join("python").join(script)).args(arguments);
	run(script, &mut command, home()).await;
}

/// Runs a script of the folder `javascript`.
pub async fn javascript(script: &str, arguments: &[&str]) {
	let environment = environment_of("javascript").await;
	let home = home();
	// Node looks for packages beside the script.
	fs::copy(folder().join("javascript").join(script), home.path().join(script)).expect("the script can be copied");
	let packages = environment.join("node_modules");
	std::os::unix::fs::symlink(packages, home.path().join("node_modules")).expect("a link can be made");
	let mut command = Command::new("node");
	command.arg(home.path().join(script)).args(arguments);
	run(script, &mut command, home).await;
}

fn home() -> TempDir {
	tempfile::tempdir().expect("a folder can be made")
}

/// Where the client is installed; installs it if it is not yet.
async fn environment_of(name: &str) -> PathBuf {
	let mut command = Command::new(folder().join("install.sh"));
	let output = command.arg(name).stdin(Stdio::null()).stderr(Stdio::inherit()).output().await;
	let output = output.expect("the script can be started");
	assert!(output.status.success(), "tests/clients/install.sh {name} failed");
	PathBuf::from(String::from_utf8(output.stdout).expect("a path is printed").trim())
}

/// A script and all that it started; ends with it.
struct Group(Child);

impl Drop for Group {
	fn drop(&mut self) {
		if let Some(pid) = self.0.id() {
			let _ = killpg(Pid::from_raw(pid as i32), Signal::SIGKILL);
		}
	}
}

/// Runs a command that sees nothing of this user: no variables, and another home.
async fn run(script: &str, command: &mut Command, home: TempDir) {
	let told = home.path().join("told");
	let output = fs::File::create(&told).expect("a file can be made");
	// Python would leave what it compiled of the scripts beside them, in the checkout.
	let path = std::env::var_os("PATH").unwrap_or_default();
	command.env_clear().env("PATH", path).env("LANG", "C.UTF-8").env("PYTHONDONTWRITEBYTECODE", "1");
	command.env("HOME", home.path()).env("TMPDIR", home.path()).current_dir(home.path()).process_group(0);
	command.stdin(Stdio::null()).stdout(output.try_clone().expect("a file can be shared")).stderr(output);
	let mut group = Group(command.spawn().expect("the script can be started"));
	let ended = timeout(PATIENCE, group.0.wait()).await;
	let told = fs::read_to_string(&told).expect("the file is there");
	match ended {
		Ok(status) if status.as_ref().is_ok_and(|status| status.success()) => println!("{script}\n{told}"),
		Ok(status) => panic!("{script}: {status:?}\n{told}"),
		Err(_) => panic!("{script} has not ended in {PATIENCE:?}\n{told}"),
	}
}
