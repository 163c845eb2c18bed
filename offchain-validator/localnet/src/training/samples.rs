// SPDX-License-Identifier: Apache-2.0

//! Prompts and responses for models that are compared by what they say, cut from the pages of the text. Miners get others
//! than those who judge them.

use std::path::{Path, PathBuf};
use std::{fs, io};

use offchain_validator::data::{Dataset, DatasetError, Tokenizer, TokenizerError};
use offchain_validator::finetuning::samples::{cut, to_lines};

/// Characters of a prompt, and of the response that follows it in the text.
const PROMPT: usize = 40;
const RESPONSE: usize = 80;
/// Most pages of each kind that are cut up.
const MOST_PAGES: u64 = 256;

/// Why there are no samples.
#[derive(Debug, thiserror::Error)]
pub enum SamplesError {
	#[error("cannot read the pages")]
	Dataset(#[from] DatasetError),
	#[error("the pages are no text")]
	Text(#[from] TokenizerError),
	#[error("cannot write {}", path.display())]
	Write { path: PathBuf, source: io::Error },
}

/// Where miners and validators find theirs below `folder`.
pub fn folders(folder: &Path) -> [PathBuf; 2] {
	["train", "heldout"].map(|name| folder.join("samples").join(name))
}

/// Writes both.
pub fn write(dataset: &Dataset, folder: &Path) -> Result<(), SamplesError> {
	let [train, heldout] = folders(folder);
	write_pages((0..dataset.n_train_pages().min(MOST_PAGES)).map(|page| dataset.train_page(page)), &train)?;
	write_pages((0..dataset.n_heldout_pages().min(MOST_PAGES)).map(|page| dataset.heldout_page(page)), &heldout)
}

fn write_pages(pages: impl Iterator<Item = Result<Vec<u32>, DatasetError>>, folder: &Path) -> Result<(), SamplesError> {
	let failed = |source| SamplesError::Write { path: folder.into(), source };
	let (tokenizer, mut samples) = (Tokenizer::bytes(), Vec::new()); // As the corpus was cut.
	for page in pages {
		// A letter that the end of a page cuts in two becomes a sign for what is no letter.
		samples.extend(cut(&tokenizer.decode(&page?)?, PROMPT, RESPONSE));
	}
	let lines = to_lines(&samples).map_err(|error| failed(error.into()))?;
	fs::create_dir_all(folder).map_err(failed)?;
	fs::write(folder.join("samples.jsonl"), lines).map_err(failed)
}
