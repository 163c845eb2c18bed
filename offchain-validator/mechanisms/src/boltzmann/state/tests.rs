// SPDX-License-Identifier: Apache-2.0
//! What one window does to what is remembered of a uid.

use proptest::prelude::*;

use super::*;
use crate::boltzmann::params::tests::params;

/// Half of an average is kept.
fn halving(policy: Policy) -> Params {
	Params { validator_moving_alpha: 0.5, windows_per_weights: 10.try_into().unwrap(), policy, ..params() }
}

fn score(state: &mut State, params: &Params, verdicts: &[(Uid, Verdict)]) -> Option<Vec<(Uid, f32)>> {
	let window = state.last_window().map_or(1, |last| last + 1);
	state.window(params, &Observations { window, verdicts: verdicts.iter().copied().collect() }).unwrap()
}

/// Averages after one window with these scores in a state of its own.
fn scored(params: &Params, scores: &[(Uid, f64)]) -> State {
	let mut state = State::default();
	let verdicts: Vec<_> = scores.iter().map(|(uid, score)| (*uid, Verdict::Scored(*score))).collect();
	score(&mut state, params, &verdicts);
	state
}

fn share(state: &State, uid: Uid) -> f32 {
	state.peer(uid).unwrap().share
}

#[test]
fn an_average_starts_at_zero_and_moves_by_its_part() {
	let params = halving(Policy::Corrected);
	let mut state = scored(&params, &[(1, 4.0)]);
	assert_eq!(state.peer(1), Some(&Peer { score: 4.0, average: 2.0, share: 1.0 }));
	score(&mut state, &params, &[(1, Verdict::Scored(-4.0))]);
	assert_eq!(state.peer(1).unwrap().average, -1.0);
}

#[test]
fn averages_become_shares() {
	let state = scored(&halving(Policy::Corrected), &[(1, 3.0), (2, 1.0)]);
	assert_eq!(state.shares(), [(1, 0.75), (2, 0.25)]);
}

/// Trap 16.
#[test]
fn a_negative_average_earns_nothing_and_takes_from_nobody() {
	let scores = [(1, 3.0), (2, -2.0)];
	assert_eq!(scored(&halving(Policy::Corrected), &scores).shares(), [(1, 1.0)]);
	let published = scored(&halving(Policy::AsPublished), &scores);
	assert!(share(&published, 1) > 2.9 && share(&published, 2) < -1.9);
}

/// Trap 16.
#[test]
fn who_scores_worst_is_not_paid_when_all_score_badly() {
	let scores = [(1, 1.0), (2, -5.0)];
	assert_eq!(scored(&halving(Policy::Corrected), &scores).shares(), [(1, 1.0)]);
	let published = scored(&halving(Policy::AsPublished), &scores);
	assert!(share(&published, 1) < 0.0 && share(&published, 2) > 1.0);
}

/// Trap 16.
#[test]
fn a_share_is_not_left_over_from_an_average_that_is_gone() {
	for (policy, left) in [(Policy::Corrected, 0.0), (Policy::AsPublished, 0.5)] {
		let params = Params { validator_moving_alpha: 0.0, ..halving(policy) };
		let mut state = scored(&params, &[(1, 4.0), (2, 4.0)]);
		score(&mut state, &params, &[(1, Verdict::Scored(0.0))]);
		assert_eq!(share(&state, 1), left, "{policy:?}");
		assert!(share(&state, 2) > 0.99);
	}
}

#[test]
fn noise_below_the_floor_earns_nothing() {
	let scores = [(1, 1.0), (2, 0.9), (3, 0.1), (4, 0.05)];
	let params = Params { average_floor: 0.1, ..halving(Policy::Corrected) };
	let earning: Vec<Uid> = scored(&params, &scores).shares().into_iter().map(|(uid, _)| uid).collect();
	assert_eq!(earning, [1, 2]);
	assert_eq!(scored(&halving(Policy::Corrected), &scores).shares().len(), 4);
}

#[test]
fn who_publishes_nothing_of_use_loses_by_it() {
	let average_after = |policy, verdict| {
		let params = halving(policy);
		let mut state = scored(&params, &[(1, 4.0)]);
		score(&mut state, &params, &[(1, verdict)]);
		state.peer(1).unwrap().average
	};
	for (verdict, average) in [
		(Verdict::Missing, 1.0),
		(Verdict::Invalid, 0.0),
		(Verdict::Copied, 0.0),
		(Verdict::Unjudged, 2.0),
		(Verdict::Scored(f64::NAN), 2.0),
		(Verdict::Scored(f64::INFINITY), 2.0),
	] {
		assert_eq!(average_after(Policy::Corrected, verdict), average, "{verdict:?}");
		assert_eq!(average_after(Policy::AsPublished, verdict), 2.0, "{verdict:?}");
	}
}

