// SPDX-License-Identifier: Apache-2.0

//! A store in a folder that everybody on a machine shares. Its owner of a repository is a stranger to us, so nothing is
//! opened that is not a plain file, links are not followed, and what is larger than it was a moment before is refused.

use std::fs::{self, File, Metadata, Permissions};
use std::io::{self, Read as _};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::time::Instant;

use super::files::{checked, is_taken, Broken, Incoming};
use super::{Address, Cache, Failure, Limits, Listing, StoreError};
use crate::bucket::{in_words, is_exhausted};

/// Entries of a repository's folder that are looked at.
const MOST_ENTRIES: usize = 4_096;
/// Bytes that are copied at once.
const CHUNK: usize = 1 << 16;
/// Commits of a repository of ours that stay: the newest, and the one before it, which somebody may be reading.
const KEPT: usize = 2;

/// A folder laid out as Hugging Face's cache: `models--NAMESPACE--NAME/snapshots/COMMIT/` has the files of a commit.
#[derive(Clone, Debug)]
pub struct Folder {
	root: PathBuf,
}

impl Folder {
	/// The store in `root`, which is made if it is missing.
	pub fn open(root: &Path) -> Result<Self, StoreError> {
		let failed = |source| StoreError::Folder { path: root.into(), source };
		fs::create_dir_all(root).map_err(failed)?;
		// Whole, so that the program may change its working directory.
		Ok(Self { root: fs::canonicalize(root).map_err(failed)? })
	}

	/// Copies a repository. An owner who keeps us waiting is refused, not excused.
	pub(super) async fn fetch(
		&self,
		address: &Address,
		limits: Limits<'_>,
		cache: &Cache,
	) -> Result<Incoming, Failure> {
		let folder = self.clone();
		let (address, cache, scoring) = (address.clone(), cache.clone(), limits.scoring.clone());
		let Limits { deadline, only, .. } = limits;
		let competition = limits.competition.cloned();
		let late = || Failure::Refused(format!("not read within {deadline:?}"));
		// A pipe swapped in for a file between our look and the opening holds up this thread alone.
		let copying = tokio::task::spawn_blocking(move || {
			let limits = Limits { scoring: &scoring, competition: competition.as_ref(), deadline, only };
			folder.copy(&address, limits, &cache)
		});
		match tokio::time::timeout(deadline, copying).await {
			Ok(done) => done.map_err(|error| Failure::Ours(error.into()))?,
			Err(_) => Err(late()),
		}
	}

	fn copy(&self, address: &Address, limits: Limits, cache: &Cache) -> Result<Incoming, Failure> {
		let start = Instant::now();
		let folder = self.at(address)?;
		let listing = checked(list(&folder)?, limits)?;
		let mut incoming = Incoming::begin(cache).map_err(Failure::Ours)?;
		let mut chunk = vec![0; CHUNK];
		for (name, bytes) in &listing {
			let mut file = open(&folder.join(name), name)?;
			let mut writer = incoming.file(name, *bytes).map_err(Failure::Ours)?;
			loop {
				if start.elapsed() > limits.deadline {
					return Err(Failure::Refused("not read in time".into()));
				}
				match file.read(&mut chunk).map_err(theirs)? {
					0 => break,
					read => writer.write(&chunk[..read]).map_err(|broken| of(broken, name))?,
				}
			}
			incoming.finish(writer, limits).map_err(|broken| of(broken, name))?;
		}
		Ok(incoming)
	}

	/// The folder of a commit, if it and those it lies in are folders.
	fn at(&self, address: &Address) -> Result<PathBuf, Failure> {
		let mut folder = self.root.clone();
		for part in address.folders() {
			folder = self.root.join(part);
			let about = fs::symlink_metadata(&folder).map_err(theirs)?;
			if !about.is_dir() {
				return Err(Failure::Refused(format!("{} is {}", folder.display(), in_words(about.file_type()))));
			}
		}
		Ok(folder)
	}

	/// Copies the model in `from` to `address`, beside its place first. What is there already stays.
	pub(super) fn publish(&self, from: &Path, address: &Address) -> Result<(), StoreError> {
		let [_, snapshots, commit] = address.folders().map(|folder| self.root.join(folder));
		let publish = || -> io::Result<()> {
			fs::create_dir_all(&snapshots)?;
			if commit.exists() {
				return Ok(());
			}
			let readable = Permissions::from_mode(0o755);
			let beside = tempfile::Builder::new().permissions(readable).tempdir_in(&self.root)?;
			for entry in fs::read_dir(from)? {
				let entry = entry?;
				if entry.file_name().to_str().is_some_and(is_taken) {
					fs::copy(entry.path(), beside.path().join(entry.file_name()))?;
				}
			}
			fs::rename(beside.keep(), &commit)?;
			prune(&snapshots)
		};
		publish().map_err(|source| StoreError::Folder { path: commit.clone(), source })
	}
}

/// Removes all but the newest commits.
fn prune(snapshots: &Path) -> io::Result<()> {
	let mut commits = Vec::new();
	for entry in fs::read_dir(snapshots)? {
		let entry = entry?;
		commits.push((entry.metadata()?.modified()?, entry.path()));
	}
	commits.sort();
	for (_, old) in commits.iter().rev().skip(KEPT) {
		fs::remove_dir_all(old)?;
	}
	Ok(())
}

/// The model's files in a folder.
fn list(folder: &Path) -> Result<Listing, Failure> {
	let mut listing = Listing::new();
	for (position, entry) in fs::read_dir(folder).map_err(theirs)?.enumerate() {
		if position >= MOST_ENTRIES {
			return Err(Failure::Refused(format!("its folder has more than {MOST_ENTRIES} entries")));
		}
		let entry = entry.map_err(theirs)?;
		if let Some(name) = entry.file_name().to_str().filter(|name| is_taken(name)) {
			listing.insert(name.to_owned(), plain(&entry.path(), name)?.len());
		}
	}
	Ok(listing)
}

/// What is known of a file that is one.
fn plain(path: &Path, name: &str) -> Result<Metadata, Failure> {
	let about = fs::symlink_metadata(path).map_err(theirs)?;
	match about.is_file() {
		true => Ok(about),
		false => Err(Failure::Refused(format!("{name} is {}, not a file", in_words(about.file_type())))),
	}
}

/// Opens a file, and makes sure that it is the one that was looked at.
fn open(path: &Path, name: &str) -> Result<File, Failure> {
	let seen = plain(path, name)?;
	let file = File::open(path).map_err(theirs)?;
	let opened = file.metadata().map_err(theirs)?;
	match (opened.dev(), opened.ino()) == (seen.dev(), seen.ino()) {
		true => Ok(file),
		false => Err(Failure::Refused(format!("{name} was swapped while it was read"))),
	}
}

fn of(broken: Broken, name: &str) -> Failure {
	match broken {
		Broken::Size => Failure::Refused(format!("{name} changed while it was read")),
		Broken::Model(why) => Failure::Refused(why),
		Broken::Ours(error) => Failure::Ours(error),
	}
}

/// Whatever fails is the owner's doing, but for our own lack of file descriptors: no miner may lose its score for that.
fn theirs(error: io::Error) -> Failure {
	match error.kind() {
		_ if is_exhausted(&error) => Failure::Unreachable(error.to_string()),
		io::ErrorKind::NotFound => Failure::Missing,
		_ => Failure::Refused(error.to_string()),
	}
}
