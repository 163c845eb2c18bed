// SPDX-License-Identifier: Apache-2.0
//! One step of [`State`].

use std::collections::BTreeMap;

use super::{field::Field, Miner, Observations, Outcome, Standing, State, Verdict};
use crate::{
	finetuning::{
		competition::{scheduled, Competition},
		params::{Form, Params},
		weights::{moving_average, step_shares},
		wins::Record,
	},
	Uid,
};

/// Scores one step that was not scored before; `None`, and nothing changed, when there is no competition.
pub(super) fn run(state: &mut State, params: &Params, seen: &Observations) -> Option<Outcome> {
	let competition = scheduled(&params.competitions, seen.step)?;
	state.last_step = Some(seen.step);
	state.miners.retain(|uid, _| u32::from(*uid) < seen.neurons);
	remember(state, params, &competition.competition_id, seen);
	let Field { standings, ranked } = Field::new(state, params, seen);
	let (uids, records): (Vec<Uid>, Vec<Record>) =
		ranked.iter().filter(|ranked| ranked.earns).map(|ranked| (ranked.uid, ranked.record)).unzip();
	let shares: BTreeMap<Uid, f64> =
		uids.into_iter().zip(step_shares(&records, params.form, params.temperature)).collect();
	// A step that judged nobody is a failure of ours.
	if standings.values().any(|standing| *standing != Standing::Unjudged) {
		credit(state, params, competition, &standings, &shares);
	}
	let best = usize::try_from(params.sample_min).unwrap_or(usize::MAX);
	let kept: Vec<Uid> = ranked.iter().map(|ranked| ranked.uid).take(best).collect();
	keep(state, &competition.competition_id, &kept, &standings);
	Some(Outcome { competition: competition.competition_id.clone(), standings, shares, kept })
}

/// Notes who is looked at in which competition, and with which model.
fn remember(state: &mut State, params: &Params, competition: &str, seen: &Observations) {
	for (uid, verdict) in &seen.verdicts {
		let miner = state.miners.entry(*uid).or_default();
		let has_none = matches!(verdict, Verdict::Missing | Verdict::Invalid);
		if miner.competition != competition {
			if has_none && !miner.competition.is_empty() {
				continue; // Its model is in another one.
			}
			// A sum of ratios means something within its competition only; a moving average is of rewards of any.
			let weight = if params.form == Form::Documented { 0.0 } else { miner.weight };
			*miner = Miner { weight, competition: competition.to_owned(), ..Miner::default() };
		}
		if let Verdict::Evaluated(model, _) = verdict {
			miner.model = Some(*model);
		} else if has_none {
			miner.model = None;
		}
	}
}

/// Gives everybody its part of the step's reward, or takes what a cheat had.
fn credit(
	state: &mut State,
	params: &Params,
	competition: &Competition,
	standings: &BTreeMap<Uid, Standing>,
	shares: &BTreeMap<Uid, f64>,
) {
	// Each competition has but one turn in so many; its reward makes up for those in between.
	let reward = params.competitions.len() as f64 * competition.reward_percentage;
	for (uid, miner) in &mut state.miners {
		let share = shares.get(uid).copied().unwrap_or_default();
		miner.weight = match (standings.get(uid), params.form) {
			(Some(Standing::Unjudged), _) => continue,
			(Some(Standing::CopyOf(_) | Standing::CopyOfBaseline | Standing::Invalid), _) => 0.0,
			(_, Form::Coded) => moving_average(miner.weight, reward * share, params.alpha),
			(_, Form::Documented) => miner.weight + share,
		};
	}
}

/// Marks who is evaluated again: the best, and whom we owe a verdict.
fn keep(state: &mut State, competition: &str, best: &[Uid], standings: &BTreeMap<Uid, Standing>) {
	for (uid, miner) in state.miners.iter_mut().filter(|(_, miner)| miner.competition == competition) {
		miner.kept = best.contains(uid) || standings.get(uid) == Some(&Standing::Unjudged);
	}
}
