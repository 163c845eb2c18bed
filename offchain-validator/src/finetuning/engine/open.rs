// SPDX-License-Identifier: Apache-2.0

//! Opens a model that somebody else made: what is cheap to check comes first, and nothing is read that is too large.

use std::ops::RangeInclusive;
use std::path::Path;

use mechanisms::finetuning::limits::{check_norms, check_parameter_count, LayerNorms, Refusal};
use mechanisms::finetuning::Params as Limits;

use crate::finetuning::contest::Contest;
use crate::model::{repository, Fault, Params, RepositoryError};

/// Why a model is not measured.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
	/// It is no model, or none of the kind we know.
	#[error("{0}")]
	Repository(#[from] RepositoryError),
	/// It breaks a limit.
	#[error("{0}")]
	Limit(#[from] Refusal),
	/// Its tokens are not the tokenizer's.
	#[error("a vocabulary of {found} tokens: must be at least {} and at most {}", .allowed.start(), .allowed.end())]
	Vocabulary {
		/// How many it has.
		found: usize,
		/// How many it may have.
		allowed: RangeInclusive<usize>,
	},
	/// Our device could not compute it.
	#[error("it cannot be computed here")]
	Fault(#[from] Fault),
}

impl Refused {
	/// Whether it was our disk or our device that failed, and no rule that was broken.
	pub fn is_ours(&self) -> bool {
		match self {
			Self::Repository(error) => error.is_ours(),
			Self::Fault(_) => true,
			_ => false,
		}
	}
}

/// The model in `folder`, if it keeps within the limits.
pub fn open(folder: &Path, contest: &Contest, limits: &Limits) -> Result<Params, Refused> {
	let description = repository::describe(folder)?;
	check_parameter_count(description.parameters(), &contest.competition)?;
	let (found, allowed) = (description.model.vocab_size, &contest.vocabulary);
	if !allowed.contains(&found) {
		return Err(Refused::Vocabulary { found, allowed: allowed.clone() });
	}
	let params = repository::load(folder, &description)?;
	check_norms(&layer_norms(&params), limits)?;
	Ok(params)
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
