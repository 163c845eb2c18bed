// SPDX-License-Identifier: Apache-2.0

//! Shapes of models by name: from one that any test trains in seconds to those published as Llama 3.

use super::config::ModelConfig;
use super::rope::{RopeScaling, RopeType};

/// All names, the smallest first.
pub const NAMES: [&str; 6] = ["toy", "10m", "125m", "templar", "1b", "8b"];

impl ModelConfig {
	/// The shape of that name. Their parameters:
	///
	/// | name | parameters | what it is |
	/// | --- | ---: | --- |
	/// | `toy` | 115,008 | of bytes; that of the local network |
	/// | `10m` | 10,490,112 | 8 layers of 256 |
	/// | `125m` | 124,668,672 | 12 layers of 768, about the first GPT-2 |
	/// | `1b` | 1,235,814,400 | Llama 3.2 1B |
	/// | `templar` | 1,204,881,408 | that of the reference's subnet |
	/// | `8b` | 8,030,261,248 | Llama 3.1 8B |
	pub fn named(name: &str) -> Option<Self> {
		Some(match name {
			"toy" => Self {
				vocab_size: 256,
				hidden_size: 64,
				num_hidden_layers: 2,
				num_attention_heads: 4,
				num_key_value_heads: 4,
				intermediate_size: 128,
				max_position_embeddings: 128,
				initializer_range: 0.1,
				..small()
			},
			"10m" => small(),
			"125m" => Self {
				vocab_size: 32_000,
				hidden_size: 768,
				num_hidden_layers: 12,
				num_attention_heads: 12,
				intermediate_size: 2048,
				..small()
			},
			"templar" => Self {
				vocab_size: 32_000,
				hidden_size: 2048,
				num_hidden_layers: 16,
				num_attention_heads: 8,
				num_key_value_heads: 8,
				intermediate_size: 8192,
				max_position_embeddings: 2048,
				..small()
			},
			"1b" => Self {
				hidden_size: 2048,
				num_hidden_layers: 16,
				intermediate_size: 8192,
				tie_word_embeddings: true,
				..llama3(32.0)
			},
			"8b" => llama3(8.0),
			_ => return None,
		})
	}
}

fn small() -> ModelConfig {
	ModelConfig {
		vocab_size: 8192,
		hidden_size: 256,
		num_hidden_layers: 8,
		num_attention_heads: 8,
		num_key_value_heads: 4,
		intermediate_size: 768,
		max_position_embeddings: 8192,
		rope_theta: 10_000.0,
		rms_norm_eps: 1e-6,
		tie_word_embeddings: false,
		initializer_range: 0.02,
		rope_scaling: None,
	}
}

/// Llama 3.1 8B; the smaller ones of 3.2 scale positions by more.
fn llama3(factor: f64) -> ModelConfig {
	ModelConfig {
		vocab_size: 128_256,
		hidden_size: 4096,
		num_hidden_layers: 32,
		num_attention_heads: 32,
		num_key_value_heads: 8,
		intermediate_size: 14_336,
		max_position_embeddings: 131_072,
		rope_theta: 500_000.0,
		rms_norm_eps: 1e-5,
		tie_word_embeddings: false,
		initializer_range: 0.02,
		rope_scaling: Some(RopeScaling {
			rope_type: RopeType::Llama3,
			factor,
			low_freq_factor: 1.0,
			high_freq_factor: 4.0,
			original_max_position_embeddings: 8192,
		}),
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	/// Of the Llamas as published.
	#[test]
	fn each_has_the_parameters_that_are_told() {
		let expected = [115_008, 10_490_112, 124_668_672, 1_204_881_408, 1_235_814_400, 8_030_261_248];
		for (name, expected) in NAMES.into_iter().zip(expected) {
			let config = ModelConfig::named(name).expect("it is known");
			assert_eq!(config.check(), Ok(()));
			assert_eq!(config.parameters(), expected, "{name}");
		}
		assert_eq!(ModelConfig::named("7b"), None);
	}

	#[test]
	fn those_of_the_parameter_files_are_the_same() {
		for (file, name) in [("hparams.json", "templar"), ("hparams/localnet.json", "toy")] {
			let text = std::fs::read(crate::hparams::tests::file(file)).expect("it is there");
			let hparams: serde_json::Value = serde_json::from_slice(&text).expect("it is JSON");
			let model: ModelConfig = serde_json::from_value(hparams["model"].clone()).expect("a model");
			assert_eq!(Some(model), ModelConfig::named(name), "{file}");
		}
	}
}
