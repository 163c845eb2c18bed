// SPDX-License-Identifier: Apache-2.0

//! What the parameters of all mechanisms have in common: read as written, checked once. A value has one home, the file;
//! there are no defaults, but for keys whose words say what leaving them out means.

use std::error::Error;
use std::fmt::Display;
use std::ops::{Bound, RangeBounds};
use std::path::{Path, PathBuf};
use std::{fs, io};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::data::Assignment;
use crate::model::ConfigError;

/// Everything that all nodes of a run of one mechanism must agree on.
pub trait Hparams: Serialize + DeserializeOwned {
	/// The mechanism's name, as the user says it.
	const MECHANISM: &'static str;

	/// Whether every value is in its range.
	fn check(&self) -> Result<(), HparamsError>;

	/// Reads and checks a file.
	fn read(path: &Path) -> Result<Self, HparamsError> {
		let text = fs::read_to_string(path).map_err(|source| HparamsError::Read { path: path.into(), source })?;
		Self::parse(&text, path)
	}

	/// Reads and checks the text of a file; `path` is for messages.
	fn parse(text: &str, path: &Path) -> Result<Self, HparamsError> {
		let parse = |source| HparamsError::Parse { path: path.into(), mechanism: Self::MECHANISM, source };
		let hparams: Self = serde_json::from_str(text).map_err(parse)?;
		hparams.check()?;
		Ok(hparams)
	}
}

/// What miners train on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Data {
	/// Tokens of a page.
	pub page_tokens: usize,
	/// Pages that a uid is assigned in each window, where pages are assigned.
	pub pages_per_window: u32,
	/// Tokens of a sequence.
	pub sequence_length: usize,
	/// Sequences of a batch.
	pub batch_size: usize,
	/// What each uid trains on in a window; if left out, pages.
	#[serde(default, skip_serializing_if = "Assignment::is_pages")]
	pub assignment: Assignment,
}

/// What happens when.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Windows {
	/// Blocks of a window.
	pub blocks_per_window: u32,
	/// Time for uploads after a window has ended, in seconds.
	pub time_window_delta_seconds: u64,
	/// How many windows a validator stays behind the chain.
	pub validator_offset: u32,
	/// Windows for which a miner keeps its uploads.
	pub retention_windows: u32,
}

/// Why parameters cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum HparamsError {
	/// The file cannot be read.
	#[error("cannot read {}", path.display())]
	Read {
		/// Its path.
		path: PathBuf,
		#[source]
		source: io::Error,
	},
	/// The file is no JSON of this shape.
	#[error("{} does not hold parameters of {mechanism}", path.display())]
	Parse {
		/// Its path.
		path: PathBuf,
		/// What it is wanted for.
		mechanism: &'static str,
		#[source]
		source: serde_json::Error,
	},
	/// A value is out of its range.
	#[error("{key} is {value}: must be {must}")]
	Range {
		/// Section and key.
		key: &'static str,
		/// What it is.
		value: String,
		/// What it must be.
		must: String,
	},
	/// The shape of the model is not possible.
	#[error("section model")]
	Model(#[source] ConfigError),
	/// A scoring parameter is out of its range.
	#[error("section scoring")]
	Scoring(#[source] Box<dyn Error + Send + Sync>),
	/// What is said of sampling is out of its range.
	#[error("evaluation.sampling")]
	Sampling(#[source] Box<dyn Error + Send + Sync>),
}

impl Data {
	/// Whether every value is in its range, for a model of so many positions.
	pub fn check(&self, positions: usize) -> Result<(), HparamsError> {
		within("data.sequence_length", self.sequence_length, 2..=positions)?;
		within("data.page_tokens", self.page_tokens, self.sequence_length..=1 << 24)?;
		within("data.pages_per_window", self.pages_per_window, 1..=100_000)?;
		let sequences = match self.assignment {
			Assignment::Pages => self.page_tokens / self.sequence_length * self.pages_per_window as usize,
			Assignment::Pool { sequences, measured } => {
				within("data.assignment.pool.sequences", sequences, 1..=1_000_000)?;
				within("data.assignment.pool.measured", measured, 1..=sequences)?;
				sequences
			},
		};
		within("data.batch_size", self.batch_size, 1..=sequences)
	}

	/// Like [`Self::check`], for a mechanism that assigns pages alone.
	pub fn check_pages(&self, positions: usize) -> Result<(), HparamsError> {
		self.check(positions)?;
		match self.assignment {
			Assignment::Pages => Ok(()),
			Assignment::Pool { .. } => Err(HparamsError::Range {
				key: "data.assignment",
				value: "a pool".into(),
				must: "\"pages\", or left out".into(),
			}),
		}
	}
}

impl Windows {
	/// Whether every value is in its range.
	pub fn check(&self) -> Result<(), HparamsError> {
		within("windows.blocks_per_window", self.blocks_per_window, 1..=100_000)?;
		within("windows.time_window_delta_seconds", self.time_window_delta_seconds, 1..=86_400)?;
		within("windows.validator_offset", self.validator_offset, 1..=1_000)?;
		within("windows.retention_windows", self.retention_windows, self.validator_offset + 1..=100_000)
	}
}

pub(crate) type Range<T> = (Bound<T>, Bound<T>);

/// Not `least` itself, up to `most`.
pub(crate) fn above<T>(least: T, most: T) -> Range<T> {
	(Bound::Excluded(least), Bound::Included(most))
}

/// Whether the value of `key` is in its range.
pub(crate) fn within<T: PartialOrd + Display>(
	key: &'static str,
	value: T,
	range: impl RangeBounds<T>,
) -> Result<(), HparamsError> {
	if range.contains(&value) {
		return Ok(());
	}
	let least = match range.start_bound() {
		Bound::Included(least) => format!("at least {least}"),
		Bound::Excluded(least) => format!("above {least}"),
		Bound::Unbounded => "any".into(),
	};
	let must = match range.end_bound() {
		Bound::Included(most) | Bound::Excluded(most) => format!("{least} and at most {most}"),
		Bound::Unbounded => least,
	};
	Err(HparamsError::Range { key, value: value.to_string(), must })
}

#[cfg(test)]
pub(crate) mod tests;
