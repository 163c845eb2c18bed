// SPDX-License-Identifier: Apache-2.0

//! The folder of a participant, which no other process may work in: two would overwrite each other's state.

use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};

use super::ParticipantError;

/// Name of the file that says whether somebody works in the folder.
const LOCK: &str = "lock";

/// A folder that is ours while this lives.
pub(super) struct Folder {
	path: PathBuf,
	_lock: File,
}

impl Folder {
	/// Makes the folder if it is missing, and locks it.
	pub fn open(path: &Path) -> Result<Self, ParticipantError> {
		let failed = |path: &Path, source| ParticipantError::State { path: path.into(), source };
		fs::create_dir_all(path).map_err(|source| failed(path, source))?;
		let file = path.join(LOCK);
		let lock = File::create(&file).map_err(|source| failed(&file, source))?;
		match lock.try_lock() {
			Ok(()) => Ok(Self { path: path.into(), _lock: lock }),
			Err(TryLockError::WouldBlock) => Err(ParticipantError::InUse { folder: path.into() }),
			Err(TryLockError::Error(source)) => Err(failed(&file, source)),
		}
	}

	/// Where it is.
	pub fn path(&self) -> &Path {
		&self.path
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn nobody_else_gets_in_until_it_is_left() {
		let folder = tempfile::tempdir().expect("a folder can be made");
		let path = folder.path().join("new");
		let first = Folder::open(&path).expect("it can be made");
		assert!(matches!(Folder::open(&path), Err(ParticipantError::InUse { .. })));
		drop(first);
		assert!(Folder::open(&path).is_ok());
	}
}
