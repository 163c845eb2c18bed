// SPDX-License-Identifier: Apache-2.0

//! How far positions turn a head's coordinates: rotary position embedding (Su et al. 2021), with the scaling by which Llama 3
//! reaches beyond the length it was trained at first (Hugging Face `transformers`, `modeling_rope_utils`, type `llama3`).
//!
//! Pure, and in f64 until the end, so that all devices turn by the same angles.

use std::f64::consts::TAU;

use serde::{Deserialize, Serialize};

use super::config::{check_number, check_size, ConfigError, ModelConfig};

/// The scaling of Llama 3: slow turns are slowed down further, quick ones stay, and between the two it goes over smoothly.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RopeScaling {
	/// `llama3`.
	pub rope_type: RopeType,
	/// How much slower the slow ones become.
	pub factor: f64,
	/// Turns within the original length of the quickest that are slow.
	pub low_freq_factor: f64,
	/// Turns within the original length of the slowest that are quick.
	pub high_freq_factor: f64,
	/// Longest sequence before the scaling.
	pub original_max_position_embeddings: usize,
}

/// The one form of scaling that is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum RopeType {
	/// As published with Llama 3.1.
	#[serde(rename = "llama3")]
	Llama3,
}

impl RopeScaling {
	/// Whether there can be such a scaling.
	pub(super) fn check(&self) -> Result<(), ConfigError> {
		let (low, high) = ("rope_scaling.low_freq_factor", "rope_scaling.high_freq_factor");
		check_number("rope_scaling.factor", self.factor, 1e6)?;
		check_number(low, self.low_freq_factor, 1e6)?;
		check_number(high, self.high_freq_factor, 1e6)?;
		let original = self.original_max_position_embeddings;
		check_size("rope_scaling.original_max_position_embeddings", original, 2..=1 << 24)?;
		match self.low_freq_factor < self.high_freq_factor {
			true => Ok(()),
			false => Err(ConfigError::Order { key: low, value: self.low_freq_factor, below: high }),
		}
	}

	/// `f` in turns of `2π` within the original length decides: above `high_freq_factor` it stays `θ`, below `low_freq_factor`
	/// it becomes `θ / factor`, and between them their mean, weighted by where `f` lies.
	fn scaled(&self, frequency: f64) -> f64 {
		let turns = self.original_max_position_embeddings as f64 * frequency / TAU;
		let (low, high) = (self.low_freq_factor, self.high_freq_factor);
		let stays = ((turns - low) / (high - low)).clamp(0.0, 1.0);
		stays * frequency + (1.0 - stays) * frequency / self.factor
	}
}

/// What each pair of a head's coordinates is turned by from one position to the next, in radians: `θ_i = base^(-2i/d)`.
#[cfg_attr(not(feature = "torch"), allow(dead_code, reason = "only a model turns anything"))]
pub(super) fn frequencies(config: &ModelConfig) -> Vec<f32> {
	let pairs = config.head_size() / 2;
	let frequency = |pair: usize| {
		let frequency = config.rope_theta.powf(-(pair as f64) / pairs as f64);
		config.rope_scaling.as_ref().map_or(frequency, |scaling| scaling.scaled(frequency)) as f32
	};
	(0..pairs).map(frequency).collect()
}

#[cfg(test)]
mod tests {
	use super::super::config::tests::tiny;
	use super::*;

	fn llama3() -> RopeScaling {
		RopeScaling {
			rope_type: RopeType::Llama3,
			factor: 8.0,
			low_freq_factor: 1.0,
			high_freq_factor: 4.0,
			original_max_position_embeddings: 8192,
		}
	}

	/// Heads of 128 coordinates, as in Llama 3.1 8B.
	fn config(rope_scaling: Option<RopeScaling>) -> ModelConfig {
		ModelConfig {
			hidden_size: 256,
			num_attention_heads: 2,
			num_key_value_heads: 2,
			rope_theta: 500_000.0,
			rope_scaling,
			..tiny()
		}
	}

	#[test]
	fn frequencies_fall_from_one_by_equal_factors() {
		let frequencies = frequencies(&config(None));
		assert_eq!((frequencies.len(), frequencies[0]), (64, 1.0));
		let factor = 500_000_f64.powf(-1.0 / 64.0);
		let falls = |pair: &[f32]| (f64::from(pair[1]) / f64::from(pair[0]) / factor - 1.0).abs() < 1e-6;
		assert!(frequencies.windows(2).all(falls));
	}

	/// By the published rule, which goes by wavelengths.
	#[test]
	fn slow_turns_are_slowed_down_and_quick_ones_stay() {
		let (scaling, plain) = (llama3(), frequencies(&config(None)));
		let scaled = frequencies(&config(Some(scaling.clone())));
		let mut kinds = [0; 3];
		for (plain, scaled) in plain.into_iter().map(f64::from).zip(scaled.into_iter().map(f64::from)) {
			let length = scaling.original_max_position_embeddings as f64;
			let wavelength = TAU / plain;
			let (kind, expected) = if wavelength > length / scaling.low_freq_factor {
				(0, plain / scaling.factor)
			} else if wavelength < length / scaling.high_freq_factor {
				(1, plain)
			} else {
				let smooth = (length / wavelength - scaling.low_freq_factor)
					/ (scaling.high_freq_factor - scaling.low_freq_factor);
				(2, (1.0 - smooth) * plain / scaling.factor + smooth * plain)
			};
			kinds[kind] += 1;
			assert!((scaled / expected - 1.0).abs() < 1e-6, "{plain}: {scaled}, not {expected}");
		}
		assert!(kinds.iter().all(|count| *count > 0), "{kinds:?}");
	}

	#[test]
	fn a_scaling_that_cannot_be_is_refused() {
		let refusal = |change: fn(&mut RopeScaling)| {
			let mut scaling = llama3();
			change(&mut scaling);
			config(Some(scaling)).check().unwrap_err().to_string()
		};
		assert_eq!(config(Some(llama3())).check(), Ok(()));
		let expected = "rope_scaling.factor is 0: must be above 0 and at most 1000000";
		assert_eq!(refusal(|scaling| scaling.factor = 0.0), expected);
		let expected = "rope_scaling.low_freq_factor is 4: must be below rope_scaling.high_freq_factor";
		assert_eq!(refusal(|scaling| scaling.low_freq_factor = 4.0), expected);
		assert!(refusal(|scaling| scaling.original_max_position_embeddings = 1).contains("must be from 2"));
	}
}
