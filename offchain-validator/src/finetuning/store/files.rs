// SPDX-License-Identifier: Apache-2.0

//! Which files of a repository are its model, and what they hash to.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use mechanisms::finetuning::competition::Competition;
use mechanisms::finetuning::digest::{self, Digest};
use mechanisms::finetuning::limits::{check_files, check_parameter_count};
use sha2::{Digest as _, Sha256};
use tempfile::TempDir;

use super::{Cache, Failure, Limits, Listing, Repository, StoreError};
use crate::model::description::{Description, MAX_BYTES};

/// Files that a model may have.
const MOST: usize = 256;
/// Name of the file that says what the model is.
const CONFIG: &str = "config.json";
/// Bytes that are read at once.
const CHUNK: usize = 1 << 16;

/// Whether a file of this name is part of a model. All others, code and pickles among them, are nothing to us.
pub(super) fn is_taken(name: &str) -> bool {
	const TOKENIZERS: [&str; 3] = ["tokenizer.model", "vocab.txt", "merges.txt"];
	let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
	let is_named = name.ends_with(".safetensors") || name.ends_with(".json") || TOKENIZERS.contains(&name);
	is_named && name.len() <= 128 && name.bytes().all(is_plain) && !name.starts_with(['.', '-'])
}

/// Those files that are wanted, with their sizes, if so many of such sizes may be fetched. What says which model it is comes
/// first, for the others need not be fetched if that is none.
pub(super) fn checked(mut listing: Listing, limits: Limits) -> Result<Vec<(String, u64)>, Failure> {
	listing.retain(|name, _| limits.only.is_none_or(|only| only.contains(&name.as_str())));
	if listing.len() > MOST {
		return Err(Failure::Refused(format!("{} files are more than {MOST}", listing.len())));
	}
	let files = listing.iter().map(|(name, bytes)| (name.as_str(), *bytes));
	check_files(files, limits.scoring).map_err(|refusal| Failure::Refused(refusal.to_string()))?;
	let config = listing.remove_entry(CONFIG);
	if limits.competition.is_some() {
		let bytes = config.as_ref().map(|(_, bytes)| *bytes);
		let bytes = bytes.ok_or_else(|| Failure::Refused(format!("it has no {CONFIG}")))?;
		if bytes > MAX_BYTES {
			return Err(Failure::Refused(format!("{CONFIG} has {bytes} bytes: more than {MAX_BYTES}")));
		}
	}
	Ok(config.into_iter().chain(listing).collect())
}

/// Whether a competition allows the model that the text of its `config.json` describes; else why not, for people.
fn check_model(config: &[u8], competition: &Competition) -> Result<(), String> {
	let description = Description::read(config).map_err(|error| crate::one_line(&error))?;
	check_parameter_count(description.parameters(), competition).map_err(|refusal| refusal.to_string())
}

/// A repository on its way into the cache; gone again unless it is kept.
pub(super) struct Incoming {
	cache: Cache,
	folder: TempDir,
	files: BTreeMap<String, digest::File>,
}

/// A file of it, which is hashed as it is written.
pub(super) struct Writer {
	name: String,
	file: File,
	path: PathBuf,
	hasher: Sha256,
	length: u64,
	expected: u64,
}

/// Why a file is not taken.
#[derive(Debug)]
pub(super) enum Broken {
	/// It has another size than its repository's list says.
	Size,
	/// The model that it describes breaks a rule. Says which, for people.
	Model(String),
	Ours(StoreError),
}

impl Incoming {
	/// Begins a copy.
	pub fn begin(cache: &Cache) -> Result<Self, StoreError> {
		Ok(Self { cache: cache.clone(), folder: cache.incoming()?, files: BTreeMap::new() })
	}

	/// Begins the file `name`, which [`is_taken`], of `expected` bytes.
	pub fn file(&self, name: &str, expected: u64) -> Result<Writer, StoreError> {
		let path = self.folder.path().join(name);
		let file = File::create(&path).map_err(|source| StoreError::Folder { path: path.clone(), source })?;
		Ok(Writer { name: name.into(), file, path, hasher: Sha256::new(), length: 0, expected })
	}

	/// Ends a file, after which the next one may be fetched.
	pub fn finish(&mut self, writer: Writer, limits: Limits) -> Result<(), Broken> {
		if writer.length != writer.expected {
			return Err(Broken::Size);
		}
		if let Some(competition) = limits.competition.filter(|_| writer.name == CONFIG) {
			let ours = |source| Broken::Ours(StoreError::Folder { path: writer.path.clone(), source });
			let config = fs::read(&writer.path).map_err(ours)?;
			check_model(&config, competition).map_err(Broken::Model)?;
		}
		let hash: [u8; 32] = writer.hasher.finalize().into();
		self.files.insert(writer.name, digest::File { length: writer.length, digest: hash.into() });
		Ok(())
	}

	/// What all files together hash to.
	pub fn content(&self) -> Digest {
		digest::repository(&self.files)
	}

	/// Keeps the copy.
	pub fn keep(self) -> Result<Repository, StoreError> {
		let content = self.content();
		Ok(Repository { folder: self.cache.keep(self.folder, &content)?, content })
	}
}

impl Writer {
	/// Adds to the file, unless it has all its bytes.
	pub fn write(&mut self, chunk: &[u8]) -> Result<(), Broken> {
		self.length = self.length.saturating_add(chunk.len() as u64);
		if self.length > self.expected {
			return Err(Broken::Size);
		}
		self.hasher.update(chunk);
		let ours = |source| Broken::Ours(StoreError::Folder { path: self.path.clone(), source });
		self.file.write_all(chunk).map_err(ours)
	}
}

/// Why a folder has no digest.
#[derive(Debug, thiserror::Error)]
#[error("cannot read the model in {}", folder.display())]
pub struct ContentsError {
	folder: PathBuf,
	#[source]
	source: io::Error,
}

/// What the model in a folder of ours hashes to, and its bytes.
pub fn contents(folder: &Path) -> Result<(Digest, u64), ContentsError> {
	let read = || -> io::Result<_> {
		let mut files = BTreeMap::new();
		for entry in fs::read_dir(folder)? {
			let entry = entry?;
			if let Some(name) = entry.file_name().to_str().filter(|name| is_taken(name)) {
				files.insert(name.to_owned(), hashed(&entry.path())?);
			}
		}
		Ok((digest::repository(&files), files.values().map(|file| file.length).sum()))
	};
	read().map_err(|source| ContentsError { folder: folder.into(), source })
}

fn hashed(path: &Path) -> io::Result<digest::File> {
	let (mut file, mut hasher, mut length) = (File::open(path)?, Sha256::new(), 0);
	let mut chunk = vec![0; CHUNK];
	loop {
		let read = file.read(&mut chunk)?;
		if read == 0 {
			let hash: [u8; 32] = hasher.finalize().into();
			return Ok(digest::File { length, digest: hash.into() });
		}
		length += read as u64;
		hasher.update(&chunk[..read]);
	}
}
