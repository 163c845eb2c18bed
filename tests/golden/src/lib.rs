// SPDX-License-Identifier: Apache-2.0
//! Reads the recorded results in `tests/vectors`. Their schema is described beside them.

use std::{fmt, fs, path::PathBuf, str::FromStr};

use serde::{
	de::{DeserializeOwned, Error},
	Deserialize, Deserializer,
};

/// The root of the checkout that the test runs in.
///
/// Asked of cargo at run time: checkouts may share a target folder, and a path compiled in may be another one's.
pub fn workspace() -> PathBuf {
	let package = std::env::var_os("CARGO_MANIFEST_DIR").expect("tests are run by cargo");
	PathBuf::from(package).join("../..")
}

/// One recorded file, `mechanisms/eval_scores.json` say.
///
/// # Panics
/// When the file is missing or has another shape: a test that reads nothing must not pass.
pub fn recording<Recording: DeserializeOwned>(file: &str) -> Recording {
	let path = workspace().join("tests/vectors").join(file);
	let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
	serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The cases of one recorded file, `chain/root_epoch.json` say.
///
/// # Panics
/// As [`recording`] does, and when there is no case.
pub fn cases<Case: DeserializeOwned>(file: &str) -> Vec<Case> {
	#[derive(Deserialize)]
	struct Recording<Case> {
		cases: Vec<Case>,
	}
	let Recording { cases } = recording(file);
	assert!(!cases.is_empty(), "{file} holds no case");
	cases
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
