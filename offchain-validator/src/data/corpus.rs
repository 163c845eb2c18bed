// SPDX-License-Identifier: Apache-2.0

//! Cuts text files into a corpus: numbered pages of tokens, some held out, described by a manifest.
//!
//! A token is a byte. Documents follow one another, each ended by [`SEPARATOR`], and the stream is sliced into pages.
//! The folder appears whole or not at all. Knows nothing of who reads which page.

mod walk;
mod writer;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::manifest::{self, Manifest, Origin};
use writer::{PageWriter, Pages};

/// The token after each document. A file that contains it is not text.
pub const SEPARATOR: u8 = 0;

/// How to cut.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CutOptions {
	/// Tokens in a page.
	pub page_tokens: u32,
	/// One page in so many is held out; at least two.
	pub heldout_every: u32,
	/// Larger files are passed over.
	pub max_file_bytes: u64,
	/// Most that each folder right below a source may give, so that no package dominates. A source that holds nothing
	/// but one folder stands for that folder.
	pub max_folder_bytes: u64,
	/// Most that the corpus may hold.
	pub max_total_bytes: u64,
	/// A file of training pages is closed once it holds so much.
	pub shard_bytes: u64,
	/// Fewer training pages are an error.
	pub min_train_pages: u64,
	/// Fewer held-out pages are an error.
	pub min_heldout_pages: u64,
}

impl Default for CutOptions {
	fn default() -> Self {
		Self {
			page_tokens: 4096,
			heldout_every: 50,
			max_file_bytes: 1 << 20,
			max_folder_bytes: 2 << 20,
			max_total_bytes: 64 << 20,
			shard_bytes: 64 << 20,
			min_train_pages: 1,
			min_heldout_pages: 1,
		}
	}
}

/// A corpus is there; whether it had to be cut.
#[derive(Clone, Debug, PartialEq)]
pub enum Cut {
	/// It was cut now.
	Written(Manifest),
	/// The folder held just that corpus already.
	Unchanged(Manifest),
}

/// Why there is no corpus.
#[derive(Debug, thiserror::Error)]
pub enum CorpusError {
	/// The options make no sense.
	#[error("pages need at least one token, and one page in two or more can be held out")]
	Options,
	/// A source cannot be read.
	#[error("cannot read {}", path.display())]
	Read {
		/// File or folder.
		path: PathBuf,
		#[source]
		source: io::Error,
	},
	/// There is nothing to cut.
	#[error("no .rs, .md, .txt or .toml files in {}", list(.sources))]
	NoText {
		/// The files and folders searched.
		sources: Vec<PathBuf>,
	},
	/// There is something to cut, but not enough.
	#[error(
		"the text gives {train} training and {heldout} held-out pages, {min_train} and {min_heldout} are needed: add \
		 about {missing_bytes} bytes of text, or raise the limits on its size"
	)]
	TooLittleText {
		/// Training pages there would be.
		train: u64,
		/// Held-out pages there would be.
		heldout: u64,
		/// Training pages asked for.
		min_train: u64,
		/// Held-out pages asked for.
		min_heldout: u64,
		/// Text to add, if it repeats no page.
		missing_bytes: u64,
	},
	/// The folder holds something else, which a corpus would replace.
	#[error("{} holds `{entry}`, which is no part of a corpus: name a new or empty folder", folder.display())]
	Occupied {
		/// Folder of the corpus.
		folder: PathBuf,
		/// What is in it.
		entry: String,
	},
	/// The corpus cannot be written.
	#[error("cannot write the corpus to {}", folder.display())]
	Write {
		/// Folder of the corpus.
		folder: PathBuf,
		#[source]
		source: io::Error,
	},
}

impl CorpusError {
	fn read(path: &Path, source: io::Error) -> Self {
		Self::Read { path: path.to_owned(), source }
	}
}

/// Cuts the text at and below `sources` into the folder `out`, replacing an older corpus there.
///
/// Returns at once if `out` was cut from the same files with the same options. `progress` is told the bytes of text done
/// and to be done.
pub fn cut(
	sources: &[PathBuf],
	out: &Path,
	options: &CutOptions,
	progress: impl FnMut(u64, u64),
) -> Result<Cut, CorpusError> {
	if options.page_tokens == 0 || options.heldout_every < 2 {
		return Err(CorpusError::Options);
	}
	let selection = walk::select(sources, options)?;
	if selection.files.is_empty() {
		return Err(CorpusError::NoText { sources: sources.to_owned() });
	}
	let fingerprint = selection.fingerprint(options);
	if let Some(manifest) = already_cut(out, &fingerprint) {
		return Ok(Cut::Unchanged(manifest));
	}

	let unwritable = |source| CorpusError::Write { folder: out.to_owned(), source };
	check_replaceable(out)?;
	let staging = Staging::beside(out).map_err(unwritable)?;
	let (pages, documents, not_text) = write_pages(&selection, &staging.new, options, progress, unwritable)?;
	check_enough(&pages, options)?;
	if let Some(manifest) = already_cut(out, &fingerprint) {
		return Ok(Cut::Unchanged(manifest)); // Another process was faster, and may have others reading already.
	}
	let manifest = Manifest {
		format: manifest::FORMAT,
		tokenizer: manifest::TOKENIZER.into(),
		bytes_per_token: 1,
		page_tokens: options.page_tokens,
		heldout_every: options.heldout_every,
		train: pages.train,
		heldout: pages.heldout,
		unigram_entropy: pages.unigram_entropy,
		origin: Origin {
			sources: sources.iter().map(|source| source.display().to_string()).collect(),
			fingerprint,
			documents,
			not_text,
			too_large: selection.too_large,
			repeated_pages: pages.repeated,
		},
	};
	manifest.store(&staging.new).and_then(|()| staging.publish(out)).map_err(unwritable)?;
	Ok(Cut::Written(manifest))
}

