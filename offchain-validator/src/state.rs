// SPDX-License-Identifier: Apache-2.0

//! What a validator must not forget: its scores, and the row it means to set. One file, replaced as a whole.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::{fs, io};

use mechanisms::Uid;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::atomic;
use crate::clock::Window;

/// Version of the file's form.
const VERSION: u32 = 3;

/// A row of weights, as it goes to the chain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Row {
	/// The window it comes from.
	pub window: Window,
	/// Weight by uid; none is zero.
	pub weights: BTreeMap<Uid, u16>,
}

/// What a mechanism remembers of the uids it scores.
pub trait Scores: Default + Serialize + DeserializeOwned {
	/// The mechanism's name, which no other has.
	const MECHANISM: &'static str;

	/// Forgets everything about `uid`: its slot went to another hotkey.
	fn reset_uid(&mut self, uid: Uid);

	/// The last window scored.
	fn last_window(&self) -> Option<Window>;
}

/// What a validator knows after a window.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ValidatorState<S> {
	version: u32,
	mechanism: String,
	/// What the mechanism remembers.
	pub scores: S,
	/// Who held each uid when it was last looked at. A uid is a slot; what is known of it is of its hotkey.
	pub hotkeys: BTreeMap<Uid, String>,
	/// The row that is still to be set.
	pub due: Option<Row>,
	/// The row that was last seen on the chain.
	pub set: Option<Row>,
	/// Rows that were set.
	pub weights_set: u32,
	/// Windows that were scored.
	pub windows_scored: u32,
}

/// Why there is no state.
#[derive(Debug, thiserror::Error)]
pub enum StateError {
	/// The file cannot be read or written.
	#[error("cannot use {}", path.display())]
	Io {
		/// Its path.
		path: PathBuf,
		#[source]
		source: io::Error,
	},
	/// The file holds something else.
	#[error("{} holds no validator's state: move it away to begin anew", path.display())]
	Parse {
		/// Its path.
		path: PathBuf,
		#[source]
		source: serde_json::Error,
	},
	/// A newer program wrote the file.
	#[error("{} was written by another version of this program (form {found}, not {VERSION})", path.display())]
	Version {
		/// Its path.
		path: PathBuf,
		/// The form it has.
		found: u32,
	},
	/// The file is another mechanism's.
	#[error("{} is the state of a validator for {found}: name another folder with --state", path.display())]
	Mechanism {
		/// Its path.
		path: PathBuf,
		/// Whose it is.
		found: String,
	},
}

impl<S: Scores> Default for ValidatorState<S> {
	fn default() -> Self {
		Self {
			version: VERSION,
			mechanism: S::MECHANISM.into(),
			scores: S::default(),
			hotkeys: BTreeMap::new(),
			due: None,
			set: None,
			weights_set: 0,
			windows_scored: 0,
		}
	}
}

