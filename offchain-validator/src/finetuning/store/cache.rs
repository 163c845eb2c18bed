// SPDX-License-Identifier: Apache-2.0

//! Our copies of repositories, each in a folder named by what it hashes to: a copy of a copy is the same folder.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};
use std::{fs, io};

use mechanisms::finetuning::digest::Digest;
use tempfile::TempDir;

use super::StoreError;

/// The folder of our copies. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Cache {
	folder: PathBuf,
}

impl Cache {
	/// Those in `folder`, which is made if it is missing.
	pub fn open(folder: &Path) -> Result<Self, StoreError> {
		let cache = Self { folder: folder.into() };
		fs::create_dir_all(folder).map_err(|source| cache.failed(source))?;
		Ok(cache)
	}

	/// The copy that hashes to `content`, if there is one.
	pub fn get(&self, content: &Digest) -> Option<PathBuf> {
		Some(self.path(content)).filter(|path| path.is_dir())
	}

	/// Removes the copies that are neither `referenced` nor have changed within `grace` before `now`; returns how many.
	pub fn clean(&self, referenced: &BTreeSet<Digest>, grace: Duration, now: SystemTime) -> Result<usize, StoreError> {
		let referenced: BTreeSet<PathBuf> = referenced.iter().map(|content| self.path(content)).collect();
		let clean = || -> io::Result<usize> {
			let mut removed = 0;
			for entry in fs::read_dir(&self.folder)? {
				let entry = entry?;
				let age = now.duration_since(entry.metadata()?.modified()?).unwrap_or_default();
				if !referenced.contains(&entry.path()) && age >= grace {
					fs::remove_dir_all(entry.path())?;
					removed += 1;
				}
			}
			Ok(removed)
		};
		clean().map_err(|source| self.failed(source))
	}

	/// A new folder for a copy; removed when it is dropped.
	pub(super) fn incoming(&self) -> Result<TempDir, StoreError> {
		tempfile::tempdir_in(&self.folder).map_err(|source| self.failed(source))
	}

	/// Keeps what is in `incoming` and hashes to `content`.
	pub(super) fn keep(&self, incoming: TempDir, content: &Digest) -> Result<PathBuf, StoreError> {
		let path = self.path(content);
		if !path.is_dir() {
			fs::rename(incoming.keep(), &path).map_err(|source| self.failed(source))?;
		}
		Ok(path)
	}

	/// Its name in base64, with letters that a path may have.
	fn path(&self, content: &Digest) -> PathBuf {
		self.folder.join(content.to_string().replace('/', "_"))
	}

	fn failed(&self, source: io::Error) -> StoreError {
		StoreError::Folder { path: self.folder.clone(), source }
	}
}
