// SPDX-License-Identifier: Apache-2.0
//! Who competes in a step, and how everybody does.

use std::collections::BTreeMap;

use super::{Model, Observations, Standing, State, Verdict};
use crate::{
	finetuning::{
		duplicates::{are_alike, copies, Claim},
		params::Params,
		wins::{records, Entrant, Record},
		Block,
	},
	Policy, Uid,
};

/// The models of a step and what is held of them.
pub(super) struct Field {
	/// How each uid did that was looked at.
	pub(super) standings: BTreeMap<Uid, Standing>,
	/// Those that were compared, best first.
	pub(super) ranked: Vec<Ranked>,
}

/// A model that was compared with the others.
pub(super) struct Ranked {
	pub(super) uid: Uid,
	pub(super) record: Record,
	/// Whether it may have a part of the reward.
	pub(super) earns: bool,
}

impl Field {
	/// Judges the step's models; `state` remembers those of this step and of others.
	pub(super) fn new(state: &State, params: &Params, seen: &Observations) -> Self {
		let (standings, entrants) = match params.policy {
			Policy::Corrected => originals(state, params, seen),
			Policy::AsPublished => everybody(seen),
		};
		let (uids, mut entrants): (Vec<Uid>, Vec<Entrant>) = entrants.into_iter().unzip();
		if params.policy == Policy::Corrected {
			// One more opponent, over which everybody has the advantage: the last of the honest beats it too.
			entrants.push(Entrant { block: Block::MAX, losses: sound(&seen.baseline) });
		}
		let records = records(&entrants, params.timestamp_epsilon);
		let ranked = uids.into_iter().zip(&entrants).zip(records).map(|((uid, entrant), record)| {
			let earns = params.policy == Policy::AsPublished || has_right(entrant, record, &seen.baseline);
			Ranked { uid, record, earns }
		});
		let mut field = Self { standings, ranked: ranked.collect() };
		field.ranked.sort_by(|a, b| b.record.win_rate().total_cmp(&a.record.win_rate()));
		field.standings.extend(field.ranked.iter().map(|ranked| (ranked.uid, Standing::Ranked(ranked.record))));
		field
	}
}

/// Everybody whose model is sound and its own, by uid.
///
/// Copies are left out, not only unpaid: each would be one more for the original to win against.
fn originals(state: &State, params: &Params, seen: &Observations) -> (BTreeMap<Uid, Standing>, Vec<(Uid, Entrant)>) {
	// Of all uids known: the original of a copy need not be looked at in the same step.
	let known = state.miners.iter().filter_map(|(uid, miner)| Some((*uid, miner.model?)));
	let claims: Vec<Claim> = known
		.map(|(uid, Model { block, committed, content })| Claim { uid, block, hashes: vec![committed, content] })
		.collect();
	let copies = copies(&claims);
	let mut standings = BTreeMap::new();
	let mut by_age: Vec<(Block, Uid, Vec<f64>)> = Vec::new();
	for (uid, verdict) in &seen.verdicts {
		match (verdict, copies.get(uid)) {
			(Verdict::Evaluated(..), Some(original)) => _ = standings.insert(*uid, Standing::CopyOf(*original)),
			(Verdict::Evaluated(model, losses), None) => by_age.push((model.block, *uid, sound(losses))),
			(Verdict::Missing, _) => _ = standings.insert(*uid, Standing::Missing),
			(Verdict::Invalid, _) => _ = standings.insert(*uid, Standing::Invalid),
			(Verdict::Unjudged, _) => _ = standings.insert(*uid, Standing::Unjudged),
		}
	}
	by_age.sort_by_key(|(block, uid, _)| (*block, *uid));
	let (baseline, mut entrants) = (sound(&seen.baseline), Vec::<(Uid, Entrant)>::new());
	for (block, uid, losses) in by_age {
		let is_like = |others: &[f64]| are_alike(&losses, others, params.copy_epsilon);
		if is_like(&baseline) {
			standings.insert(uid, Standing::CopyOfBaseline);
		} else if let Some((original, _)) = entrants.iter().find(|(_, entrant)| is_like(&entrant.losses)) {
			standings.insert(uid, Standing::CopyOf(*original));
		} else {
			entrants.push((uid, Entrant { block, losses }));
		}
	}
	entrants.sort_by_key(|(uid, _)| *uid);
	(standings, entrants)
}

/// Losses in which a sample that gave no loss counts as failed: infinite, so that all others win there.
fn sound(losses: &[f64]) -> Vec<f64> {
	losses.iter().map(|loss| if *loss >= 0.0 { *loss } else { f64::INFINITY }).collect()
}

/// Whether a model has a right to a part of the reward.
///
/// It must be better than the model that everybody starts from, which noise is not. Where that is not known, it must have
/// won anything at all, or be sound and unopposed.
fn has_right(entrant: &Entrant, record: Record, baseline: &[f64]) -> bool {
	if baseline.is_empty() {
		return record.wins > 0 || record.matches == 0 && entrant.losses.iter().any(|loss| loss.is_finite());
	}
	let baseline = Entrant { block: entrant.block, losses: sound(baseline) };
	let duel = records(&[entrant.clone(), baseline], 0.0);
	matches!(duel[..], [ours, theirs] if ours.wins > theirs.wins)
}

/// As published: everybody competes who is looked at, in that order, whoever has no model of its own without losses.
fn everybody(seen: &Observations) -> (BTreeMap<Uid, Standing>, Vec<(Uid, Entrant)>) {
	let claims = seen.verdicts.iter().filter_map(|(uid, verdict)| match verdict {
		Verdict::Evaluated(model, _) => Some(Claim { uid: *uid, block: model.block, hashes: vec![model.committed] }),
		_ => None,
	});
	let copies = copies(&claims.collect::<Vec<_>>());
	let mut standings = BTreeMap::new();
	let mut entrants = Vec::new();
	for (uid, verdict) in &seen.verdicts {
		let entrant = match verdict {
			Verdict::Evaluated(model, losses) if !copies.contains_key(uid) => {
				Entrant { block: model.block, losses: losses.clone() }
			},
			Verdict::Unjudged => {
				standings.insert(*uid, Standing::Unjudged);
				continue;
			},
			_ => Entrant { block: Block::MAX, losses: Vec::new() },
		};
		entrants.push((*uid, entrant));
	}
	(standings, entrants)
}
