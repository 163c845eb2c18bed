// SPDX-License-Identifier: Apache-2.0
//! The Python package that others rate with, on the same matches, in an environment of its own.

use std::{
	fs,
	io::Write,
	path::{Path, PathBuf},
	process::{Command, Stdio},
};

use mechanisms::openskill::Rating;
use serde::Deserialize;
use serde_json::json;

/// What the package made of the matches.
#[derive(Deserialize)]
pub struct Rated {
	/// Processor time of each match.
	pub seconds: Vec<f64>,
	/// Mean and standard deviation of each player in the end.
	pub ratings: Vec<(f64, f64)>,
}

/// Rates `matches`, each the scores of the same players, from new ratings on.
pub fn rate(matches: &[Vec<f64>], beta: f64, tau: f64) -> Rated {
	let here = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/reference");
	let mut python = Command::new(environment(&here).join("bin/python"));
	let mut child = python
		.arg(here.join("rate.py"))
		.stdin(Stdio::piped())
		.stdout(Stdio::piped())
		.spawn()
		.expect("the reference can be started");
	let given = json!({ "beta": beta, "tau": tau, "matches": matches }).to_string();
	child.stdin.take().expect("it is piped").write_all(given.as_bytes()).expect("the reference reads");
	let output = child.wait_with_output().expect("the reference ends");
	assert!(output.status.success(), "the reference failed");
	serde_json::from_slice(&output.stdout).expect("the reference prints JSON")
}

/// Largest relative difference between two sets of ratings.
pub fn difference(ours: &[Rating], theirs: &[(f64, f64)]) -> f64 {
	assert_eq!(ours.len(), theirs.len());
	let relative = |a: f64, b: f64| (a - b).abs() / b.abs();
	let pairs = ours.iter().zip(theirs);
	pairs.map(|(our, (mu, sigma))| relative(our.mu, *mu).max(relative(our.sigma, *sigma))).fold(0.0, f64::max)
}

/// Where the package is installed, as pinned; installs it the first time.
fn environment(here: &Path) -> PathBuf {
	let pins = here.join("requirements.txt");
	let name = fs::read_to_string(&pins).expect("the pins can be read").trim().replace("==", "-");
	let place = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
	if !place.join("installed").exists() {
		run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&place));
		run(Command::new(place.join("bin/python")).args(["-m", "pip", "install", "--quiet", "-r"]).arg(&pins));
		fs::write(place.join("installed"), "").expect("the environment can be written");
	}
	place
}

fn run(command: &mut Command) {
	let status = command.status().unwrap_or_else(|error| panic!("{command:?}: {error}: install python3 with venv"));
	assert!(status.success(), "{command:?} failed");
}
