// SPDX-License-Identifier: Apache-2.0

//! What models are measured on and finetuned with: prompts with the responses to them.
//!
//! One JSON object a line, `{"prompt": "…", "response": "…"}`, in all `*.jsonl` files of a folder or at a URL. What is read
//! is bounded in bytes, lines and time. Which of them a step uses, a block's hash decides.

pub mod import;

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use mechanisms::numpy::Generator;
use mechanisms::Uid;
use serde::{Deserialize, Serialize};

use super::hparams::Samples as Limits;
use crate::data::Seed;

/// A prompt and the response to it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Sample {
	/// What is given.
	pub prompt: String,
	/// What a model is to continue with.
	pub response: String,
}

/// Where samples are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
	/// A folder with `*.jsonl` files, or one such file.
	Folder(PathBuf),
	/// The address of a file, `http://` or `https://`.
	Url(String),
}

/// The samples of a source.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pool {
	/// Those that can be used, by file name and line.
	pub samples: Vec<Sample>,
	/// Lines that are none.
	pub bad_lines: usize,
}

/// Why there are no samples. All of it is our own affair, or that of whom we chose to ask.
#[derive(Debug, thiserror::Error)]
pub enum SamplesError {
	/// A file cannot be read.
	#[error("cannot read {}", path.display())]
	Read {
		/// Its path.
		path: PathBuf,
		#[source]
		source: io::Error,
	},
	/// The server did not answer, or refused.
	#[error("cannot read {url}")]
	Http {
		/// What was asked for.
		url: String,
		#[source]
		source: reqwest::Error,
	},
	/// It took too long.
	#[error("samples were not read within {limit:?}")]
	Late {
		/// How long it may take.
		limit: Duration,
	},
	/// No line is a sample.
	#[error("none of {bad_lines} lines is a sample")]
	Nothing {
		/// How many there are.
		bad_lines: usize,
	},
	/// A task of ours was cut short.
	#[error("a task of this program was cut short")]
	Task(#[from] tokio::task::JoinError),
}

impl FromStr for Source {
	type Err = std::convert::Infallible;

	fn from_str(text: &str) -> Result<Self, Self::Err> {
		Ok(match text.starts_with("http://") || text.starts_with("https://") {
			true => Self::Url(text.into()),
			false => Self::Folder(text.into()),
		})
	}
}

impl Source {
	/// Reads the samples that are there now.
	pub async fn read(&self, limits: &Limits) -> Result<Pool, SamplesError> {
		let limit = Duration::from_secs(limits.seconds);
		let text = tokio::time::timeout(limit, self.text(limits.max_bytes));
		let text = text.await.map_err(|_| SamplesError::Late { limit })??;
		let pool = Pool::parse(&text, limits.max_samples);
		match pool.samples.is_empty() {
			true => Err(SamplesError::Nothing { bad_lines: pool.bad_lines }),
			false => Ok(pool),
		}
	}

	/// The first `max_bytes` of the source.
	async fn text(&self, max_bytes: u64) -> Result<Vec<u8>, SamplesError> {
		match self.clone() {
			Self::Folder(folder) => tokio::task::spawn_blocking(move || read_files(&folder, max_bytes)).await?,
			Self::Url(url) => {
				let failed = |source| SamplesError::Http { url: url.clone(), source };
				let answer = reqwest::get(&url).await.and_then(reqwest::Response::error_for_status);
				let mut answer = answer.map_err(failed)?;
				let mut text = Vec::new();
				while let Some(chunk) = answer.chunk().await.map_err(failed)? {
					let left = max_bytes.saturating_sub(text.len() as u64);
					text.extend(chunk.iter().take(usize::try_from(left).unwrap_or(usize::MAX)));
					if left <= chunk.len() as u64 {
						break;
					}
				}
				Ok(text)
			},
		}
	}
}

/// The first `max_bytes` of the files in `folder`, by name.
fn read_files(folder: &Path, max_bytes: u64) -> Result<Vec<u8>, SamplesError> {
	let read = |path: &Path, text: &mut Vec<u8>| {
		let left = max_bytes.saturating_sub(text.len() as u64);
		File::open(path)?.take(left).read_to_end(text)
	};
	let failed = |path: &Path, source| SamplesError::Read { path: path.into(), source };
	let mut text = Vec::new();
	for path in files(folder).map_err(|source| failed(folder, source))? {
		read(&path, &mut text).map_err(|source| failed(&path, source))?;
		text.push(b'\n'); // A last line without an end is not joined with the next file's first.
	}
	Ok(text)
}

fn files(folder: &Path) -> io::Result<Vec<PathBuf>> {
	if folder.is_file() {
		return Ok(vec![folder.into()]);
	}
	let mut files = Vec::new();
	for entry in fs::read_dir(folder)? {
		let path = entry?.path();
		if path.extension().is_some_and(|extension| extension == "jsonl") && path.is_file() {
			files.push(path);
		}
	}
	files.sort();
	Ok(files)
}

impl Pool {
	/// The first samples in a text.
	pub fn parse(text: &[u8], max_samples: usize) -> Self {
		let mut pool = Self::default();
		for line in text.split(|byte| *byte == b'\n').filter(|line| !line.trim_ascii().is_empty()) {
			match serde_json::from_slice::<Sample>(line) {
				_ if pool.samples.len() >= max_samples => break,
				Ok(sample) if !sample.prompt.is_empty() && !sample.response.is_empty() => pool.samples.push(sample),
				_ => pool.bad_lines += 1,
			}
		}
		pool
	}

	/// So many samples, or all there are, in an order that the hash of a block decides, for a purpose.
	pub fn draw(&self, hash: &[u8; 32], purpose: &str, count: usize) -> Vec<&Sample> {
		let mut random = Generator::new(Seed::of_block(hash, purpose).get());
		let drawn = random.choice(self.samples.len(), count.min(self.samples.len())).unwrap_or_default();
		drawn.into_iter().filter_map(|position| self.samples.get(position)).collect()
	}

	/// What the miner of `uid` trains on: one of so many parts, which every sample is in one of. In an order of its own, for
	/// two that share a part would else make the same model, and the later would be taken for a copy.
	pub fn part(&self, uid: Uid, parts: u16) -> Vec<&Sample> {
		let parts = usize::from(parts.max(1));
		let part: Vec<&Sample> = self.samples.iter().skip(usize::from(uid) % parts).step_by(parts).collect();
		let order = Generator::new(Seed::of_uid(uid).get()).choice(part.len(), part.len()).unwrap_or_default();
		order.into_iter().filter_map(|position| part.get(position).copied()).collect()
	}
}

/// One line for each sample.
pub fn to_lines(samples: &[Sample]) -> Result<Vec<u8>, serde_json::Error> {
	let mut text = Vec::new();
	for sample in samples {
		serde_json::to_writer(&mut text, sample)?;
		text.push(b'\n');
	}
	Ok(text)
}

/// Text as samples: stretches of `prompt` characters, each with the `response` characters that follow it.
pub fn cut(text: &str, prompt: usize, response: usize) -> Vec<Sample> {
	let letters: Vec<char> = text.chars().collect();
	let sample = |letters: &[char]| {
		let (prompt, response) = letters.split_at(prompt);
		Sample { prompt: prompt.iter().collect(), response: response.iter().collect() }
	};
	match prompt > 0 && response > 0 {
		true => letters.chunks_exact(prompt.saturating_add(response)).map(sample).collect(),
		false => Vec::new(),
	}
}

#[cfg(test)]
mod tests;
