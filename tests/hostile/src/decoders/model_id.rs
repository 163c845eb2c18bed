// SPDX-License-Identifier: Apache-2.0

//! Commitments on chain that name a model for finetuning.

use mechanisms::finetuning::digest::Digest;
use mechanisms::finetuning::model_id::{ModelId, PublishedId};
use mechanisms::finetuning::Verdict;

use super::of_text;
use crate::{Decoder, Finding, Reading};

/// Reads the offender's commitment.
pub struct Id;

impl Decoder for Id {
	fn name(&self) -> &'static str {
		"model id"
	}

	fn honest(&self) -> Vec<Vec<u8>> {
		vec![format!("alice:model-1:{}:{}:s1", "c0ffee00".repeat(5), Digest::of("model")).into()]
	}

	fn read(&self, bytes: &[u8]) -> Reading {
		let text = String::from_utf8_lossy(bytes);
		PublishedId::parse(&text);
		match text.parse::<ModelId>() {
			Ok(id) => {
				assert_eq!(id.to_string(), text);
				Reading { said: "a model".into(), finding: Finding::Sound }
			},
			Err(error) => Reading { said: error.to_string(), finding: Finding::Model(Verdict::Missing) },
		}
	}

	/// Bytes that are no text are written threefold.
	fn most_memory(&self, size: usize) -> usize {
		of_text(6 * size)
	}
}
