// SPDX-License-Identifier: Apache-2.0

//! Which slices of a window count. Pure: nodes that hold the same parameters and fetch the same objects decide alike.
//!
//! The reference writes the mean of all states into the model first, which brings back a node that has drifted. But a mean
//! lets a single miner move the ground on which everybody's step is measured. Nodes in step hold the same to the last bit,
//! so here the state counts that more than half of the miners hold; where it is one's own, as it should be, nothing changes.
//! A node that differs takes it: after that its parameters are, where slices are compared, what the others' are, and it
//! judges and steps as they do. What no slice has held since it drifted comes back with the slices of later windows.

use std::collections::BTreeMap;
use std::fmt;

use mechanisms::boltzmann::copies::{copies, Copied, Submission as Compared};
use mechanisms::boltzmann::{aggregate, Baseline, InvalidSlice, Params};
use mechanisms::Uid;

use super::gather::Submission;
use super::slice::Values;

/// What is to be held of a delta, before anybody measures it.
#[derive(Clone, Debug, PartialEq)]
pub enum Finding {
	/// It makes the step, with the others.
	Accepted,
	/// Training could not have made it.
	Invalid(InvalidSlice),
	/// Its step is that of another miner, who was first.
	Copied(Copied),
}

/// Whether our parameters are those of the others, where the window's slices are from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Agreement {
	/// They are, or there are no others enough to tell.
	InStep,
	/// They were not, and are now.
	Repaired,
	/// They are too far apart for either to be a step of training from the other. Ours stay.
	TooFar(InvalidSlice),
}

/// A number of ours that is not finite: nobody can be judged by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("our own parameters are not finite")]
pub struct NotFinite;

/// The state that more than half of those who have uploaded one hold, if so many are at least `minimum`.
pub fn agreed(submissions: &BTreeMap<Uid, Submission>, minimum: usize) -> Option<&Values> {
	let states = || submissions.values().filter_map(Submission::content);
	// Boyer and Moore's vote (1981): whoever has more than half outlives the pairing off of unequal ones.
	let (mut candidate, mut lead) = (None, 0_usize);
	for state in states() {
		match lead {
			0 => (candidate, lead) = (Some(state), 1),
			_ if candidate == Some(state) => lead += 1,
			_ => lead -= 1,
		}
	}
	let votes = states().filter(|state| candidate == Some(*state)).count();
	candidate.filter(|_| 2 * votes > states().count() && votes >= minimum)
}

/// How `own` values stand to the agreed `state`.
pub fn compare(own: &Values, state: &Values, scoring: &Params) -> Result<Agreement, NotFinite> {
	if own == state {
		return Ok(Agreement::InStep);
	}
	Ok(match baseline(own, scoring)?.check(state) {
		Ok(()) => Agreement::Repaired,
		Err(why) => Agreement::TooFar(why),
	})
}

/// What is to be held of each of `deltas` that there is, against our `own` values.
pub fn findings(
	own: &Values,
	deltas: &BTreeMap<Uid, Submission>,
	scoring: &Params,
) -> Result<BTreeMap<Uid, Finding>, NotFinite> {
	let baseline = baseline(own, scoring)?;
	let mut found = BTreeMap::new();
	let mut compared = Vec::new();
	for (&uid, submission) in deltas {
		let Submission::Content { content: slice, uploaded_ms } = submission else { continue };
		let finding = match baseline.check(slice) {
			Ok(()) => {
				compared.push(Compared { uid, uploaded_ms: *uploaded_ms, slice });
				Finding::Accepted
			},
			Err(why) => Finding::Invalid(why),
		};
		found.insert(uid, finding);
	}
	for copied in copies(&baseline, &compared, scoring.copy_similarity) {
		found.insert(copied.offender, Finding::Copied(copied));
	}
	Ok(found)
}

/// The miners whose deltas make the step, ascending. None if fewer than `minimum` are accepted.
pub fn gathered(findings: &BTreeMap<Uid, Finding>, minimum: usize) -> Vec<Uid> {
	let accepted = accepted(findings);
	if accepted.len() < minimum {
		Vec::new()
	} else {
		accepted
	}
}

/// The miners whose deltas are accepted, ascending.
pub fn accepted(findings: &BTreeMap<Uid, Finding>) -> Vec<Uid> {
	findings.iter().filter(|(_, finding)| **finding == Finding::Accepted).map(|(uid, _)| *uid).collect()
}

/// The mean of some slices, in the order given: by ascending uid, all nodes get the same bits. Empty without slices.
pub fn mean(slices: &[&Values]) -> Result<Values, aggregate::AggregateError> {
	let parameters = slices.first().map_or(0, |slice| slice.len());
	let mean = |parameter: usize| {
		let values: Vec<&[f32]> = slices.iter().filter_map(|slice| slice.get(parameter)).map(Vec::as_slice).collect();
		Ok(aggregate::mean(&values)?.unwrap_or_default())
	};
	(0..parameters).map(mean).collect()
}

