// SPDX-License-Identifier: Apache-2.0
//! Reads recorded results: those in `tests/vectors`, or those of the folder that `GOLDEN_DIR` names, which has the same
//! shape. Their schema is described beside them; `OWNERS` says which package reads which file.

pub mod epochs;
mod tally;
pub mod today;

use std::{
	env, fmt, fs,
	io::{self, Write},
	path::PathBuf,
	str::FromStr,
};

use serde::{
	de::{DeserializeOwned, Error},
	Deserialize, Deserializer,
};

pub use tally::Tally;

/// The root of the checkout that the test runs in.
///
/// Asked of cargo at run time: checkouts may share a target folder, and a path compiled in may be another one's.
pub fn workspace() -> PathBuf {
	let package = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("tests are run by cargo"));
	let root = package.ancestors().find(|folder| folder.join("Cargo.lock").exists());
	root.expect("a package of the workspace").to_owned()
}

/// The recordings of this repository.
pub fn own_recordings() -> PathBuf {
	workspace().join("tests/vectors")
}

/// The folder that `GOLDEN_DIR` names, from the root of the checkout if it is relative.
///
/// # Panics
/// When it is not there: a misspelt path must not pass as a folder without recordings.
pub fn foreign_recordings() -> Option<PathBuf> {
	let folder = workspace().join(env::var_os("GOLDEN_DIR")?);
	assert!(folder.is_dir(), "GOLDEN_DIR: {} is not a folder", folder.display());
	Some(folder)
}

/// One recorded file, `mechanisms/eval_scores.json` say. `None`, and a line that says so, when `GOLDEN_DIR` lacks it.
///
/// # Panics
/// When our own file is missing, or any has another shape: a test that reads nothing must not pass.
pub fn recording<Recording: DeserializeOwned>(file: &str) -> Option<Recording> {
	let foreign = foreign_recordings();
	let path = foreign.clone().unwrap_or_else(own_recordings).join(file);
	if foreign.is_some() && !path.exists() {
		say(format_args!("skipped: {file} is not in GOLDEN_DIR"));
		return None;
	}
	let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
	Some(serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display())))
}

/// The cases of one recorded file, `chain/root_epoch.json` say; none when [`recording`] skips it.
///
/// # Panics
/// As [`recording`] does, and when there is no case.
pub fn cases<Case: DeserializeOwned>(file: &str) -> Vec<Case> {
	#[derive(Deserialize)]
	struct Recording<Case> {
		cases: Vec<Case>,
	}
	let Some(Recording { cases }) = recording(file) else { return Vec::new() };
	assert!(!cases.is_empty(), "{file} holds no case");
	cases
}

/// Prints a line past the test harness, which would keep it to itself when the test passes.
pub fn say(line: fmt::Arguments) {
	// Nobody listens: no reason to fail.
	let _ = io::stderr().write_all(format!("{line}\n").as_bytes());
}

/// An integer recorded as a decimal string.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decimal<T>(pub T);

impl<'de, T: FromStr<Err: fmt::Display>> Deserialize<'de> for Decimal<T> {
	fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
		String::deserialize(deserializer)?.parse().map(Self).map_err(D::Error::custom)
	}
}

/// Stored rows by uid; a uid without one is left out.
pub type RowList = Vec<(u16, Vec<(u16, u16)>)>;

/// One row for each of `n` uids; rows of uids that do not exist are left out.
pub fn dense_rows(list: &RowList, n: usize) -> Vec<Vec<(u16, u16)>> {
	let mut rows = vec![Vec::new(); n];
	for (uid, row) in list {
		if let Some(slot) = rows.get_mut(usize::from(*uid)) {
			slot.clone_from(row);
		}
	}
	rows
}

/// The plain integers of a list of [`Decimal`]s.
pub fn plain<T: Copy>(values: &[Decimal<T>]) -> Vec<T> {
	values.iter().map(|value| value.0).collect()
}
