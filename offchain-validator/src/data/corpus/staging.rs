// SPDX-License-Identifier: Apache-2.0

//! A corpus in the making: beside its place, so that a rename brings it there, and with a note of how far it has come, so
//! that a cut which was ended half way is gone on with by the next one.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::writer::Position;

/// Files and folders in the one of a corpus in the making.
const LOCK: &str = "lock";
const NEW: &str = "new";
const OLD: &str = "old";
const PROGRESS: &str = "progress";

/// Where a corpus is made.
pub(super) struct Staging {
	/// The folder to fill.
	pub(super) new: PathBuf,
	/// Holds it, what is needed meanwhile and, in the end, the corpus it replaced.
	pub(super) parent: PathBuf,
	kind: Kind,
}

enum Kind {
	/// The one place that later cuts go on from. Nobody else writes there while this file is locked.
	Kept { _lock: File },
	/// Somebody else is there: a folder of our own, deleted when dropped.
	Aside { _folder: tempfile::TempDir },
}

/// How far a cut has come.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Progress {
	/// Of the selection and the options.
	pub(super) fingerprint: String,
	/// Files that are done.
	pub(super) files: usize,
	/// Documents of the next file that are done.
	pub(super) documents: u64,
	/// What has been found so far.
	pub(super) tally: Tally,
	/// Where the writer was.
	pub(super) position: Position,
}

/// What has been found in the sources.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Tally {
	/// Documents taken.
	pub(super) documents: u64,
	/// Documents that are no text.
	pub(super) not_text: u64,
	/// Documents larger than allowed, or than what was left.
	pub(super) too_large: u64,
	/// Bytes taken of documents that share a file.
	pub(super) shared_bytes: u64,
}

impl Staging {
	/// The place for a corpus that is to lie at `out`, and how far an unfinished cut of the same fingerprint has come there.
	pub(super) fn beside(out: &Path, fingerprint: &str) -> io::Result<(Self, Option<Progress>)> {
		let folder = match out.parent() {
			Some(parent) if parent != Path::new("") => parent,
			_ => Path::new("."),
		};
		fs::create_dir_all(folder)?;
		match Self::kept(&folder.join(format!(".{}.partial", out.file_name().unwrap_or_default().to_string_lossy()))) {
			Some(staging) => {
				let begun = staging.progress().filter(|progress| progress.fingerprint == fingerprint);
				Ok((staging, begun))
			},
			None => {
				let aside = tempfile::Builder::new().prefix(".corpus-").tempdir_in(folder)?;
				let parent = aside.path().to_owned();
				Ok((Self { new: parent.join(NEW), parent, kind: Kind::Aside { _folder: aside } }, None))
			},
		}
	}

	/// The place that later cuts go on from, if nobody else is there.
	fn kept(parent: &Path) -> Option<Self> {
		fs::create_dir_all(parent).ok()?;
		let path = parent.join(LOCK);
		let lock = File::options().create(true).truncate(false).write(true).open(&path).ok()?;
		lock.try_lock().ok()?;
		// Whoever was there before may have deleted it all after we had opened the file.
		let is_there = fs::metadata(path).ok()?.ino() == lock.metadata().ok()?.ino();
		is_there.then(|| Self { new: parent.join(NEW), parent: parent.to_owned(), kind: Kind::Kept { _lock: lock } })
	}

	/// Empties the place.
	pub(super) fn clear(&self) -> io::Result<()> {
		for entry in fs::read_dir(&self.parent)? {
			let path = entry?.path();
			match path.file_name().is_some_and(|name| name == LOCK) {
				true => {},
				false if path.is_dir() => fs::remove_dir_all(path)?,
				false => fs::remove_file(path)?,
			}
		}
		fs::create_dir(&self.new)
	}

	/// Notes how far the cut has come: a line of JSON, and behind it the page that is being filled.
	pub(super) fn note(&self, progress: &Progress) -> io::Result<()> {
		let mut text = serde_json::to_vec(progress)?;
		text.push(b'\n');
		text.extend_from_slice(&progress.position.page);
		crate::atomic::write(&self.parent.join(PROGRESS), &text)
	}

	fn progress(&self) -> Option<Progress> {
		let text = fs::read(self.parent.join(PROGRESS)).ok()?;
		let end = text.iter().position(|byte| *byte == b'\n')?;
		let (line, page) = text.split_at_checked(end)?;
		let mut progress: Progress = serde_json::from_slice(line).ok()?;
		progress.position.page = page.get(1..)?.to_owned();
		Some(progress)
	}

	/// Brings the corpus to its place.
	pub(super) fn publish(self, out: &Path) -> io::Result<()> {
		let old = self.parent.join(OLD);
		let moved = match fs::rename(out, &old) {
			Err(error) if error.kind() == io::ErrorKind::NotFound => fs::rename(&self.new, out),
			Err(error) => Err(error),
			// Better the older corpus than none; that the new one failed is told in any case.
			Ok(()) => fs::rename(&self.new, out).inspect_err(|_| drop(fs::rename(old, out))),
		};
		self.discard();
		moved
	}

	/// Leaves what has been made so far to the next cut, if there is anything to go on from.
	pub(super) fn leave(self) {
		if self.progress().is_none() {
			self.discard();
		}
	}

	/// Deletes the place and what is in it. What cannot be deleted harms nobody.
	pub(super) fn discard(self) {
		if matches!(self.kind, Kind::Kept { .. }) {
			drop(fs::remove_dir_all(&self.parent));
		}
	}
}
