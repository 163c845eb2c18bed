// SPDX-License-Identifier: Apache-2.0
//! The whole scoring state over many windows.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use golden::{cases, Tally};
use mechanisms::{
	templar::{
		overlap::Level,
		scores::Losses,
		state::{Gather, Observations, Peer, State, Verdict},
		sync::{Comparison, SyncFailure, SyncVerdict},
	},
	Uid, Window,
};
use serde::Deserialize;
use serde_json::Value;

use crate::{
	params,
	rating::{check_rating, Recorded},
	Float,
};

#[derive(Deserialize)]
struct Trace {
	stakes: Vec<f64>,
	hparams: Value,
	/// Outer steps taken before the first window.
	#[serde(default)]
	initial_global_step: u64,
	windows: Vec<Step>,
}

#[derive(Deserialize)]
struct Step {
	r#in: Input,
	out: Output,
}

#[derive(Deserialize)]
struct Input {
	sync_window: Window,
	current_window: Window,
	active: BTreeSet<Uid>,
	gather_peers: BTreeSet<Uid>,
	skipped: BTreeSet<Uid>,
	sync: BTreeMap<Uid, Option<f64>>,
	eval: Vec<Eval>,
	gather_failed: bool,
	/// How often who is active was looked up between the windows.
	#[serde(default)]
	background_refreshes: usize,
	#[serde(default)]
	overlap: BTreeMap<Uid, Level>,
}

#[derive(Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
enum Eval {
	Ok { uid: Uid, loss: [Float; 4] },
	Missing { uid: Uid },
	Invalid { uid: Uid },
}

#[derive(Deserialize)]
struct Output {
	final_scores: BTreeMap<Uid, f64>,
	binary_moving_averages: BTreeMap<Uid, f64>,
	binary_indicator_scores: BTreeMap<Uid, f64>,
	gradient_scores: BTreeMap<Uid, f64>,
	sync_scores: BTreeMap<Uid, f64>,
	weights: BTreeMap<Uid, f64>,
	openskill: BTreeMap<Uid, Recorded>,
	inactive_scores: BTreeMap<Uid, (Window, f64)>,
	eval_peers: BTreeMap<Uid, u32>,
	evaluated_uids: BTreeSet<Uid>,
	carried_window_scores: BTreeMap<Uid, f64>,
	naughty_peers: Option<BTreeMap<Uid, u32>>,
	negative_history: Option<BTreeMap<Uid, VecDeque<bool>>>,
	#[serde(default)]
	submit: Option<Submit>,
}

#[derive(Deserialize)]
struct Submit {
	uids: Vec<Uid>,
	weights: Vec<f64>,
}

/// A model that is so many steps behind ours.
fn behind(avg_steps_behind: f64) -> SyncVerdict {
	SyncVerdict::Compared(Comparison {
		l2_norm: 0.0,
		avg_l2_norm: 0.0,
		avg_abs_diff: 0.0,
		max_diff: 0.0,
		avg_steps_behind,
		max_steps_behind: 0.0,
		param_count: 1,
	})
}

fn verdict(eval: &Eval) -> (Uid, Verdict) {
	match eval {
		Eval::Ok { uid, loss } => {
			let [own_before, own_after, random_before, random_after] = loss.map(|loss| loss.0);
			let losses = Losses { own_before, own_after, random_before, random_after };
			(*uid, losses.judge().into())
		},
		Eval::Missing { uid } => (*uid, Verdict::Missing),
		Eval::Invalid { uid } => (*uid, Verdict::Invalid),
	}
}

/// A part of the indices that makes a copy of this level.
fn share(level: Level) -> f64 {
	match level {
		Level::High => 0.45,
		Level::Max => 0.55,
		Level::Mega => 0.95,
	}
}

fn observations(input: &Input, global_step: u64, stakes: &[f64]) -> Observations {
	let is_candidate = |uid: &Uid| stakes.get(usize::from(*uid)).is_some_and(|stake| *stake <= 20_000.0);
	let (active, excused): (BTreeSet<Uid>, BTreeSet<Uid>) = input.active.iter().partition(|uid| is_candidate(uid));
	let sync = |steps: &Option<f64>| steps.map_or(SyncVerdict::Failed(SyncFailure::NothingPublished), behind);
	let gather = Gather { peers: input.gather_peers.clone(), skipped: input.skipped.clone(), ..Gather::default() };
	// Without a gather the reference ends the window.
	let verdicts = input.eval.iter().filter(|_| !input.gather_failed).map(verdict).collect();
	Observations {
		window: input.sync_window,
		current_window: input.current_window,
		global_step,
		refreshed: vec![active.clone(); input.background_refreshes],
		active,
		excused,
		gather: (!input.gather_failed).then_some(gather),
		copied: input.overlap.iter().map(|(uid, level)| (*uid, share(*level))).collect(),
		sync: input.sync.iter().map(|(uid, steps)| (*uid, sync(steps))).collect(),
		verdicts,
	}
}

