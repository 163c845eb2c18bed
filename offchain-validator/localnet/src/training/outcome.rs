// SPDX-License-Identifier: Apache-2.0

//! What came of the training: the journals, joined with what the chain says at the end.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::{fs, io};

use offchain_validator::chain::metagraph::{self, Neuron};
use offchain_validator::chain::{AtBlock, Chain, ChainError};
use offchain_validator::data::Dataset;
use offchain_validator::journal::ScoredWindow;
use offchain_validator::state::Row;
use serde::{Deserialize, Serialize};

use super::copies::Model;
use super::{Mechanism, Member, Part, Training, WindowSeen, NETUID};

/// Name of the state in a validator's state folder.
const STATE: &str = "state.json";

/// Why the outcome cannot be told.
#[derive(Debug, thiserror::Error)]
pub enum OutcomeError {
	#[error(transparent)]
	Chain(#[from] ChainError),
	#[error("cannot read {}", path.display())]
	State { path: PathBuf, source: io::Error },
}

/// Everything the report says of the training; its first fields go into `report.json`.
#[derive(Clone, Debug, Serialize)]
pub struct Trained {
	/// What was measured and paid.
	#[serde(serialize_with = "name_alone")]
	pub mechanism: Mechanism,
	/// Windows that every validator has scored.
	pub windows: usize,
	/// How the model has done.
	pub loss: Loss,
	/// The miners, by uid.
	pub miners: Vec<Miner>,
	/// The validators, by uid.
	pub validators: Vec<Validator>,
	/// Whether all copies of the model agree.
	pub model: Option<Model>,
	/// Window by window.
	#[serde(skip)]
	pub seen: Vec<WindowSeen>,
}

/// The loss of [`Mechanism::loss_of`], in nats per token.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Loss {
	/// After the first window, or of the base model on the samples of the last.
	pub first: f64,
	/// After the last window.
	pub last: f64,
	/// Of a model that knows nothing but how frequent each byte is.
	pub unigram_entropy: f64,
}

fn name_alone<S: serde::Serializer>(mechanism: &Mechanism, serializer: S) -> Result<S::Ok, S::Error> {
	serializer.serialize_str(mechanism.name())
}

/// A miner and what it was paid.
#[derive(Clone, Debug, Serialize)]
pub struct Miner {
	/// Its slot.
	pub uid: u16,
	/// What it did.
	pub role: &'static str,
	/// Its hotkey, in ss58.
	pub hotkey: String,
	/// Its score by the first validator.
	pub score: f64,
	/// Its weight in the last row of each validator.
	pub weights_u16: BTreeMap<u16, u16>,
	/// Its incentive at the last epoch.
	pub incentive_u16: u16,
	/// What it has earned in all.
	pub emission_rao: u64,
}

/// A validator and what it did.
#[derive(Clone, Debug, Serialize)]
pub struct Validator {
	/// Its slot.
	pub uid: u16,
	/// Its hotkey, in ss58.
	pub hotkey: String,
	/// Rows it has set.
	pub weights_set: u32,
	/// How far its row agreed with the consensus at the last epoch.
	pub vtrust_u16: u16,
	/// Windows it has scored.
	pub windows_scored: usize,
	/// What it has earned in all.
	pub emission_rao: u64,
	/// The row it set last, as it says itself, and the one it was about to set, if any.
	#[serde(skip)]
	pub meant: Vec<BTreeMap<u16, u16>>,
	/// The row on the chain.
	pub row: BTreeMap<u16, u16>,
}

impl Miner {
	/// Its score with two decimals, and no sign before a zero.
	pub fn score_text(&self) -> String {
		format!("{:.2}", (100.0 * self.score).round() / 100.0 + 0.0)
	}
}

