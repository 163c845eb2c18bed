// SPDX-License-Identifier: Apache-2.0

//! Shape of a Llama, under the names Hugging Face gives its parts. Pure; knows no tensor.

use std::ops::RangeInclusive;

use serde::{Deserialize, Serialize};

use super::rope::RopeScaling;

/// Shape of a Llama. Every key but one must be given, none may be added: all copies of a model need the same one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModelConfig {
	/// Tokens are below this.
	pub vocab_size: usize,
	/// Width of the residual stream.
	pub hidden_size: usize,
	/// Decoder layers.
	pub num_hidden_layers: usize,
	/// Query heads; they share the hidden width.
	pub num_attention_heads: usize,
	/// Key and value heads, each used by as many query heads.
	pub num_key_value_heads: usize,
	/// Width inside the feed-forward part.
	pub intermediate_size: usize,
	/// Longest sequence.
	pub max_position_embeddings: usize,
	/// Base of the rotary frequencies.
	pub rope_theta: f64,
	/// Added to the mean square in RMSNorm.
	pub rms_norm_eps: f64,
	/// Whether the head is the embedding, transposed.
	pub tie_word_embeddings: bool,
	/// Standard deviation of fresh weights.
	pub initializer_range: f64,
	/// How positions beyond the length of the first training are turned; the one key that may be left out.
	#[serde(default, skip_serializing_if = "Option::is_none")]
	pub rope_scaling: Option<RopeScaling>,
}

/// What is wrong with a [`ModelConfig`].
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum ConfigError {
	/// A size is too small or too large.
	#[error("{key} is {value}: must be from {min} to {max}")]
	Size {
		/// The key.
		key: &'static str,
		/// What it says.
		value: usize,
		/// Smallest allowed.
		min: usize,
		/// Largest allowed.
		max: usize,
	},
	/// A number is not positive, or too large.
	#[error("{key} is {value}: must be above 0 and at most {max}")]
	Number {
		/// The key.
		key: &'static str,
		/// What it says.
		value: f64,
		/// Largest allowed.
		max: f64,
	},
	/// A number is not below another.
	#[error("{key} is {value}: must be below {below}")]
	Order {
		/// The key.
		key: &'static str,
		/// What it says.
		value: f64,
		/// The key that it must be below.
		below: &'static str,
	},
	/// A size does not divide another.
	#[error("{key} is {value}: must be a multiple of {of}, which is {divisor}")]
	NotMultiple {
		/// The key.
		key: &'static str,
		/// What it says.
		value: usize,
		/// The key whose multiple it must be.
		of: &'static str,
		/// What that one says.
		divisor: usize,
	},
	/// Rotation turns pairs of coordinates.
	#[error("hidden_size / num_attention_heads is {head_size}: must be even")]
	OddHead {
		/// Width of one head.
		head_size: usize,
	},
}

impl ModelConfig {
	/// Whether a model of this shape can exist. The bounds leave room for the largest models and keep every product of
	/// two sizes far from overflow.
	pub fn check(&self) -> Result<(), ConfigError> {
		check_size("vocab_size", self.vocab_size, 2..=1 << 22)?;
		check_size("hidden_size", self.hidden_size, 2..=1 << 16)?;
		check_size("num_hidden_layers", self.num_hidden_layers, 1..=1 << 10)?;
		check_size("num_attention_heads", self.num_attention_heads, 1..=1 << 10)?;
		check_size("num_key_value_heads", self.num_key_value_heads, 1..=self.num_attention_heads)?;
		check_size("intermediate_size", self.intermediate_size, 1..=1 << 20)?;
		check_size("max_position_embeddings", self.max_position_embeddings, 2..=1 << 20)?;
		check_number("rope_theta", self.rope_theta, 1e12)?;
		check_number("rms_norm_eps", self.rms_norm_eps, 1.0)?;
		check_number("initializer_range", self.initializer_range, 1.0)?;
		self.rope_scaling.as_ref().map_or(Ok(()), RopeScaling::check)?;
		let heads = ("num_attention_heads", self.num_attention_heads);
		check_multiple(("hidden_size", self.hidden_size), heads)?;
		check_multiple(heads, ("num_key_value_heads", self.num_key_value_heads))?;
		match self.head_size() % 2 {
			0 => Ok(()),
			_ => Err(ConfigError::OddHead { head_size: self.head_size() }),
		}
	}

	/// Width of one head.
	pub fn head_size(&self) -> usize {
		self.hidden_size.checked_div(self.num_attention_heads).unwrap_or(0) // No heads do not pass the check.
	}

	/// How many numbers its parameters are. Sizes that pass their checks do not overflow.
	pub fn parameters(&self) -> u64 {
		self.parameter_shapes().iter().map(|(_, shape)| shape.iter().product::<usize>() as u64).sum()
	}

