// SPDX-License-Identifier: Apache-2.0

//! How a miner comes by a model: finetune, or pretend to.

use std::fs;
use std::path::PathBuf;

use mechanisms::Uid;
use tracing::info;

use super::{Node, NodeError};
use crate::clock::Window;
use crate::finetuning::engine::{open, write, EngineError, Trainer};
use crate::finetuning::node::entries;
use crate::finetuning::samples::Sample;
use crate::finetuning::store::{contents, Fetched, Repository};
use crate::model::{Compute, Devices, Lane, Params};
use crate::participant::MinerRole;

/// Name of the folder of our own model in the state folder.
const OWN: &str = "own";
/// Name of the file there of what is remembered of its training.
const MEMORY: &str = "training.safetensors";

/// How a miner comes by a model.
pub(super) enum Work {
	/// It finetunes.
	Honest(Devices<Trainer>),
	/// It draws random numbers.
	Noise(Devices<()>),
	/// It takes that of the miner of this uid; and this is what it has taken last.
	Copier(Uid, Option<String>),
}

/// A model to publish.
pub(super) struct Made {
	/// Its files.
	pub repository: Repository,
	/// Their bytes.
	pub bytes: usize,
	/// Mean training loss; none without training.
	pub loss: Option<f64>,
	/// Batches that went into it.
	pub batches: usize,
}

impl Work {
	/// Gets ready. An honest miner goes on with the model it has, or begins with the base.
	pub async fn start(node: &Node, competition: &str, role: MinerRole, compute: &Compute) -> Result<Self, NodeError> {
		let (own, memory) = (own(node)?, memory(node));
		Ok(match role {
			MinerRole::Copier(uid) => Self::Copier(uid, None),
			MinerRole::Noise => Self::Noise(Devices::start(compute, |_| Ok::<_, EngineError>(())).await?),
			MinerRole::Honest => {
				let hparams = node.hparams.clone();
				let contest = node.contests.get(competition).cloned().ok_or(NodeError::NoCompetition)?;
				let base = node.bases.get(competition).cloned().ok_or(NodeError::NoCompetition)?;
				let pool = node.pool().await?;
				let part = pool.part(node.participant.uid, hparams.training.parts);
				let part: Vec<Sample> = part.into_iter().cloned().collect();
				let (reader, max_tokens) = (contest.reader.clone(), hparams.evaluation.max_tokens);
				let examples = tokio::task::spawn_blocking(move || reader.examples(&part, max_tokens)).await?;
				let begin = move |lane: Lane| {
					let params = open(&own, &contest, &hparams.scoring)
						.or_else(|_| open(&base.folder, &contest, &hparams.scoring))
						.map_err(EngineError::Base)?;
					let trainer = Trainer::new(hparams.clone(), params, examples.clone())?.remembering(&memory);
					Ok::<_, EngineError>(trainer.on(lane.processor)?)
				};
				Self::Honest(Devices::start(compute, begin).await?)
			},
		})
	}

	/// The next model; none if there is nothing new to copy.
	pub async fn make(&mut self, node: &Node, window: Window) -> Result<Option<Made>, NodeError> {
		let own = own(node)?;
		match self {
			Self::Honest(device) => {
				let batches = node.hparams.training.batches_per_model;
				let mut sum = 0.0;
				for _ in 0..batches {
					sum += device.run(Trainer::step).await?;
				}
				let (folder, memory) = (own.clone(), memory(node));
				let keep = move |trainer: &mut Trainer| {
					write(trainer.params(), &folder)?;
					trainer.remember(&memory)
				};
				device.run(keep).await??;
				made(own, Some(sum / batches as f64), batches).await.map(Some)
			},
			Self::Noise(device) => {
				let seed = u64::from(node.participant.uid) << 32 | u64::from(window);
				let (config, folder) = (node.hparams.model.clone(), own.clone());
				let draw = move |_: &mut ()| write(&Params::init(&config, seed)?, &folder);
				device.run(draw).await??;
				made(own, None, 0).await.map(Some)
			},
			Self::Copier(uid, taken) => copy(node, window, *uid, taken).await,
		}
	}
}

/// The folder of our own model.
fn own(node: &Node) -> Result<PathBuf, NodeError> {
	let folder = node.participant.folder().join(OWN);
	fs::create_dir_all(&folder)?;
	Ok(folder)
}

/// The file of what is remembered of its training.
fn memory(node: &Node) -> PathBuf {
	node.participant.folder().join(MEMORY)
}

/// What is in `folder`, to publish.
async fn made(folder: PathBuf, loss: Option<f64>, batches: usize) -> Result<Made, NodeError> {
	let read = folder.clone();
	let (content, bytes) = tokio::task::spawn_blocking(move || contents(&read)).await??;
	let loss = loss.filter(|loss| loss.is_finite());
	Ok(Made { repository: Repository { folder, content }, bytes: bytes as usize, loss, batches })
}

/// The model that the miner of `uid` had committed to when the window before began, if it is not the one taken last.
async fn copy(node: &Node, window: Window, uid: Uid, taken: &mut Option<String>) -> Result<Option<Made>, NodeError> {
	let Some(before) = window.checked_sub(1) else { return Ok(None) };
	let view = node.participant.view(before, 0).await?;
	let Some(entry) = entries(&view).remove(&uid) else { return Ok(None) };
	if taken.as_ref() == Some(&entry.committed.text) {
		return Ok(None);
	}
	match node.fetch(&entry).await? {
		Fetched::Repository(repository) => {
			*taken = Some(entry.committed.text);
			made(repository.folder, None, 0).await.map(Some)
		},
		other => {
			info!(uid, window, "nothing to copy: {other:?}");
			Ok(None)
		},
	}
}