/// What slices are held against.
pub fn baseline<'a>(own: &'a Values, scoring: &Params) -> Result<Baseline<'a>, NotFinite> {
	let own: Vec<&[f32]> = own.iter().map(Vec::as_slice).collect();
	Baseline::new(&own, scoring.max_relative_change).ok_or(NotFinite)
}

impl fmt::Display for Finding {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		match self {
			Self::Accepted => f.write_str("accepted"),
			Self::Invalid(why) => write!(f, "no step of training: {why:?}"),
			Self::Copied(Copied { original, similarity, .. }) => {
				write!(f, "copied from {original}: the steps agree by {similarity:.4}")
			},
		}
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::boltzmann::hparams::tests::localnet;

	fn submission(values: &[f32], uploaded_ms: u64) -> Submission {
		Submission::Content { content: vec![values.into()], uploaded_ms }
	}

	/// States of uids from 1 on; the last one could not be read.
	#[track_caller]
	fn check_agreed(states: &[&[f32]], minimum: usize, expected: Option<&[f32]>) {
		let mut submissions: BTreeMap<_, _> =
			(1..).zip(states).map(|(uid, state)| (uid, submission(state, 0))).collect();
		submissions.insert(99, Submission::Missing);
		let expected = expected.map(|values| vec![values.to_vec()]);
		assert_eq!(agreed(&submissions, minimum), expected.as_ref());
	}

	#[test]
	fn the_state_of_more_than_half_counts() {
		check_agreed(&[&[1.0], &[2.0], &[1.0]], 2, Some(&[1.0]));
		check_agreed(&[&[3.0], &[2.0], &[2.0], &[3.0], &[2.0]], 3, Some(&[2.0]));
		check_agreed(&[&[1.0], &[1.0], &[2.0], &[2.0]], 1, None);
		check_agreed(&[&[1.0], &[2.0], &[3.0]], 1, None);
		check_agreed(&[&[1.0], &[1.0]], 3, None);
		check_agreed(&[], 1, None);
		check_agreed(&[&[f32::NAN], &[f32::NAN]], 1, None);
	}

	#[test]
	fn a_node_that_drifted_a_little_takes_what_the_others_hold() {
		let scoring = localnet().scoring;
		let own = vec![vec![3.0, 4.0]];
		assert_eq!(compare(&own, &own, &scoring), Ok(Agreement::InStep));
		assert_eq!(compare(&own, &vec![vec![3.0, 4.001]], &scoring), Ok(Agreement::Repaired));
		let far = InvalidSlice::TooFar { parameter: 0 };
		assert_eq!(compare(&own, &vec![vec![3e9, 4.0]], &scoring), Ok(Agreement::TooFar(far)));
		assert_eq!(compare(&vec![vec![f32::NAN]], &own, &scoring), Err(NotFinite));
	}

	#[test]
	fn each_delta_is_judged_alone_but_for_copies() {
		let own = vec![vec![3.0, 4.0]];
		let deltas = BTreeMap::from([
			(1, submission(&[3.0, f32::INFINITY], 1)),
			(2, submission(&[3.01, 4.0], 2)),
			(3, submission(&[3.0, 4.01], 2)),
			(4, submission(&[3.02, 4.0], 1)), // The same direction, and earlier than 2.
			(5, submission(&[9e9, 4.0], 1)),
			(6, Submission::Missing),
		]);
		let found = findings(&own, &deltas, &localnet().scoring).expect("ours are finite");
		assert_eq!(found.keys().copied().collect::<Vec<_>>(), [1, 2, 3, 4, 5]);
		assert_eq!(found[&1], Finding::Invalid(InvalidSlice::NotFinite { parameter: 0 }));
		assert!(matches!(found[&2], Finding::Copied(Copied { original: 4, .. })));
		assert_eq!((&found[&3], &found[&4]), (&Finding::Accepted, &Finding::Accepted));
		assert_eq!(found[&5], Finding::Invalid(InvalidSlice::TooFar { parameter: 0 }));
		assert_eq!(accepted(&found), [3, 4]);
		assert_eq!(gathered(&found, 2), [3, 4]);
		assert_eq!(gathered(&found, 3), [] as [Uid; 0], "too few make no step");
	}

	#[test]
	fn a_mean_is_taken_parameter_by_parameter() {
		let (one, other) = (vec![vec![1.0, 2.0], vec![3.0]], vec![vec![3.0, 2.0], vec![4.0]]);
		assert_eq!(mean(&[&one, &other]), Ok(vec![vec![2.0, 2.0], vec![3.5]]));
		assert_eq!(mean(&[]), Ok(Vec::new()));
	}
}