	/// Name and shape of every parameter, in the order of PyTorch's `named_parameters()`.
	pub fn parameter_shapes(&self) -> Vec<(String, Vec<usize>)> {
		let (hidden, inner) = (self.hidden_size, self.intermediate_size);
		let keys = self.num_key_value_heads * self.head_size();
		let layer_shapes = [
			("self_attn.q_proj", vec![hidden, hidden]),
			("self_attn.k_proj", vec![keys, hidden]),
			("self_attn.v_proj", vec![keys, hidden]),
			("self_attn.o_proj", vec![hidden, hidden]),
			("mlp.gate_proj", vec![inner, hidden]),
			("mlp.up_proj", vec![inner, hidden]),
			("mlp.down_proj", vec![hidden, inner]),
			("input_layernorm", vec![hidden]),
			("post_attention_layernorm", vec![hidden]),
		];
		let mut shapes = vec![("model.embed_tokens.weight".to_owned(), vec![self.vocab_size, hidden])];
		for layer in 0..self.num_hidden_layers {
			let named =
				|(part, shape): &(&str, Vec<usize>)| (format!("model.layers.{layer}.{part}.weight"), shape.clone());
			shapes.extend(layer_shapes.iter().map(named));
		}
		shapes.push(("model.norm.weight".to_owned(), vec![hidden]));
		if !self.tie_word_embeddings {
			shapes.push(("lm_head.weight".to_owned(), vec![self.vocab_size, hidden]));
		}
		shapes
	}
}

pub(super) fn check_size(key: &'static str, value: usize, allowed: RangeInclusive<usize>) -> Result<(), ConfigError> {
	match allowed.contains(&value) {
		true => Ok(()),
		false => Err(ConfigError::Size { key, value, min: *allowed.start(), max: *allowed.end() }),
	}
}

pub(super) fn check_number(key: &'static str, value: f64, max: f64) -> Result<(), ConfigError> {
	match value > 0.0 && value <= max {
		true => Ok(()),
		false => Err(ConfigError::Number { key, value, max }),
	}
}

fn check_multiple(
	(key, value): (&'static str, usize),
	(of, divisor): (&'static str, usize),
) -> Result<(), ConfigError> {
	match value % divisor {
		0 => Ok(()),
		_ => Err(ConfigError::NotMultiple { key, value, of, divisor }),
	}
}

#[cfg(test)]
pub(crate) mod tests {
	use super::*;

	/// A model small enough for any test.
	pub(crate) fn tiny() -> ModelConfig {
		ModelConfig {
			vocab_size: 48,
			hidden_size: 16,
			num_hidden_layers: 2,
			num_attention_heads: 2,
			num_key_value_heads: 1,
			intermediate_size: 24,
			max_position_embeddings: 32,
			rope_theta: 10_000.0,
			rms_norm_eps: 1e-6,
			tie_word_embeddings: false,
			initializer_range: 0.02,
			rope_scaling: None,
		}
	}

	#[track_caller]
	fn check(change: impl FnOnce(&mut ModelConfig), expected: &str) {
		let mut config = tiny();
		change(&mut config);
		assert_eq!(config.check().unwrap_err().to_string(), expected);
	}

	#[test]
	fn every_bad_value_is_named() {
		assert_eq!(tiny().check(), Ok(()));
		check(|config| config.vocab_size = 1, "vocab_size is 1: must be from 2 to 4194304");
		check(|config| config.num_attention_heads = 0, "num_attention_heads is 0: must be from 1 to 1024");
		check(|config| config.num_key_value_heads = 3, "num_key_value_heads is 3: must be from 1 to 2");
		check(|config| config.rope_theta = f64::NAN, "rope_theta is NaN: must be above 0 and at most 1000000000000");
		check(|config| config.rms_norm_eps = 0.0, "rms_norm_eps is 0: must be above 0 and at most 1");
		check(
			|config| config.hidden_size = 17,
			"hidden_size is 17: must be a multiple of num_attention_heads, which is 2",
		);
		check(
			|config| (config.num_attention_heads, config.num_key_value_heads) = (8, 3),
			"num_attention_heads is 8: must be a multiple of num_key_value_heads, which is 3",
		);
		check(|config| config.hidden_size = 6, "hidden_size / num_attention_heads is 3: must be even");
	}

	#[test]
	fn a_key_too_many_or_too_few_is_refused() {
		let mut json = serde_json::to_value(tiny()).unwrap();
		assert_eq!(serde_json::from_value::<ModelConfig>(json.clone()).unwrap(), tiny());
		json["hidden_act"] = "silu".into();
		assert!(serde_json::from_value::<ModelConfig>(json.clone()).is_err());
		let keys = json.as_object_mut().unwrap();
		keys.remove("hidden_act");
		keys.remove("rope_theta");
		assert!(serde_json::from_value::<ModelConfig>(json).is_err());
	}

	#[test]
	fn a_tied_model_has_no_head_of_its_own() {
		let last = |config: ModelConfig| config.parameter_shapes().pop().map(|(name, _)| name);
		assert_eq!(last(tiny()).as_deref(), Some("lm_head.weight"));
		assert_eq!(last(ModelConfig { tie_word_embeddings: true, ..tiny() }).as_deref(), Some("model.norm.weight"));
	}
}
