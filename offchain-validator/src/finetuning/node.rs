// SPDX-License-Identifier: Apache-2.0

//! What a validator and a miner of a finetuning subnet have in common: a store, copies of models, samples.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use mechanisms::finetuning::competition::Competition;
use mechanisms::finetuning::digest::Digest;
use mechanisms::finetuning::model_id::ModelId;
use mechanisms::Uid;
use tracing::{info, warn};

use super::contest::{Contest, ContestError, Places};
use super::engine::EngineError;
use super::hparams::Hparams;
use super::samples::{Pool, SamplesError, Source};
use super::scores::Committed;
use super::store::{Address, Cache, Fetched, Limits, Repository, Store, StoreError};
use super::tokens;
use crate::chain::{ChainError, Role};
use crate::model::{Compute, DeviceStopped, DevicesError};
use crate::participant::{self, Participant, ParticipantError, WindowView};

/// Name of the folder of copies in the state folder.
const COPIES: &str = "models";

/// What the user has said, checked.
pub struct Settings {
	/// Who takes part, and where.
	pub participant: participant::Settings,
	/// What all nodes of the subnet agree on.
	pub hparams: Hparams,
	/// Where models are.
	pub store: Store,
	/// Where samples are.
	pub samples: Source,
	/// Where and how models are computed.
	pub compute: Compute,
}

