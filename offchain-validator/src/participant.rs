// SPDX-License-Identifier: Apache-2.0

//! What a validator and a miner have in common: a key, a chain, a bucket, a model, and how they keep step with the others.

mod checkpoints;
mod error;
mod owner;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use bytes::Bytes;
use mechanisms::templar::freshness::OpenSpan;
use mechanisms::Uid;
use tracing::{info, warn};

use crate::bucket::{Bucket, BucketAddress, Kind, ObjectKey};
use crate::chain::{calls, metagraph, BlockId, Chain, Role, Signer};
use crate::clock::{sync_block, Clock, Window};
use crate::data::Dataset;
use crate::debug::Debug;
use crate::engine::{self, Engine};
use crate::gather::{gather, Submission, VERSION};
use crate::gradient::{CompressedGradient, Layouts};
use crate::hparams::Hparams;
use crate::model::Device;
use crate::peers::{self, Peers};

use checkpoints::Checkpoints;
pub use error::ParticipantError;
use owner::{Claimed, Owner};

/// What the user has said, checked.
pub struct Settings {
	/// WebSocket address of a node.
	pub endpoint: String,
	/// The subnet.
	pub netuid: u16,
	/// Who acts.
	pub hotkey: Signer,
	/// What all nodes of the run agree on.
	pub hparams: Hparams,
	/// Folder of the token shards.
	pub dataset: PathBuf,
	/// Where our objects go.
	pub bucket: BucketAddress,
	/// Folder below which `local:` buckets lie.
	pub bucket_root: PathBuf,
	/// Folder for what must outlive a restart.
	pub state: PathBuf,
	/// Threads for libtorch.
	pub threads: usize,
	/// The first window of the run; the same for all nodes.
	pub start_window: Window,
}

/// A hotkey at work.
pub struct Participant {
	/// The chain.
	pub chain: Chain,
	/// Its windows.
	pub clock: Clock,
	/// The subnet.
	pub netuid: u16,
	/// Who acts.
	pub hotkey: Signer,
	/// Its slot when it joined.
	pub uid: Uid,
	/// What all nodes of the run agree on.
	pub hparams: Arc<Hparams>,
	/// How gradients travel.
	pub layouts: Arc<Layouts>,
	/// What miners train on.
	pub dataset: Arc<Dataset>,
	/// The model.
	pub device: Device<Engine>,
	/// Folder below which `local:` buckets lie.
	pub bucket_root: PathBuf,
	address: BucketAddress,
	bucket: Bucket,
	checkpoints: Checkpoints,
	claimed: Claimed,
	start_window: Window,
	next_window: Window,
}

/// One window that has ended, as every node sees it.
pub struct WindowView {
	/// Which one.
	pub window: Window,
	/// Who took part, after its sync block.
	pub peers: Peers,
	/// The time for uploads.
	pub open: OpenSpan,
	/// The first block after it.
	sync: BlockId,
}

impl Participant {
	/// Connects as a `role`, checks what can be checked, and opens the model where it was left.
	pub async fn join(settings: Settings, role: Role) -> Result<Self, ParticipantError> {
		let hparams = Arc::new(settings.hparams);
		let layouts = Arc::new(engine::layouts(&hparams).map_err(engine::EngineError::from)?);
		let folder = settings.dataset;
		let dataset = tokio::task::spawn_blocking(move || Dataset::open(&folder)).await??;
		let dataset = Arc::new(dataset);
		let bucket = Bucket::open(&settings.bucket, &settings.bucket_root)?;
		let checkpoints = Checkpoints::open(&settings.state)?;

		let chain = Chain::connect_as(role, &settings.endpoint).await?;
		let account = settings.hotkey.account();
		let uid = metagraph::uid(&chain.at_finalized().await?, settings.netuid, account).await?;
		let uid = uid.ok_or(ParticipantError::NotRegistered { hotkey: account, netuid: settings.netuid })?;
		let owner = Owner { hotkey: account.to_string(), netuid: settings.netuid, start_window: settings.start_window };
		let claimed = Claimed::check(&settings.state, owner, &chain).await?;
		let newest = checkpoints.newest()?;
		let next_window = newest.as_ref().map_or(settings.start_window, |(window, _)| window.saturating_add(1));
		let (engine_hparams, engine_dataset, file) = (hparams.clone(), dataset.clone(), newest.map(|(_, file)| file));
		let open = move || Engine::open(engine_hparams, engine_dataset, file);
		let device = Device::start(settings.threads, open).await?;
		let clock = Clock::start(chain.clone(), hparams.windows.blocks_per_window).await?;
		info!(uid, hotkey = %account, next_window, "joined subnet {}", settings.netuid);
		Ok(Self {
			chain,
			clock,
			netuid: settings.netuid,
			hotkey: settings.hotkey,
			uid,
			hparams,
			layouts,
			dataset,
			device,
			bucket_root: settings.bucket_root,
			address: settings.bucket,
			bucket,
			checkpoints,
			claimed,
			start_window: settings.start_window,
			next_window,
		})
	}

	/// Publishes where our objects are, unless the chain says so already. From then on others wait for them.
	pub async fn publish(&self) -> Result<(), ParticipantError> {
		let text = self.address.commitment();
		let published = metagraph::commitments(&self.chain.at_finalized().await?, self.netuid).await?;
		if published.get(&self.hotkey.account()).map(Vec::as_slice) != Some(text.as_bytes()) {
			self.chain.submit(calls::set_commitment(self.netuid, &text), &self.hotkey).await?;
			info!("published where our objects are");
		}
		Ok(())
	}

	/// The first window whose outer step is not in the model.
	pub fn next_window(&self) -> Window {
		self.next_window
	}

