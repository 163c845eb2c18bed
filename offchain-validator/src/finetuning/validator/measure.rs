// SPDX-License-Identifier: Apache-2.0

//! Measures models on the samples of a step.

use std::collections::BTreeMap;
use std::sync::Arc;

use mechanisms::finetuning::competition::Competition;
use mechanisms::finetuning::Verdict;
use mechanisms::Uid;
use tracing::{info, warn};

use super::{Found, NodeError};
use crate::finetuning::engine::{Engine, EngineError};
use crate::finetuning::store::Repository;
use crate::model::{Device, Example};

/// What was measured.
#[derive(Clone, Debug, Default)]
pub(super) struct Measured {
	/// Losses of the base model on each sample.
	pub baseline: Vec<f64>,
	/// What is to be held of each model, by uid.
	pub verdicts: Vec<(Uid, Verdict)>,
	/// Mean losses of the models that gave one on every sample.
	pub means: BTreeMap<Uid, f64>,
	/// What is wrong with models that cannot be measured.
	pub refusals: BTreeMap<Uid, String>,
}

/// Measures the models found on the same samples. Without any, nobody is judged.
pub(super) async fn measure(
	device: &Device<Engine>,
	base: Option<&Repository>,
	found: &BTreeMap<Uid, Found>,
	competition: &Competition,
	examples: Option<Arc<Vec<Example>>>,
) -> Result<Measured, NodeError> {
	let mut measured = Measured::default();
	let Some(examples) = examples else {
		measured.verdicts = found.keys().map(|uid| (*uid, Verdict::Unjudged)).collect();
		return Ok(measured);
	};
	// One job each, so that nothing else waits for the device longer than one model takes.
	let losses = |folder: std::path::PathBuf| {
		let (competition, examples) = (competition.clone(), examples.clone());
		device.run(move |engine| engine.losses(&folder, &competition, &examples))
	};
	if let Some(base) = base {
		measured.baseline = losses(base.folder.clone()).await?.map_err(EngineError::Base)?;
	}
	for (uid, found) in found {
		let verdict = match found {
			Found::Copy(model, folder) => match losses(folder.clone()).await? {
				Ok(losses) => {
					let mean = losses.iter().sum::<f64>() / losses.len() as f64;
					measured.means.extend(mean.is_finite().then_some((*uid, mean)));
					Verdict::Evaluated(*model, losses)
				},
				Err(ours) if ours.is_ours() => {
					warn!(uid, "not judged: {}", crate::one_line(&ours));
					Verdict::Unjudged
				},
				Err(refused) => {
					info!(uid, "not measured: {}", crate::one_line(&refused));
					measured.refusals.insert(*uid, crate::one_line(&refused));
					Verdict::Invalid
				},
			},
			Found::Missing => Verdict::Missing,
			Found::CopiedFrom(_) | Found::Refused(_) => Verdict::Invalid,
			Found::Unreachable(_) => Verdict::Unjudged,
		};
		measured.verdicts.push((*uid, verdict));
	}
	Ok(measured)
}
