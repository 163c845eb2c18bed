// SPDX-License-Identifier: Apache-2.0
//! What is mended in the reference's rules: the same window under both policies.

use super::*;

/// Uid 1 after a window more, of a season under the policy.
fn after(params: &Params, change: impl FnOnce(&mut Observations)) -> Peer {
	let mut state = seasoned();
	let mut seen = Observations { active: active(&[1, 2]), ..observations(&state, &[]) };
	seen.current_window = seen.window + 2;
	change(&mut seen);
	state.window(params, &seen).unwrap();
	state.peer(1).cloned().unwrap_or_default()
}

/// The parts of final score and moving average that uid 1 keeps.
#[track_caller]
fn check_policies(params: Params, change: impl Fn(&mut Observations), corrected: (f32, f32), published: (f32, f32)) {
	let before = seasoned().peer(1).unwrap().clone();
	for (params, (score, average)) in [(params.clone(), corrected), (as_published(params), published)] {
		let after = after(&params, &change);
		assert!((after.final_score / before.final_score - score).abs() < 1e-6, "{:?}: {after:?}", params.policy);
		assert!(
			(after.binary_average / before.binary_average - average).abs() < 1e-6,
			"{:?}: {after:?}",
			params.policy
		);
	}
}

/// Away from window 31 on, for as many windows; the chain is `lag` windows ahead.
fn absent(params: &Params, windows: u32, lag: Window) -> State {
	let mut state = seasoned();
	for _ in 0..windows {
		let mut seen = observations(&state, &[]);
		seen.current_window = seen.window + lag;
		state.window(params, &seen).unwrap();
	}
	state
}

/// Trap 1.
#[test]
fn a_slash_of_nine_tenths_leaves_a_tenth_and_left_nine_as_published() {
	let params = Params { missing_gradient_slash_rate: 0.9, sync_score_slash_rate: 0.9, ..seed_params() };
	check_policies(params.clone(), |seen| seen.gather = gather(&[1], &[1]), (0.1, 0.1), (0.9, 0.9));
	let out_of_sync = |seen: &mut Observations| {
		(seen.gather, seen.sync) = (gather(&[1], &[]), [(1, steps_behind(4.0))].into());
	};
	check_policies(params, out_of_sync, (0.1, 0.1), (0.9, 0.9));
	check_policies(seed_params(), |seen| _ = seen.active.remove(&1), (0.75, 1.0), (0.75, 1.0));
}

/// Trap 9.
#[test]
fn who_vanishes_before_a_look_in_between_is_inactive_and_was_lost_as_published() {
	let in_between = |seen: &mut Observations| {
		seen.active.remove(&1);
		seen.refreshed = vec![seen.active.clone()];
	};
	check_policies(seed_params(), in_between, (0.75, 1.0), (1.0, 1.0));
}

/// Trap 9.
#[test]
fn a_lagging_validator_resets_nobody_early_and_did_as_published() {
	let published = as_published(seed_params());
	assert_eq!(absent(&published, 25, 2).peer(1).unwrap().binary_average, 0.0);
	assert!(absent(&published, 24, 2).peer(1).unwrap().binary_average > 0.0);
	assert!(absent(&seed_params(), 26, 2).peer(1).unwrap().binary_average > 0.0);
	assert_eq!(absent(&seed_params(), 27, 2).peer(1), None);
}

#[test]
fn a_reset_forgets_the_rating_and_kept_it_as_published_in_the_seed_version() {
	let rating = seasoned().peer(1).unwrap().rating;
	assert_eq!(absent(&seed_params(), 30, 0).peer(1), None);
	let left = absent(&as_published(seed_params()), 30, 0);
	assert_eq!(left.peer(1), Some(&Peer { rating, evaluated: true, ..Peer::default() }));
	let left = absent(&as_published(head_params()), 30, 0);
	assert_eq!(left.peer(1), Some(&Peer { evaluated: true, ..Peer::default() }));
}

/// A carried score without a rating made the reference's next match fail.
#[test]
fn a_score_carried_into_a_reset_meets_nobody() {
	for params in [seed_params(), head_params(), as_published(head_params())] {
		let mut state = seasoned();
		let alone = observations(&state, &[(1, helps(0.2))]);
		state.window(&params, &alone).unwrap();
		assert!(state.peer(1).unwrap().carried_score.is_some());
		for _ in 0..30 {
			let away = observations(&state, &[]);
			state.window(&params, &Observations { current_window: away.window, ..away }).unwrap();
		}
		let seen = observations(&state, &[(4, helps(0.1))]);
		assert!(state.window(&params, &seen).unwrap().rated.is_empty());
	}
}

#[test]
fn when_nobody_is_found_nobody_is_slashed_and_the_tracked_were_as_published() {
	for (params, slashes) in [(seed_params(), 1), (as_published(seed_params()), 2)] {
		let mut state = absent(&params, 1, 0);
		let before = state.peer(1).unwrap().final_score;
		let blind = Observations { active: BTreeSet::new(), ..observations(&state, &[]) };
		state.window(&params, &blind).unwrap();
		let kept = state.peer(1).unwrap().final_score / before;
		assert!((kept - if slashes == 2 { 0.75 } else { 1.0 }).abs() < 1e-6, "{kept}");
	}
}

#[test]
fn stand_ins_hide_no_failed_gather_and_did_as_published() {
	let mostly_failed = |seen: &mut Observations| {
		seen.gather = gather(&[1, 2, 3], &[1, 2]);
		seen.gather.as_mut().unwrap().stand_ins = [4, 5].into();
	};
	let params = Params { missing_gradient_slash_rate: 0.5, ..head_params() };
	check_policies(params.clone(), mostly_failed, (0.0, 0.0), (0.5, 0.5));
	check_policies(params, |seen| seen.gather = gather(&[1, 2, 3], &[1]), (0.5, 0.5), (0.5, 0.5));
}

#[test]
fn a_score_that_a_gap_cuts_to_next_to_nothing_is_zero() {
	let params = Params { score_zero_threshold: 100.0, ..head_params() };
	let gap = |seen: &mut Observations| seen.gather = gather(&[1, 2, 3], &[1]);
	check_policies(params.clone(), gap, (0.0, 0.25), (0.0, 0.75));
	let away = |seen: &mut Observations| _ = seen.active.remove(&1);
	check_policies(params, away, (0.75, 1.0), (0.75, 1.0));
}

#[test]
fn what_is_burned_is_submitted_with_the_shares() {
	let mut state = seasoned();
	let params = Params { weight_curve: head_params().weight_curve, windows_per_weights: 1, ..seed_params() };
	let seen = Observations { active: active(&[1, 2]), ..observations(&state, &[]) };
	// Uid 1 burns, and is the only one with a positive score: a place is not for it.
	assert_eq!(state.window(&params, &seen).unwrap().submission, Some(vec![(1, 1.0)]));
	assert_eq!((state.peer(1).unwrap().share, state.shares()), (0.0, vec![(1, 1.0)]));
}