#[test]
fn no_verdict_is_no_reason_to_change() {
	let params = halving(Policy::Corrected);
	let mut state = scored(&params, &[(1, 4.0), (2, 4.0)]);
	let before = *state.peer(2).unwrap();
	score(&mut state, &params, &[(1, Verdict::Unjudged)]);
	assert_eq!(state.peer(2), Some(&before));
}

/// Trap 11.
#[test]
fn a_reused_uid_inherits_nothing() {
	let mut state = scored(&halving(Policy::Corrected), &[(1, 4.0), (2, 4.0)]);
	state.reset_uid(1);
	assert_eq!(state.peer(1), None);
	assert_eq!(state.shares(), [(2, 1.0)]);
}

#[test]
fn a_window_is_scored_once_but_may_be_left_out() {
	let params = halving(Policy::Corrected);
	let mut state = scored(&params, &[(1, 4.0)]);
	let before = state.clone();
	let seen = |window| Observations { window, verdicts: [(1, Verdict::Scored(1.0))].into() };
	assert_eq!(state.window(&params, &seen(1)), Err(AlreadyScored { window: 1, last: 1 }));
	assert_eq!(state.window(&params, &seen(0)), Err(AlreadyScored { window: 0, last: 1 }));
	assert_eq!(state, before);
	assert_eq!(state.window(&params, &seen(7)), Ok(None));
	assert_eq!(state.last_window(), Some(7));
}

#[test]
fn shares_are_submitted_when_due_and_there_are_any() {
	let params = halving(Policy::Corrected);
	let mut state = State::default();
	for window in 1..=20 {
		let verdict = if window > 10 { Verdict::Scored(1.0) } else { Verdict::Scored(-1.0) };
		assert_eq!(score(&mut state, &params, &[(1, verdict)]), (window == 20).then(|| vec![(1, 1.0)]), "{window}");
	}
}

fn any_verdict() -> impl Strategy<Value = Verdict> {
	prop_oneof![
		6 => prop::num::f64::ANY.prop_map(Verdict::Scored),
		6 => (-1.0..1.0).prop_map(Verdict::Scored),
		1 => Just(Verdict::Missing),
		1 => Just(Verdict::Invalid),
		1 => Just(Verdict::Copied),
		1 => Just(Verdict::Unjudged),
	]
}

proptest! {
	#[test]
	fn whatever_is_seen_the_state_stays_sound(
		windows in prop::collection::vec(prop::collection::btree_map(0u16..8, any_verdict(), 0..5), 1..40),
		kept in 0.0..=0.999_999,
		average_floor in 0.0..=0.9,
		is_published: bool,
	) {
		let policy = if is_published { Policy::AsPublished } else { Policy::Corrected };
		let params = Params { validator_moving_alpha: kept, average_floor, ..halving(policy) };
		let mut state = State::default();
		for (window, verdicts) in (1..).zip(windows) {
			state.window(&params, &Observations { window, verdicts }).unwrap();
			prop_assert!(state.peers().all(|(_, peer)| peer.average.is_finite() && peer.share.is_finite()));
			prop_assert!(is_published || state.peers().all(|(_, peer)| (0.0..=1.0).contains(&peer.share)));
			let sum: f64 = state.shares().iter().map(|(_, share)| f64::from(*share)).sum();
			prop_assert!(state.shares().is_empty() || (sum - 1.0).abs() < 1e-6, "{}", sum);
			let saved = serde_json::to_string(&state).unwrap();
			prop_assert_eq!(&serde_json::from_str::<State>(&saved).unwrap(), &state);
		}
	}

	#[test]
	fn a_better_average_never_earns_less(scores in prop::collection::vec(-1.0..1.0, 2..20), floor in 0.0..=0.9) {
		let scores: Vec<(Uid, f64)> = (0..).zip(scores).collect();
		let state = scored(&Params { average_floor: floor, ..halving(Policy::Corrected) }, &scores);
		for (_, one) in state.peers() {
			prop_assert!(state.peers().all(|(_, other)| one.average < other.average || one.share >= other.share));
		}
	}
}
