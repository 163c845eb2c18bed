// SPDX-License-Identifier: Apache-2.0

//! The text to train on: what the user named, or the sources and documents of the build's own dependencies, which every
//! machine that built this has.

use std::path::PathBuf;

use offchain_validator::data::{self, cut, CutOptions, Dataset, DatasetError};
use serde::Deserialize;
use tokio::process::Command;

use super::Training;
use crate::progress::Progress;

/// Most text that is taken of one package, and of all, in bytes.
const MOST_PER_PACKAGE: u64 = 64 << 10;
const MOST: u64 = 32 << 20;

/// Why there is no text.
#[derive(Debug, thiserror::Error)]
pub enum CorpusError {
	#[error("cargo cannot be asked for the sources of the dependencies: name text with --corpus")]
	Cargo(#[source] std::io::Error),
	#[error("cargo does not tell the sources of the dependencies ({0}): name text with --corpus, or set LOCALNET_WORKSPACE to the folder of this project")]
	NoMetadata(String),
	#[error("cargo's list of dependencies cannot be read")]
	Metadata(#[from] serde_json::Error),
	#[error("the text cannot be cut into pages")]
	Cut(#[from] data::CorpusError),
	#[error("the pages cannot be read")]
	Dataset(#[from] DatasetError),
	#[error("cutting was interrupted")]
	Task(#[from] tokio::task::JoinError),
}

/// Cuts the text into shards, once, and opens them.
pub async fn prepare(training: &Training, progress: &Progress) -> Result<Dataset, CorpusError> {
	progress.step("Cutting text into pages");
	let sources = match training.corpus.as_slice() {
		[] => dependencies().await?,
		named => named.to_vec(),
	};
	let (page_tokens, min_heldout_pages) = training.mechanism.pages();
	let options = CutOptions {
		page_tokens,
		max_folder_bytes: if training.corpus.is_empty() { MOST_PER_PACKAGE } else { MOST },
		max_total_bytes: MOST,
		min_heldout_pages,
		..CutOptions::default()
	};
	let shards = training.shards.clone();
	let dataset = tokio::task::spawn_blocking(move || {
		cut(&sources, &shards, &options, |_, _| ())?;
		Ok::<_, CorpusError>(Dataset::open(&shards)?)
	});
	dataset.await?
}

/// Folders of all packages that the workspace's lock file names, from registries.
async fn dependencies() -> Result<Vec<PathBuf>, CorpusError> {
	#[derive(Deserialize)]
	struct Metadata {
		packages: Vec<Package>,
	}
	#[derive(Deserialize)]
	struct Package {
		source: Option<String>,
		manifest_path: PathBuf,
	}
	let workspace = std::env::var_os("LOCALNET_WORKSPACE").unwrap_or_else(|| ".".into());
	let mut cargo = Command::new("cargo");
	cargo.args(["metadata", "--format-version", "1", "--locked", "--offline"]).current_dir(workspace);
	let output = cargo.kill_on_drop(true).output().await.map_err(CorpusError::Cargo)?;
	if !output.status.success() {
		let words = String::from_utf8_lossy(&output.stderr);
		return Err(CorpusError::NoMetadata(words.lines().next().unwrap_or("no reason given").into()));
	}
	let metadata: Metadata = serde_json::from_slice(&output.stdout)?;
	let foreign = metadata.packages.into_iter().filter(|package| package.source.is_some());
	Ok(foreign.filter_map(|package| package.manifest_path.parent().map(PathBuf::from)).collect())
}
