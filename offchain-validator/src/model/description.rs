// SPDX-License-Identifier: Apache-2.0

//! `config.json` of a model's folder, as Hugging Face writes it for a Llama. Pure; knows no tensor.
//!
//! Keys that change what a Llama computes must have the value that ours has; the others are passed over.

use serde::Deserialize;
use serde_json::{json, Value};

use super::config::{ConfigError, ModelConfig};
use super::rope::RopeScaling;
use super::tensor_file::Kind;

/// Bytes that such a file may have.
pub const MAX_BYTES: u64 = 1 << 16;

/// Numbers of a model's files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Numbers {
	/// 32 bits.
	F32,
	/// The upper 16 of them.
	Bf16,
}

/// Which model a folder holds.
#[derive(Clone, Debug, PartialEq)]
pub struct Description {
	/// Its shape.
	pub model: ModelConfig,
	/// The form of its numbers.
	pub numbers: Numbers,
}

/// Why a folder holds no model that we can run.
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
	rope_theta: Option<f64>,
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

fn initializer_range() -> f64 {
	0.02
}

impl Numbers {
	/// In the words of the file.
	fn name(self) -> &'static str {
		match self {
			Self::F32 => "float32",
			Self::Bf16 => "bfloat16",
		}
	}

	#[cfg_attr(not(feature = "torch"), allow(dead_code, reason = "only a model has such files"))]
	pub(crate) fn kind(self) -> Kind {
		match self {
			Self::F32 => Kind::F32,
			Self::Bf16 => Kind::Bf16,
		}
	}
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
		let numbers = match config.torch_dtype.as_deref() {
			None | Some("float32") => Numbers::F32,
			Some("bfloat16") => Numbers::Bf16,
			Some(other) => return must_be("torch_dtype", other, "float32 or bfloat16"),
		};
		let (rope_theta, rope_scaling) = rope(&config)?;
		let model = ModelConfig {
			vocab_size: config.vocab_size,
			hidden_size: config.hidden_size,
			num_hidden_layers: config.num_hidden_layers,
			num_attention_heads: config.num_attention_heads,
			num_key_value_heads: config.num_key_value_heads.unwrap_or(config.num_attention_heads),
			intermediate_size: config.intermediate_size,
			max_position_embeddings: config.max_position_embeddings,
			rope_theta,
			rms_norm_eps: config.rms_norm_eps,
			tie_word_embeddings: config.tie_word_embeddings,
			initializer_range: config.initializer_range,
			rope_scaling,
		};
		model.check()?;
		let has_own = config.head_dim.is_some_and(|size| size != model.head_size());
		must("head_dim", "another", !has_own, "hidden_size / num_attention_heads")?;
		Ok(Self { model, numbers })
	}

	/// The text of such a file.
	pub fn write(&self) -> Result<Vec<u8>, serde_json::Error> {
		let mut config = serde_json::to_value(&self.model)?;
		if let Some(keys) = config.as_object_mut() {
			keys.insert("architectures".into(), json!(["LlamaForCausalLM"]));
			keys.insert("model_type".into(), json!("llama"));
			keys.insert("hidden_act".into(), json!("silu"));
			keys.insert("torch_dtype".into(), json!(self.numbers.name()));
		}
		serde_json::to_vec_pretty(&config)
	}

	/// Parameters of the model. Sizes that pass their checks do not overflow.
	pub fn parameters(&self) -> u64 {
		self.model.parameters()
	}
}

