// SPDX-License-Identifier: Apache-2.0
//! What a model must keep within before it is evaluated.

use serde::{Deserialize, Serialize};

use super::{competition::Competition, params::Params};

/// Norms of the weight matrices of one layer of a transformer.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LayerNorms {
	/// Of the queries' projection.
	pub q_proj: f64,
	/// Of the keys' projection.
	pub k_proj: f64,
	/// Of the values' projection.
	pub v_proj: f64,
	/// Of the attention's output projection.
	pub o_proj: f64,
	/// Of the projection into the feed-forward layer.
	pub up_proj: f64,
	/// Of the projection out of it.
	pub down_proj: f64,
}

/// Why a model is not evaluated.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Refusal {
	/// More parameters than its competition allows.
	#[error("{count} parameters are more than {limit}")]
	TooManyParameters {
		/// Parameters of the model.
		count: u64,
		/// Allowed.
		limit: u64,
	},
	/// The repository holds more bytes than may be downloaded.
	#[error("the repository is larger than {limit} bytes")]
	TooLarge {
		/// Allowed, in bytes.
		limit: u64,
	},
	/// A file's name would lie outside of the repository's folder, or is no name.
	#[error("the path of file {position} does not stay within the repository")]
	BadPath {
		/// Position of the file in the repository's list.
		position: usize,
	},
	/// A model without layers has no norms to judge.
	#[error("the model has no layers")]
	NoLayers,
	/// A norm is above the hard limit, or not a number.
	#[error("a norm in layer {layer} is {norm}: more than {limit}")]
	NormTooLarge {
		/// Position of the layer.
		layer: usize,
		/// The norm.
		norm: f64,
		/// Allowed.
		limit: f64,
	},
	/// Too many norms are above the soft limit.
	#[error("{part} of all norms are large: more than {limit}")]
	TooManyLargeNorms {
		/// Part of the norms, `(0, 1]`.
		part: f64,
		/// Allowed.
		limit: f64,
	},
}

/// Whether the competition allows a model of `count` parameters.
pub fn check_parameter_count(count: u64, competition: &Competition) -> Result<(), Refusal> {
	let limit = competition.max_model_parameter_size;
	if count <= limit {
		Ok(())
	} else {
		Err(Refusal::TooManyParameters { count, limit })
	}
}

/// The bytes of a repository, whose `files` are listed by relative path and size before any of them is downloaded.
pub fn check_files<'a>(files: impl IntoIterator<Item = (&'a str, u64)>, params: &Params) -> Result<u64, Refusal> {
	let limit = params.max_hugging_face_bytes;
	let mut total: u64 = 0;
	for (position, (path, bytes)) in files.into_iter().enumerate() {
		if !stays_within(path) {
			return Err(Refusal::BadPath { position });
		}
		total = total.checked_add(bytes).filter(|total| *total <= limit).ok_or(Refusal::TooLarge { limit })?;
	}
	Ok(total)
}

/// Whether a path, joined to a folder, lies in it on any system.
fn stays_within(path: &str) -> bool {
	let is_name = |part: &str| !matches!(part, "" | "." | "..");
	let is_plain = |letter: char| !letter.is_control() && !matches!(letter, '\\' | ':');
	path.chars().all(is_plain) && path.split('/').all(is_name)
}

/// Whether the weights of a model are of sound size: huge ones make a loss that hardly depends on the input.
///
/// No norm may be above `norm_eps_hard`, and of all norms at most the part `norm_eps_soft_percent_threshold` above
/// `norm_eps_soft`. One that is not a number is above everything; the published rule lets it pass.
pub fn check_norms(layers: &[LayerNorms], params: &Params) -> Result<(), Refusal> {
	let (mut large, mut count) = (0.0, 0.0);
	for (layer, norms) in layers.iter().enumerate() {
		for norm in norms.all() {
			let limit = params.norm_eps_hard;
			if norm.is_nan() || norm > limit {
				return Err(Refusal::NormTooLarge { layer, norm, limit });
			}
			large += if norm > params.norm_eps_soft { 1.0 } else { 0.0 };
			count += 1.0;
		}
	}
	let (part, limit) = (large / count, params.norm_eps_soft_percent_threshold);
	if layers.is_empty() {
		Err(Refusal::NoLayers)
	} else if part > limit {
		Err(Refusal::TooManyLargeNorms { part, limit })
	} else {
		Ok(())
	}
}

