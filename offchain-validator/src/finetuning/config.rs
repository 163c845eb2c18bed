// SPDX-License-Identifier: Apache-2.0

//! `config.json` of a repository, as Hugging Face writes it for a Llama.
//!
//! Keys that change what a Llama computes must have the value that ours has; the others are passed over.

use serde::Deserialize;
use serde_json::{json, Value};

use crate::model::tensor_file::Kind;
use crate::model::{ConfigError, ModelConfig};

/// Bytes that such a file may have.
pub const MAX_BYTES: u64 = 1 << 16;

/// Which model a repository holds.
#[derive(Clone, Debug, PartialEq)]
pub struct Description {
	/// Its shape.
	pub model: ModelConfig,
	/// The form of its numbers.
	pub(crate) numbers: Kind,
}

/// Why a repository holds no model that we can run.
#[derive(Debug, thiserror::Error)]
pub enum DescriptionError {
	/// The text is no JSON of this form.
	#[error("config.json cannot be read")]
	Json(#[from] serde_json::Error),
	/// The model is something else than a plain Llama.
	#[error("config.json: {key} is {value}: must be {expected}")]
	Other {
		/// The key.
		key: &'static str,
		/// What it says, cut short.
		value: String,
		/// What it must say.
		expected: &'static str,
	},
	/// No model has such a shape.
	#[error("config.json")]
	Shape(#[from] ConfigError),
}

#[derive(Deserialize)]
struct Config {
	model_type: String,
	vocab_size: usize,
	hidden_size: usize,
	num_hidden_layers: usize,
	num_attention_heads: usize,
	num_key_value_heads: Option<usize>,
	intermediate_size: usize,
	max_position_embeddings: usize,
	#[serde(default = "rope_theta")]
	rope_theta: f64,
	rms_norm_eps: f64,
	#[serde(default)]
	tie_word_embeddings: bool,
	#[serde(default = "initializer_range")]
	initializer_range: f64,
	hidden_act: Option<String>,
	#[serde(default)]
	attention_bias: bool,
	#[serde(default)]
	mlp_bias: bool,
	head_dim: Option<usize>,
	rope_scaling: Option<Value>,
	rope_parameters: Option<Value>,
	#[serde(alias = "dtype")]
	torch_dtype: Option<String>,
}

fn rope_theta() -> f64 {
	10_000.0
}

fn initializer_range() -> f64 {
	0.02
}

impl Description {
	/// What the text of a `config.json` describes.
	pub fn read(text: &[u8]) -> Result<Self, DescriptionError> {
		let config: Config = serde_json::from_slice(text)?;
		must("model_type", &config.model_type, config.model_type == "llama", "llama")?;
		let activation = config.hidden_act.as_deref().unwrap_or("silu");
		must("hidden_act", activation, activation == "silu", "silu")?;
		must("attention_bias", "true", !config.attention_bias, "false")?;
		must("mlp_bias", "true", !config.mlp_bias, "false")?;
		must("rope_scaling", "given", config.rope_scaling.is_none(), "null")?;
		must("rope_parameters", "given", config.rope_parameters.is_none(), "null")?;
		let numbers = match config.torch_dtype.as_deref() {
			None | Some("float32") => Kind::F32,
			Some("bfloat16") => Kind::Bf16,
			Some(other) => return must_be("torch_dtype", other, "float32 or bfloat16"),
		};
		let model = ModelConfig {
			vocab_size: config.vocab_size,
			hidden_size: config.hidden_size,
			num_hidden_layers: config.num_hidden_layers,
			num_attention_heads: config.num_attention_heads,
			num_key_value_heads: config.num_key_value_heads.unwrap_or(config.num_attention_heads),
			intermediate_size: config.intermediate_size,
			max_position_embeddings: config.max_position_embeddings,
			rope_theta: config.rope_theta,
			rms_norm_eps: config.rms_norm_eps,
			tie_word_embeddings: config.tie_word_embeddings,
			initializer_range: config.initializer_range,
		};
		model.check()?;
		let has_own = config.head_dim.is_some_and(|size| size != model.head_size());
		must("head_dim", "another", !has_own, "hidden_size / num_attention_heads")?;
		Ok(Self { model, numbers })
	}

	/// Parameters of the model. Sizes that pass their checks do not overflow.
	pub fn parameters(&self) -> u64 {
		self.model.parameter_shapes().iter().map(|(_, shape)| shape.iter().product::<usize>() as u64).sum()
	}
}

/// The `config.json` of a model in f32.
pub fn write(model: &ModelConfig) -> Result<Vec<u8>, serde_json::Error> {
	let mut config = serde_json::to_value(model)?;
	if let Some(keys) = config.as_object_mut() {
		keys.insert("architectures".into(), json!(["LlamaForCausalLM"]));
		keys.insert("model_type".into(), json!("llama"));
		keys.insert("hidden_act".into(), json!("silu"));
		keys.insert("torch_dtype".into(), json!("float32"));
	}
	serde_json::to_vec_pretty(&config)
}

fn must(key: &'static str, value: &str, holds: bool, expected: &'static str) -> Result<(), DescriptionError> {
	if holds {
		Ok(())
	} else {
		must_be(key, value, expected)
	}
}

fn must_be<T>(key: &'static str, value: &str, expected: &'static str) -> Result<T, DescriptionError> {
	Err(DescriptionError::Other { key, value: value.chars().take(40).collect(), expected })
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::model::config_of_tests as tiny;

	fn text() -> Value {
		serde_json::from_slice(&write(&tiny()).expect("it is JSON")).expect("it is JSON")
	}

	fn read(text: &Value) -> Result<Description, String> {
		Description::read(text.to_string().as_bytes()).map_err(|error| crate::one_line(&error))
	}

	#[test]
	fn what_we_write_we_read() {
		let read = read(&text()).expect("it is ours");
		assert_eq!(read, Description { model: tiny(), numbers: Kind::F32 });
		let elements = |(_, shape): &(String, Vec<usize>)| shape.iter().product::<usize>();
		assert_eq!(read.parameters(), tiny().parameter_shapes().iter().map(elements).sum::<usize>() as u64);
	}

	/// The configuration as Hugging Face publishes that of a Llama 2, with keys that say nothing of the shape.
	#[test]
	fn keys_that_change_nothing_may_be_there() {
		let text = json!({
			"architectures": ["LlamaForCausalLM"], "bos_token_id": 1, "eos_token_id": 2, "hidden_act": "silu",
			"hidden_size": 4096, "initializer_range": 0.02, "intermediate_size": 11008, "max_position_embeddings": 4096,
			"model_type": "llama", "num_attention_heads": 32, "num_hidden_layers": 32, "num_key_value_heads": 32,
			"pretraining_tp": 1, "rms_norm_eps": 1e-5, "rope_scaling": null, "tie_word_embeddings": false,
			"torch_dtype": "bfloat16", "transformers_version": "4.31.0", "use_cache": true, "vocab_size": 32000
		});
		let read = read(&text).expect("a Llama");
		assert_eq!((read.numbers, read.parameters()), (Kind::Bf16, 6_738_415_616));
	}

	#[test]
	fn what_would_compute_something_else_is_refused() {
		for (key, value, words) in [
			("model_type", json!("mistral"), "model_type is mistral: must be llama"),
			("hidden_act", json!("gelu"), "hidden_act is gelu"),
			("attention_bias", json!(true), "attention_bias"),
			("mlp_bias", json!(true), "mlp_bias"),
			("rope_scaling", json!({"type": "linear", "factor": 2.0}), "rope_scaling"),
			("head_dim", json!(4), "head_dim"),
			("torch_dtype", json!("float8"), "torch_dtype is float8"),
			("vocab_size", json!(1_u64 << 40), "vocab_size"),
			("vocab_size", json!(-1), "cannot be read"),
			("hidden_size", json!(0), "hidden_size"),
			("rope_theta", json!(-1.0), "rope_theta"),
			("model_type", json!(["llama"]), "cannot be read"),
		] {
			let mut text = text();
			text[key] = value;
			let refusal = read(&text).expect_err(key);
			assert!(refusal.contains(words), "{refusal}");
		}
		assert!(Description::read(b"").is_err() && Description::read(b"[]").is_err());
	}
}
