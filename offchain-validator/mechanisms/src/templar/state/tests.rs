// SPDX-License-Identifier: Apache-2.0
//! What one window does to what is remembered of a uid.

use super::*;
use crate::templar::{
	params::tests::{as_published, head_params, seed_params},
	scores::Losses,
	sync::{compare, SyncFailure, SyncVerdict},
};

mod copies;
mod policies;
mod properties;
mod windows;

/// A uid at which all others are measured: active and gathered in every window, and never judged.
const WITNESS: Uid = 9;

/// A verdict on a gradient that removes `gain` of the loss on random pages, and more on the miner's own.
fn helps(gain: f64) -> Verdict {
	let losses = Losses { own_before: 1.0, own_after: 0.99 - gain, random_before: 1.0, random_after: 1.0 - gain };
	losses.judge().into()
}

fn steps_behind(steps: f32) -> SyncVerdict {
	SyncVerdict::Compared(compare([(steps, 0.0)], 1.0))
}

fn active(uids: &[Uid]) -> BTreeSet<Uid> {
	uids.iter().copied().chain([WITNESS]).collect()
}

/// A window after the last one of `state`, in which all uids of `verdicts` are active and in sync.
fn observations(state: &State, verdicts: &[(Uid, Verdict)]) -> Observations {
	let uids: Vec<Uid> = verdicts.iter().map(|(uid, _)| *uid).collect();
	Observations {
		window: state.last_window().map_or(1, |last| last + 1),
		global_step: 100,
		active: active(&uids),
		gather: Some(Gather::default()),
		sync: uids.iter().map(|uid| (*uid, steps_behind(0.0))).collect(),
		verdicts: verdicts.iter().copied().collect(),
		..Observations::default()
	}
}

#[track_caller]
fn score(state: &mut State, seen: &Observations) -> Outcome {
	state.window(&seed_params(), seen).unwrap()
}

/// Uid 1 is far better than uid 2, over enough windows to have a positive final score.
fn seasoned() -> State {
	let mut state = State::default();
	for _ in 0..30 {
		let seen = observations(&state, &[(1, helps(0.2)), (2, helps(0.1))]);
		score(&mut state, &seen);
	}
	let first = state.peer(1).unwrap();
	assert!(first.final_score > 0.0 && first.binary_average > 0.0 && first.share == 1.0);
	assert!(state.peer(2).unwrap().final_score < 0.0);
	state
}

/// The final score and moving average of uid 1 after one window more, in parts of those before.
#[track_caller]
fn check_kept(change: impl FnOnce(&mut Observations), kept_of_score: f32, kept_of_average: f32) {
	let mut state = seasoned();
	let before = state.peer(1).unwrap().clone();
	let mut seen = Observations { active: active(&[1, 2]), ..observations(&state, &[]) };
	change(&mut seen);
	score(&mut state, &seen);
	let after = state.peer(1).unwrap();
	assert!((after.final_score / before.final_score - kept_of_score).abs() < 1e-6, "{after:?}");
	assert!((after.binary_average / before.binary_average - kept_of_average).abs() < 1e-6, "{after:?}");
}

fn gather(peers: &[Uid], skipped: &[Uid]) -> Option<Gather> {
	let set = |uids: &[Uid]| uids.iter().copied().collect();
	Some(Gather { peers: set(peers), skipped: set(skipped), stand_ins: BTreeSet::new() })
}

#[test]
fn each_offence_costs_its_part() {
	check_kept(|_| (), 1.0, 1.0);
	check_kept(|seen| _ = seen.active.remove(&1), 0.75, 1.0);
	check_kept(|seen| seen.gather = gather(&[1], &[1]), 0.25, 0.25);
	check_kept(|seen| _ = seen.verdicts.insert(1, Verdict::Missing), 0.25, 0.25);
	check_kept(|seen| _ = seen.verdicts.insert(1, Verdict::Invalid), 0.0, 1.0);
	check_kept(|seen| _ = seen.copied.insert(1, 0.9), 0.0, 0.25);
}

#[test]
fn only_gathered_peers_pay_for_being_out_of_sync() {
	for bad in [steps_behind(3.5), SyncVerdict::Failed(SyncFailure::NothingPublished)] {
		let sync = BTreeMap::from([(1, bad)]);
		check_kept(|seen| (seen.gather, seen.sync) = (gather(&[1], &[]), sync.clone()), 0.25, 0.25);
		check_kept(|seen| seen.sync = sync, 1.0, 1.0);
	}
	check_kept(|seen| (seen.gather, seen.sync) = (gather(&[1], &[]), [(1, steps_behind(3.0))].into()), 1.0, 1.0);
}

#[test]
fn one_window_can_cost_three_times() {
	check_kept(
		|seen| {
			seen.gather = gather(&[1], &[1]);
			seen.sync.insert(1, steps_behind(4.0));
			seen.verdicts.insert(1, Verdict::Missing);
		},
		0.25 * 0.25 * 0.25,
		0.25 * 0.25 * 0.25,
	);
}