impl LayerNorms {
	fn all(&self) -> [f64; 6] {
		[self.q_proj, self.k_proj, self.v_proj, self.o_proj, self.up_proj, self.down_proj]
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::finetuning::params::tests::published_params;

	const SOUND: LayerNorms =
		LayerNorms { q_proj: 200.0, k_proj: 1.0, v_proj: 1.0, o_proj: 1.0, up_proj: 1.0, down_proj: 1.0 };

	#[test]
	fn a_model_may_fill_its_competition() {
		let competition = &published_params().competitions[1];
		assert_eq!(check_parameter_count(2 << 30, competition), Ok(()));
		let (count, limit) = ((2 << 30) + 1, 2 << 30);
		assert_eq!(check_parameter_count(count, competition), Err(Refusal::TooManyParameters { count, limit }));
	}

	#[test]
	fn a_repository_may_fill_its_limit() {
		let (params, limit) = (published_params(), 15 << 30);
		assert_eq!(check_files([("a", limit - 1), ("b/c", 1)], &params), Ok(limit));
		assert_eq!(check_files([("a", limit), ("b", 1)], &params), Err(Refusal::TooLarge { limit }));
		assert_eq!(check_files([("a", u64::MAX), ("b", u64::MAX)], &params), Err(Refusal::TooLarge { limit }));
	}

	#[test]
	fn no_file_leaves_the_repository() {
		for bad in ["", "/etc/passwd", "../x", "a/../b", "a//b", "a/", "./a", "a\\b", "C:x", "a\0b", "a\nb"] {
			let refused = check_files([("config.json", 1), (bad, 1)], &published_params());
			assert_eq!(refused, Err(Refusal::BadPath { position: 1 }), "{bad}");
		}
		assert_eq!(check_files([("..a/b..", 1), (".gitattributes", 1)], &published_params()), Ok(2));
	}

	#[test]
	fn few_large_norms_are_sound() {
		let check = |layers: &[LayerNorms]| check_norms(layers, &published_params());
		let large = LayerNorms { k_proj: 1_000.0, ..SOUND };
		assert_eq!(check(&[SOUND]), Ok(()));
		assert_eq!(check(&[large, SOUND]), Ok(()));
		assert_eq!(check(&[large]), Err(Refusal::TooManyLargeNorms { part: 1.0 / 6.0, limit: 0.15 }));
	}

	#[test]
	fn one_huge_norm_is_not() {
		let huge = LayerNorms { down_proj: 1_000.1, ..SOUND };
		let refused = check_norms(&[&[SOUND; 99][..], &[huge]].concat(), &published_params());
		assert_eq!(refused, Err(Refusal::NormTooLarge { layer: 99, norm: 1_000.1, limit: 1_000.0 }));
	}

	/// Trap: every comparison with NaN is false, so the published rule finds it small.
	#[test]
	fn a_norm_that_is_no_number_is_unsound() {
		for bad in [f64::NAN, f64::INFINITY] {
			let refused = check_norms(&[LayerNorms { v_proj: bad, ..SOUND }], &published_params());
			assert!(matches!(refused, Err(Refusal::NormTooLarge { layer: 0, .. })));
		}
	}

	#[test]
	fn a_model_without_layers_is_unsound() {
		assert_eq!(check_norms(&[], &published_params()), Err(Refusal::NoLayers));
	}
}
