// SPDX-License-Identifier: Apache-2.0

//! What a validator and a miner of Boltzmann have in common: a model, and how they keep step with the others.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use mechanisms::Uid;
use tracing::{info, warn};

use super::acceptance::{self, Agreement, Finding};
use super::engine::{Engine, EngineError};
use super::gather::{gather, Submission, Wanted};
use super::slice::{Part, Selection, Values};
use super::Hparams;
use crate::bucket::{BucketAddress, BucketError};
use crate::chain::{ChainError, Role};
use crate::clock::Window;
use crate::data::{Dataset, DatasetError};
use crate::model::{Compute, DeviceStopped, Devices, DevicesError};
use crate::participant::{self, rao, Checkpoints, Objects, ObjectsSettings, Participant, ParticipantError, WindowView};

/// What the user has said, checked.
pub struct Settings {
	/// Who takes part, and where.
	pub participant: participant::Settings,
	/// Where objects are.
	pub objects: ObjectsSettings,
	/// What all nodes of the run agree on.
	pub hparams: Hparams,
	/// Folder of the token shards.
	pub dataset: PathBuf,
	/// Where and how the model is computed.
	pub compute: Compute,
}

/// Why a node cannot go on. Nothing a peer does is among the reasons.
#[derive(Debug, thiserror::Error)]
pub enum NodeError {
	/// As for every participant.
	#[error("{0}")]
	Participant(#[from] ParticipantError),
	/// The chain did not answer, or refused.
	#[error("{0}")]
	Chain(#[from] ChainError),
	/// The folder of the buckets, or our own bucket, cannot be used.
	#[error("the bucket cannot be used")]
	Bucket(#[from] BucketError),
	/// The token shards cannot be used.
	#[error("the data cannot be used")]
	Data(#[from] DatasetError),
	/// The model cannot be worked with.
	#[error("{0}")]
	Engine(#[from] EngineError),
	/// The device threads did not start.
	#[error("the device threads did not start")]
	Start(#[from] DevicesError<EngineError>),
	/// A device thread ended.
	#[error("{0}")]
	Device(#[from] DeviceStopped),
	/// A task of ours was cut short.
	#[error("a task of this program was cut short")]
	Task(#[from] tokio::task::JoinError),
}

/// A participant with a model.
pub(super) struct Node {
	/// The hotkey at work.
	pub participant: Participant,
	/// What all nodes of the run agree on.
	pub hparams: Arc<Hparams>,
	/// What miners train on.
	pub dataset: Arc<Dataset>,
	/// The model, once on each device.
	pub device: Devices<Engine>,
	/// Our objects and those of others.
	pub objects: Objects,
	checkpoints: Checkpoints,
	next_window: Window,
}

/// One window that has ended, and who takes part in it.
pub(super) struct View {
	/// What the chain tells.
	pub at: WindowView,
	/// The miners, and where their objects are.
	pub miners: BTreeMap<Uid, BucketAddress>,
	/// The elements that the window's slices hold.
	pub selection: Arc<Selection>,
}

/// The slices of one window. Cheap to clone.
#[derive(Clone)]
pub(super) struct Round {
	/// What each miner's bucket held of its parameters after training.
	pub deltas: Arc<BTreeMap<Uid, Submission>>,
	/// What is to be held of those that could be read.
	pub findings: Arc<BTreeMap<Uid, Finding>>,
	/// Whose deltas make the step, ascending.
	pub gathered: Vec<Uid>,
}

impl Node {
	/// Joins as a `role`, checks what can be checked, and opens the model where it was left.
	pub async fn join(settings: Settings, role: Role) -> Result<Self, NodeError> {
		let hparams = Arc::new(settings.hparams);
		let folder = settings.dataset;
		let dataset = Arc::new(tokio::task::spawn_blocking(move || Dataset::open(&folder)).await??);
		let windows = &hparams.windows;
		let participant = Participant::join(settings.participant, role, windows.blocks_per_window).await?;
		let objects = Objects::open(settings.objects, participant.uid, windows.retention_windows)?;
		objects.check().await?;
		let checkpoints = Checkpoints::of_model(participant.folder());
		let newest = checkpoints.newest()?;
		let next_window = newest.as_ref().map_or(participant.start_window, |(window, _)| window.saturating_add(1));
		let (engine_hparams, engine_dataset, file) = (hparams.clone(), dataset.clone(), newest.map(|(_, file)| file));
		let open = move |lane| Engine::open(engine_hparams.clone(), engine_dataset.clone(), file.clone(), lane);
		// A miner trains one model; a validator measures many.
		let compute = if role == Role::Validator { settings.compute } else { settings.compute.first() };
		let device = Devices::start(&compute, open).await?;
		Ok(Self { participant, hparams, dataset, device, objects, checkpoints, next_window })
	}

	/// Publishes where our objects are, unless the chain says so already. From then on others wait for them.
	pub async fn publish(&self) -> Result<(), NodeError> {
		Ok(self.participant.publish(&self.objects.commitment()).await?)
	}

	/// The first window whose step is not in the model.
	pub fn next_window(&self) -> Window {
		self.next_window
	}

	/// Looks at a window as soon as it has ended. A miner is a neuron that has published a bucket and has no more stake than
	/// the limit.
	pub async fn view(&self, window: Window) -> Result<View, NodeError> {
		let windows = &self.hparams.windows;
		self.participant.clock.ended(window).await?;
		self.participant.check_reach(window, windows.retention_windows)?;
		let at = self.participant.view(window, windows.time_window_delta_seconds).await?;
		let most_stake = rao(self.hparams.peers.eval_stake_limit_tao);
		let miners = at.miners(most_stake, |commitment| BucketAddress::parse(&commitment.bytes));
		let (hash, hparams) = (at.sync.hash_bytes(), self.hparams.clone());
		let select = move || Selection::of_block(&hash, hparams.scoring.compression, &hparams.model.parameter_shapes());
		let selection = Arc::new(tokio::task::spawn_blocking(select).await?);
		Ok(View { at, miners, selection })
	}

	/// The slices of `miners` in a window.
	pub async fn slices(
		&self,
		view: &View,
		part: Part,
		miners: impl Iterator<Item = Uid>,
	) -> Result<BTreeMap<Uid, Submission>, NodeError> {
		let addressed: Vec<_> = miners.filter_map(|uid| Some((uid, view.miners.get(&uid)?.clone()))).collect();
		let wanted = Wanted { part, window: view.at.window, open: view.at.open, selection: &view.selection };
		Ok(gather(&self.objects, addressed, &wanted).await?)
	}

	/// All slices of a window in which uploads have closed. Takes the state that most miners hold.
	pub async fn round(&self, view: &View) -> Result<Round, NodeError> {
		let of = |part| self.slices(view, part, view.miners.keys().copied());
		let (states, deltas) = tokio::try_join!(of(Part::State), of(Part::Delta))?;
		let (selection, deltas) = (view.selection.clone(), Arc::new(deltas));
		let (states, judged) = (Arc::new(states), deltas.clone());
		let agree = move |engine: &mut Engine| {
			let agreement = engine.agree(&selection, &states)?;
			Ok::<_, EngineError>((agreement, engine.findings(&selection, &judged)?))
		};
		// All take the same state; what they find of the deltas is the same, too.
		let mut answers = self.device.run_all(agree).await?.into_iter().collect::<Result<Vec<_>, _>>()?;
		let (agreement, findings) = answers.swap_remove(0);
		tell(view.at.window, agreement, &deltas, &findings);
		let gathered = acceptance::gathered(&findings, self.hparams.peers.minimum_peers);
		Ok(Round { deltas, findings: Arc::new(findings), gathered })
	}

	/// Takes the step of a window, which is the same for all nodes.
	pub async fn keep_step(&mut self, view: &View, round: &Round) -> Result<(), NodeError> {
		let window = view.at.window;
		if round.gathered.is_empty() {
			info!(window, "too few slices for a step: the model stays as it is");
		}
		self.participant.build_upon(view.at.sync)?;
		let (selection, round, file) = (view.selection.clone(), round.clone(), self.checkpoints.file(window));
		let step = move |engine: &mut Engine| {
			let delta = |uid: &Uid| round.deltas.get(uid).and_then(Submission::content);
			let gathered: Vec<&Values> = round.gathered.iter().filter_map(delta).collect();
			engine.step(&selection, &gathered)
		};
		self.device.run_all(step).await?.into_iter().collect::<Result<(), _>>()?;
		self.device.run(move |engine| engine.save(&file)).await??;
		self.next_window = window.saturating_add(1);
		Ok(self.checkpoints.prune(window)?)
	}

	/// Mean loss of the shared model on held-out pages, in nats per token.
	pub async fn heldout_loss(&self) -> Result<f64, NodeError> {
		Ok(self.device.run(|engine| engine.heldout_loss()).await??)
	}
}

/// Says what is not as it should be.
fn tell(window: Window, agreement: Agreement, deltas: &BTreeMap<Uid, Submission>, findings: &BTreeMap<Uid, Finding>) {
	match agreement {
		Agreement::InStep => {},
		Agreement::Repaired => warn!(window, "our parameters were not those of most miners: theirs are taken"),
		Agreement::TooFar(why) => {
			warn!(window, "our parameters are far from those of most miners ({why:?}): this node follows another run")
		},
	}
	for (uid, submission) in deltas.iter().filter(|(_, submission)| submission.content().is_none()) {
		info!(uid, window, "no slice: {submission}");
	}
	for (uid, finding) in findings.iter().filter(|(_, finding)| **finding != Finding::Accepted) {
		info!(uid, window, "slice not accepted: {finding}");
	}
}
