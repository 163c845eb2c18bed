// SPDX-License-Identifier: Apache-2.0
//! The whole scoring state over many windows.

use std::collections::{BTreeMap, BTreeSet};

use golden::{cases, Tally};
use mechanisms::{
	templar::{
		scores::Losses,
		state::{Gather, Observations, Peer, State, Verdict},
		sync::{Comparison, SyncFailure, SyncVerdict},
		Params,
	},
	Uid, Window,
};
use serde::Deserialize;

use crate::{check_close, Float, SEED_PARAMS};

#[derive(Deserialize)]
struct Trace {
	stakes: Vec<f64>,
	hparams: Hparams,
	windows: Vec<Step>,
}

#[derive(Deserialize)]
struct Hparams {
	power_normalisation: f64,
	binary_score_ma_alpha: f64,
	reset_inactivity_windows: u32,
	sync_max_steps_behind: f64,
	windows_per_weights: u32,
	validator_offset: u32,
	openskill_beta: f64,
	openskill_tau: f64,
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
	#[serde(default)]
	background_refreshes: u32,
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
	openskill: BTreeMap<Uid, (f64, f64, f64)>,
	inactive_scores: BTreeMap<Uid, (Window, f64)>,
	eval_peers: BTreeMap<Uid, u32>,
	evaluated_uids: BTreeSet<Uid>,
	carried_window_scores: BTreeMap<Uid, f64>,
	#[serde(default)]
	submit: Option<Submit>,
}

#[derive(Deserialize)]
struct Submit {
	uids: Vec<Uid>,
	weights: Vec<f64>,
}

impl Hparams {
	fn params(&self) -> Params {
		Params {
			power_normalisation: self.power_normalisation,
			binary_score_ma_alpha: self.binary_score_ma_alpha,
			openskill_beta: self.openskill_beta,
			openskill_tau: self.openskill_tau,
			// The reference counts from the window scored to the chain's window, which is ahead by the offset.
			reset_inactivity_windows: self.reset_inactivity_windows - self.validator_offset,
			sync_max_steps_behind: self.sync_max_steps_behind,
			windows_per_weights: self.windows_per_weights,
			..SEED_PARAMS
		}
	}
}

/// The reference finds a uid inactive only at the edge from candidate to none, and loses it when a refresh in the
/// background comes first. To its eyes, all others are excused.
fn excused(state: &State, input: &Input, active: &BTreeSet<Uid>) -> BTreeSet<Uid> {
	let is_found = |peer: &Peer| {
		let was_candidate = peer.waiting.is_some() && input.background_refreshes == 0;
		was_candidate || peer.inactive_since.is_some()
	};
	state.peers().filter(|(uid, peer)| !active.contains(uid) && !is_found(peer)).map(|(uid, _)| uid).collect()
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

fn observations(state: &State, input: &Input, stakes: &[f64]) -> Observations {
	let is_candidate = |uid: &Uid| stakes.get(usize::from(*uid)).is_some_and(|stake| *stake <= 20_000.0);
	let active: BTreeSet<Uid> = input.active.iter().copied().filter(is_candidate).collect();
	let sync = |steps: &Option<f64>| steps.map_or(SyncVerdict::Failed(SyncFailure::NothingPublished), behind);
	let gather = Gather { peers: input.gather_peers.clone(), skipped: input.skipped.clone() };
	// Without a gather the reference ends the window.
	let verdicts = input.eval.iter().filter(|_| !input.gather_failed).map(verdict).collect();
	Observations {
		window: input.sync_window,
		excused: excused(state, input, &active),
		active,
		gather: (!input.gather_failed).then_some(gather),
		sync: input.sync.iter().map(|(uid, steps)| (*uid, sync(steps))).collect(),
		verdicts,
	}
}

/// All that is recorded is compared, and nothing else may differ from zero.
fn check_peers(state: &State, recorded: &Output, window: Window) {
	type Field = fn(&Peer) -> f32;
	let fields: [(&str, &BTreeMap<Uid, f64>, Field); 6] = [
		("final score", &recorded.final_scores, |peer| peer.final_score),
		("binary average", &recorded.binary_moving_averages, |peer| peer.binary_average),
		("binary", &recorded.binary_indicator_scores, |peer| peer.binary.into()),
		("gradient score", &recorded.gradient_scores, |peer| peer.gradient_score),
		("sync score", &recorded.sync_scores, |peer| peer.sync_score),
		("share", &recorded.weights, |peer| peer.share),
	];
	for (name, recorded, field) in fields {
		assert!(recorded.keys().all(|uid| state.peer(*uid).is_some()), "window {window}: {name}");
		for (uid, peer) in state.peers() {
			let expected = recorded.get(&uid).copied().unwrap_or_default();
			check_close(field(peer).into(), expected, 1e-5, format_args!("window {window}, uid {uid}, {name}"));
		}
	}
}

fn check_ratings(state: &State, recorded: &Output, window: Window) {
	let rated: BTreeSet<Uid> = state.peers().filter(|(_, peer)| peer.rating.is_some()).map(|(uid, _)| uid).collect();
	assert!(rated.iter().eq(recorded.openskill.keys()), "window {window}");
	for (uid, (mu, sigma, ordinal)) in &recorded.openskill {
		let rating = state.peer(*uid).and_then(|peer| peer.rating).expect("rated");
		let what = format!("window {window}, uid {uid}");
		check_close(rating.mu, *mu, 1e-10, &what);
		check_close(rating.sigma, *sigma, 1e-10, &what);
		assert!((rating.ordinal() - ordinal).abs() <= 1e-10 * (mu.abs() + 3.0 * sigma), "{what}");
	}
}

fn check_bookkeeping(state: &State, recorded: &Output, window: Window) {
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
		check_close(score, recorded.carried_window_scores[&uid], 1e-5, format_args!("window {window}, uid {uid}"));
	}
}

fn check_submission(submission: Option<&Vec<(Uid, f32)>>, recorded: Option<&Submit>, window: Window) {
	let uids = |submission: &Vec<(Uid, f32)>| submission.iter().map(|(uid, _)| *uid).collect();
	assert_eq!(submission.map(uids), recorded.map(|recorded| recorded.uids.clone()), "window {window}");
	for ((_, share), weight) in
		submission.into_iter().flatten().zip(recorded.iter().flat_map(|recorded| &recorded.weights))
	{
		check_close((*share).into(), *weight, 1e-5, format_args!("window {window}"));
	}
}

#[test]
fn every_window_ends_in_the_state_of_the_reference() {
	const FILE: &str = "mechanisms/templar_seed_trace.json";
	let mut tally = Tally::default();
	for trace in cases::<Trace>(FILE) {
		let params = trace.hparams.params();
		params.check().expect("recorded parameters are in range");
		let mut state = State::default();
		for Step { r#in: input, out } in &trace.windows {
			let window = input.sync_window;
			assert_eq!(input.current_window, window + trace.hparams.validator_offset);
			let seen = observations(&state, input, &trace.stakes);
			let outcome = state.window(&params, &seen).expect("windows in order");
			check_peers(&state, out, window);
			check_ratings(&state, out, window);
			check_bookkeeping(&state, out, window);
			check_submission(outcome.submission.as_ref(), out.submit.as_ref(), window);
			// A restart after any window changes nothing.
			let saved = serde_json::to_string(&state).expect("a state is JSON");
			assert_eq!(serde_json::from_str::<State>(&saved).expect("a state"), state);
			tally.compared();
			if outcome.submission.is_some() {
				tally.under("of those with weights to submit");
			}
		}
	}
	tally.finish(FILE, 176);
}
