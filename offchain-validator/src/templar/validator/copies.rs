// SPDX-License-Identifier: Apache-2.0

//! Finds gradients that are another miner's.

use std::collections::BTreeMap;

use mechanisms::templar::overlap::{self, ParameterIndices};
use mechanisms::templar::State;
use mechanisms::Uid;
use tracing::info;

use super::{Node, Submission, ValidatorError};
use crate::clock::Window;
use crate::gradient::{CompressedGradient, Layouts};

/// The miners whose gradient shares too many indices with one that was uploaded before it, and which part of them.
pub(super) fn offenders(
	node: &Node,
	scores: &State,
	window: Window,
	submissions: &BTreeMap<Uid, Submission>,
) -> Result<BTreeMap<Uid, f64>, ValidatorError> {
	let scoring = &node.hparams.scoring;
	if !scoring.counts_copies(node.global_step(window)) {
		return Ok(BTreeMap::new());
	}
	let mut compared = Vec::new();
	for (uid, submission) in submissions {
		let Submission::Content { content: gradient, uploaded_ms } = submission else { continue };
		compared.push(overlap::Submission {
			uid: *uid,
			uploaded_ms: Some(*uploaded_ms),
			binary_average: scores.peer(*uid).map_or(0.0, |peer| peer.binary_average),
			parameters: parameters(gradient, &node.layouts),
		});
	}
	let copies = overlap::copies(&compared, scoring.idx_overlap_threshold, scoring.policy)
		.map_err(|source| ValidatorError::Overlap { window, source })?;
	for copy in &copies {
		let percent = 100.0 * copy.share;
		info!(uid = copy.offender, of = copy.original, window, "copied: {percent:.0} % of the indices agree");
	}
	Ok(overlap::offenders(&copies, scoring.policy))
}

/// The indices of every parameter, in the model's order.
fn parameters<'a>(gradient: &'a CompressedGradient, layouts: &Layouts) -> Vec<ParameterIndices<'a>> {
	let indices = |(name, layout): (&str, &crate::gradient::Layout)| {
		let compressed = gradient.get(name)?;
		Some(ParameterIndices { per_chunk: layout.kept(), indices: &compressed.indices })
	};
	layouts.iter().filter_map(indices).collect()
}
