// SPDX-License-Identifier: Apache-2.0
//! From final scores to shares: the min-power curve, and the ladder of places with a part burned.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{Policy, Uid};

/// Scores whose powers sum to no more than this earn nothing: they are dust left over by slashing.
const DUST: f64 = 1e-8;

/// The share of each score, `s^p / Σ s^p` over the positive ones; the shares sum to one, or are all zero.
///
/// `power` is positive. A score that is not a positive finite number has no share. Shares are rounded to `f32`, as they
/// are stored.
pub fn min_power_shares(scores: &[f32], power: f64) -> Vec<f32> {
	let largest = scores.iter().copied().filter(earns).fold(0.0, f32::max);
	// In units of the largest score, so that no power overflows.
	let powers: Vec<f64> = scores
		.iter()
		.map(|score| if earns(score) { (f64::from(*score) / f64::from(largest)).powf(power) } else { 0.0 })
		.collect();
	let sum: f64 = powers.iter().sum();
	let is_dust = sum * f64::from(largest).powf(power) <= DUST;
	powers.iter().map(|raised| if is_dust { 0.0 } else { (raised / sum) as f32 }).collect()
}

fn earns(score: &f32) -> bool {
	score.is_finite() && *score > 0.0
}

/// The ladder of places: the best are gathered and earn most, those next in line stand in for them, and a part is burned.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Piecewise {
	/// Part of all shares that is burned, `[0, 1]`.
	pub burn_rate: f64,
	/// The uid whose emission the chain burns.
	pub burn_uid: Uid,
	/// Part of what is not burned that goes to the gathered places, `(0, 1]`.
	pub gather_share: f64,
	/// Number of gathered places, at least 1.
	pub gather_peer_count: u16,
	/// What the first gathered place earns, in units of the last, `(0, 1000]`. It falls evenly from place to place.
	pub gather_top_ratio: f64,
	/// Number of places in reserve.
	pub reserve_peer_count: u16,
	/// What a place in reserve earns, in units of the one before it, `(0, 1]`.
	pub reserve_decay_ratio: f64,
}

/// Positive shares by uid: `burn_rate` to the burn uid, the rest by place among the positive `scores`. They sum to one.
///
/// Equal scores rank by uid. The first place in reserve never earns more than the last gathered one. When nobody earns,
/// everything is burned. A burn uid with a score of its own holds no place; as published, it takes one from a miner and
/// earns the burned part alone.
pub fn piecewise_shares(scores: &[(Uid, f32)], piecewise: &Piecewise, policy: Policy) -> BTreeMap<Uid, f32> {
	let burned = piecewise.burn_rate.clamp(0.0, 1.0);
	let may_rank = |uid: Uid| policy == Policy::AsPublished || uid != piecewise.burn_uid;
	let mut ranked: Vec<(Uid, f32)> =
		scores.iter().copied().filter(|(uid, score)| may_rank(*uid) && earns(score)).collect();
	ranked.sort_by(|(first, a), (second, b)| b.total_cmp(a).then(first.cmp(second)));
	let earned: Vec<(Uid, f64)> = ranked
		.iter()
		.map(|(uid, _)| *uid)
		.zip(ladder(ranked.len(), piecewise))
		.filter(|(uid, _)| *uid != piecewise.burn_uid)
		.collect();
	let sum: f64 = earned.iter().map(|(_, part)| part).sum();
	let share = |(uid, part): (Uid, f64)| (uid, (part / sum * (1.0 - burned)) as f32);
	let mut shares: BTreeMap<Uid, f32> = earned.into_iter().map(share).filter(|(_, share)| *share > 0.0).collect();
	let burned = if shares.is_empty() { 1.0 } else { burned as f32 };
	if burned > 0.0 {
		shares.insert(piecewise.burn_uid, burned);
	}
	shares
}

/// What the first `n` places earn, in the order of the places; some common factor away from shares.
fn ladder(n: usize, piecewise: &Piecewise) -> Vec<f64> {
	let gathered = n.min(piecewise.gather_peer_count.into());
	let reserved = n.saturating_sub(gathered).min(piecewise.reserve_peer_count.into());
	let top = piecewise.gather_top_ratio;
	// From the top to one in equal steps; a place alone has no step.
	let step = (1.0 - top) / gathered.saturating_sub(1).max(1) as f64;
	let gather = (0..gathered).map(|place| top + step * place as f64);
	let reserve = std::iter::successors(Some(1.0), |part| Some(part * piecewise.reserve_decay_ratio)).take(reserved);
	let mut gather = scaled(gather.collect(), piecewise.gather_share);
	let mut reserve = scaled(reserve.collect(), 1.0 - piecewise.gather_share);
	let least_gathered = gather.iter().copied().fold(f64::INFINITY, f64::min);
	if let Some(best) = reserve.first().copied().filter(|best| *best > least_gathered) {
		let cap = least_gathered / best * piecewise.reserve_decay_ratio;
		reserve.iter_mut().for_each(|part| *part *= cap);
	}
	gather.append(&mut reserve);
	gather
}

/// `parts`, scaled so that they sum to `sum`.
fn scaled(parts: Vec<f64>, sum: f64) -> Vec<f64> {
	let present: f64 = parts.iter().sum();
	parts.into_iter().map(|part| part / present * sum).collect()
}

#[cfg(test)]
mod tests;
