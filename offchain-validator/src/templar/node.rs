// SPDX-License-Identifier: Apache-2.0

//! What a validator and a miner of Templar have in common: a model, and how they keep step with the others.

mod error;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use bytes::Bytes;
use mechanisms::Uid;

use super::debug::Debug;
use super::engine::{self, Engine};
use super::gather::{gather, Submission};
use super::peers::{Cadence, Lists, PeerList, Peers};
use super::{start, Hparams};
use crate::bucket::Kind;
use crate::chain::Role;
use crate::clock::Window;
use crate::data::Dataset;
use crate::gradient::{CompressedGradient, Layouts};
use crate::model::{Compute, Devices, Lane};
use crate::participant::{self, Checkpoints, Newcomer, Objects, ObjectsSettings, Participant, WindowView};
use crate::shared_model::Text;

pub use error::NodeError;

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

/// A participant with a model.
pub(super) struct Node {
	/// The hotkey at work.
	pub participant: Participant,
	/// What all nodes of the run agree on.
	pub hparams: Arc<Hparams>,
	/// How gradients travel.
	pub layouts: Arc<Layouts>,
	/// What miners train on.
	pub dataset: Arc<Dataset>,
	/// The same, as the model reads it.
	pub text: Text,
	/// The model, once on each device.
	pub device: Devices<Engine>,
	/// How it is computed on the first.
	pub lane: Lane,
	/// Our objects and those of others.
	pub objects: Objects,
	/// The model on disk.
	pub checkpoints: Checkpoints,
	/// What a miner has in mind besides.
	pub memories: Checkpoints,
	role: Role,
	lists: Lists,
	next_window: Window,
}

/// One window that has ended, and who takes part in it.
pub(super) struct View {
	/// What the chain tells.
	pub at: WindowView,
	/// Who takes part.
	pub peers: Peers,
	/// The list that says so; none if it is the chain.
	pub list: Option<PeerList>,
}

impl View {
	/// Whose gradients of `submissions` make the step, ascending.
	pub fn stepping(&self, submissions: &BTreeMap<Uid, Submission>) -> Vec<Uid> {
		self.peers.stepping(|uid| submissions.get(&uid).is_some_and(|submission| submission.content().is_some()))
	}
}

impl Node {
	/// Joins as a `role`, checks what can be checked, and opens the model where it was left.
	pub async fn join(settings: Settings, role: Role) -> Result<Self, NodeError> {
		let hparams = Arc::new(settings.hparams);
		let layouts = Arc::new(engine::layouts(&hparams)?);
		let folder = settings.dataset;
		let dataset = Arc::new(tokio::task::spawn_blocking(move || Dataset::open(&folder)).await??);
		let windows = &hparams.windows;
		let newcomer = Newcomer::arrive(settings.participant, role, windows.blocks_per_window).await?;
		let objects = Objects::open(settings.objects, newcomer.uid, windows.retention_windows)?;
		objects.check().await?;
		let start_window = match newcomer.start_window {
			Some(start_window) => start_window,
			None => start::find(&newcomer, role, &objects, &hparams.peers).await?,
		};
		let participant = newcomer.join(start_window).await?;
		if role == Role::Validator {
			start::tell(&objects, start_window).await?;
		}
		let lists = Lists::open(participant.folder(), Cadence::new(start_window, windows, &hparams.peers))?;
		let checkpoints = Checkpoints::of_model(participant.folder());
		let memories = Checkpoints::of_miner(participant.folder());
		let newest = checkpoints.newest()?;
		let next_window = newest.as_ref().map_or(start_window, |(window, _)| window.saturating_add(1));
		let text = Text::new(dataset.clone(), hparams.data.clone(), hparams.model.clone())?;
		let (engine_hparams, engine_dataset, file) = (hparams.clone(), dataset.clone(), newest.map(|(_, file)| file));
		let open = move |lane| Engine::open(engine_hparams.clone(), engine_dataset.clone(), file.clone(), lane);
		// A miner trains one model; a validator measures many.
		let compute = if role == Role::Validator { settings.compute } else { settings.compute.first() };
		let device = Devices::start(&compute, open).await?;
		let lane = compute.lanes().next().unwrap_or(Lane::CPU);
		Ok(Self {
			participant,
			hparams,
			layouts,
			dataset,
			text,
			device,
			lane,
			objects,
			checkpoints,
			memories,
			role,
			lists,
			next_window,
		})
	}

	/// Publishes where our objects are, unless the chain says so already. From then on others wait for them.
	pub async fn publish(&self) -> Result<(), NodeError> {
		Ok(self.participant.publish(&self.objects.commitment()).await?)
	}

	/// The first window whose outer step is not in the model.
	pub fn next_window(&self) -> Window {
		self.next_window
	}

	/// Waits until the chain is as far ahead of `window` as validators of this run stay behind.
	pub async fn lag_behind(&self, window: Window) -> Result<(), NodeError> {
		Ok(self.participant.lag_behind(window, &self.hparams.windows).await?)
	}

