// SPDX-License-Identifier: Apache-2.0

//! Prompts and responses for models that are compared by what they say, cut from the pages of the text. Miners get others
//! than those who judge them.

use std::fs::File;
use std::io::{self, BufWriter, Write as _};
use std::path::Path;

use offchain_validator::data::{Dataset, DatasetError};
use serde::Serialize;

/// Bytes of a prompt, and of the response that follows it in the text.
const PROMPT: usize = 32;
const RESPONSE: usize = 64;
/// Most pages of each kind that are cut up.
const MOST_PAGES: u64 = 256;

/// Why there are no samples.
#[derive(Debug, thiserror::Error)]
pub enum SamplesError {
	#[error("cannot read the held-out pages")]
	Dataset(#[from] DatasetError),
	#[error("cannot write {}", path.display())]
	Write { path: std::path::PathBuf, source: io::Error },
}

#[derive(Serialize)]
struct Sample<'a> {
	prompt: &'a str,
	response: &'a str,
}

/// Writes `train/samples.jsonl` below `folder` for miners, and `heldout/samples.jsonl` for those who judge them.
pub fn write(dataset: &Dataset, folder: &Path) -> Result<(), SamplesError> {
	let train = (0..dataset.n_train_pages().min(MOST_PAGES)).map(|page| dataset.train_page(page));
	write_pages(train, &folder.join("train"))?;
	let heldout = (0..dataset.n_heldout_pages().min(MOST_PAGES)).map(|page| dataset.heldout_page(page));
	write_pages(heldout, &folder.join("heldout"))
}

fn write_pages(
	pages: impl Iterator<Item = Result<Vec<u8>, DatasetError>>,
	folder: &Path,
) -> Result<(), SamplesError> {
	let path = folder.join("samples.jsonl");
	let failed = |source: io::Error| SamplesError::Write { path: path.clone(), source };
	std::fs::create_dir_all(folder).map_err(failed)?;
	let mut file = BufWriter::new(File::create(&path).map_err(failed)?);
	for page in pages {
		// What is no text, as where a letter was cut in two, is left out.
		for (prompt, response) in page?.chunks_exact(PROMPT + RESPONSE).filter_map(split) {
			serde_json::to_writer(&mut file, &Sample { prompt, response }).map_err(|error| failed(error.into()))?;
			file.write_all(b"\n").map_err(failed)?;
		}
	}
	file.flush().map_err(failed)
}

fn split(text: &[u8]) -> Option<(&str, &str)> {
	std::str::from_utf8(text).ok()?.split_at_checked(PROMPT)
}
