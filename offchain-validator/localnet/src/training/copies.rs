// SPDX-License-Identifier: Apache-2.0

//! Whether all copies of the model agree, to the last bit: the files that the processes have left are compared.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::{fs, io};

use serde::Serialize;
use sha2::{Digest as _, Sha256};

use super::{Member, Training};

/// The shared model as the processes left it.
#[derive(Clone, Debug, Serialize)]
pub struct Model {
	/// The last window that most of them have taken the step of.
	pub window: u32,
	/// Copies of the model after that window, by the hash of the file.
	pub copies: BTreeMap<String, Vec<String>>,
}

/// Why the copies cannot be compared.
#[derive(Debug, thiserror::Error)]
pub enum CopiesError {
	#[error("cannot read {}", path.display())]
	Read { path: PathBuf, source: io::Error },
}

/// Compares the files of the window that most processes have one of; the newest of these.
pub fn compare(training: &Training, members: &[Member]) -> Result<Option<Model>, CopiesError> {
	let mut windows: BTreeMap<u32, Vec<(&Member, PathBuf)>> = BTreeMap::new();
	for member in members {
		for (window, file) in files(training.state(member))? {
			windows.entry(window).or_default().push((member, file));
		}
	}
	let Some((window, files)) = windows.into_iter().max_by_key(|(window, files)| (files.len(), *window)) else {
		return Ok(None);
	};
	let mut copies: BTreeMap<String, Vec<String>> = BTreeMap::new();
	for (member, file) in files {
		let bytes = fs::read(&file).map_err(|source| CopiesError::Read { path: file, source })?;
		let hash = Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
		copies.entry(hash).or_default().push(member.name.clone());
	}
	Ok(Some(Model { window, copies }))
}

/// The files `params-{window}.safetensors` of a state folder.
fn files(folder: PathBuf) -> Result<Vec<(u32, PathBuf)>, CopiesError> {
	let failed = |source| CopiesError::Read { path: folder.clone(), source };
	let mut files = Vec::new();
	for entry in fs::read_dir(&folder).map_err(failed)? {
		let path = entry.map_err(failed)?.path();
		let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
		let window = name.strip_prefix("params-").and_then(|name| name.strip_suffix(".safetensors")?.parse().ok());
		files.extend(window.map(|window| (window, path.clone())));
	}
	Ok(files)
}
