// SPDX-License-Identifier: Apache-2.0
//! Who copied whom: two honest steps come from different pages and do not point the same way.
//!
//! Finds a slice that is repeated, scaled or changed a little. One that is changed a lot is another slice, and scores like
//! one.

use serde::{Deserialize, Serialize};

use super::{baseline::Baseline, cosine::Products};
use crate::Uid;

/// What the comparison needs of one slice.
#[derive(Clone, Copy, Debug)]
pub struct Submission<'a, Values> {
	/// Who uploaded it.
	pub uid: Uid,
	/// When the store received it, in milliseconds since the Unix epoch.
	pub uploaded_ms: u64,
	/// Its values of each parameter; it has passed [`Baseline::check`].
	pub slice: &'a [Values],
}

/// A slice whose step is an earlier one's.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Copied {
	/// Who copied.
	pub offender: Uid,
	/// Whom.
	pub original: Uid,
	/// Cosine of the two steps, `[threshold, 1]`.
	pub similarity: f64,
}

/// The copies among `submissions`: of each pair whose steps from `baseline` have a cosine of `threshold` or more, the later
/// upload. Stores date uploads coarsely: a tie goes against the higher uid, so that every validator decides alike.
///
/// A step of nothing is nobody's copy. Takes a pass over the values of both for each pair.
pub fn copies<Values: AsRef<[f32]>>(
	baseline: &Baseline,
	submissions: &[Submission<Values>],
	threshold: f64,
) -> Vec<Copied> {
	let mut by_time: Vec<_> = submissions.iter().collect();
	by_time.sort_by_key(|submission| (submission.uploaded_ms, submission.uid));
	let mut found = Vec::new();
	for (earlier, later) in by_time.iter().enumerate() {
		for first in by_time.iter().take(earlier) {
			let similarity = similarity(baseline, first.slice, later.slice);
			if similarity >= threshold {
				found.push(Copied { offender: later.uid, original: first.uid, similarity });
			}
		}
	}
	found
}

/// The cosine of two steps over all parameters together.
fn similarity<Values: AsRef<[f32]>>(baseline: &Baseline, first: &[Values], second: &[Values]) -> f64 {
	let mut whole = Products::default();
	for ((own, first), second) in baseline.parameters().iter().zip(first).zip(second) {
		whole.add(Products::of(own.step_to(first.as_ref()).zip(own.step_to(second.as_ref()))));
	}
	whole.cosine()
}

#[cfg(test)]
mod tests {
	use super::*;

	const OWN: [&[f32]; 2] = [&[3.0, 4.0], &[1.0]];

	/// Uids from 1 on, uploaded one second after the other.
	#[track_caller]
	fn check(slices: &[[&[f32]; 2]], expected: &[(Uid, Uid)]) {
		let baseline = Baseline::new(&OWN, 0.5).unwrap();
		let submission = |(uid, slice)| Submission { uid, uploaded_ms: u64::from(uid) * 1_000, slice };
		let mut submissions: Vec<_> = (1..).zip(slices.iter().map(|slice| &slice[..])).map(submission).collect();
		for _ in 0..2 {
			let found = copies(&baseline, &submissions, 0.99);
			let pairs: Vec<_> = found.iter().map(|copied| (copied.offender, copied.original)).collect();
			assert_eq!(pairs, expected);
			submissions.reverse(); // Their order is no difference.
		}
	}

	#[test]
	fn the_later_of_two_equal_steps_is_the_copy() {
		check(&[[&[2.9, 4.1], &[1.1]], [&[3.1, 4.1], &[1.0]], [&[2.9, 4.1], &[1.1]]], &[(3, 1)]);
	}

	#[test]
	fn a_scaled_or_slightly_changed_step_is_a_copy() {
		check(&[[&[2.9, 4.1], &[1.1]], [&[2.8, 4.2], &[1.2]], [&[2.9, 4.1], &[1.09]]], &[(2, 1), (3, 1), (3, 2)]);
	}

	#[test]
	fn steps_of_their_own_are_none() {
		check(&[[&[2.9, 4.1], &[1.1]], [&[3.1, 3.9], &[0.9]], [&[2.9, 4.0], &[1.1]]], &[]);
	}

	#[test]
	fn who_does_nothing_copies_nobody() {
		check(&[OWN, OWN], &[]);
	}

	#[test]
	fn a_tie_in_time_goes_against_the_higher_uid() {
		let baseline = Baseline::new(&OWN, 0.5).unwrap();
		let slice: [&[f32]; 2] = [&[2.9, 4.1], &[1.1]];
		let submissions = [7, 2].map(|uid| Submission { uid, uploaded_ms: 5, slice: &slice });
		let found = copies(&baseline, &submissions, 0.99);
		assert_eq!((found.len(), found[0].offender, found[0].original), (1, 7, 2));
	}
}
