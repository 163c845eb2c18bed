// SPDX-License-Identifier: Apache-2.0

//! Starting the real programs, and making sure that nothing of them is left.

use std::ffi::OsStr;
use std::fs;
use std::net::{Ipv4Addr, TcpListener};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use nix::sys::signal::{kill, Signal};
use nix::unistd::Pid;
use offchain_validator::chain::Chain;
use tempfile::TempDir;
use tokio::process::{Child, Command};
use tokio::time::{sleep, timeout, Instant};

/// Longest that any program may run here.
pub const PATIENCE: Duration = Duration::from_secs(240);
/// Longest that a process may take to end once it should.
pub const GOODBYE: Duration = Duration::from_secs(20);

/// The built program `name`.
pub fn program(name: &str) -> PathBuf {
	let folder = std::env::var_os("ROOT_WEIGHTS_BIN_DIR").map(PathBuf::from).unwrap_or_else(|| {
		let test = std::env::current_exe().expect("the test has a path");
		let deps = test.parent().expect("it is in a folder");
		deps.parent().expect("which is in the target folder").to_owned()
	});
	let path = folder.join(name);
	assert!(path.is_file(), "{} is missing: build the workspace, or set ROOT_WEIGHTS_BIN_DIR", path.display());
	path
}

/// Runs a program to its end.
pub async fn run<S: AsRef<OsStr>>(name: &str, arguments: impl IntoIterator<Item = S>) -> Output {
	let mut command = Command::new(program(name));
	command.args(arguments).stdin(Stdio::null()).kill_on_drop(true);
	timeout(PATIENCE, command.output()).await.expect("it ends in time").expect("it can be started")
}

/// What a program told its user, both streams.
pub fn told(output: &Output) -> String {
	let stream = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
	format!("{}{}", stream(&output.stdout), stream(&output.stderr))
}

/// Ports that the system gives to nobody who names none: no connection takes one while the program it is for is on its way.
const PORTS: Range<u16> = 10_000..32_000;

/// A port that is free now, and that nobody else in this process is given.
pub fn free_port() -> u16 {
	static GIVEN: AtomicU32 = AtomicU32::new(0);
	// Each process begins elsewhere.
	let next = || std::process::id().wrapping_mul(997).wrapping_add(GIVEN.fetch_add(1, Ordering::Relaxed));
	let mut ports = PORTS.map(|_| PORTS.start + (next() % PORTS.len() as u32) as u16);
	ports.find(|port| TcpListener::bind((Ipv4Addr::LOCALHOST, *port)).is_ok()).expect("some port is free")
}

/// A localnet program that runs beside the test. Dropping it kills it, and with it its node.
pub struct Localnet {
	child: Child,
	/// Where its node's RPC is or will be.
	pub rpc_port: u16,
	folder: TempDir,
}

impl Localnet {
	/// Starts with a port and a report folder of its own.
	pub fn start(arguments: &[&str]) -> Self {
		let folder = tempfile::tempdir().expect("a folder can be made");
		let rpc_port = free_port();
		let child = Command::new(program("localnet"))
			.args(["--rpc-port", &rpc_port.to_string()])
			.arg("--report")
			.arg(folder.path().join("report"))
			.args(arguments)
			.env("TMPDIR", folder.path()) // A node that is killed leaves its files.
			.stdin(Stdio::null())
			.stdout(Stdio::null())
			.stderr(fs::File::create(folder.path().join("stderr")).expect("a file can be made"))
			.kill_on_drop(true)
			.spawn()
			.expect("it can be started");
		Self { child, rpc_port, folder }
	}

	/// Starts just a node and waits until it answers.
	pub async fn node_only(block_time: &str) -> (Self, Chain) {
		let localnet = Self::start(&["--node-only", "--block-time", block_time]);
		let chain = connected(&localnet.endpoint(), || localnet.told()).await;
		(localnet, chain)
	}

	/// Address of the node's RPC.
	pub fn endpoint(&self) -> String {
		format!("ws://127.0.0.1:{}", self.rpc_port)
	}

	/// The folder the report goes into.
	pub fn report(&self) -> PathBuf {
		self.folder.path().join("report")
	}

	/// What it told its user, besides the result.
	pub fn told(&self) -> String {
		fs::read_to_string(self.folder.path().join("stderr")).expect("the file is there")
	}

	/// Sends it a signal.
	pub fn signal(&self, signal: Signal) {
		let pid = self.child.id().expect("it has not ended yet");
		kill(Pid::from_raw(pid as i32), signal).expect("it can be signalled");
	}

