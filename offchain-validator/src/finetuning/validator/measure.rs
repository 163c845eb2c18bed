// SPDX-License-Identifier: Apache-2.0

//! Measures models on the samples of a step.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use futures::stream;
use mechanisms::finetuning::Verdict;
use mechanisms::Uid;
use tracing::{info, warn};

use super::{Found, NodeError};
use crate::finetuning::contest::Contest;
use crate::finetuning::engine::{Engine, EngineError, Refused};
use crate::finetuning::store::Repository;
use crate::model::{Device, DeviceStopped, Devices, Example};

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
	devices: &Devices<Engine>,
	base: Option<&Repository>,
	found: &BTreeMap<Uid, Found>,
	contest: &Contest,
	examples: Option<Arc<Vec<Example>>>,
) -> Result<Measured, NodeError> {
	let mut measured = Measured::default();
	let Some(examples) = examples else {
		measured.verdicts = found.keys().map(|uid| (*uid, Verdict::Unjudged)).collect();
		return Ok(measured);
	};
	let mut losses = losses(devices, base, found, contest, &examples).await?;
	if base.is_some() {
		let baseline = losses.remove(&None).unwrap_or_else(|| Ok(Vec::new()));
		measured.baseline = baseline.map_err(EngineError::Base)?;
	}
	for (uid, found) in found {
		let verdict = match found {
			Found::Copy(model, _) => match losses.remove(&Some(*uid)).unwrap_or_else(|| Ok(Vec::new())) {
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

/// Losses by uid, and of the base model. Each device takes the next model when it is done with its last.
async fn losses(
	devices: &Devices<Engine>,
	base: Option<&Repository>,
	found: &BTreeMap<Uid, Found>,
	contest: &Contest,
	examples: &Arc<Vec<Example>>,
) -> Result<BTreeMap<Option<Uid>, Result<Vec<f64>, Refused>>, DeviceStopped> {
	let copies = found.iter().filter_map(|(uid, found)| match found {
		Found::Copy(_, folder) => Some((Some(*uid), folder.clone())),
		_ => None,
	});
	let models = base.map(|base| (None, base.folder.clone())).into_iter().chain(copies);
	// One job each, so that nothing else waits for the device longer than one model takes.
	let measure = async |device: Device<Engine>, (uid, folder): (Option<Uid>, PathBuf)| {
		let (contest, examples) = (contest.clone(), examples.clone());
		let losses = device.try_run(move |engine| engine.losses(&folder, &contest, &examples)).await?;
		Ok((uid, losses))
	};
	Ok(devices.share(stream::iter(models), || true, measure).await?.into_iter().collect())
}

/// The mean of losses, if there is one on every sample.
pub(super) fn mean(losses: &[f64]) -> Option<f64> {
	Some(losses.iter().sum::<f64>() / losses.len() as f64).filter(|mean| mean.is_finite())
}

#[cfg(test)]
mod tests {
	use std::num::NonZeroUsize;
	use std::path::Path;

	use mechanisms::finetuning::digest::Digest;
	use mechanisms::finetuning::state::Model;
	use tempfile::TempDir;

	use super::*;
	use crate::finetuning::contest::tests::of_bytes;
	use crate::finetuning::engine::write;
	use crate::finetuning::{hparams, Hparams};
	use crate::model::{Compute, Params, Processor};

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
			self.measure_on(1, examples).await
		}

		async fn measure_on(&self, devices: usize, examples: Option<Vec<Example>>) -> BTreeMap<Uid, Verdict> {
			let (contest, hparams) = (of_bytes(&self.hparams), Arc::new(self.hparams.clone()));
			let compute = Compute { processors: vec![Processor::Cpu; devices], ..Compute::cpu(NonZeroUsize::MIN) };
			let engine = move |lane| Ok::<_, EngineError>(Engine::new(hparams.clone(), lane));
			let devices = Devices::start(&compute, engine).await.expect("threads");
			let measured = measure(&devices, None, &self.found, &contest, examples.map(Arc::new)).await;
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
	async fn several_devices_find_what_one_finds() {
		let scene = scene(|folder| {
			let hparams = hparams::tests::read("hparams/localnet-finetuning.json").expect("they hold");
			(3..7).map(|uid| (uid, model(folder, &hparams, uid.into()))).collect()
		});
		let alone = scene.measure(Some(examples())).await;
		assert_eq!(alone.len(), 5);
		assert_eq!(scene.measure_on(3, Some(examples())).await, alone);
	}

	#[tokio::test]
	async fn without_samples_nobody_is_judged() {
		let scene = scene(|_| vec![(3, Found::Missing), (4, Found::Refused("too large".into()))]);
		assert!(scene.measure(None).await.values().all(|verdict| *verdict == Verdict::Unjudged));
	}
}
