// SPDX-License-Identifier: Apache-2.0

//! Opens a model that somebody else made: what is cheap to check comes first, and nothing is read that is too large.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use mechanisms::finetuning::competition::Competition;
use mechanisms::finetuning::limits::{check_norms, check_parameter_count, LayerNorms, Refusal};
use mechanisms::finetuning::Params as Limits;
use serde::Deserialize;

use crate::finetuning::config::{self, Description, DescriptionError};
use crate::finetuning::tokens::VOCABULARY;
use crate::model::{Fault, Params, ParamsError};

/// Name of the file of a model that has but one.
pub(super) const WHOLE: &str = "model.safetensors";
/// Name of the file that says where each parameter is.
const INDEX: &str = "model.safetensors.index.json";
/// Bytes that it may have.
const MAX_INDEX_BYTES: u64 = 1 << 24;

/// Why a model is not measured.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
	/// It lacks a file, or has one that is too large to be what it is.
	#[error("{name} cannot be read")]
	File {
		/// The file.
		name: &'static str,
		#[source]
		source: io::Error,
	},
	/// It is no model of the kind we know.
	#[error("{0}")]
	Description(#[from] DescriptionError),
	/// It breaks a limit.
	#[error("{0}")]
	Limit(#[from] Refusal),
	/// Its tokens are not the tokenizer's.
	#[error("a vocabulary of {found} tokens: the tokenizer's has {VOCABULARY}")]
	Vocabulary {
		/// How many it has.
		found: usize,
	},
	/// The index cannot be read.
	#[error("{INDEX} cannot be read")]
	Index(#[source] serde_json::Error),
	/// The index leads out of the repository.
	#[error("{INDEX} names a file that is none of the repository's")]
	Place,
	/// The parameters are not those of the model described.
	#[error("{0}")]
	Params(#[from] ParamsError),
	/// Our device could not compute it.
	#[error("it cannot be computed here")]
	Fault(#[from] Fault),
}

impl Refused {
	/// Whether it was our disk or our device that failed, and no rule that was broken.
	pub fn is_ours(&self) -> bool {
		match self {
			Self::File { source, .. } | Self::Params(ParamsError::File { source, .. }) => {
				!matches!(source.kind(), io::ErrorKind::NotFound | io::ErrorKind::Other)
			},
			Self::Fault(_) => true,
			_ => false,
		}
	}
}

#[derive(Deserialize)]
struct Index {
	weight_map: BTreeMap<String, String>,
}

/// The model in `folder`, if it keeps within the limits.
pub fn open(folder: &Path, competition: &Competition, limits: &Limits) -> Result<Params, Refused> {
	let description = Description::read(&read(folder, "config.json", config::MAX_BYTES)?)?;
	check_parameter_count(description.parameters(), competition)?;
	// Beyond the tokenizer's, tokens would cost memory for every one that is predicted, and mean nothing.
	if description.model.vocab_size != VOCABULARY {
		return Err(Refused::Vocabulary { found: description.model.vocab_size });
	}
	let params = Params::load_shards(&shards(folder, &description)?, description.numbers, &description.model)?;
	check_norms(&layer_norms(&params), limits)?;
	Ok(params)
}

/// Which parameters are in which file.
fn shards(folder: &Path, description: &Description) -> Result<BTreeMap<PathBuf, BTreeSet<String>>, Refused> {
	if folder.join(WHOLE).exists() {
		let names = description.model.parameter_shapes().into_iter().map(|(name, _)| name);
		return Ok(BTreeMap::from([(folder.join(WHOLE), names.collect())]));
	}
	let index = read(folder, INDEX, MAX_INDEX_BYTES)?;
	let Index { weight_map } = serde_json::from_slice(&index).map_err(Refused::Index)?;
	let mut shards: BTreeMap<PathBuf, BTreeSet<String>> = BTreeMap::new();
	for (parameter, file) in weight_map {
		let is_name = file.ends_with(".safetensors") && !file.contains(['/', '\\', '\0']);
		if !is_name {
			return Err(Refused::Place);
		}
		shards.entry(folder.join(file)).or_default().insert(parameter);
	}
	Ok(shards)
}

/// A file of at most so many bytes.
fn read(folder: &Path, name: &'static str, max_bytes: u64) -> Result<Vec<u8>, Refused> {
	let read = || -> io::Result<Vec<u8>> {
		let mut text = Vec::new();
		File::open(folder.join(name))?.take(max_bytes + 1).read_to_end(&mut text)?;
		match text.len() as u64 > max_bytes {
			true => Err(io::Error::other(format!("it has more than {max_bytes} bytes"))),
			false => Ok(text),
		}
	};
	read().map_err(|source| Refused::File { name, source })
}

/// The norms of each layer's weights. One that is missing, which none is, is above all limits.
fn layer_norms(params: &Params) -> Vec<LayerNorms> {
	let norms = |layer: usize| {
		let norm = |part: &str| params.norm(&format!("model.layers.{layer}.{part}.weight")).unwrap_or(f64::INFINITY);
		LayerNorms {
			q_proj: norm("self_attn.q_proj"),
			k_proj: norm("self_attn.k_proj"),
			v_proj: norm("self_attn.v_proj"),
			o_proj: norm("self_attn.o_proj"),
			up_proj: norm("mlp.up_proj"),
			down_proj: norm("mlp.down_proj"),
		}
	};
	(0..params.config().num_hidden_layers).map(norms).collect()
}
