// SPDX-License-Identifier: Apache-2.0
//! What happens from window to window: who goes, comes, is drawn, and what is kept.

use super::*;
use crate::Policy;

#[test]
fn who_stays_away_too_long_is_forgotten() {
	let mut state = seasoned();
	let mut resets = Vec::new();
	for _ in 0..60 {
		let seen = observations(&state, &[]);
		resets.extend(score(&mut state, &seen).resets.into_iter().map(|uid| (uid, seen.window)));
	}
	assert_eq!(resets, [(1, 57), (2, 57)]); // Away since 31, and reset once.
	assert_eq!((state.peer(1), state.peer(2)), (None, None));
}

#[test]
fn inactivity_ends_when_the_uid_is_seen() {
	let mut state = seasoned();
	let away = observations(&state, &[]);
	score(&mut state, &away);
	assert_eq!((state.peer(1).unwrap().inactive_since, state.peer(1).unwrap().waiting), (Some(31), None));
	let back = Observations { active: active(&[1]), ..observations(&state, &[]) };
	score(&mut state, &back);
	assert_eq!((state.peer(1).unwrap().inactive_since, state.peer(1).unwrap().waiting), (None, Some(2)));
}

/// Trap 9. Found by level: that nobody looked in the window in which it left changes nothing but the date.
#[test]
fn who_left_unseen_is_found_later() {
	let mut state = seasoned();
	let unseen = Observations { excused: [1].into(), ..observations(&state, &[]) };
	score(&mut state, &unseen);
	assert_eq!(state.peer(1).unwrap().inactive_since, None);
	let seen = observations(&state, &[]);
	score(&mut state, &seen);
	assert_eq!(state.peer(1).unwrap().inactive_since, Some(32));
}

/// Trap 11.
#[test]
fn a_reused_uid_inherits_nothing() {
	let mut state = seasoned();
	state.naughty.insert(1, 9);
	state.reset_uid(1);
	assert_eq!((state.peer(1), state.is_naughty(1)), (None, false));
	assert!(state.shares().is_empty());
}

/// Trap 10.
#[test]
fn a_restart_forgets_nothing() {
	let mut state = seasoned();
	let alone = observations(&state, &[(1, helps(0.2))]); // A carried score, somebody evaluated, somebody inactive.
	score(&mut state, &alone);
	state.naughty.insert(3, 9);
	let saved = serde_json::to_string(&state).unwrap();
	let mut restored: State = serde_json::from_str(&saved).unwrap();
	assert_eq!(restored, state);
	let seen = observations(&state, &[(2, helps(0.1)), (4, Verdict::Missing)]);
	assert_eq!(score(&mut restored, &seen), score(&mut state, &seen));
	assert_eq!(restored, state);
}

#[test]
fn a_window_is_scored_once() {
	let mut state = seasoned();
	let before = state.clone();
	let again = Observations { window: 30, ..observations(&state, &[(1, helps(0.1))]) };
	let refused = state.window(&seed_params(), &again);
	assert_eq!(refused, Err(WindowError::AlreadyScored { window: 30, last: 30 }));
	assert_eq!(state, before);
}

#[test]
fn what_cannot_be_rated_changes_nothing() {
	let mut state = seasoned();
	state.peers.get_mut(&1).unwrap().rating = Some(Rating { mu: f64::NAN, sigma: 1.0 });
	let (before, seen) =
		(format!("{state:?}"), observations(&state, &[(1, helps(0.2)), (2, Verdict::Missing), (3, helps(0.1))]));
	assert!(matches!(state.window(&seed_params(), &seen), Err(WindowError::Rating(_))));
	assert_eq!(format!("{state:?}"), before);
}

#[test]
fn shares_are_submitted_when_due() {
	let mut state = seasoned();
	for window in 31..=50 {
		let seen = Observations { active: active(&[1, 2]), ..observations(&state, &[]) };
		let submission = score(&mut state, &seen).submission;
		assert_eq!(submission, (window == 50).then(|| vec![(1, 1.0)]));
	}
	assert_eq!(score(&mut State::default(), &Observations { window: 50, ..Observations::default() }).submission, None);
}

/// Shares sum to one after every window, also after one without a gather. As published they do not.
#[test]
fn what_a_reset_uid_leaves_goes_to_the_others() {
	for (policy, left) in [(Policy::Corrected, 1.0), (Policy::AsPublished, 0.5)] {
		let params = Params { policy, ..seed_params() };
		let mut state = seasoned();
		state.peers.get_mut(&2).unwrap().final_score = state.peer(1).unwrap().final_score;
		let seen = Observations { active: active(&[1, 2]), ..observations(&state, &[]) };
		state.window(&params, &seen).unwrap();
		assert_eq!(state.shares(), [(1, 0.5), (2, 0.5)]);
		state.reset_uid(1);
		let seen = Observations { active: active(&[2]), gather: None, ..observations(&state, &[]) };
		state.window(&params, &seen).unwrap();
		assert_eq!(state.shares(), [(2, left)]);
	}
}

#[test]
fn who_waited_longer_is_likelier_drawn() {
	let mut state = State::default();
	let seen = observations(&state, &[(1, Verdict::Missing)]);
	score(&mut state, &seen);
	assert_eq!((state.peer(1).unwrap().waiting, state.peer(WITNESS).unwrap().waiting), (Some(1), Some(2)));
	let params = Params { uids_per_window: 2, ..seed_params() };
	// Uid 5 is new. The weights are 1, 1 and 2, and two are drawn however many draws there are.
	assert_eq!(state.sample(&params, &active(&[1, 5]), &[0.6, 0.4, 0.1]), [WITNESS, 1]);
	assert_eq!(state.sample(&params, &active(&[1, 5]), &[0.3]), [5]);
}

#[test]
fn uids_are_drawn_from_one_bin_of_skill_and_never_while_barred() {
	let mut state = seasoned(); // Uid 1 is best, 2 worst.
	let params = Params { uids_per_window: 1, num_evaluation_bins: 2, ..head_params() };
	let all = active(&[1, 2]);
	assert_eq!(state.sample(&params, &all, &[0.4, 0.0]), [1]);
	assert_eq!(state.sample(&params, &all, &[0.6, 0.0]), [2]);
	state.naughty.insert(1, 9);
	assert_eq!(state.sample(&params, &all, &[0.4, 0.0]), [WITNESS]);
	assert!(state.sample(&params, &all, &[]).is_empty());
}

#[test]
fn the_signs_of_the_last_twenty_gradient_scores_are_kept() {
	let history = seasoned().peer(1).unwrap().negative_history.clone();
	assert_eq!(history, [false; 20]);
}
