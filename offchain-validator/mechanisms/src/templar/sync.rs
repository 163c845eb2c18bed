// SPDX-License-Identifier: Apache-2.0
//! How many optimiser steps a peer's model is from ours, told from a few sampled elements of each parameter.

use std::{collections::BTreeMap, ops::Range};

use serde::{Deserialize, Serialize};

use crate::Policy;

mod changes;
pub use changes::Changes;

/// Which elements of a flattened parameter a peer publishes after each window.
pub const SAMPLED: Range<usize> = 10..12;

/// Steps behind from which on the score is zero.
const WORTHLESS: f64 = 5.0;
/// Bend of the score curve: the first steps cost most.
const CURVATURE: f64 = 2.5;
/// Least that an element is taken to move in a step: one that stands still would make any difference infinite.
const LEAST_CHANGE: f64 = 1e-9;

/// The elements [`SAMPLED`] of each parameter, by the parameter's name.
pub type Samples = BTreeMap<String, Vec<f32>>;

/// The sampled elements of one flattened parameter; `None` for one too small to be sampled.
pub fn sample(parameter: &[f32]) -> Option<&[f32]> {
	parameter.get(SAMPLED)
}

/// How long a step is.
#[derive(Clone, Copy, Debug)]
pub enum Steps<'a> {
	/// One learning rate for every element, as signed updates are.
	Even {
		/// Of the last update.
		learning_rate: f64,
	},
	/// For each element what ours moves on average.
	Measured {
		/// For elements that are not measured yet.
		learning_rate: f64,
		/// What ours move.
		changes: &'a Samples,
		/// Whose rules hold, see [`compare_measured`].
		policy: Policy,
	},
}

/// What a peer's samples tell.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum SyncVerdict {
	/// They are complete, and this far from ours.
	Compared(Comparison),
	/// They are unusable by the peer's doing: it counts as out of sync, with score zero.
	Failed(SyncFailure),
	/// We have nothing to compare with: the peer keeps what it has.
	Unjudged,
}

/// What is wrong with a peer's samples.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum SyncFailure {
	/// It published none.
	NothingPublished,
	/// It left out this parameter. One that is right would else hide any number that are wrong.
	ParameterMissing(String),
	/// Its samples of this parameter are more or fewer than ours.
	WrongLength(String),
	/// Its samples of this parameter hold NaN or infinity, which no limit on a distance would catch.
	NotFinite(String),
}

/// Distances between the samples of two models.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Comparison {
	/// Euclidean distance over all elements.
	pub l2_norm: f64,
	/// The same, divided by the number of elements.
	pub avg_l2_norm: f64,
	/// Mean absolute difference of an element.
	pub avg_abs_diff: f64,
	/// Largest absolute difference of an element.
	pub max_diff: f64,
	/// Difference in steps, over all elements: see [`compare`] and [`compare_measured`].
	pub avg_steps_behind: f64,
	/// Largest difference in steps.
	pub max_steps_behind: f64,
	/// Number of elements compared.
	pub param_count: usize,
}

impl Comparison {
	/// The sync score, `[0, 1]`.
	pub fn score(&self) -> f64 {
		score(self.avg_steps_behind)
	}
}

/// `(1 − x/5)^2.5` for `x` steps behind: 1 in step, 0 from five steps on, and for NaN.
pub fn score(avg_steps_behind: f64) -> f64 {
	if avg_steps_behind < WORTHLESS {
		(1.0 - avg_steps_behind / WORTHLESS).powf(CURVATURE)
	} else {
		0.0
	}
}

/// Judges a peer's samples against ours; `None` when the peer published none.
///
/// Every parameter that we sample must be there, complete and finite; what the peer adds is not looked at.
pub fn judge(own: &Samples, peer: Option<&Samples>, steps: Steps) -> SyncVerdict {
	let (Steps::Even { learning_rate } | Steps::Measured { learning_rate, .. }) = steps;
	let has_own = own.values().flatten().next().is_some() && own.values().flatten().all(|value| value.is_finite());
	if !(has_own && learning_rate.is_normal() && learning_rate > 0.0) {
		return SyncVerdict::Unjudged;
	}
	let Some(peer) = peer else { return SyncVerdict::Failed(SyncFailure::NothingPublished) };
	if let Some(failure) = own.iter().find_map(|(name, values)| failure(name, values, peer.get(name))) {
		return SyncVerdict::Failed(failure);
	}
	let theirs = own.keys().filter_map(|name| peer.get(name)).flatten();
	let pairs = own.values().flatten().zip(theirs).map(|(own, peer)| (*own, *peer));
	SyncVerdict::Compared(match steps {
		Steps::Even { learning_rate } => compare(pairs, learning_rate),
		Steps::Measured { learning_rate, changes, policy } => {
			let change = |(name, values): (&String, &Vec<f32>)| {
				let known = changes.get(name).cloned().unwrap_or_default();
				known.into_iter().map(f64::from).chain(std::iter::repeat(learning_rate)).take(values.len())
			};
			compare_measured(pairs.zip(own.iter().flat_map(change)), learning_rate, policy)
		},
	})
}

