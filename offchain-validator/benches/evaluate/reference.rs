// SPDX-License-Identifier: Apache-2.0

//! The published procedure, in a process of its own.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde::Deserialize;
use serde_json::{json, Value};

/// The process, with the model and all updates in memory. It idles until it is asked.
pub struct Reference {
	child: Child,
	asks: ChildStdin,
	answers: BufReader<ChildStdout>,
}

/// What it took for one miner, in seconds, and what it found.
pub struct Measured {
	pub copies: f64,
	pub steps: f64,
	pub passes: f64,
	/// Own before and after, random before and after.
	pub losses: [f64; 4],
}

#[derive(Deserialize)]
struct Answer {
	seconds: Seconds,
	losses: [f64; 4],
}

#[derive(Deserialize)]
struct Seconds {
	copies: f64,
	steps: f64,
	losses: f64,
}

impl Reference {
	pub fn start(python: &Path, folder: &Path) -> Self {
		let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/evaluate/evaluate.py");
		// Beside the program where it was carried to another machine.
		let script = if script.exists() { script } else { "evaluate.py".into() };
		let mut command = Command::new(python);
		let mut child = command
			.arg(script)
			.arg(folder)
			.stdin(Stdio::piped())
			.stdout(Stdio::piped())
			.spawn()
			.expect("the reference can be started");
		let asks = child.stdin.take().expect("it is piped");
		let answers = BufReader::new(child.stdout.take().expect("it is piped"));
		let mut reference = Self { child, asks, answers };
		eprintln!("reference: {}", reference.line());
		reference
	}

	pub fn miner(&mut self, miner: usize, set: &str) -> Measured {
		writeln!(self.asks, "{}", json!({ "miner": miner, "set": set })).expect("the reference reads");
		let answer: Answer = serde_json::from_value(self.line()).expect("the reference answers");
		let Seconds { copies, steps, losses } = answer.seconds;
		Measured { copies, steps, passes: losses, losses: answer.losses }
	}

	fn line(&mut self) -> Value {
		let mut line = String::new();
		self.answers.read_line(&mut line).expect("the reference writes");
		serde_json::from_str(&line).expect("the reference answers in JSON")
	}
}

impl Drop for Reference {
	fn drop(&mut self) {
		// It ends by itself when nobody asks any more; this is for one that hangs.
		let _ = self.child.kill();
		let _ = self.child.wait();
	}
}