/// All that is recorded is compared, and nothing else may differ from zero.
fn check_peers(tally: &mut Tally, state: &State, recorded: &Output, window: Window) {
	type Field = fn(&Peer) -> f32;
	let fields: [(&'static str, &BTreeMap<Uid, f64>, Field); 5] = [
		("final score", &recorded.final_scores, |peer| peer.final_score),
		("binary average", &recorded.binary_moving_averages, |peer| peer.binary_average),
		("binary", &recorded.binary_indicator_scores, |peer| peer.binary.into()),
		("gradient score", &recorded.gradient_scores, |peer| peer.gradient_score),
		("sync score", &recorded.sync_scores, |peer| peer.sync_score),
	];
	for (name, recorded, field) in fields {
		assert!(recorded.keys().all(|uid| state.peer(*uid).is_some()), "window {window}: {name}");
		for (uid, peer) in state.peers() {
			let expected = recorded.get(&uid).copied().unwrap_or_default();
			tally.close(name, (field(peer).into(), expected), 1e-5, format_args!("window {window}, uid {uid}"));
		}
	}
	let weights = recorded.weights.iter().map(|(uid, weight)| (*uid, *weight));
	check_shares(tally, &state.shares(), weights, window);
}

fn check_shares(tally: &mut Tally, shares: &[(Uid, f32)], recorded: impl Iterator<Item = (Uid, f64)>, window: Window) {
	let recorded: Vec<(Uid, f64)> = recorded.collect();
	assert!(shares.iter().map(|(uid, _)| uid).eq(recorded.iter().map(|(uid, _)| uid)), "window {window}: {shares:?}");
	for ((uid, share), (_, weight)) in shares.iter().zip(recorded) {
		tally.close("share", ((*share).into(), weight), 1e-5, format_args!("window {window}, uid {uid}"));
	}
}

fn check_ratings(tally: &mut Tally, state: &State, recorded: &Output, window: Window) {
	let rated: BTreeSet<Uid> = state.peers().filter(|(_, peer)| peer.rating.is_some()).map(|(uid, _)| uid).collect();
	assert!(rated.iter().eq(recorded.openskill.keys()), "window {window}");
	for (uid, recorded) in &recorded.openskill {
		let rating = state.peer(*uid).and_then(|peer| peer.rating).expect("rated");
		check_rating(tally, rating, *recorded, 1e-10, format_args!("window {window}, uid {uid}"));
	}
}

fn check_bookkeeping(tally: &mut Tally, state: &State, recorded: &Output, window: Window) {
	let inactive: BTreeMap<Uid, Window> =
		state.peers().filter_map(|(uid, peer)| Some((uid, peer.inactive_since?))).collect();
	let recorded_inactive = recorded.inactive_scores.iter().map(|(uid, (since, _))| (*uid, *since)).collect();
	assert_eq!(inactive, recorded_inactive, "window {window}");
	let waiting: BTreeMap<Uid, u32> = state.peers().filter_map(|(uid, peer)| Some((uid, peer.waiting?))).collect();
	assert_eq!(waiting, recorded.eval_peers, "window {window}");
	let evaluated: BTreeSet<Uid> = state.peers().filter(|(_, peer)| peer.evaluated).map(|(uid, _)| uid).collect();
	assert_eq!(evaluated, recorded.evaluated_uids, "window {window}");
	let carried: BTreeMap<Uid, f64> =
		state.peers().filter_map(|(uid, peer)| Some((uid, peer.carried_score?.into()))).collect();
	assert!(carried.keys().eq(recorded.carried_window_scores.keys()), "window {window}");
	for (uid, score) in carried {
		let recorded = recorded.carried_window_scores[&uid];
		tally.close("carried score", (score, recorded), 1e-5, format_args!("window {window}, uid {uid}"));
	}
}

fn check_submission(
	tally: &mut Tally,
	submission: Option<&Vec<(Uid, f32)>>,
	recorded: Option<&Submit>,
	window: Window,
) {
	assert_eq!(submission.is_some(), recorded.is_some(), "window {window}");
	if let (Some(submission), Some(Submit { uids, weights })) = (submission, recorded) {
		check_shares(tally, submission, uids.iter().copied().zip(weights.iter().copied()), window);
	}
}

fn check_records_of_the_later_version(state: &State, recorded: &Output, window: Window) {
	if let Some(naughty) = &recorded.naughty_peers {
		assert_eq!(state.naughty(), naughty, "window {window}");
	}
	if let Some(negative) = &recorded.negative_history {
		let known = state.peers().filter(|(_, peer)| !peer.negative_history.is_empty());
		let known: BTreeMap<Uid, _> = known.map(|(uid, peer)| (uid, peer.negative_history.clone())).collect();
		assert_eq!(&known, negative, "window {window}");
	}
}

fn check_trace(trace: &Trace, tally: &mut Tally) {
	let params = params(&trace.hparams);
	params.check().expect("recorded parameters are in range");
	let (mut state, mut global_step) = (State::default(), trace.initial_global_step);
	for Step { r#in: input, out } in &trace.windows {
		let window = input.sync_window;
		let seen = observations(input, global_step, &trace.stakes);
		global_step += u64::from(seen.gather.is_some());
		let outcome = state.window(&params, &seen).expect("windows in order");
		check_peers(tally, &state, out, window);
		check_ratings(tally, &state, out, window);
		check_bookkeeping(tally, &state, out, window);
		check_records_of_the_later_version(&state, out, window);
		check_submission(tally, outcome.submission.as_ref(), out.submit.as_ref(), window);
		// Trap 10. A restart after any window changes nothing.
		let saved = serde_json::to_string(&state).expect("a state is JSON");
		assert_eq!(serde_json::from_str::<State>(&saved).expect("a state"), state);
		tally.compared();
		if outcome.submission.is_some() {
			tally.under("of those with weights to submit");
		}
	}
}

#[test]
fn every_window_ends_in_the_state_of_the_seed_version() {
	const FILE: &str = "mechanisms/templar_seed_trace.json";
	let mut tally = Tally::default();
	cases(FILE).iter().for_each(|trace| check_trace(trace, &mut tally));
	tally.finish(FILE, 176);
}

#[test]
fn every_window_ends_in_the_state_of_the_later_version() {
	const FILE: &str = "mechanisms/templar_head_trace.json";
	let mut tally = Tally::default();
	cases(FILE).iter().for_each(|trace| check_trace(trace, &mut tally));
	tally.finish(FILE, 56);
}