/// Writes the text of `selection`. Returns the pages, the number of documents in them and of files that are not text.
fn write_pages(
	selection: &walk::Selection,
	folder: &Path,
	options: &CutOptions,
	mut progress: impl FnMut(u64, u64),
	unwritable: impl Fn(io::Error) -> CorpusError,
) -> Result<(Pages, u64, u64), CorpusError> {
	let mut writer = PageWriter::new(folder, options);
	let (mut documents, mut not_text, mut done) = (0, 0, 0);
	for file in &selection.files {
		let text = fs::read(&file.path).map_err(|cause| CorpusError::read(&file.path, cause))?;
		if text.contains(&SEPARATOR) || std::str::from_utf8(&text).is_err() {
			not_text += 1;
		} else {
			documents += 1;
			writer.push(&text).and_then(|()| writer.push(&[SEPARATOR])).map_err(&unwritable)?;
		}
		done += file.bytes;
		progress(done, selection.bytes);
	}
	Ok((writer.finish().map_err(unwritable)?, documents, not_text))
}

/// The manifest in `out` if it tells of this corpus and no file was lost since. Opening it checks the content.
fn already_cut(out: &Path, fingerprint: &str) -> Option<Manifest> {
	let manifest = Manifest::load(out).ok()?;
	let whole = |shard: &manifest::Shard| {
		let size = fs::metadata(out.join(&shard.file)).map(|about| about.len());
		size.is_ok_and(|size| size == manifest.size_of(shard))
	};
	let same = manifest.objection().is_none() && manifest.origin.fingerprint == fingerprint;
	(same && manifest.shards().all(whole)).then_some(manifest)
}

/// Whether `out` holds nothing but an older corpus: it will be deleted.
fn check_replaceable(out: &Path) -> Result<(), CorpusError> {
	let entries = match fs::read_dir(out) {
		Ok(entries) => entries,
		Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
		Err(source) => return Err(CorpusError::Write { folder: out.to_owned(), source }),
	};
	for entry in entries {
		let entry = entry.map_err(|cause| CorpusError::read(out, cause))?.file_name();
		let entry = entry.to_string_lossy();
		if !manifest::is_ours(&entry) {
			return Err(CorpusError::Occupied { folder: out.to_owned(), entry: entry.into() });
		}
	}
	Ok(())
}

fn check_enough(pages: &Pages, options: &CutOptions) -> Result<(), CorpusError> {
	let (train, heldout) = (pages.train.iter().map(|shard| shard.pages).sum(), pages.heldout.pages);
	let (min_train, min_heldout) = (options.min_train_pages, options.min_heldout_pages);
	if train >= min_train && heldout >= min_heldout {
		return Ok(());
	}
	let every = u64::from(options.heldout_every);
	let for_training = min_train.saturating_sub(train).saturating_mul(every).div_ceil(every - 1);
	let for_heldout = min_heldout.saturating_sub(heldout).saturating_mul(every);
	let missing_bytes = for_training.max(for_heldout).saturating_mul(options.page_tokens.into());
	Err(CorpusError::TooLittleText { train, heldout, min_train, min_heldout, missing_bytes })
}

/// A corpus in the making, beside its place so that a rename brings it there. Deleted with all in it when dropped.
struct Staging {
	/// The folder to fill.
	new: PathBuf,
	/// Holds it and, in the end, the corpus it replaced.
	parent: tempfile::TempDir,
}

impl Staging {
	fn beside(out: &Path) -> io::Result<Self> {
		let beside = match out.parent() {
			Some(parent) if parent != Path::new("") => parent,
			_ => Path::new("."),
		};
		fs::create_dir_all(beside)?;
		let parent = tempfile::Builder::new().prefix(".corpus-").tempdir_in(beside)?;
		let new = parent.path().join("new"); // A folder of its own: the temporary one is closed to other users.
		fs::create_dir(&new)?;
		Ok(Self { new, parent })
	}

	fn publish(self, out: &Path) -> io::Result<()> {
		let old = self.parent.path().join("old");
		match fs::rename(out, &old) {
			Err(error) if error.kind() == io::ErrorKind::NotFound => fs::rename(&self.new, out),
			Err(error) => Err(error),
			// Better the older corpus than none; that the new one failed is told in any case.
			Ok(()) => fs::rename(&self.new, out).inspect_err(|_| drop(fs::rename(old, out))),
		}
	}
}

fn list(paths: &[PathBuf]) -> String {
	paths.iter().map(|path| path.display().to_string()).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests;