/// Reads the outcome.
pub async fn read(
	chain: &Chain,
	training: &Training,
	members: &[Member],
	dataset: &Dataset,
	seen: Vec<WindowSeen>,
	model: Option<Model>,
) -> Result<Trained, OutcomeError> {
	let at = chain.at_finalized().await?;
	let neurons = metagraph::metagraph(&at, NETUID).await?;
	let mut validators = Vec::new();
	for member in members.iter().filter(|member| member.part == Part::Validator) {
		validators.push(validator(&at, training, member, &neurons, &seen).await?);
	}
	let miners = members.iter().filter(|member| member.part != Part::Validator);
	let miners = miners.map(|member| miner(member, &neurons, &seen, &validators)).collect::<Result<_, _>>()?;
	let of = |window: Option<&WindowSeen>, loss: fn(&ScoredWindow) -> Option<f64>| {
		window.and_then(|window| window.scored.values().next()).and_then(loss)
	};
	let last = of(seen.last(), |scored| scored.loss).unwrap_or(f64::NAN);
	let base = of(seen.last(), |scored| scored.base_loss); // On the same samples as the last loss.
	let first = base.or(of(seen.first(), |scored| scored.loss)).unwrap_or(f64::NAN);
	let loss = Loss { first, last, unigram_entropy: dataset.unigram_entropy() };
	let mechanism = training.mechanism.clone();
	Ok(Trained { mechanism, windows: seen.len(), loss, miners, validators, model, seen })
}

async fn validator(
	at: &AtBlock,
	training: &Training,
	member: &Member,
	neurons: &BTreeMap<u16, Neuron>,
	seen: &[WindowSeen],
) -> Result<Validator, OutcomeError> {
	let last = seen.last().and_then(|window| window.scored.get(&member.uid));
	Ok(Validator {
		uid: member.uid,
		hotkey: member.account()?.to_string(),
		weights_set: last.map_or(0, |scored| scored.weights_set),
		vtrust_u16: neurons.get(&member.uid).map_or(0, |neuron| neuron.validator_trust),
		windows_scored: seen.len(),
		emission_rao: stake(neurons, member.uid).saturating_sub(super::STAKE),
		meant: meant(training, member)?,
		row: metagraph::row(at, NETUID, member.uid).await?,
	})
}

/// The rows in the validator's own state. It was ended at some moment: perhaps between the chain's word and its own.
fn meant(training: &Training, member: &Member) -> Result<Vec<BTreeMap<u16, u16>>, OutcomeError> {
	#[derive(Deserialize)]
	struct Rows {
		set: Option<Row>,
		due: Option<Row>,
	}
	let path = training.state(member).join(STATE);
	let failed = |source| OutcomeError::State { path: path.clone(), source };
	let text = fs::read(&path).map_err(failed)?;
	let Rows { set, due } = serde_json::from_slice(&text).map_err(|error| failed(error.into()))?;
	Ok([set, due].into_iter().flatten().map(|row| row.weights).collect())
}

fn miner(
	member: &Member,
	neurons: &BTreeMap<u16, Neuron>,
	seen: &[WindowSeen],
	validators: &[Validator],
) -> Result<Miner, ChainError> {
	let scored = seen.last().and_then(|window| window.scored.values().next());
	let score = |scored: &ScoredWindow| scored.miners.get(&member.uid).map(|miner| miner.score);
	let weight = |validator: &Validator| (validator.uid, validator.row.get(&member.uid).copied().unwrap_or(0));
	Ok(Miner {
		uid: member.uid,
		role: member.part.role(),
		hotkey: member.account()?.to_string(),
		score: scored.and_then(score).unwrap_or(0.0),
		weights_u16: validators.iter().map(weight).collect(),
		incentive_u16: neurons.get(&member.uid).map_or(0, |neuron| neuron.incentive),
		emission_rao: stake(neurons, member.uid), // It began with none.
	})
}

fn stake(neurons: &BTreeMap<u16, Neuron>, uid: u16) -> u64 {
	neurons.get(&uid).map_or(0, |neuron| neuron.stake)
}
