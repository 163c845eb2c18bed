// SPDX-License-Identifier: Apache-2.0

//! The model on disk after each window, and which files to keep.

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use super::ParticipantError;
use crate::clock::Window;

/// Files kept: the newest, and the one before it should the newest be damaged.
const KEPT: u32 = 2;

/// Name of the file that says whether somebody works in the folder.
const LOCK: &str = "lock";

/// A folder of files `params-{window}.safetensors`, ours alone while this lives.
pub(super) struct Checkpoints {
	folder: PathBuf,
	_lock: File,
}

impl Checkpoints {
	/// Makes the folder if it is missing, and claims it: two processes would overwrite each other's state.
	pub fn open(folder: &Path) -> Result<Self, ParticipantError> {
		fs::create_dir_all(folder).map_err(failed(folder))?;
		let path = folder.join(LOCK);
		let lock = File::create(&path).map_err(failed(&path))?;
		match lock.try_lock() {
			Ok(()) => Ok(Self { folder: folder.into(), _lock: lock }),
			Err(TryLockError::WouldBlock) => Err(ParticipantError::InUse { folder: folder.into() }),
			Err(TryLockError::Error(source)) => Err(failed(&path)(source)),
		}
	}

	/// Where the model after `window` belongs.
	pub fn file(&self, window: Window) -> PathBuf {
		self.folder.join(format!("params-{window}.safetensors"))
	}

	/// The newest window there is a model of.
	pub fn newest(&self) -> Result<Option<(Window, PathBuf)>, ParticipantError> {
		Ok(self.windows()?.into_iter().max().map(|window| (window, self.file(window))))
	}

	/// Removes what is older than the last files up to `window`.
	pub fn prune(&self, window: Window) -> Result<(), ParticipantError> {
		for old in self.windows()?.into_iter().filter(|old| old.saturating_add(KEPT) <= window) {
			let file = self.file(old);
			fs::remove_file(&file).map_err(failed(&file))?;
		}
		Ok(())
	}

	fn windows(&self) -> Result<Vec<Window>, ParticipantError> {
		let mut windows = Vec::new();
		for entry in fs::read_dir(&self.folder).map_err(failed(&self.folder))? {
			let name = entry.map_err(failed(&self.folder))?.file_name();
			let number = name.to_str().and_then(|name| name.strip_prefix("params-")?.strip_suffix(".safetensors"));
			windows.extend(number.and_then(|number| number.parse::<Window>().ok()));
		}
		Ok(windows)
	}
}

fn failed(path: &Path) -> impl FnOnce(io::Error) -> ParticipantError + '_ {
	|source| ParticipantError::State { path: path.into(), source }
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn the_newest_model_is_found_old_ones_go_and_nobody_else_gets_in() {
		let folder = tempfile::tempdir().expect("a folder can be made");
		let checkpoints = Checkpoints::open(folder.path()).expect("it can be opened");
		assert!(checkpoints.newest().expect("it can be read").is_none());
		for window in [8, 9, 10, 11] {
			fs::write(checkpoints.file(window), b"").expect("it can be written");
		}
		fs::write(folder.path().join("params-x.safetensors"), b"").expect("it can be written");
		assert_eq!(checkpoints.newest().expect("it can be read").map(|(window, _)| window), Some(11));
		checkpoints.prune(11).expect("it can be written");
		assert!(matches!(Checkpoints::open(folder.path()), Err(ParticipantError::InUse { .. })));
		let mut left = checkpoints.windows().expect("it can be read");
		left.sort_unstable();
		assert_eq!(left, [10, 11]);
	}
}
