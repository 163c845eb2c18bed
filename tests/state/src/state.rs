// SPDX-License-Identifier: Apache-2.0

//! All that a chain has stored after one block: in memory, in a file, and as what a runtime runs on.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use root_weights_runtime::{Header, VERSION};
use serde::{Deserialize, Serialize};
use sp_core::storage::well_known_keys::{is_child_storage_key, CODE};
use sp_core::storage::{Storage, StorageData, StorageKey};
use sp_io::TestExternalities;
use sp_version::RuntimeVersion;
use thiserror::Error;

/// Every key of a state with its value.
pub type Pairs = BTreeMap<StorageKey, StorageData>;

/// Which state it is.
#[derive(Serialize, Deserialize)]
pub struct Block {
	/// Name the chain gives itself.
	pub chain: String,
	/// The block after which it is.
	pub header: Header,
	/// The runtime that will run the next block.
	pub version: RuntimeVersion,
}

/// All that a chain has stored after a block. As a file it is JSON with a line for each key, as in a chain's raw
/// specification, to be searched, compared and edited.
#[derive(Serialize, Deserialize)]
pub struct State {
	pub block: Block,
	pub pairs: Pairs,
}

/// A snapshot that could not be read or written.
#[derive(Debug, Error)]
pub enum SnapshotError {
	#[error("cannot read {path}: {source}; name a file that --snapshot has written, or a node as ws://HOST:PORT")]
	Read { path: PathBuf, source: io::Error },
	#[error("{path} is not a snapshot: {source}; write it anew with --snapshot")]
	Format { path: PathBuf, source: serde_json::Error },
	#[error("cannot write {path}: {source}")]
	Write { path: PathBuf, source: io::Error },
}

/// Whether a chain has the runtime that is built in.
pub fn is_ours(version: &RuntimeVersion) -> bool {
	(&version.spec_name, version.spec_version) == (&VERSION.spec_name, VERSION.spec_version)
}

impl State {
	/// Reads a snapshot.
	pub fn load(path: &Path) -> Result<Self, SnapshotError> {
		let text = fs::read(path).map_err(|source| SnapshotError::Read { path: path.into(), source })?;
		serde_json::from_slice(&text).map_err(|source| SnapshotError::Format { path: path.into(), source })
	}

	/// Writes a snapshot.
	pub fn save(&self, path: &Path) -> Result<(), SnapshotError> {
		let write = || {
			let mut file = BufWriter::new(File::create(path)?);
			serde_json::to_writer_pretty(&mut file, self)?;
			file.flush()
		};
		write().map_err(|source| SnapshotError::Write { path: path.into(), source })
	}

	/// What a runtime runs on. Child tries, which no pallet here has, are left out, so that the root tells of them.
	pub fn externalities(&self) -> TestExternalities {
		let pairs = self.pairs.iter().filter(|(key, _)| !is_child_storage_key(&key.0));
		let top: BTreeMap<_, _> = pairs.map(|(key, value)| (key.0.clone(), value.0.clone())).collect();
		let code = top.get(CODE).cloned().unwrap_or_default();
		let storage = Storage { top, ..Storage::default() };
		TestExternalities::new_with_code_and_state(&code, storage, self.block.version.state_version())
	}
}