	/// Whether `window` is the newest that a validator can have scored, or the one before: not one to catch up with.
	pub fn is_current(&self, window: Window) -> bool {
		self.participant.is_current(window, &self.hparams.windows)
	}

	/// The window that the chain is in while we look at `window`.
	pub fn current_window(&self, window: Window) -> Window {
		let least = window.saturating_add(self.hparams.windows.validator_offset);
		self.participant.clock.window().map_or(least, |newest| newest.max(least))
	}

	/// Outer steps that the run has taken before `window`'s.
	pub fn global_step(&self, window: Window) -> u64 {
		window.saturating_sub(self.participant.start_window).into()
	}

	/// The learning rate of `window`.
	pub fn learning_rate(&self, window: Window) -> f64 {
		self.hparams.training.learning_rate_at(window.saturating_sub(self.participant.start_window))
	}

	/// When lists of peers are made and hold.
	pub fn cadence(&self) -> Cadence {
		self.lists.cadence()
	}

	/// Looks at `window` as soon as it has ended.
	pub async fn view(&mut self, window: Window) -> Result<View, NodeError> {
		let windows = &self.hparams.windows;
		self.participant.clock.ended(window).await?;
		self.participant.check_reach(window, windows.retention_windows)?;
		let at = self.participant.view(window, windows.time_window_delta_seconds).await?;
		let params = &self.hparams.peers;
		let peers = Peers::of(&at, params);
		let list = self.lists.in_force(&self.participant, &self.objects, params, &at).await?;
		let peers = match &list {
			Some(list) => peers.by_list(list, params),
			None => peers,
		};
		Ok(View { at, peers, list })
	}

	/// The submissions that the outer step may be made of: of those in reserve only if others have failed.
	pub async fn gathered(&self, view: &View) -> Result<BTreeMap<Uid, Submission>, NodeError> {
		let Peers { gather, reserve, .. } = &view.peers;
		let mut found = self.submissions(view, gather.iter().copied()).await?;
		if found.values().any(|submission| submission.content().is_none()) {
			found.extend(self.submissions(view, reserve.iter().copied()).await?);
		}
		Ok(found)
	}

	/// The submissions of `miners` in a window.
	pub async fn submissions(
		&self,
		view: &View,
		miners: impl Iterator<Item = Uid>,
	) -> Result<BTreeMap<Uid, Submission>, NodeError> {
		let addressed: Vec<_> = miners.filter_map(|uid| Some((uid, view.peers.miners.get(&uid)?.clone()))).collect();
		Ok(gather(&self.objects, addressed, view.at.window, &view.at.open, &self.layouts).await?)
	}

	/// Takes the outer step of a window, which is the same for all nodes, and tells others where that leads.
	pub async fn keep_step(&mut self, view: &View, submissions: &BTreeMap<Uid, Submission>) -> Result<(), NodeError> {
		let window = view.at.window;
		let successful_peers = view.stepping(submissions);
		let gradient = |uid: &Uid| submissions.get(uid).and_then(Submission::content).cloned();
		let gradients: Arc<[CompressedGradient]> = successful_peers.iter().filter_map(gradient).collect();
		let skipped_peers = view.peers.gather.iter().filter(|uid| !successful_peers.contains(uid)).copied().collect();
		let learning_rate = self.learning_rate(window);
		self.participant.build_upon(view.at.sync)?;
		let file = self.checkpoints.file(window);
		let step = move |engine: &mut Engine| engine.step(&gradients.iter().collect::<Vec<_>>(), learning_rate);
		self.device.run_all(step).await?.into_iter().collect::<Result<(), _>>()?;
		let mut samples = self.device.run_all(|engine: &mut Engine| engine.samples()).await?.into_iter();
		let own = samples.next().unwrap_or_default();
		if samples.any(|other| other != own) {
			return Err(NodeError::Diverged { window });
		}
		self.device.run(move |engine| engine.save(&file)).await??;
		self.next_window = window.saturating_add(1);
		self.checkpoints.prune(window)?;
		let debug = Debug { window, samples: own, successful_peers, skipped_peers };
		self.objects.upload(Kind::Debug, window, debug.encode()?.into()).await;
		if self.role == Role::Validator {
			self.upload_checkpoint(window).await?;
		}
		Ok(())
	}

	/// Goes on with `model`, a checkpoint made after `window`.
	pub async fn adopt(&mut self, window: Window, model: Bytes) -> Result<(), NodeError> {
		self.participant.build_upon(self.participant.sync_block(window).await?)?;
		self.memories.clear()?; // Of the model before, as all that is in the works.
		let file = self.checkpoints.file(window);
		let adopt = move |engine: &mut Engine| engine.adopt(&model);
		self.device.run_all(adopt).await?.into_iter().collect::<Result<(), _>>()?;
		self.device.run(move |engine| engine.save(&file)).await??;
		self.next_window = window.saturating_add(1);
		Ok(self.checkpoints.prune(window)?)
	}

	/// Mean loss of the shared model on held-out pages, in nats per token.
	pub async fn heldout_loss(&self) -> Result<f64, NodeError> {
		Ok(self.device.run(|engine| engine.heldout_loss()).await??)
	}
}
