// SPDX-License-Identifier: Apache-2.0
//! What models are compared in: competitions, each with a part of the reward, that take turns.

use serde::{Deserialize, Serialize};

use super::{model_id::is_competition, Step};

/// How far the parts of the reward may sum from one.
const TOLERANCE: f64 = 1e-9;

/// A class of models that are compared with each other.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Competition {
	/// Its name in commitments: letters and digits.
	pub competition_id: String,
	/// Its part of the reward, `(0, 1]` despite the key's name.
	pub reward_percentage: f64,
	/// Parameters that a model may have.
	pub max_model_parameter_size: u64,
	/// The tokenizer that all its models are evaluated with: `bytes`, or the repository that has its files, which may be that
	/// of the base model.
	pub tokenizer: String,
	/// Repository of the model that all miners start from.
	pub base_model: String,
}

/// Why there can be no schedule of competitions.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum CompetitionsError {
	/// A schedule needs one at least.
	#[error("there is no competition")]
	None,
	/// No commitment can name it.
	#[error("competition {id:?}: the id must be letters and digits")]
	BadId {
		/// Its name.
		id: String,
	},
	/// Commitments could not tell two of one name apart.
	#[error("competition {id} is listed twice")]
	Repeated {
		/// Their name.
		id: String,
	},
	/// A competition nobody can earn in.
	#[error("competition {id}: reward_percentage is {reward}: it must be in (0, 1]")]
	BadReward {
		/// Its name.
		id: String,
		/// Its part.
		reward: f64,
	},
	/// The parts are not parts of one reward.
	#[error("the reward_percentage of all competitions sum to {sum}: they must sum to 1")]
	RewardsSum {
		/// What they sum to.
		sum: f64,
	},
}

/// The competition whose turn it is in `step`; `None` when there are none.
pub fn scheduled(competitions: &[Competition], step: Step) -> Option<&Competition> {
	let turn = step.checked_rem(competitions.len() as Step)?;
	competitions.get(usize::try_from(turn).ok()?)
}

/// Whether the competitions can be told apart and share the whole reward.
pub(super) fn check(competitions: &[Competition]) -> Result<(), CompetitionsError> {
	for (position, Competition { competition_id: id, reward_percentage: reward, .. }) in competitions.iter().enumerate()
	{
		let earlier = competitions.iter().take(position);
		if !is_competition(id) {
			return Err(CompetitionsError::BadId { id: id.clone() });
		} else if earlier.into_iter().any(|other| other.competition_id == *id) {
			return Err(CompetitionsError::Repeated { id: id.clone() });
		} else if !(*reward > 0.0 && *reward <= 1.0) {
			return Err(CompetitionsError::BadReward { id: id.clone(), reward: *reward });
		}
	}
	let sum: f64 = competitions.iter().map(|competition| competition.reward_percentage).sum();
	if competitions.is_empty() {
		Err(CompetitionsError::None)
	} else if (sum - 1.0).abs() > TOLERANCE {
		Err(CompetitionsError::RewardsSum { sum })
	} else {
		Ok(())
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::finetuning::params::tests::published_params;

	#[track_caller]
	fn check_refused(change: impl FnOnce(&mut Vec<Competition>), message: &str) {
		let mut competitions = published_params().competitions;
		change(&mut competitions);
		assert_eq!(check(&competitions).unwrap_err().to_string(), message);
	}

	#[test]
	fn competitions_take_turns() {
		let competitions = published_params().competitions;
		let turns = (0..4).map(|step| scheduled(&competitions, step).unwrap().competition_id.as_str());
		assert_eq!(turns.collect::<Vec<_>>(), ["l3", "s1", "l3", "s1"]);
		assert_eq!(scheduled(&competitions, Step::MAX).unwrap().competition_id, "s1");
		assert_eq!(scheduled(&[], 0), None);
	}

	#[test]
	fn the_reward_is_given_out_once() {
		check_refused(
			|all| all[0].reward_percentage = 0.7,
			"the reward_percentage of all competitions sum to 1.1: they must sum to 1",
		);
		check_refused(
			|all| all[0].reward_percentage = f64::NAN,
			"competition l3: reward_percentage is NaN: it must be in (0, 1]",
		);
		check_refused(
			|all| all[1].reward_percentage = 0.0,
			"competition s1: reward_percentage is 0: it must be in (0, 1]",
		);
		check_refused(Vec::clear, "there is no competition");
	}

	#[test]
	fn commitments_can_tell_competitions_apart() {
		check_refused(|all| all[1].competition_id = "l3".into(), "competition l3 is listed twice");
		for bad in ["", "None", "l:3", "../l3"] {
			check_refused(
				|all| all[1].competition_id = bad.into(),
				&format!("competition {bad:?}: the id must be letters and digits"),
			);
		}
	}
}
