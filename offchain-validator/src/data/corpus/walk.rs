// SPDX-License-Identifier: Apache-2.0

//! Finds the text files to cut. Reads names and sizes only, no content.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use sha2::{Digest as _, Sha256};

use super::{CorpusError, CutOptions};
use crate::data::manifest;

/// What a file holds, by the end of its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
	/// A document.
	Text,
	/// JSON lines, with a document in each.
	Lines,
	/// A Parquet table, with a document in each row.
	Table,
}

/// A file to cut.
#[derive(Clone)]
pub(super) struct TextFile {
	pub(super) path: PathBuf,
	pub(super) format: Format,
	pub(super) bytes: u64,
	modified: SystemTime,
	/// The folder whose share of the corpus it takes.
	group: PathBuf,
}

/// The files of a corpus, sorted by path.
pub(super) struct Selection {
	pub(super) files: Vec<TextFile>,
	pub(super) bytes: u64,
	/// Bytes that limits leave for documents that share a file.
	pub(super) left: u64,
	/// Files left out because of a limit.
	pub(super) too_large: u64,
}

impl Selection {
	/// What tells these files and options from others, without reading the files.
	pub(super) fn fingerprint(&self, options: &CutOptions) -> String {
		let mut digest = Sha256::new();
		digest.update(format!("{} {options:?}", manifest::FORMAT));
		for file in &self.files {
			let path = file.path.as_os_str().as_encoded_bytes();
			let modified = file.modified.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_nanos();
			digest.update(format!("\n{} {modified} {} ", file.bytes, path.len()));
			digest.update(path);
		}
		manifest::hex(digest)
	}
}

/// The text files at and below `sources` that fit the limits. A file that would overstep one is passed over, and a
/// smaller one after it may still fit. Of files with many documents, the limits hold for each of those.
pub(super) fn select(sources: &[PathBuf], options: &CutOptions) -> Result<Selection, CorpusError> {
	let mut found = Vec::new();
	for source in sources {
		// The source itself may be a link: its name was given on purpose.
		let source = fs::canonicalize(source).map_err(|cause| CorpusError::read(source, cause))?;
		let groups = where_it_branches(&source)?;
		visit(&source, &groups, options.text_field.is_some(), &mut found)?;
	}
	found.sort_by(|a, b| a.path.cmp(&b.path));
	found.dedup_by(|a, b| a.path == b.path); // Sources may overlap.

	let mut selection = Selection { files: Vec::new(), bytes: 0, left: options.max_total_bytes, too_large: 0 };
	let mut taken = HashMap::new();
	for file in found {
		if file.format != Format::Text {
			selection.bytes = selection.bytes.saturating_add(file.bytes);
			selection.files.push(file);
			continue;
		}
		let group = taken.entry(file.group.clone()).or_insert(0_u64);
		let of_group = group.saturating_add(file.bytes);
		let fits = file.bytes <= options.max_file_bytes
			&& of_group <= options.max_folder_bytes
			&& file.bytes <= selection.left;
		if fits {
			*group = of_group;
			selection.left -= file.bytes;
			selection.bytes = selection.bytes.saturating_add(file.bytes);
			selection.files.push(file);
		} else {
			selection.too_large += 1;
		}
	}
	Ok(selection)
}

/// The folder whose entries have a share each: the first one on the way down that holds more than one other folder, so
/// that a registry of packages can be named at any height above them.
fn where_it_branches(source: &Path) -> Result<PathBuf, CorpusError> {
	let mut folder = source.to_owned();
	while folder.is_dir() {
		let entries = entries(&folder)?;
		let [(only, kind)] = entries.as_slice() else { break };
		if !kind.is_dir() {
			break;
		}
		folder.clone_from(only);
	}
	Ok(folder)
}

/// Adds the text files at and below `path`; if files may be `shared`, also those of many documents. Links are not followed:
/// they may lead in circles, or out of the source.
fn visit(path: &Path, groups: &Path, shared: bool, found: &mut Vec<TextFile>) -> Result<(), CorpusError> {
	let mut open = vec![path.to_owned()];
	while let Some(path) = open.pop() {
		let about = fs::symlink_metadata(&path).map_err(|cause| CorpusError::read(&path, cause))?;
		if about.is_dir() {
			open.extend(entries(&path)?.into_iter().map(|(path, _)| path));
		} else if let Some(format) = format(&path, shared).filter(|_| about.is_file()) {
			let modified = about.modified().map_err(|cause| CorpusError::read(&path, cause))?;
			let below = path.strip_prefix(groups).ok().and_then(|below| below.components().next());
			let group = below.map_or_else(|| groups.to_owned(), |first| groups.join(first));
			found.push(TextFile { bytes: about.len(), format, modified, group, path });
		}
	}
	Ok(())
}

/// What the file is, if it is text; `shared` is whether one file may hold many documents.
fn format(path: &Path, shared: bool) -> Option<Format> {
	match path.extension()?.to_str()? {
		"rs" | "md" | "txt" | "toml" => Some(Format::Text),
		"jsonl" | "ndjson" if shared => Some(Format::Lines),
		"parquet" if shared => Some(Format::Table),
		_ => None,
	}
}

fn entries(folder: &Path) -> Result<Vec<(PathBuf, fs::FileType)>, CorpusError> {
	let read = |entry: std::io::Result<fs::DirEntry>| entry.and_then(|entry| Ok((entry.path(), entry.file_type()?)));
	let entries = fs::read_dir(folder).and_then(|entries| entries.map(read).collect());
	entries.map_err(|cause| CorpusError::read(folder, cause))
}