fn failure(name: &str, own: &[f32], peer: Option<&Vec<f32>>) -> Option<SyncFailure> {
	match peer {
		None => Some(SyncFailure::ParameterMissing(name.to_owned())),
		Some(peer) if peer.len() != own.len() => Some(SyncFailure::WrongLength(name.to_owned())),
		Some(peer) if !peer.iter().all(|value| value.is_finite()) => Some(SyncFailure::NotFinite(name.to_owned())),
		Some(_) => None,
	}
}

/// Distances over `(own, peer)` pairs of elements, which are finite. A step is the learning rate, and the mean counts.
///
/// Without pairs the averages are infinite; without a positive learning rate the steps are.
pub fn compare(pairs: impl IntoIterator<Item = (f32, f32)>, learning_rate: f64) -> Comparison {
	let (mut squares, mut sum, mut max_diff, mut param_count) = (0.0, 0.0, 0.0f64, 0usize);
	for pair in pairs {
		let difference = difference(pair);
		squares += difference * difference;
		sum += difference;
		max_diff = max_diff.max(difference);
		param_count = param_count.saturating_add(1);
	}
	let l2_norm = f64::sqrt(squares);
	let average = |total: f64| if param_count > 0 { total / param_count as f64 } else { f64::INFINITY };
	let steps = |difference: f64| if learning_rate > 0.0 { difference / learning_rate } else { f64::INFINITY };
	Comparison {
		l2_norm,
		avg_l2_norm: average(l2_norm),
		avg_abs_diff: average(sum),
		max_diff,
		avg_steps_behind: steps(average(sum)),
		max_steps_behind: steps(max_diff),
		param_count,
	}
}

/// As [`compare`], where each pair comes with what its element moves in a step.
///
/// As published the median element counts, of two the lower, so that a peer may fill the other half with anything. We ask
/// besides how far all elements are from ours together, in units of what they move together: the larger of both counts. A
/// plain mean of the elements' steps would not do, for it hangs on those that hardly move.
pub fn compare_measured(
	elements: impl IntoIterator<Item = ((f32, f32), f64)>,
	learning_rate: f64,
	policy: Policy,
) -> Comparison {
	let elements: Vec<((f32, f32), f64)> = elements.into_iter().collect();
	let compared = compare(elements.iter().map(|(pair, _)| *pair), learning_rate);
	if elements.is_empty() || learning_rate <= 0.0 {
		return Comparison { max_steps_behind: f64::INFINITY, ..compared };
	}
	let moved = |change: f64| change.max(LEAST_CHANGE); // Also of NaN.
	let mut steps: Vec<f64> = elements.iter().map(|(pair, change)| difference(*pair) / moved(*change)).collect();
	steps.sort_by(f64::total_cmp);
	let middle = steps.len().saturating_sub(1) >> 1;
	let median = steps.get(middle).copied().unwrap_or(f64::INFINITY);
	let all_differences: f64 = elements.iter().map(|(pair, _)| difference(*pair)).sum();
	let together = all_differences / elements.iter().map(|(_, change)| moved(*change)).sum::<f64>();
	Comparison {
		avg_steps_behind: match policy {
			Policy::Corrected => f64::max(median, together),
			Policy::AsPublished => median,
		},
		max_steps_behind: steps.last().copied().unwrap_or(f64::INFINITY),
		..compared
	}
}

/// In f64, where two finite f32 have a finite difference.
fn difference((own, peer): (f32, f32)) -> f64 {
	(f64::from(own) - f64::from(peer)).abs()
}

#[cfg(test)]
mod tests;
