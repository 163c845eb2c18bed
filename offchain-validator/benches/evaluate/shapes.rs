// SPDX-License-Identifier: Apache-2.0

//! The models that are measured.

use std::fmt;

use offchain_validator::model::ModelConfig;

/// A size of model, by its parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Shape {
	#[value(name = "10m")]
	TenMillion,
	#[value(name = "125m")]
	SmallGpt,
	#[value(name = "1b")]
	OneBillion,
	#[value(name = "8b")]
	EightBillion,
}

impl Shape {
	pub fn config(self) -> ModelConfig {
		// Vocabulary, width, layers, heads, heads of keys, width within a layer.
		let [vocab_size, hidden_size, num_hidden_layers, num_attention_heads, num_key_value_heads, intermediate_size] =
			match self {
				Self::TenMillion => [8_192, 256, 8, 4, 4, 704],
				Self::SmallGpt => [32_000, 768, 11, 12, 12, 2_048],
				Self::OneBillion => [32_000, 2_048, 16, 16, 16, 5_632],
				Self::EightBillion => [128_256, 4_096, 32, 32, 8, 14_336],
			};
		ModelConfig {
			vocab_size,
			hidden_size,
			num_hidden_layers,
			num_attention_heads,
			num_key_value_heads,
			intermediate_size,
			max_position_embeddings: 2_048,
			rope_theta: 10_000.0,
			rms_norm_eps: 1e-6,
			tie_word_embeddings: false,
			initializer_range: 0.02,
		}
	}

	/// Parameters that it has.
	pub fn parameters(self) -> usize {
		self.config().parameter_shapes().iter().map(|(_, shape)| shape.iter().product::<usize>()).sum()
	}
}

impl fmt::Display for Shape {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		f.write_str(match self {
			Self::TenMillion => "10m",
			Self::SmallGpt => "125m",
			Self::OneBillion => "1b",
			Self::EightBillion => "8b",
		})
	}
}
