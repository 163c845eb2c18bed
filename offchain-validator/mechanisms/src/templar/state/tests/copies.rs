// SPDX-License-Identifier: Apache-2.0
//! What copying costs by its level.

use super::*;
use crate::templar::params::Copies;

/// A window in which uid 1 is active and has copied a `share`, and is said to be good all the same.
fn copying(state: &State, share: f64) -> Observations {
	let mut seen = observations(state, &[(1, helps(0.2)), (2, helps(0.1))]);
	seen.copied = [(1, share)].into();
	seen
}

#[track_caller]
fn after(params: &Params, share: f64) -> (State, Outcome) {
	let mut state = seasoned();
	let seen = copying(&state, share);
	let outcome = state.window(params, &seen).unwrap();
	(state, outcome)
}

#[test]
fn a_copy_of_less_than_half_halves_the_scores() {
	let before = seasoned().peer(1).unwrap().clone();
	let (state, outcome) = after(&head_params(), 0.45);
	let copier = state.peer(1).unwrap();
	assert!((copier.final_score / before.final_score - 0.5).abs() < 1e-6);
	assert!((copier.binary_average / before.binary_average - 0.5).abs() < 1e-6);
	assert_eq!((copier.rating, outcome.resets), (before.rating, vec![]));
}

#[test]
fn a_copy_of_half_resets_and_one_of_more_bars() {
	let (state, outcome) = after(&head_params(), 0.55);
	assert_eq!((state.peer(1).unwrap().rating, outcome.resets, state.is_naughty(1)), (None, vec![1], false));
	let (state, outcome) = after(&head_params(), 0.95);
	assert_eq!((state.peer(1).unwrap().rating, outcome.resets), (None, vec![1]));
	assert_eq!(state.naughty(), &[(1, 199)].into());
}

#[test]
fn a_copy_competes_with_nobody_and_did_as_published() {
	let (state, outcome) = after(&head_params(), 0.45);
	assert_eq!((outcome.rated, state.peer(1).unwrap().waiting), (vec![], Some(1)));
	let (_, outcome) = after(&as_published(head_params()), 0.45);
	assert_eq!(outcome.rated, [1, 2]);
}

#[test]
fn while_the_model_is_raw_nothing_is_a_copy() {
	let mut state = seasoned();
	let seen = Observations { global_step: 19, ..copying(&state, 0.95) };
	let outcome = state.window(&head_params(), &seen).unwrap();
	assert_eq!((outcome.slashes, outcome.rated, state.is_naughty(1)), (vec![], vec![1, 2], false));
}

#[test]
fn who_is_barred_counts_down_every_window_and_as_published_only_with_a_gather() {
	for (params, left) in [(head_params(), 198), (as_published(head_params()), 199)] {
		let (mut state, _) = after(&params, 0.95);
		let failed = Observations { gather: None, ..observations(&state, &[]) };
		state.window(&params, &failed).unwrap();
		assert_eq!(state.naughty(), &[(1, left)].into());
	}
}

#[test]
fn who_is_barred_earns_nothing_and_ends_it_neither_by_leaving_nor_by_a_lesser_copy() {
	let params = Params { copies: Copies::Levels { first_step: 0, naughty_peer_timeout: 9 }, ..head_params() };
	let (mut state, _) = after(&params, 0.95);
	let good = observations(&state, &[(1, helps(0.2)), (2, helps(0.1))]);
	assert!(state.window(&params, &good).unwrap().rated.is_empty());
	let lesser = copying(&state, 0.45);
	state.window(&params, &lesser).unwrap();
	for _ in 0..5 {
		let away = observations(&state, &[]);
		state.window(&params, &away).unwrap();
	}
	assert_eq!((state.peer(1), state.naughty()), (None, &[(1, 1)].into()));
	let last = observations(&state, &[]);
	state.window(&params, &last).unwrap();
	assert!(!state.is_naughty(1));
}
