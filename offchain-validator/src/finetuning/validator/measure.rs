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
					measured.means.extend(mean(&losses).map(|mean| (*uid, mean)));
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

/// The mean of losses, if there is one on every sample.
pub(super) fn mean(losses: &[f64]) -> Option<f64> {
	Some(losses.iter().sum::<f64>() / losses.len() as f64).filter(|mean| mean.is_finite())
}

#[cfg(test)]
mod tests {
	use std::path::Path;

	use mechanisms::finetuning::digest::Digest;
	use mechanisms::finetuning::state::Model;
	use tempfile::TempDir;

	use super::*;
	use crate::finetuning::engine::write;
	use crate::finetuning::{hparams, Hparams};
	use crate::model::Params;

	/// What there is to look at, in a folder that must live as long.
	struct Scene {
		hparams: Hparams,
		folder: TempDir,
		found: BTreeMap<Uid, Found>,
	}

	fn model(folder: &Path, hparams: &Hparams, seed: u64) -> Found {
		let path = folder.join(seed.to_string());
		std::fs::create_dir(&path).expect("a folder can be made");
		write(&Params::init(&hparams.model, seed).expect("a model"), &path).expect("it can be written");
		let digest = Digest::of(seed.to_string());
		Found::Copy(Model { block: 1, committed: digest, content: digest }, path)
	}

	/// A sound model of uid 2, with `others` beside it.
	fn scene(others: impl FnOnce(&Path) -> Vec<(Uid, Found)>) -> Scene {
		let hparams = hparams::tests::read("hparams/localnet-finetuning.json").expect("they hold");
		let folder = tempfile::tempdir().expect("a folder can be made");
		let mut found = BTreeMap::from([(2, model(folder.path(), &hparams, 2))]);
		found.extend(others(folder.path()));
		Scene { hparams, folder, found }
	}

	impl Scene {
		async fn measure(&self, examples: Option<Vec<Example>>) -> BTreeMap<Uid, Verdict> {
			let (competition, hparams) = (&self.hparams.scoring.competitions[0], Arc::new(self.hparams.clone()));
			let device = Device::start(1, move || Ok::<_, EngineError>(Engine::new(hparams))).await.expect("a thread");
			let measured = measure(&device, None, &self.found, competition, examples.map(Arc::new)).await;
			measured.expect("our side works").verdicts.into_iter().collect()
		}
	}

	fn examples() -> Vec<Example> {
		vec![Example { tokens: (1..9).collect(), prompt: 4 }, Example { tokens: (5..20).collect(), prompt: 2 }]
	}

	#[tokio::test]
	async fn what_is_wrong_with_a_model_is_its_own_affair() {
		let alone = scene(|_| Vec::new()).measure(Some(examples())).await;
		let beside = scene(|folder| {
			let digest = Digest::of("bad");
			let bad = folder.join("bad");
			std::fs::create_dir(&bad).expect("a folder can be made");
			std::fs::write(bad.join("config.json"), "{").expect("it can be written");
			vec![
				(1, Found::Copy(Model { block: 1, committed: digest, content: digest }, bad)),
				(3, Found::Missing),
				(4, Found::Refused("too large".into())),
				(5, Found::Unreachable("no hub".into())),
				(6, Found::CopiedFrom("another".into())),
			]
		});
		let verdicts = beside.measure(Some(examples())).await;
		assert!(matches!(&verdicts[&2], Verdict::Evaluated(_, losses) if losses.len() == 2));
		assert_eq!(verdicts[&2], alone[&2]);
		let others = [(1, Verdict::Invalid), (3, Verdict::Missing), (4, Verdict::Invalid), (5, Verdict::Unjudged)];
		for (uid, verdict) in others.into_iter().chain([(6, Verdict::Invalid)]) {
			assert_eq!(verdicts[&uid], verdict, "uid {uid}");
		}
		drop(beside.folder);
	}

	#[tokio::test]
	async fn without_samples_nobody_is_judged() {
		let scene = scene(|_| vec![(3, Found::Missing), (4, Found::Refused("too large".into()))]);
		assert!(scene.measure(None).await.values().all(|verdict| *verdict == Verdict::Unjudged));
	}
}
