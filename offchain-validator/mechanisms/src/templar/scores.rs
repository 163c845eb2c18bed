// SPDX-License-Identifier: Apache-2.0
//! From the losses before and after a submission to the scores of one uid in one window.

use serde::{Deserialize, Serialize};

use super::state::Verdict;

/// Cross-entropy losses of one uid's evaluation, in nats, each summed over the batches of its set.
///
/// Before and after are taken on the same batches, so their number cancels. The miner's `own` pages are those assigned to
/// it in this window; the `random` ones could not be known to it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Losses {
	/// On the miner's own pages, before its gradient is applied.
	pub own_before: f64,
	/// On the miner's own pages, after.
	pub own_after: f64,
	/// On random pages, before.
	pub random_before: f64,
	/// On random pages, after.
	pub random_after: f64,
}

/// What losses tell about a submission.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Judgement {
	/// All losses can be compared.
	Scored(Scores),
	/// The gradient made a loss infinite or not a number: the miner's doing.
	Exploded,
	/// A loss was unusable before the gradient was applied: our model's or our data's doing, and no ground to slash.
	NoBaseline,
}

/// Scores of one uid from one evaluation. All are finite.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scores {
	/// Part of the loss on random pages that the gradient removes; at most 1, negative when it adds. Ranks the uids of a
	/// window.
	pub gradient_score: f32,
	/// Part of the loss on the miner's own pages that the gradient removes; at most 1.
	pub own_improvement: f64,
	/// As [`Self::gradient_score`], not rounded; zero where there was no loss to remove.
	pub random_improvement: f64,
}

impl Losses {
	/// The scores that follow, or whose doing it is that there are none.
	pub fn judge(&self) -> Judgement {
		if !(self.own_before.is_finite() && self.random_before.is_finite() && self.random_before > 0.0) {
			return Judgement::NoBaseline;
		}
		let own_improvement =
			if self.own_before > 0.0 { (self.own_before - self.own_after) / self.own_before } else { 0.0 };
		let random_improvement = (self.random_before - self.random_after) / self.random_before;
		let gradient_score = random_improvement as f32; // May overflow where the f64 does not.
		if self.own_after.is_finite() && own_improvement.is_finite() && gradient_score.is_finite() {
			Judgement::Scored(Scores { gradient_score, own_improvement, random_improvement })
		} else {
			Judgement::Exploded
		}
	}
}

impl From<Judgement> for Verdict {
	fn from(judgement: Judgement) -> Self {
		match judgement {
			Judgement::Scored(scores) => Verdict::Scored(scores),
			Judgement::Exploded => Verdict::Invalid,
			Judgement::NoBaseline => Verdict::Unjudged,
		}
	}
}

impl Scores {
	/// `+1` if the gradient helps more on the miner's own pages than on random ones, so that it was likely computed from
	/// them; else `-1`, also when both are equal.
	pub fn binary(&self) -> i8 {
		if self.own_improvement > self.random_improvement {
			1
		} else {
			-1
		}
	}
}

/// The moving average of the binary indicator after one more; `[-1, 1]`. `alpha` is the part of the newest, `[0, 1]`.
pub fn moving_average(previous: f32, binary: i8, alpha: f64) -> f32 {
	((1.0 - alpha) * f64::from(previous) + alpha * f64::from(binary)) as f32
}

/// The score that shares are made of: what the uid can do, times how surely it did it on its pages, times how close its
/// model is to ours.
///
/// Of the rating it takes the ordinal, which an unknown miner has none of, so that joining anew never pays. Negative when
/// the ordinal is; zero when the average is not positive, so that two negatives do not make a score.
pub fn final_score(ordinal: f64, binary_average: f32, sync_score: f32) -> f32 {
	(ordinal * f64::from(binary_average.max(0.0)) * f64::from(sync_score)) as f32
}

#[cfg(test)]
mod tests {
	use proptest::prelude::*;

	use super::*;

	const LOSSES: Losses = Losses { own_before: 8.0, own_after: 7.0, random_before: 8.0, random_after: 7.5 };

	#[test]
	fn more_help_on_own_pages_than_on_random_ones_is_told() {
		let Judgement::Scored(scores) = LOSSES.judge() else { panic!("scored") };
		assert_eq!((scores.gradient_score, scores.own_improvement, scores.binary()), (0.0625, 0.125, 1));
		let Judgement::Scored(scores) = (Losses { own_after: 7.5, ..LOSSES }).judge() else { panic!("scored") };
		assert_eq!(scores.binary(), -1);
	}

	#[test]
	fn a_loss_that_explodes_is_the_miners_doing() {
		for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
			assert_eq!(Losses { own_after: bad, ..LOSSES }.judge(), Judgement::Exploded);
			assert_eq!(Losses { random_after: bad, ..LOSSES }.judge(), Judgement::Exploded);
			assert_eq!(Losses { own_before: 0.0, own_after: bad, ..LOSSES }.judge(), Judgement::Exploded);
		}
		assert_eq!(Losses { random_after: 1e300, ..LOSSES }.judge(), Judgement::Exploded);
	}

	#[test]
	fn a_baseline_that_is_none_is_ours() {
		for bad in [f64::NAN, f64::INFINITY] {
			assert_eq!(Losses { own_before: bad, ..LOSSES }.judge(), Judgement::NoBaseline);
			assert_eq!(Losses { random_before: bad, ..LOSSES }.judge(), Judgement::NoBaseline);
		}
		assert_eq!(Losses { random_before: 0.0, ..LOSSES }.judge(), Judgement::NoBaseline);
		assert_eq!(Verdict::from(Judgement::NoBaseline), Verdict::Unjudged);
	}

	#[test]
	fn without_a_loss_on_own_pages_there_is_no_improvement() {
		let judged = Losses { own_before: 0.0, own_after: 0.0, ..LOSSES }.judge();
		assert!(matches!(judged, Judgement::Scored(scores) if scores.own_improvement == 0.0 && scores.binary() == -1));
	}

	#[test]
	fn two_negatives_make_no_score() {
		assert_eq!(final_score(-4.0, -0.5, 1.0), 0.0);
		assert_eq!(final_score(4.0, 0.5, 0.5), 1.0);
	}

	proptest! {
		#[test]
		fn a_judgement_is_finite_or_none(own_before: f64, own_after: f64, random_before: f64, random_after: f64) {
			if let Judgement::Scored(scores) = (Losses { own_before, own_after, random_before, random_after }).judge() {
				prop_assert!(scores.gradient_score.is_finite());
				prop_assert!(scores.own_improvement.is_finite() && scores.random_improvement.is_finite());
			}
		}

		#[test]
		fn an_average_stays_between_its_bounds(previous in -1.0..=1.0f32, up: bool, alpha in 0.0..=1.0) {
			let average = moving_average(previous, if up { 1 } else { -1 }, alpha);
			prop_assert!((-1.0..=1.0).contains(&average));
		}
	}
}