/// Why a node cannot go on. Nothing a miner does is among the reasons.
#[derive(Debug, thiserror::Error)]
pub enum NodeError {
	/// As for every participant.
	#[error("{0}")]
	Participant(#[from] ParticipantError),
	/// The chain did not answer, or refused.
	#[error("{0}")]
	Chain(#[from] ChainError),
	/// The store, or our copies, cannot be used.
	#[error("the store cannot be used")]
	Store(#[from] StoreError),
	/// A competition cannot be held.
	#[error("{0}")]
	Contest(#[from] ContestError),
	/// A competition's base model or tokenizer is not in the store.
	#[error("{address} cannot be had ({why}): publish it with `offchain-validator model base`")]
	NoBase {
		/// Where it should be.
		address: Address,
		/// What is wrong.
		why: String,
	},
	/// The parameters name no competition.
	#[error("there is no competition")]
	NoCompetition,
	/// There are no samples to train on.
	#[error("there are no samples")]
	Samples(#[from] SamplesError),
	/// A model of ours cannot be worked with.
	#[error("{0}")]
	Engine(#[from] EngineError),
	/// The device threads did not start.
	#[error("the device threads did not start")]
	Start(#[from] DevicesError<EngineError>),
	/// A device thread ended.
	#[error("{0}")]
	Device(#[from] DeviceStopped),
	/// The folder of a model of ours cannot be used.
	#[error("no folder for a model can be used")]
	Folder(#[from] std::io::Error),
	/// A model of ours cannot be read back.
	#[error("{0}")]
	Contents(#[from] super::store::ContentsError),
	/// Our model's name does not fit on the chain.
	#[error("our model cannot be named")]
	Name(#[from] mechanisms::finetuning::model_id::ModelIdError),
	/// A task of ours was cut short.
	#[error("a task of this program was cut short")]
	Task(#[from] tokio::task::JoinError),
}

/// A participant with a store.
pub(super) struct Node {
	/// The hotkey at work.
	pub participant: Participant,
	/// What all nodes of the subnet agree on.
	pub hparams: Arc<Hparams>,
	/// Where models are.
	pub store: Store,
	/// Our copies of them.
	pub cache: Cache,
	/// Where samples are.
	pub samples: Source,
	/// The base model of each competition.
	pub bases: BTreeMap<String, Repository>,
	/// The competitions, by name.
	pub contests: BTreeMap<String, Contest>,
}

/// A model that a miner has committed to.
#[derive(Clone, Debug)]
pub(super) struct Entry {
	/// Which one.
	pub id: ModelId,
	/// What is on chain.
	pub committed: Committed,
	/// Who has, in ss58.
	pub hotkey: String,
}

impl Node {
	/// Joins as a `role`, checks what can be checked, and gets the base models.
	pub async fn join(settings: Settings, role: Role) -> Result<Self, NodeError> {
		let Settings { participant, hparams, store, samples, .. } = settings;
		let competitions = hparams.scoring.competitions.iter();
		let places = competitions.map(|competition| Ok((competition.clone(), Places::of(competition)?)));
		let places: Vec<(Competition, Places)> = places.collect::<Result<_, ContestError>>()?;
		let participant = Participant::join(participant, role, hparams.windows.blocks_per_window).await?;
		let cache = Cache::open(&participant.folder().join(COPIES))?;
		let hparams = Arc::new(hparams);
		let (bases, contests) = (BTreeMap::new(), BTreeMap::new());
		let mut node = Self { participant, hparams, store, cache, samples, bases, contests };
		for (competition, places) in places {
			node.hold(competition, places).await?;
		}
		Ok(node)
	}

	/// Gets what a competition needs.
	async fn hold(&mut self, competition: Competition, places: Places) -> Result<(), NodeError> {
		let name = competition.competition_id.clone();
		let base = self.wanted(&places.base, None).await?;
		let tokenizer = match places.tokenizer {
			None => None,
			Some(address) if address == places.base => Some(base.clone()),
			Some(address) => Some(self.wanted(&address, Some(&tokens::FILES)).await?),
		};
		let (content, of) = (base.content, tokenizer.as_ref().map(|tokenizer| tokenizer.content.to_string()));
		let (folder, tokenizer) = (base.folder.clone(), tokenizer.map(|tokenizer| tokenizer.folder));
		let open = move || Contest::open(competition, tokenizer.as_deref(), &folder);
		let contest = tokio::task::spawn_blocking(open).await??;
		let chat = contest.reader.has_chat();
		info!(%content, tokenizer = of.as_deref().unwrap_or("bytes"), chat, "competition {name} is held");
		self.bases.insert(name.clone(), base);
		self.contests.insert(name, contest);
		Ok(())
	}

	/// Our copy of what nobody can do without, or of `only` those files of it.
	async fn wanted(&self, address: &Address, only: Option<&'static [&'static str]>) -> Result<Repository, NodeError> {
		let no_base = |why: String| NodeError::NoBase { address: address.clone(), why };
		let limits = Limits { only, ..self.limits() };
		match self.store.fetch(address, limits, &self.cache, |_| true).await? {
			Fetched::Repository(repository) => Ok(repository),
			Fetched::Missing => Err(no_base("it is not in the store".into())),
			Fetched::Refused(why) | Fetched::Unreachable(why) => Err(no_base(why)),
		}
	}

	/// Our copy of the model of `entry`, if its competition allows it and it hashes to what was committed.
	pub async fn fetch(&self, entry: &Entry) -> Result<Fetched, StoreError> {
		let Some(contest) = self.contests.get(entry.id.competition()) else {
			return Ok(Fetched::Refused(format!("there is no competition {}", entry.id.competition())));
		};
		let limits = Limits { competition: Some(&contest.competition), ..self.limits() };
		let answers = |content: &Digest| content.answers(&entry.id.hash(), &entry.hotkey);
		self.store.fetch(&Address::from(&entry.id), limits, &self.cache, answers).await
	}

	/// How much may be fetched of what is no entry.
	fn limits(&self) -> Limits<'_> {
		let deadline = Duration::from_secs(self.hparams.evaluation.download_seconds);
		Limits { scoring: &self.hparams.scoring, competition: None, deadline, only: None }
	}

	/// The samples that are there now. Lines that are none are told.
	pub async fn pool(&self) -> Result<Pool, SamplesError> {
		let pool = self.samples.read(&self.hparams.samples).await?;
		if pool.bad_lines > 0 {
			warn!(lines = pool.bad_lines, "lines of the samples are none and left out");
		}
		Ok(pool)
	}
}

/// The models committed to by the end of a window, whoever has them.
pub(super) fn entries(view: &WindowView) -> BTreeMap<Uid, Entry> {
	let mut entries = BTreeMap::new();
	for (uid, neuron) in &view.neurons {
		let Some(commitment) = view.commitments.get(&neuron.hotkey) else { continue };
		let Ok(text) = std::str::from_utf8(&commitment.bytes) else { continue };
		let Ok(id) = text.parse() else { continue };
		let committed = Committed { block: commitment.block, text: text.into() };
		entries.insert(*uid, Entry { id, committed, hotkey: neuron.hotkey.to_string() });
	}
	entries
}