	/// Waits for its end.
	pub async fn ended(&mut self) -> ExitStatus {
		timeout(PATIENCE, self.child.wait()).await.expect("it ends in time").expect("it can be waited for")
	}

	/// Waits until its node's process exists.
	pub async fn node_started(&self) -> i32 {
		let deadline = Instant::now() + PATIENCE;
		loop {
			if let Some(pid) = node_on(self.rpc_port) {
				return pid;
			}
			assert!(Instant::now() < deadline, "no node was started\n{}", self.told());
			sleep(Duration::from_millis(50)).await;
		}
	}
}

/// A node by itself, which keeps its chain in a folder. Dropping it kills it.
pub struct Node {
	child: Child,
	rpc_port: u16,
	log: PathBuf,
}

impl Node {
	/// Starts on the chain below `base_path`, a new one if there is none, and waits until it answers.
	pub async fn start(base_path: &Path, block_time: &str) -> (Self, Chain) {
		Self::start_with(base_path, &["--chain", "localnet", "--block-time", block_time]).await
	}

	/// The same with other flags, of which none is for RPC's port.
	pub async fn start_with<S: AsRef<OsStr>>(base_path: &Path, flags: &[S]) -> (Self, Chain) {
		let node = Self::launch(base_path, flags);
		let chain = node.connected().await;
		(node, chain)
	}

	/// Waits until it answers.
	pub async fn connected(&self) -> Chain {
		connected(&self.endpoint(), || self.told()).await
	}

	/// The same without waiting for it.
	pub fn launch<S: AsRef<OsStr>>(base_path: &Path, flags: &[S]) -> Self {
		fs::create_dir_all(base_path).expect("a folder can be made");
		let (rpc_port, log) = (free_port(), base_path.join("stderr"));
		let child = Command::new(program("root-weights-node"))
			.args(flags)
			.args(["--rpc-port", &rpc_port.to_string()])
			.arg("--base-path")
			.arg(base_path)
			.stdin(Stdio::null())
			.stdout(Stdio::null())
			.stderr(fs::File::create(&log).expect("a file can be made"))
			.kill_on_drop(true)
			.spawn()
			.expect("it can be started");
		Self { child, rpc_port, log }
	}

	/// What it has logged since its start.
	pub fn told(&self) -> String {
		fs::read_to_string(&self.log).expect("the file is there")
	}

	/// Port of its RPC.
	pub fn rpc_port(&self) -> u16 {
		self.rpc_port
	}

	/// Address of its RPC.
	pub fn endpoint(&self) -> String {
		format!("ws://127.0.0.1:{}", self.rpc_port)
	}

	/// Kills it without a warning.
	pub async fn kill(mut self) {
		self.child.kill().await.expect("it can be killed");
	}
}

/// Connects to a node as soon as it answers; `told` is what it has said if it never does.
async fn connected(endpoint: &str, told: impl Fn() -> String) -> Chain {
	let deadline = Instant::now() + PATIENCE;
	loop {
		match Chain::connect(endpoint).await {
			Ok(chain) => return chain,
			Err(error) => assert!(Instant::now() < deadline, "{error}\n{}", told()),
		}
		sleep(Duration::from_millis(100)).await;
	}
}

/// The process of a node whose RPC is to be on `rpc_port`.
pub fn node_on(rpc_port: u16) -> Option<i32> {
	let is_it = |process: &Path| {
		let arguments = fs::read(process.join("cmdline")).unwrap_or_default();
		let arguments: Vec<_> = arguments.split(|byte| *byte == 0).collect();
		let has_port = arguments.windows(2).any(|pair| pair == [b"--rpc-port", rpc_port.to_string().as_bytes()]);
		has_port && arguments.contains(&b"localnet".as_slice())
	};
	let processes = fs::read_dir("/proc").expect("this is Linux").filter_map(Result::ok).map(|entry| entry.path());
	processes
		.filter(|process| is_it(process))
		.find_map(|process| process.file_name().and_then(OsStr::to_str).and_then(|pid| pid.parse().ok()))
}

/// Waits until the process `pid` has ended.
pub async fn gone(pid: i32) {
	// The state follows the name, which stands in parentheses; a zombie has ended and waits for its parent to notice.
	let runs = || {
		let status = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
		status.rsplit_once(") ").is_some_and(|(_, state)| !state.starts_with('Z'))
	};
	let deadline = Instant::now() + GOODBYE;
	while runs() {
		assert!(Instant::now() < deadline, "process {pid} is still there");
		sleep(Duration::from_millis(50)).await;
	}
}
