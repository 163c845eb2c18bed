// SPDX-License-Identifier: Apache-2.0

//! Lines of prompts and responses, on which models for finetuning are measured.

use offchain_validator::finetuning::samples::{to_lines, Pool, Sample};

use crate::{Decoder, Finding, Reading};

/// Reads samples from wherever the operator has them from.
pub struct Samples;

/// Samples that are kept.
const MOST: usize = 100;

impl Decoder for Samples {
	fn name(&self) -> &'static str {
		"samples"
	}

	fn honest(&self) -> Vec<Vec<u8>> {
		let sample = |number: usize| Sample { prompt: format!("{number} and 1?"), response: (number + 1).to_string() };
		vec![to_lines(&[sample(1), sample(2)]).expect("it is plain data")]
	}

	/// A line that is none is passed over for all models alike.
	fn read(&self, bytes: &[u8]) -> Reading {
		let pool = Pool::parse(bytes, MOST);
		assert!(pool.samples.len() <= MOST);
		assert!(pool.samples.iter().all(|sample| !sample.prompt.is_empty() && !sample.response.is_empty()));
		let is_sound = pool.bad_lines == 0 && !pool.samples.is_empty();
		let said = format!("{} samples, {} bad lines", pool.samples.len(), pool.bad_lines);
		Reading { said, finding: if is_sound { Finding::Sound } else { Finding::Ignored } }
	}

	/// A short line takes several times its bytes once it is a sample.
	fn most_memory(&self, size: usize) -> usize {
		16 * size + 4096
	}
}
