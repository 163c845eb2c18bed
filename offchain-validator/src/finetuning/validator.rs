// SPDX-License-Identifier: Apache-2.0

//! The validator: window by window it measures the models of one competition and pays their miners by it.

mod gather;
mod measure;
mod record;

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use mechanisms::finetuning::competition::scheduled;
use mechanisms::finetuning::state::StepError;
use mechanisms::finetuning::{Block, Observations, Outcome, Step, Verdict};
use mechanisms::{Policy, Uid};
use tracing::{info, warn};

use super::contest::Contest;
use super::engine::Engine;
use super::node::{entries, Entry, Node, NodeError, Settings};
use super::samples::{Pool, Sample};
use super::scores::Scores;
use super::store::StoreError;
use crate::chain::{self, BlockId};
use crate::clock::Window;
use crate::journal::Seconds;
use crate::model::{Devices, Example};
use crate::participant::{self, Ledger, ParticipantError, Sender, WindowView};

use gather::Found;
use measure::Measured;

/// Windows after which a row is not worth sending any more: a newer one follows.
const CURRENT: u32 = 2;

/// Why a validator cannot go on. Nothing a miner does is among the reasons.
#[derive(Debug, thiserror::Error)]
pub enum ValidatorError {
	/// As for every node.
	#[error("{0}")]
	Node(#[from] NodeError),
	/// As for every participant.
	#[error("{0}")]
	Participant(#[from] ParticipantError),
	/// As for every validator.
	#[error("{0}")]
	Ledger(#[from] participant::ValidatorError),
	/// A step cannot be scored.
	#[error("window {window} cannot be scored")]
	Step {
		/// Which one.
		window: Window,
		#[source]
		source: StepError,
	},
}

/// A validator at work.
struct Validator {
	node: Node,
	ledger: Ledger<Scores>,
	device: Devices<Engine>,
	/// The samples, and the epoch in which they were read.
	pool: Option<(Block, Pool)>,
}

/// One step, and what was found in it.
struct Turn {
	view: WindowView,
	entries: BTreeMap<Uid, Entry>,
	found: BTreeMap<Uid, Found>,
	measured: Measured,
	outcome: Outcome,
}

/// Runs until something fails.
pub async fn run(settings: Settings) -> Result<Infallible, ValidatorError> {
	let compute = settings.compute.clone();
	let node = Node::join(settings, chain::Role::Validator).await?;
	let ledger = Ledger::open(node.participant.folder())?;
	let hparams = node.hparams.clone();
	let engine = move |lane| Ok(Engine::new(hparams.clone(), lane));
	let device = Devices::start(&compute, engine).await.map_err(NodeError::from)?;
	let mut validator = Validator { node, ledger, device, pool: None };
	loop {
		let window = validator.next_window()?;
		validator.window(window).await?;
	}
}

impl Validator {
	/// The window after the last one scored; if that is too far behind, the newest that has ended.
	fn next_window(&self) -> Result<Window, ValidatorError> {
		let participant = &self.node.participant;
		let after = |step: Step| Window::try_from(step).unwrap_or(Window::MAX).saturating_add(1);
		let next = self.ledger.state.scores.state.last_step().map_or(0, after).max(participant.start_window);
		let newest = participant.clock.window().map_err(ParticipantError::from)?.saturating_sub(1);
		if newest <= next.saturating_add(self.node.hparams.windows.max_behind) {
			return Ok(next);
		}
		warn!("windows {next} to {} are left out: too far behind", newest.saturating_sub(1));
		Ok(newest)
	}

	/// One window, from waiting for it to its line in the journal.
	async fn window(&mut self, window: Window) -> Result<(), ValidatorError> {
		let view = self.node.participant.view(window, 0).await?;
		self.node.participant.build_upon(view.sync)?;
		self.ledger.follow_hotkeys(view.hotkeys());
		let start = Instant::now();
		let failed = |source| ValidatorError::Step { window, source };
		let competition = scheduled(&self.node.hparams.scoring.competitions, window.into());
		let contest = competition.and_then(|competition| self.node.contests.get(&competition.competition_id));
		let contest = contest.cloned().ok_or(StepError::NoCompetition).map_err(failed)?;
		let name = &contest.competition.competition_id;
		let entries = entries(&view);
		let found = self.gather(&view, &entries, name).await?;
		let gathered = start.elapsed();
		let examples = self.examples(&contest, view.sync).await?.map(Arc::new);
		let base = self.node.bases.get(name);
		let measured = measure::measure(&self.device, base, &found, &contest, examples).await?;
		let outcome = self.score(&view, &entries, &measured).map_err(failed)?;
		let scored = start.elapsed();
		self.ledger.save()?; // Before the chain hears of it: a restart must not score this window twice.
		self.send(window).await?;
		let seconds = Seconds {
			gather: gathered.as_secs_f64(),
			score: (scored - gathered).as_secs_f64(),
			act: (start.elapsed() - scored).as_secs_f64(),
		};
		let turn = Turn { view, entries, found, measured, outcome };
		self.ledger.record(&record::scored_window(&turn, &self.ledger.state, &self.node.hparams.scoring, seconds));
		self.clean().map_err(NodeError::from)?;
		Ok(())
	}

	/// Fetches the models to look at, and tells those apart that were another's first.
	async fn gather(
		&mut self,
		view: &WindowView,
		entries: &BTreeMap<Uid, Entry>,
		competition: &str,
	) -> Result<BTreeMap<Uid, Found>, NodeError> {
		let scores = &mut self.ledger.state.scores;
		let mut found = gather::gather(&self.node, scores, view, entries, competition).await?;
		if self.node.hparams.scoring.policy == Policy::Corrected {
			gather::mark_copies(scores, view.window, entries, &mut found);
		}
		scores.forget(view.window, self.node.hparams.windows.retention_windows);
		Ok(found)
	}

	/// The samples of this step; none if there are none, which is told.
	async fn examples(&mut self, contest: &Contest, after: BlockId) -> Result<Option<Vec<Example>>, NodeError> {
		let hparams = self.node.hparams.clone();
		let epoch = after.number / hparams.scoring.blocks_per_epoch.max(1);
		if self.pool.as_ref().is_none_or(|(read_in, _)| *read_in != epoch) {
			match self.node.pool().await {
				Ok(pool) => self.pool = Some((epoch, pool)),
				Err(error) => warn!("the samples stay as they were: {}", crate::one_line(&error)),
			}
		}
		let Some((_, pool)) = &self.pool else { return Ok(None) };
		let drawn = pool.draw(&after.hash_bytes(), "samples", hparams.evaluation.samples_per_step);
		let drawn: Vec<Sample> = drawn.into_iter().cloned().collect();
		let reader = contest.reader.clone();
		let examples = move || reader.examples(&drawn, hparams.evaluation.max_tokens);
		let examples = tokio::task::spawn_blocking(examples).await?;
		if examples.is_empty() {
			warn!("none of the samples drawn leaves room for a response");
		}
		Ok(Some(examples).filter(|examples| !examples.is_empty()))
	}

	/// Turns what was measured into scores and shares, and once an epoch into a row.
	fn score(
		&mut self,
		view: &WindowView,
		entries: &BTreeMap<Uid, Entry>,
		measured: &Measured,
	) -> Result<Outcome, StepError> {
		let scores = &mut self.ledger.state.scores;
		let seen = Observations {
			step: view.window.into(),
			neurons: view.neurons.keys().last().map_or(0, |uid| u32::from(*uid) + 1),
			baseline: measured.baseline.clone(),
			verdicts: measured.verdicts.clone(),
		};
		let scoring = &self.node.hparams.scoring;
		let outcome = scores.state.step(scoring, &seen)?;
		for (uid, verdict) in &seen.verdicts {
			let is_final = |entry: &&Entry| match verdict {
				Verdict::Evaluated(model, _) => model.committed == entry.id.hash(), // Else it was the one before.
				Verdict::Invalid => true,
				Verdict::Missing | Verdict::Unjudged => false,
			};
			if let Some(entry) = entries.get(uid).filter(is_final) {
				scores.judged.insert(*uid, entry.committed.clone());
			}
		}
		let shares = scores.state.shares(scoring);
		let epoch = Some(view.sync.number / scoring.blocks_per_epoch.max(1));
		let is_due = scores.submitted_epoch != epoch && !shares.is_empty();
		if is_due {
			scores.submitted_epoch = epoch;
		}
		self.ledger.scored(view.window, is_due.then_some(&shares));
		Ok(outcome)
	}

	/// Sends the row that is due, if it is not too old.
	async fn send(&mut self, window: Window) -> Result<(), ValidatorError> {
		let newest = self.node.participant.clock.window().map_err(ParticipantError::from)?;
		let row = self.ledger.state.due.clone().filter(|_| newest <= window.saturating_add(CURRENT));
		let sent = Sender::of(&self.node.participant).send(row).await?;
		Ok(self.ledger.set(sent)?)
	}

	/// Removes copies of models that nobody has any more.
	fn clean(&self) -> Result<(), StoreError> {
		let mut referenced = self.ledger.state.scores.contents();
		referenced.extend(self.node.bases.values().map(|base| base.content));
		let grace = Duration::from_secs(self.node.hparams.evaluation.grace_seconds);
		let removed = self.node.cache.clean(&referenced, grace, SystemTime::now())?;
		if removed > 0 {
			info!("{removed} models that nobody has any more are removed");
		}
		Ok(())
	}
}
