// SPDX-License-Identifier: Apache-2.0

//! What is on disk of each window, such as the model after it, and which files to keep.

use std::path::{Path, PathBuf};
use std::{fs, io};

use super::ParticipantError;
use crate::clock::Window;

/// Files kept: the newest, and the one before it should the newest be damaged.
const KEPT: u32 = 2;

/// The files `{name}-{window}.safetensors` in a folder.
pub struct Checkpoints {
	folder: PathBuf,
	name: &'static str,
}

impl Checkpoints {
	/// Those of the model after each window, in `folder`, which is there.
	pub fn of_model(folder: &Path) -> Self {
		Self { folder: folder.into(), name: "params" }
	}

	/// Those of what a miner has in mind after each window that it trained in, in `folder`, which is there.
	pub fn of_miner(folder: &Path) -> Self {
		Self { folder: folder.into(), name: "miner" }
	}

	/// Where that of `window` belongs.
	pub fn file(&self, window: Window) -> PathBuf {
		self.folder.join(format!("{}-{window}.safetensors", self.name))
	}

	/// The newest window there is a file of.
	pub fn newest(&self) -> Result<Option<(Window, PathBuf)>, ParticipantError> {
		Ok(self.windows()?.into_iter().max().map(|window| (window, self.file(window))))
	}

	/// Removes all files.
	pub fn clear(&self) -> Result<(), ParticipantError> {
		self.remove(|_| true)
	}

	/// Removes what is older than the last files up to `window`.
	pub fn prune(&self, window: Window) -> Result<(), ParticipantError> {
		self.remove(|old| old.saturating_add(KEPT) <= window)
	}

	fn remove(&self, is_old: impl Fn(Window) -> bool) -> Result<(), ParticipantError> {
		for old in self.windows()?.into_iter().filter(|window| is_old(*window)) {
			let file = self.file(old);
			fs::remove_file(&file).map_err(failed(&file))?;
		}
		Ok(())
	}

	fn windows(&self) -> Result<Vec<Window>, ParticipantError> {
		let mut windows = Vec::new();
		for entry in fs::read_dir(&self.folder).map_err(failed(&self.folder))? {
			let name = entry.map_err(failed(&self.folder))?.file_name();
			let number = name.to_str().and_then(|name| name.strip_prefix(self.name)?.strip_prefix('-'));
			let number = number.and_then(|number| number.strip_suffix(".safetensors")?.parse::<Window>().ok());
			windows.extend(number);
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
	fn the_newest_model_is_found_and_old_ones_go() {
		let folder = tempfile::tempdir().expect("a folder can be made");
		let checkpoints = Checkpoints::of_model(folder.path());
		let beside = Checkpoints::of_miner(folder.path());
		fs::write(beside.file(12), b"").expect("it can be written");
		assert!(checkpoints.newest().expect("it can be read").is_none());
		for window in [8, 9, 10, 11] {
			fs::write(checkpoints.file(window), b"").expect("it can be written");
		}
		fs::write(folder.path().join("params-x.safetensors"), b"").expect("it can be written");
		assert_eq!(checkpoints.newest().expect("it can be read").map(|(window, _)| window), Some(11));
		checkpoints.prune(11).expect("it can be written");
		let mut left = checkpoints.windows().expect("it can be read");
		left.sort_unstable();
		assert_eq!(left, [10, 11]);
		checkpoints.clear().expect("it can be written");
		assert!(checkpoints.newest().expect("it can be read").is_none());
		assert_eq!(beside.newest().expect("it can be read"), Some((12, beside.file(12))));
	}
}
