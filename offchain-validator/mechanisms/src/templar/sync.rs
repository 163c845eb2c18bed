// SPDX-License-Identifier: Apache-2.0
//! How many optimiser steps a peer's model is from ours, told from a few sampled elements of each parameter.

use std::{collections::BTreeMap, ops::Range};

use serde::{Deserialize, Serialize};

/// Which elements of a flattened parameter a peer publishes after each window.
pub const SAMPLED: Range<usize> = 10..12;

/// Steps behind from which on the score is zero.
const WORTHLESS: f64 = 5.0;
/// Bend of the score curve: the first steps cost most.
const CURVATURE: f64 = 2.5;

/// The elements [`SAMPLED`] of each parameter, by the parameter's name.
pub type Samples = BTreeMap<String, Vec<f32>>;

/// The sampled elements of one flattened parameter; `None` for one too small to be sampled.
pub fn sample(parameter: &[f32]) -> Option<&[f32]> {
	parameter.get(SAMPLED)
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
	/// Mean difference in steps: a signed update moves an element by the learning rate, or not at all.
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
/// `learning_rate` is that of the last update. Every parameter that we sample must be there, complete and finite; what the
/// peer adds is not looked at.
pub fn judge(own: &Samples, peer: Option<&Samples>, learning_rate: f64) -> SyncVerdict {
	let has_own = own.values().flatten().next().is_some() && own.values().flatten().all(|value| value.is_finite());
	if !(has_own && learning_rate.is_normal() && learning_rate > 0.0) {
		return SyncVerdict::Unjudged;
	}
	let Some(peer) = peer else { return SyncVerdict::Failed(SyncFailure::NothingPublished) };
	match own.iter().find_map(|(name, values)| failure(name, values, peer.get(name))) {
		Some(failure) => SyncVerdict::Failed(failure),
		None => {
			let theirs = own.keys().filter_map(|name| peer.get(name)).flatten();
			let pairs = own.values().flatten().zip(theirs).map(|(own, peer)| (*own, *peer));
			SyncVerdict::Compared(compare(pairs, learning_rate))
		},
	}
}

fn failure(name: &str, own: &[f32], peer: Option<&Vec<f32>>) -> Option<SyncFailure> {
	match peer {
		None => Some(SyncFailure::ParameterMissing(name.to_owned())),
		Some(peer) if peer.len() != own.len() => Some(SyncFailure::WrongLength(name.to_owned())),
		Some(peer) if !peer.iter().all(|value| value.is_finite()) => Some(SyncFailure::NotFinite(name.to_owned())),
		Some(_) => None,
	}
}

/// Distances over `(own, peer)` pairs of elements, which are finite.
///
/// Without pairs the averages are infinite; without a positive learning rate the steps are.
pub fn compare(pairs: impl IntoIterator<Item = (f32, f32)>, learning_rate: f64) -> Comparison {
	let (mut squares, mut sum, mut max_diff, mut param_count) = (0.0, 0.0, 0.0f64, 0usize);
	for (own, peer) in pairs {
		// In f64, where two finite f32 have a finite difference.
		let difference = (f64::from(own) - f64::from(peer)).abs();
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

#[cfg(test)]
mod tests {
	use proptest::prelude::*;

	use super::*;

	const LEARNING_RATE: f64 = 0.5;

	fn samples(list: &[(&str, &[f32])]) -> Samples {
		list.iter().map(|(name, values)| ((*name).to_owned(), values.to_vec())).collect()
	}

	fn own() -> Samples {
		samples(&[("a", &[1.0, 2.0]), ("b", &[3.0, 4.0])])
	}

	#[track_caller]
	fn check_failed(peer: &[(&str, &[f32])], expected: SyncFailure) {
		assert_eq!(judge(&own(), Some(&samples(peer)), LEARNING_RATE), SyncVerdict::Failed(expected));
	}

	#[test]
	fn distance_is_counted_in_learning_rates() {
		let peer = samples(&[("a", &[1.5, 2.0]), ("b", &[3.0, 2.5]), ("extra", &[f32::NAN])]);
		let SyncVerdict::Compared(compared) = judge(&own(), Some(&peer), LEARNING_RATE) else { panic!("compared") };
		assert_eq!((compared.avg_abs_diff, compared.avg_steps_behind), (0.5, 1.0));
		assert_eq!((compared.max_diff, compared.max_steps_behind, compared.param_count), (1.5, 3.0, 4));
	}

	#[test]
	fn one_right_parameter_hides_no_other() {
		check_failed(&[("a", &[1.0, 2.0])], SyncFailure::ParameterMissing("b".into()));
		check_failed(&[("a", &[1.0, 2.0]), ("b", &[])], SyncFailure::WrongLength("b".into()));
		check_failed(&[("a", &[1.0, 2.0]), ("b", &[3.0])], SyncFailure::WrongLength("b".into()));
		check_failed(&[("a", &[f32::NAN, 2.0]), ("b", &[3.0, 4.0])], SyncFailure::NotFinite("a".into()));
		check_failed(&[("a", &[1.0, 2.0]), ("b", &[3.0, f32::INFINITY])], SyncFailure::NotFinite("b".into()));
		assert_eq!(judge(&own(), None, LEARNING_RATE), SyncVerdict::Failed(SyncFailure::NothingPublished));
	}

	#[test]
	fn what_we_cannot_compare_with_accuses_nobody() {
		let broken = samples(&[("a", &[f32::NAN, 2.0])]);
		for (own, learning_rate) in [(own(), 0.0), (own(), f64::NAN), (Samples::new(), 1.0), (broken, 1.0)] {
			assert_eq!(judge(&own, None, learning_rate), SyncVerdict::Unjudged);
		}
	}

	#[test]
	fn small_parameters_are_not_sampled() {
		assert_eq!(sample(&[0.0; 11]), None);
		assert_eq!(sample(&[0.0; 12]), Some(&[0.0; 2][..]));
	}

	#[test]
	fn a_distance_that_is_none_scores_zero() {
		assert_eq!((score(f64::NAN), score(f64::INFINITY), score(5.0), score(0.0)), (0.0, 0.0, 0.0, 1.0));
	}

	proptest! {
		#[test]
		fn a_peer_never_stops_us(peer: Option<BTreeMap<String, Vec<f32>>>, a: Vec<f32>, rate: f64) {
			let own = Samples::from([("a".to_owned(), a)]);
			if let SyncVerdict::Compared(compared) = judge(&own, peer.as_ref(), rate) {
				prop_assert!((0.0..=1.0).contains(&compared.score()));
			}
		}

		#[test]
		fn further_behind_never_scores_more(a in 0.0..10.0, b in 0.0..10.0) {
			prop_assert!(score(f64::max(a, b)) <= score(f64::min(a, b)));
		}
	}
}