/// The base of the rotary frequencies and their scaling: in keys of their own, or together as newer releases write them.
fn rope(config: &Config) -> Result<(f64, Option<RopeScaling>), DescriptionError> {
	const THETA: f64 = 10_000.0;
	let (key, given) = match (&config.rope_scaling, &config.rope_parameters) {
		(Some(scaling), _) => ("rope_scaling", scaling.clone()),
		(None, Some(parameters)) => ("rope_parameters", parameters.clone()),
		(None, None) => return Ok((config.rope_theta.unwrap_or(THETA), None)),
	};
	const EXPECTED: &str = "of the type llama3 or default";
	let Value::Object(mut given) = given else { return must_be(key, "no object", EXPECTED) };
	let theta = given.remove("rope_theta").and_then(|theta| theta.as_f64()).or(config.rope_theta).unwrap_or(THETA);
	let older = given.remove("type"); // What the key below was called once.
	let form = given.entry("rope_type").or_insert_with(|| older.unwrap_or(Value::Null)).clone();
	match form.as_str() {
		Some("default") => Ok((theta, None)),
		Some("llama3") => match serde_json::from_value(Value::Object(given)) {
			Ok(scaling) => Ok((theta, Some(scaling))),
			Err(_) => must_be(
				key,
				"incomplete",
				"factor, low_freq_factor, high_freq_factor and original_max_position_embeddings",
			),
		},
		_ => must_be(key, &form.to_string(), EXPECTED),
	}
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

	fn described(model: ModelConfig, numbers: Numbers) -> Description {
		Description { model, numbers }
	}

	fn text() -> Value {
		serde_json::from_slice(&described(tiny(), Numbers::F32).write().expect("it is JSON")).expect("it is JSON")
	}

	fn read(text: &Value) -> Result<Description, String> {
		Description::read(text.to_string().as_bytes()).map_err(|error| crate::one_line(&error))
	}

	#[test]
	fn what_we_write_we_read() {
		let read = read(&text()).expect("it is ours");
		assert_eq!(read, described(tiny(), Numbers::F32));
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
		assert_eq!((read.numbers, read.parameters()), (Numbers::Bf16, 6_738_415_616));
	}

	/// As Llama 3.2 is published, and as newer releases of the library would write it.
	#[test]
	fn the_scaling_of_llama_3_is_read_in_both_forms() {
		let scaling = json!({"factor": 32.0, "high_freq_factor": 4.0, "low_freq_factor": 1.0,
			"original_max_position_embeddings": 8192, "rope_type": "llama3"});
		let mut older = text();
		older["rope_theta"] = json!(500_000.0);
		older["rope_scaling"] = scaling.clone();
		let mut newer = text();
		newer.as_object_mut().expect("an object").remove("rope_theta");
		newer["rope_parameters"] = scaling.clone();
		newer["rope_parameters"]["rope_theta"] = json!(500_000.0);
		let (older, newer) = (read(&older).expect("a Llama"), read(&newer).expect("a Llama"));
		assert_eq!(older, newer);
		assert_eq!(serde_json::to_value(&older.model.rope_scaling).expect("plain data"), scaling);
		assert_eq!(older.model.rope_theta, 500_000.0);
		let written: Value = serde_json::from_slice(&older.write().expect("it is JSON")).expect("it is JSON");
		assert_eq!(read(&written), Ok(older));
		let mut plain = text();
		plain["rope_parameters"] = json!({"rope_type": "default", "rope_theta": 7.0});
		plain.as_object_mut().expect("an object").remove("rope_theta");
		let plain = read(&plain).expect("a Llama").model;
		assert_eq!((plain.rope_theta, plain.rope_scaling), (7.0, None));
	}

	#[test]
	fn what_would_compute_something_else_is_refused() {
		for (key, value, words) in [
			("model_type", json!("mistral"), "model_type is mistral: must be llama"),
			("hidden_act", json!("gelu"), "hidden_act is gelu"),
			("attention_bias", json!(true), "attention_bias"),
			("mlp_bias", json!(true), "mlp_bias"),
			("rope_scaling", json!({"type": "linear", "factor": 2.0}), "rope_scaling"),
			("rope_scaling", json!({"rope_type": "llama3", "factor": 8.0}), "rope_scaling is incomplete"),
			("rope_parameters", json!({"rope_type": "yarn"}), "rope_parameters"),
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