/// Trap 13.
#[test]
fn our_own_failure_costs_nobody() {
	check_kept(|seen| _ = seen.verdicts.insert(1, Verdict::Unjudged), 1.0, 1.0);
	check_kept(|seen| seen.gather = None, 1.0, 1.0);
	check_kept(|seen| seen.gather = gather(&[1], &[]), 1.0, 1.0); // No sync is known.
	check_kept(|seen| (seen.gather, seen.sync) = (gather(&[1], &[]), [(1, SyncVerdict::Unjudged)].into()), 1.0, 1.0);
	check_kept(|seen| (seen.active, seen.excused) = (active(&[]), [1].into()), 1.0, 1.0);
	check_kept(|seen| seen.active.clear(), 1.0, 1.0);
}

#[test]
fn the_unjudged_go_on_waiting() {
	let mut state = seasoned();
	let seen = observations(&state, &[(1, Verdict::Unjudged), (2, Verdict::Missing)]);
	let before = state.peer(1).unwrap().clone();
	score(&mut state, &seen);
	let after = state.peer(1).unwrap();
	assert_eq!((before.waiting, after.waiting), (Some(1), Some(2)));
	assert_eq!(Peer { waiting: before.waiting, ..after.clone() }, before);
	assert_eq!(state.peer(2).unwrap().waiting, Some(1));
}

#[test]
fn a_copy_meets_nobody_and_earns_nothing() {
	let mut state = seasoned();
	let alone = observations(&state, &[(1, helps(0.2))]);
	score(&mut state, &alone);
	assert!(state.peer(1).unwrap().carried_score.is_some());

	let rating = state.peer(1).unwrap().rating;
	let mut copied = observations(&state, &[(1, helps(0.3)), (2, helps(0.1)), (3, helps(0.05))]);
	copied.copied = [(1, 0.9)].into();
	let outcome = score(&mut state, &copied);
	let copier = state.peer(1).unwrap();
	assert_eq!(outcome.rated, [2, 3]);
	assert_eq!((copier.final_score, copier.share, copier.carried_score, copier.rating), (0.0, 0.0, None, rating));
	assert_eq!(
		outcome.slashes.iter().map(|slash| (slash.uid, slash.reason)).collect::<Vec<_>>(),
		[(1, SlashReason::Copied)]
	);
}

#[test]
fn no_offence_raises_a_negative_score() {
	for (verdict, copied) in [(Verdict::Missing, None), (Verdict::Invalid, None), (Verdict::Unjudged, Some((2, 0.9)))] {
		let mut state = seasoned();
		let before = state.peer(2).unwrap().final_score;
		let mut seen = observations(&state, &[(2, verdict)]);
		seen.copied = copied.into_iter().collect();
		seen.gather = gather(&[2], &[2]);
		let outcome = score(&mut state, &seen);
		assert_eq!(state.peer(2).unwrap().final_score, before);
		assert!(outcome.slashes.iter().all(|slash| slash.uid != 2));
	}
}

/// Trap 2.
#[test]
fn a_rating_overwrites_a_cut_which_lasts_in_the_average_alone() {
	let (mut cut, mut spared) = (seasoned(), seasoned());
	let gap = Observations { gather: gather(&[1], &[1]), ..observations(&cut, &[(2, Verdict::Unjudged)]) };
	let none = observations(&spared, &[(2, Verdict::Unjudged)]);
	for (state, seen) in [(&mut cut, &gap), (&mut spared, &none)] {
		score(state, &Observations { active: active(&[1, 2]), ..seen.clone() });
		let matched = observations(state, &[(1, helps(0.2)), (2, helps(0.1))]);
		score(state, &matched);
	}
	let (cut, spared) = (cut.peer(1).unwrap(), spared.peer(1).unwrap());
	assert_eq!(cut.rating, spared.rating);
	let averages = cut.binary_average / spared.binary_average;
	assert!(averages < 0.5 && (cut.final_score / spared.final_score - averages).abs() < 1e-5);
}

/// Trap 3.
#[test]
fn one_score_alone_waits_for_an_opponent() {
	let mut state = State::default();
	let first = observations(&state, &[(1, helps(0.1))]);
	assert!(score(&mut state, &first).rated.is_empty());
	assert_eq!(state.peer(1).unwrap().rating, Some(Rating::default()));
	let second = observations(&state, &[(2, helps(0.2))]);
	assert_eq!(score(&mut state, &second).rated, [1, 2]);
	assert!(state.peers().all(|(_, peer)| peer.carried_score.is_none()));
	assert!(state.peer(2).unwrap().rating.unwrap().mu > state.peer(1).unwrap().rating.unwrap().mu);
}