impl<S: Scores> ValidatorState<S> {
	/// Reads the state at `path`, or begins one.
	pub fn open(path: &Path) -> Result<Self, StateError> {
		#[derive(Deserialize)]
		struct Versioned {
			version: u32,
			#[serde(default)]
			mechanism: String,
		}
		let text = match fs::read(path) {
			Ok(text) => text,
			Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Self::default()),
			Err(source) => return Err(StateError::Io { path: path.into(), source }),
		};
		let parse = |source| StateError::Parse { path: path.into(), source };
		// First whose it is: another one may hold anything else.
		let Versioned { version, mechanism } = serde_json::from_slice(&text).map_err(parse)?;
		if version != VERSION {
			return Err(StateError::Version { path: path.into(), found: version });
		}
		if mechanism != S::MECHANISM {
			return Err(StateError::Mechanism { path: path.into(), found: mechanism });
		}
		serde_json::from_slice(&text).map_err(parse)
	}

	/// Replaces the file at `path`.
	pub fn save(&self, path: &Path) -> Result<(), StateError> {
		let failed = |source| StateError::Io { path: path.into(), source };
		let text = serde_json::to_vec_pretty(self).map_err(|error| failed(error.into()))?;
		atomic::write(path, &text).map_err(failed)
	}

	/// Whether `window` has been scored.
	pub fn has_scored(&self, window: Window) -> bool {
		self.scores.last_window().is_some_and(|last| window <= last)
	}

	/// Forgets the uids that another hotkey holds now; returns them.
	pub fn follow_hotkeys(&mut self, hotkeys: BTreeMap<Uid, String>) -> Vec<Uid> {
		let changed = |uid: &Uid| self.hotkeys.get(uid).is_some_and(|known| hotkeys.get(uid) != Some(known));
		let gone: Vec<Uid> = self.hotkeys.keys().copied().filter(changed).collect();
		for uid in &gone {
			self.scores.reset_uid(*uid);
			if let Some(due) = &mut self.due {
				due.weights.remove(uid);
			}
		}
		self.due = self.due.take().filter(|due| !due.weights.is_empty());
		self.hotkeys = hotkeys;
		gone
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	/// The uids that were forgotten.
	#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
	struct Forgotten(Vec<Uid>);

	impl Scores for Forgotten {
		const MECHANISM: &'static str = "forgetting";

		fn reset_uid(&mut self, uid: Uid) {
			self.0.push(uid);
		}

		fn last_window(&self) -> Option<Window> {
			None
		}
	}

	type State = ValidatorState<Forgotten>;

	fn hotkeys(names: &[(Uid, &str)]) -> BTreeMap<Uid, String> {
		names.iter().map(|(uid, name)| (*uid, (*name).into())).collect()
	}

	#[test]
	fn what_was_saved_is_there_again() {
		let folder = tempfile::tempdir().expect("a folder can be made");
		let path = folder.path().join("state.json");
		let mut state = State::open(&path).expect("a new one");
		state.weights_set = 3;
		state.due = Some(Row { window: 4, weights: [(2, 65_535)].into() });
		state.save(&path).expect("it can be written");
		let again = State::open(&path).expect("it can be read");
		assert_eq!((again.weights_set, again.due), (3, state.due));
	}

	#[test]
	fn another_form_and_rubbish_are_told_apart_and_left_alone() {
		let folder = tempfile::tempdir().expect("a folder can be made");
		let path = folder.path().join("state.json");
		for (text, expected) in [
			("{\"version\": 4, \"more\": []}", "version"),
			("{\"version\": 3, \"mechanism\": \"other\"}", "mechanism"),
			("{\"version\": 3, \"mechanism\": \"forgetting\"}", "parse"),
			("", "parse"),
		] {
			fs::write(&path, text).expect("it can be written");
			match State::open(&path) {
				Err(StateError::Version { found: 4, .. }) => assert_eq!(expected, "version"),
				Err(StateError::Mechanism { found, .. }) => {
					assert_eq!((expected, found.as_str()), ("mechanism", "other"))
				},
				Err(StateError::Parse { .. }) => assert_eq!(expected, "parse"),
				other => panic!("{text}: {other:?}"),
			}
			assert_eq!(fs::read_to_string(&path).expect("it is there"), text);
		}
	}

	#[test]
	fn a_uid_with_another_hotkey_starts_from_nothing() {
		let mut state = State::default();
		state.follow_hotkeys(hotkeys(&[(1, "a"), (2, "b"), (3, "c")]));
		state.due = Some(Row { window: 4, weights: [(1, 9), (2, 65_535)].into() });
		assert_eq!(state.follow_hotkeys(hotkeys(&[(1, "a"), (2, "new")])), [2, 3]);
		assert_eq!(state.due, Some(Row { window: 4, weights: [(1, 9)].into() }));
		assert_eq!(state.follow_hotkeys(hotkeys(&[(1, "new"), (2, "new")])), [1]);
		assert_eq!(state.due, None);
		assert_eq!(state.scores, Forgotten(vec![2, 3, 1]));
	}
}
