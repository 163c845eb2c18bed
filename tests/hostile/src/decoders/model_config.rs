// SPDX-License-Identifier: Apache-2.0

//! `config.json` of a model for finetuning.

use mechanisms::finetuning::Verdict;
use offchain_validator::model::description::{Description, Numbers, MAX_BYTES};
use offchain_validator::model::ModelConfig;
use offchain_validator::one_line;

use super::of_json;
use crate::{Decoder, Finding, Reading};

/// Reads which model the offender's repository says it holds.
pub struct Config;

/// Names and shapes of the parameters of the deepest model there may be.
const DEEPEST: usize = 4 << 20;

impl Decoder for Config {
	fn name(&self) -> &'static str {
		"model config"
	}

	fn honest(&self) -> Vec<Vec<u8>> {
		let model = ModelConfig {
			vocab_size: 256,
			hidden_size: 64,
			num_hidden_layers: 2,
			num_attention_heads: 4,
			num_key_value_heads: 2,
			intermediate_size: 128,
			max_position_embeddings: 128,
			rope_theta: 10_000.0,
			rms_norm_eps: 1e-6,
			tie_word_embeddings: false,
			initializer_range: 0.02,
			rope_scaling: None,
		};
		vec![Description { model, numbers: Numbers::F32 }.write().expect("it is plain data")]
	}

	fn read(&self, bytes: &[u8]) -> Reading {
		match Description::read(bytes) {
			Ok(description) => {
				Reading { said: format!("{} parameters", description.parameters()), finding: Finding::Sound }
			},
			Err(error) => Reading { said: one_line(&error), finding: Finding::Model(Verdict::Invalid) },
		}
	}

	/// What is larger is not read.
	fn most_memory(&self, size: usize) -> usize {
		of_json(size.min(MAX_BYTES as usize)) + DEEPEST
	}
}
