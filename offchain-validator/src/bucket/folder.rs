// SPDX-License-Identifier: Apache-2.0

//! The folders of local buckets, and a look at a file in one before it is opened.
//!
//! The store follows links and opens pipes, which may lead out of the bucket or never return, and some times of change
//! make it panic. The owner of a bucket can still swap a file between our look and the opening: the reader then gets the
//! wrong bytes, or none by its deadline. Local buckets are for networks within one machine, whose operator can stop such
//! a process.

use std::fs::{self, FileType};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use object_store::path::Path as Location;

use super::{BucketName, ObjectKey};

/// The folder of a local bucket.
#[derive(Clone, Debug)]
pub(super) struct Folder {
	root: PathBuf,
	name: BucketName,
}

/// What lies where an object is looked for.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Entry {
	/// A file that can be opened.
	File,
	/// Nothing.
	Missing,
	/// Something else, in words.
	Odd(String),
}

/// Makes the folder of our own bucket, and makes sure that we can write to it and others would read from it.
pub(super) fn make(folder: &Path) -> io::Result<()> {
	fs::create_dir_all(folder)?;
	if fs::symlink_metadata(folder)?.is_symlink() {
		return Err(io::Error::other("it is a link, which readers do not follow"));
	}
	// Trying now tells what would else be told when the first window has ended.
	tempfile::tempfile_in(folder).map(drop)
}

impl Folder {
	/// The bucket `name` below `root`, which must be a folder. Whether the bucket is there is seen when it is read.
	pub(super) fn below(root: &Path, name: &BucketName) -> io::Result<Self> {
		// Whole, so that the reader may change its working directory.
		let root = fs::canonicalize(root)?;
		fs::read_dir(&root)?;
		Ok(Self { root, name: name.clone() })
	}

	/// What lies at `key`. An error is about the root folder, which is ours.
	pub(super) async fn entry(&self, key: &ObjectKey) -> io::Result<Entry> {
		let (root, bucket) = (self.root.clone(), self.root.join(self.name.as_str()));
		let object = bucket.join(key.to_string());
		let look = move || {
			if !fs::metadata(&root)?.is_dir() {
				return Err(io::Error::from(io::ErrorKind::NotADirectory));
			}
			Ok(match fs::symlink_metadata(&bucket) {
				Ok(about) if about.is_dir() => object_at(&object),
				Ok(about) => Entry::Odd(format!("the bucket is {}, not a folder", in_words(about.file_type()))),
				Err(error) => nothing_at(&bucket, error),
			})
		};
		tokio::task::spawn_blocking(look).await?
	}

	/// The root folder.
	pub(super) fn root(&self) -> &Path {
		&self.root
	}

	/// Where the bucket begins, seen from the root.
	pub(super) fn location(&self) -> Location {
		Location::from(self.name.as_str())
	}
}

fn object_at(path: &Path) -> Entry {
	match fs::symlink_metadata(path) {
		Ok(about) if !about.is_file() => {
			Entry::Odd(format!("the object is {}, not a file", in_words(about.file_type())))
		},
		Ok(about) if about.modified().is_ok_and(is_datable) => Entry::File,
		Ok(_) => Entry::Odd("the object's time of change is in no calendar".into()),
		Err(error) => nothing_at(path, error),
	}
}

fn nothing_at(path: &Path, error: io::Error) -> Entry {
	match error.kind() {
		io::ErrorKind::NotFound => Entry::Missing,
		_ => Entry::Odd(format!("{}: {error}", path.display())),
	}
}

/// Whether the store can express this time: it panics at times which a file's owner may set on some file systems.
fn is_datable(time: SystemTime) -> bool {
	const FAR: Duration = Duration::from_secs(1 << 40); // In the year 36812.
	time.duration_since(SystemTime::UNIX_EPOCH).is_ok_and(|since| since < FAR)
}

/// Whether this machine, and no owner of a file, is why it was not read: it cannot open another one.
pub(crate) fn is_exhausted(error: &io::Error) -> bool {
	const PROCESS_LIMIT: i32 = 24; // EMFILE, the same number on all Unix systems.
	const SYSTEM_LIMIT: i32 = 23; // ENFILE.
	matches!(error.raw_os_error(), Some(PROCESS_LIMIT | SYSTEM_LIMIT))
}

/// What lies in the place of a file.
pub(crate) fn in_words(kind: FileType) -> &'static str {
	if kind.is_symlink() {
		"a link"
	} else if kind.is_dir() {
		"a folder"
	} else if kind.is_file() {
		"a file"
	} else {
		"a device or a pipe"
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn times_in_no_calendar_are_told_apart() {
		let at = |seconds| SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(seconds)).unwrap();
		assert!(is_datable(SystemTime::now()) && is_datable(at(0)) && is_datable(at(1 << 39)));
		assert!(!is_datable(at(1 << 43)) && !is_datable(at(i64::MAX as u64)));
		assert!(!is_datable(SystemTime::UNIX_EPOCH - Duration::from_secs(1)));
	}
}