	/// The first window of the run.
	pub fn start_window(&self) -> Window {
		self.start_window
	}

	/// Waits until the chain is as far ahead of `window` as validators of this run stay behind.
	pub async fn lag_behind(&self, window: Window) -> Result<(), ParticipantError> {
		let ahead = self.hparams.windows.validator_offset.saturating_sub(1);
		Ok(self.clock.ended(window.saturating_add(ahead)).await?)
	}

	/// Whether `window` is the newest that a validator can have scored, or the one before: not one to catch up with.
	pub fn is_current(&self, window: Window) -> bool {
		let behind = self.hparams.windows.validator_offset.saturating_add(1);
		self.clock.window().is_ok_and(|newest| newest <= window.saturating_add(behind))
	}

	/// The window that the chain is in while we look at `window`.
	pub fn current_window(&self, window: Window) -> Window {
		let least = window.saturating_add(self.hparams.windows.validator_offset);
		self.clock.window().map_or(least, |newest| newest.max(least))
	}

	/// Outer steps that the run has taken before `window`'s.
	pub fn global_step(&self, window: Window) -> u64 {
		window.saturating_sub(self.start_window).into()
	}

	/// The learning rate of `window`.
	pub fn learning_rate(&self, window: Window) -> f64 {
		self.hparams.training.learning_rate_at(window.saturating_sub(self.start_window))
	}

	/// Looks at `window` as soon as it has ended.
	pub async fn view(&self, window: Window) -> Result<WindowView, ParticipantError> {
		self.clock.ended(window).await?;
		let newest = self.clock.window()?;
		let retention = self.hparams.windows.retention_windows;
		if newest.saturating_sub(window) > retention {
			return Err(ParticipantError::TooFarBehind { window, newest, retention });
		}
		let sync = sync_block(window, self.hparams.windows.blocks_per_window);
		let at = self.chain.at_number(sync).await?;
		let open = OpenSpan::after(at.timestamp().await?, self.hparams.windows.time_window_delta_seconds);
		let peers = peers::at_block(&at, self.netuid, &self.hparams.peers).await?;
		Ok(WindowView { window, peers, open, sync: at.block() })
	}

	/// Waits until the time for uploads is over. Returns the first block after it: while uploading, nobody could know its
	/// hash.
	pub async fn closed(&self, view: &WindowView) -> Result<BlockId, ParticipantError> {
		Ok(self.clock.first_block_after(view.open.closes_ms, view.sync.number).await?)
	}

	/// The chain's own time, in milliseconds since 1970.
	pub async fn chain_time(&self) -> Result<u64, ParticipantError> {
		Ok(self.chain.at_finalized().await?.timestamp().await?)
	}

	/// The submissions of `miners` in a window.
	pub async fn submissions(
		&self,
		view: &WindowView,
		miners: impl Iterator<Item = Uid>,
	) -> Result<BTreeMap<Uid, Submission>, ParticipantError> {
		let addressed = miners.filter_map(|uid| Some((uid, view.peers.miners.get(&uid)?.clone())));
		let addressed: Vec<_> = addressed.collect();
		Ok(gather(addressed, view.window, &view.open, &self.layouts, &self.bucket_root).await?)
	}

	/// Takes the outer step of a window, which is the same for all nodes, and tells others where that leads.
	pub async fn keep_step(
		&mut self,
		view: &WindowView,
		submissions: &BTreeMap<Uid, Submission>,
	) -> Result<(), ParticipantError> {
		let window = view.window;
		let gradient = |uid: &Uid| submissions.get(uid).and_then(Submission::gradient).cloned();
		let gradients: Vec<CompressedGradient> = view.peers.gather.iter().filter_map(gradient).collect();
		let successful_peers: Vec<Uid> = gradients.iter().map(|gradient| gradient.header().uid).collect();
		let skipped_peers = view.peers.gather.iter().filter(|uid| !successful_peers.contains(uid)).copied().collect();
		let learning_rate = self.learning_rate(window);
		self.claimed.build_upon(view.sync)?; // Before the model: one without its claim would fit any chain.
		let file = self.checkpoints.file(window);
		let samples = self
			.device
			.run(move |engine| {
				engine.step(&gradients.iter().collect::<Vec<_>>(), learning_rate)?;
				engine.save(&file)?;
				Ok::<_, engine::EngineError>(engine.samples())
			})
			.await??;
		self.next_window = window.saturating_add(1);
		self.checkpoints.prune(window)?;
		let debug = Debug { window, samples, successful_peers, skipped_peers };
		self.upload(Kind::Debug, window, debug.encode()?.into()).await
	}

	/// Mean loss of the shared model on held-out pages, in nats per token.
	pub async fn heldout_loss(&self) -> Result<f64, ParticipantError> {
		Ok(self.device.run(|engine| engine.heldout_loss()).await??)
	}

	/// Puts an object of ours into our bucket. What has outlived its use goes.
	///
	/// A store that cannot be written to now may be so again in the next window, so that is told and no more.
	pub async fn upload(&self, kind: Kind, window: Window, bytes: Bytes) -> Result<(), ParticipantError> {
		let key = ObjectKey { kind, window, uid: self.uid, version: VERSION };
		if let Err(error) = self.bucket.put(&key, bytes).await {
			warn!(%key, "not uploaded: {}", crate::one_line(&error));
		}
		let before = window.saturating_sub(self.hparams.windows.retention_windows);
		if let Err(error) = self.bucket.delete_older(kind, self.uid, before).await {
			warn!("old objects stay in the bucket: {}", crate::one_line(&error));
		}
		Ok(())
	}
}
