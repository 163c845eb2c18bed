// SPDX-License-Identifier: Apache-2.0
//! All that a validator remembers of the uids it scores, and how one step changes it.
//!
//! Saved whole after each step, so that a restart neither forgets what was earned nor scores a step twice.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{
	digest::Digest,
	params::{Form, Params},
	weights,
	wins::Record,
	Block, Step,
};
use crate::Uid;

mod field;
mod step;

/// The scoring state of a validator. [`Default`] is that of one that has seen nothing.
///
/// To be saved in a format that gives each `f64` back exactly: `serde_json` does so only with its feature
/// `float_roundtrip`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct State {
	last_step: Option<Step>,
	miners: BTreeMap<Uid, Miner>,
}

/// What is remembered of one uid.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Miner {
	/// What shares are made of, never negative: the moving average of its parts of the reward, or the sum of its ratios
	/// of wins.
	pub weight: f64,
	/// The competition that it was last looked at in.
	pub competition: String,
	/// Whether it is evaluated again in the next step of that competition.
	pub kept: bool,
	/// The model that was evaluated last, unless it has gone.
	pub model: Option<Model>,
}

/// A model that was downloaded and answers to its hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Model {
	/// When it was committed.
	pub block: Block,
	/// The hash in the commitment.
	pub committed: Digest,
	/// The hash of the content.
	pub content: Digest,
}

/// What a validator found out in one step.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Observations {
	/// The step, which says whose turn it is: see [`super::competition::scheduled`].
	pub step: Step,
	/// Number of uids in the subnet. Those from it on are forgotten.
	pub neurons: u32,
	/// Losses of the model that all miners start from, on the samples of this step; empty when it was not evaluated.
	///
	/// With it, only who improves on that model on most samples earns, and all are compared with it too; without, whoever
	/// beats anybody earns. No part of what was published.
	pub baseline: Vec<f64>,
	/// What became of the uids looked at, which are [`State::to_evaluate`]; each once, in the order looked at.
	pub verdicts: Vec<(Uid, Verdict)>,
}

/// What is to be held of a uid's model.
#[derive(Clone, Debug, PartialEq)]
pub enum Verdict {
	/// It was evaluated: its loss on each sample, in nats, in the same order for all. A sample it failed on is infinite.
	Evaluated(Model, Vec<f64>),
	/// There is none in this competition.
	Missing,
	/// It does not answer to its hash, exceeds a limit, or cannot be loaded.
	Invalid,
	/// We could not tell, by our own fault. Changes nothing, and the uid is looked at again.
	Unjudged,
}

/// What one step found, for the record.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Outcome {
	/// Whose turn it was.
	pub competition: String,
	/// How each uid did that was looked at.
	pub standings: BTreeMap<Uid, Standing>,
	/// Parts of this step's reward; they sum to one, or there are none.
	pub shares: BTreeMap<Uid, f64>,
	/// Who is evaluated again in the competition's next step, best first.
	pub kept: Vec<Uid>,
}

/// How a uid did in a step.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum Standing {
	/// It was compared with the others.
	Ranked(Record),
	/// Its model is another uid's.
	CopyOf(Uid),
	/// Its model is the one that all start from.
	CopyOfBaseline,
	/// It has no model in this competition.
	Missing,
	/// Its model cannot be evaluated.
	Invalid,
	/// We could not tell.
	Unjudged,
}

/// Why a step cannot be scored. None is a miner's doing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StepError {
	/// Scoring it again would credit it twice.
	#[error("step {step} comes after step {last}, which is scored already")]
	AlreadyScored {
		/// The step asked for.
		step: Step,
		/// The last one scored.
		last: Step,
	},
	/// The subnet has no such uid.
	#[error("uid {uid} is none of the {neurons} there are")]
	UnknownUid {
		/// Which one.
		uid: Uid,
		/// Number of uids.
		neurons: u32,
	},
	/// A uid cannot have two models.
	#[error("uid {uid} has two verdicts")]
	TwoVerdicts {
		/// Whose.
		uid: Uid,
	},
	/// The parameters name no competition, which [`Params::check`] refuses.
	#[error("there is no competition")]
	NoCompetition,
}

impl State {
	/// Scores one step. On an error the state is unchanged.
	///
	/// `params` are [`Params::check`]ed. Steps may be left out, but not repeated. One in which nobody could be judged
	/// changes no weight.
	pub fn step(&mut self, params: &Params, seen: &Observations) -> Result<Outcome, StepError> {
		if let Some(last) = self.last_step.filter(|last| seen.step <= *last) {
			return Err(StepError::AlreadyScored { step: seen.step, last });
		}
		let mut uids = BTreeSet::new();
		for (uid, _) in &seen.verdicts {
			if u32::from(*uid) >= seen.neurons {
				return Err(StepError::UnknownUid { uid: *uid, neurons: seen.neurons });
			}
			if !uids.insert(*uid) {
				return Err(StepError::TwoVerdicts { uid: *uid });
			}
		}
		step::run(self, params, seen).ok_or(StepError::NoCompetition)
	}

	/// The uids to evaluate in the next step of `competition`: the best of its last step, and those with a new model.
	pub fn to_evaluate(&self, competition: &str, new: &BTreeSet<Uid>) -> BTreeSet<Uid> {
		let is_kept = |miner: &Miner| miner.kept && miner.competition == competition;
		let kept = self.miners.iter().filter(|(_, miner)| is_kept(miner)).map(|(uid, _)| *uid);
		kept.chain(new.iter().copied()).collect()
	}

	/// Forgets everything about `uid`: its slot went to another miner, which must not inherit what was earned.
	pub fn reset_uid(&mut self, uid: Uid) {
		self.miners.remove(&uid);
	}

	/// What is remembered of `uid`.
	pub fn miner(&self, uid: Uid) -> Option<&Miner> {
		self.miners.get(&uid)
	}

	/// All that is remembered, by uid.
	pub fn miners(&self) -> impl Iterator<Item = (Uid, &Miner)> {
		self.miners.iter().map(|(uid, miner)| (*uid, miner))
	}

	/// The last step scored.
	pub fn last_step(&self) -> Option<Step> {
		self.last_step
	}

	/// The positive shares by uid, to submit once an epoch; they sum to one within 1e-6, or there are none.
	pub fn shares(&self, params: &Params) -> Vec<(Uid, f32)> {
		match params.form {
			Form::Coded => weights::shares(&self.weights(|_| true)),
			Form::Documented => {
				let mut rewards = BTreeMap::new();
				for competition in &params.competitions {
					let sums = self.weights(|miner| miner.competition == competition.competition_id);
					let values: Vec<f64> = sums.values().copied().collect();
					let parts = weights::softmax(&values, params.temperature);
					rewards.extend(sums.into_keys().zip(parts.iter().map(|part| part * competition.reward_percentage)));
				}
				weights::shares(&rewards)
			},
		}
	}

	/// The positive weights of some miners.
	fn weights(&self, counts: impl Fn(&Miner) -> bool) -> BTreeMap<Uid, f64> {
		let miners = self.miners.iter().filter(|(_, miner)| miner.weight > 0.0 && counts(miner));
		miners.map(|(uid, miner)| (*uid, miner.weight)).collect()
	}
}

#[cfg(test)]
mod tests;
