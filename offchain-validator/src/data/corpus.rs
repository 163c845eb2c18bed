// SPDX-License-Identifier: Apache-2.0

//! Cuts text into a corpus: numbered pages of tokens, some held out, described by a manifest.
//!
//! A [`Tokenizer`] turns documents into tokens. They follow one another, each ended by the separator, and the stream is
//! sliced into pages. The folder appears whole or not at all, and a cut that was ended half way is gone on with by the next.
//! Knows nothing of who reads which page.

mod documents;
mod read;
mod staging;
mod walk;
mod writer;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::manifest::{self, Manifest, Origin};
use super::tokenizer::{Tokenizer, TokenizerError};
use staging::{Staging, Tally};
use writer::Pages;

/// How to cut.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CutOptions {
	/// How text becomes tokens.
	pub tokenizer: Tokenizer,
	/// Where files of JSON lines and Parquet tables have their documents: a field, or a column. None passes them over.
	pub text_field: Option<String>,
	/// Tokens in a page.
	pub page_tokens: u32,
	/// One page in so many is held out; at least two.
	pub heldout_every: u32,
	/// Larger files are passed over, and larger documents of files with many.
	pub max_file_bytes: u64,
	/// Most that each folder right below a source may give, so that no package dominates. A source that holds nothing
	/// but one folder stands for that folder. Files with many documents are no part of this.
	pub max_folder_bytes: u64,
	/// Most text that the corpus may hold.
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
			tokenizer: Tokenizer::bytes(),
			text_field: None,
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
	#[error("no {} files in {}", kinds(.shared), list(.sources))]
	NoText {
		/// The files and folders searched.
		sources: Vec<PathBuf>,
		/// Whether files with many documents were among those looked for.
		shared: bool,
	},
	/// There is something to cut, but not enough.
	#[error(
		"the text gives {train} training and {heldout} held-out pages, {min_train} and {min_heldout} are needed: add text \
		 of about {missing_tokens} tokens, or raise the limits on its size{}", told(.not_text)
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
		/// Tokens of text to add, if it repeats no page.
		missing_tokens: u64,
		/// Files and rows that hold no text.
		not_text: u64,
	},
	/// Text cannot be turned into tokens.
	#[error("the text cannot be turned into tokens")]
	Tokenizer(#[from] TokenizerError),
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
/// Returns at once if `out` was cut from the same files with the same options, and goes on where a cut of those was ended
/// half way. `progress` is told the bytes of the files done and to be done.
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
		return Err(CorpusError::NoText { sources: sources.to_owned(), shared: options.text_field.is_some() });
	}
	let fingerprint = selection.fingerprint(options);
	if let Some(manifest) = already_cut(out, &fingerprint) {
		return Ok(Cut::Unchanged(manifest));
	}

	let unwritable = |source| CorpusError::Write { folder: out.to_owned(), source };
	check_replaceable(out)?;
	let (staging, begun) = Staging::beside(out, &fingerprint).map_err(unwritable)?;
	let written = read::write_pages(&selection, options, &fingerprint, (&staging, begun), progress);
	let (pages, tally) = match written {
		Ok(written) => written,
		Err(error) => {
			staging.leave();
			return Err(error);
		},
	};
	if let Err(error) = check_enough(&pages, &tally, options) {
		staging.discard();
		return Err(error);
	}
	if let Some(manifest) = already_cut(out, &fingerprint) {
		staging.discard();
		return Ok(Cut::Unchanged(manifest)); // Another process was faster, and may have others reading already.
	}
	let manifest = described(sources, options, (pages, tally, selection.too_large), fingerprint);
	manifest.store(&staging.new).and_then(|()| staging.publish(out)).map_err(unwritable)?;
	Ok(Cut::Written(manifest))
}

/// What there is to say of what was written.
fn described(
	sources: &[PathBuf],
	options: &CutOptions,
	(pages, tally, too_large): (Pages, Tally, u64),
	fingerprint: String,
) -> Manifest {
	Manifest {
		format: manifest::FORMAT,
		tokenizer: options.tokenizer.id().clone(),
		bytes_per_token: options.tokenizer.width().bytes() as u32,
		page_tokens: options.page_tokens,
		heldout_every: options.heldout_every,
		train: pages.train,
		heldout: pages.heldout,
		unigram_entropy: pages.unigram_entropy,
		origin: Origin {
			sources: sources.iter().map(|source| source.display().to_string()).collect(),
			fingerprint,
			documents: tally.documents,
			not_text: tally.not_text,
			too_large: too_large + tally.too_large,
			repeated_pages: pages.repeated,
		},
	}
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

fn check_enough(pages: &Pages, tally: &Tally, options: &CutOptions) -> Result<(), CorpusError> {
	let (train, heldout) = (pages.train.iter().map(|shard| shard.pages).sum(), pages.heldout.pages);
	let (min_train, min_heldout) = (options.min_train_pages, options.min_heldout_pages);
	if train >= min_train && heldout >= min_heldout {
		return Ok(());
	}
	let every = u64::from(options.heldout_every);
	let for_training = min_train.saturating_sub(train).saturating_mul(every).div_ceil(every - 1);
	let for_heldout = min_heldout.saturating_sub(heldout).saturating_mul(every);
	let missing_tokens = for_training.max(for_heldout).saturating_mul(options.page_tokens.into());
	let not_text = tally.not_text;
	Err(CorpusError::TooLittleText { train, heldout, min_train, min_heldout, missing_tokens, not_text })
}

/// What to look at where there was something and no text.
fn told(not_text: &u64) -> String {
	match not_text {
		0 => String::new(),
		count => format!("; {count} files or rows hold no text: of rows, check the name of the field or column"),
	}
}

/// The ends of the names that are looked for.
fn kinds(shared: &bool) -> &'static str {
	match shared {
		true => ".rs, .md, .txt, .toml, .jsonl, .ndjson or .parquet",
		false => ".rs, .md, .txt or .toml",
	}
}

fn list(paths: &[PathBuf]) -> String {
	paths.iter().map(|path| path.display().to_string()).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests;
