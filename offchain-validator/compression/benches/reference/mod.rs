// SPDX-License-Identifier: Apache-2.0

//! The procedure as published, on PyTorch: a process that waits for its turns.

use std::fs::{self, File};
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde::{Deserialize, Serialize};
use tempfile::TempDir;

/// What is to be compressed, and how.
#[derive(Serialize)]
pub struct Given<'a> {
	pub shapes: Vec<&'a [usize]>,
	pub target_chunk: usize,
	pub topk: usize,
	/// Of the quantiser; none for the first form.
	pub bins: Option<usize>,
	pub threads: usize,
	values: PathBuf,
	decoded: PathBuf,
}

/// Seconds of a turn.
#[derive(Clone, Copy, Debug, Deserialize)]
pub struct Turn {
	pub encode: f64,
	pub decode: f64,
}

/// The process.
pub struct Reference {
	child: Child,
	turns: ChildStdin,
	results: BufReader<ChildStdout>,
	folder: TempDir,
}

impl<'a> Given<'a> {
	pub fn new(
		shapes: Vec<&'a [usize]>,
		target_chunk: usize,
		topk: usize,
		bins: Option<usize>,
		threads: usize,
	) -> Self {
		Self { shapes, target_chunk, topk, bins, threads, values: PathBuf::new(), decoded: PathBuf::new() }
	}
}

impl Reference {
	/// Starts it on these values, which are those of all parameters one after the other.
	pub fn start(mut given: Given<'_>, values: &[f32]) -> Self {
		let folder = tempfile::tempdir().expect("a folder can be made");
		given.values = folder.path().join("values");
		given.decoded = folder.path().join("decoded");
		let bytes: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
		fs::write(&given.values, bytes).expect("the values can be written");
		let decoded = File::create(&given.decoded).expect("a file can be made");
		decoded.set_len(4 * values.len() as u64).expect("a file may have holes");
		let here = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/reference");
		let mut child = Command::new(python())
			.arg(here.join("codec.py"))
			.stdin(Stdio::piped())
			.stdout(Stdio::piped())
			.spawn()
			.expect("the reference can be started");
		let mut turns = child.stdin.take().expect("it is piped");
		let results = BufReader::new(child.stdout.take().expect("it is piped"));
		writeln!(turns, "{}", serde_json::to_string(&given).expect("it is plain data")).expect("the reference reads");
		Self { child, turns, results, folder }
	}

	/// Its next turn.
	pub fn turn(&mut self) -> Turn {
		writeln!(self.turns).expect("the reference reads");
		let mut line = String::new();
		self.results.read_line(&mut line).expect("the reference answers");
		serde_json::from_str(&line).expect("the reference prints JSON")
	}

	/// Ends it; what it has decoded last.
	pub fn finish(mut self) -> Vec<f32> {
		drop(self.turns);
		assert!(self.child.wait().expect("the reference ends").success(), "the reference failed");
		let bytes = fs::read(self.folder.path().join("decoded")).expect("the file can be read");
		bytes.as_chunks().0.iter().copied().map(f32::from_le_bytes).collect()
	}
}

/// A Python that has PyTorch.
fn python() -> PathBuf {
	let python = std::env::var_os("REFERENCE_PYTHON");
	python.expect("REFERENCE_PYTHON names a Python with torch 2.11: scripts/bench-evaluate.sh installs one").into()
}
