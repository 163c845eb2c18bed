// SPDX-License-Identifier: Apache-2.0
//! What one step does to what is remembered of a uid.

use super::*;
use crate::{finetuning::params::tests::published_params, Policy};

mod cheats;
mod network;
mod properties;

/// Uids in these tests are below this.
const NEURONS: u32 = 10;

/// One competition, in which every sample is looked at.
fn params() -> Params {
	let mut params = published_params();
	params.competitions.truncate(1);
	params.competitions[0].reward_percentage = 1.0;
	params
}

fn published(params: Params) -> Params {
	Params { policy: Policy::AsPublished, ..params }
}

/// A model of `uid` unlike anybody else's, committed at `block`.
fn model(uid: Uid, block: Block) -> Model {
	Model { block, committed: Digest::of(format!("{uid} commits")), content: Digest::of(format!("content of {uid}")) }
}

fn evaluated(uid: Uid, block: Block, losses: &[f64]) -> (Uid, Verdict) {
	(uid, Verdict::Evaluated(model(uid, block), losses.to_vec()))
}

fn observations(state: &State, verdicts: &[(Uid, Verdict)]) -> Observations {
	let step = state.last_step().map_or(0, |last| last + 1);
	Observations { step, neurons: NEURONS, baseline: Vec::new(), verdicts: verdicts.to_vec() }
}

#[track_caller]
fn score(state: &mut State, params: &Params, verdicts: &[(Uid, Verdict)]) -> Outcome {
	let seen = observations(state, verdicts);
	state.step(params, &seen).unwrap()
}

/// Uid 1 beats uid 2 three times out of four, and was there first.
fn contest() -> [(Uid, Verdict); 2] {
	[evaluated(1, 10, &[1.0, 1.0, 1.0, 1.0]), evaluated(2, 20, &[2.0, 2.0, 2.0, 0.5])]
}

/// A state in which uids 1 and 2 have earned.
fn seasoned() -> State {
	let mut state = State::default();
	score(&mut state, &params(), &contest());
	state
}

#[track_caller]
fn check_close(actual: f64, expected: f64) {
	assert!((actual - expected).abs() < 1e-6, "{actual} is not {expected}");
}

#[test]
fn win_rates_become_parts_of_the_reward() {
	let mut state = State::default();
	let outcome = score(&mut state, &params(), &contest());
	assert_eq!(outcome.standings[&1], Standing::Ranked(Record { wins: 3, matches: 4 }));
	let better = 1.0 / (1.0 + (-0.5f64 / 0.08).exp());
	check_close(outcome.shares[&1], better);
	check_close(state.miner(1).unwrap().weight, 0.1 * better);
	check_close(state.shares(&params())[0].1.into(), better);
}

#[test]
fn what_is_not_earned_again_fades() {
	let mut state = seasoned();
	let before = state.miner(2).unwrap().weight;
	score(&mut state, &params(), &[evaluated(1, 10, &[1.0])]);
	check_close(state.miner(2).unwrap().weight, 0.9 * before);
}

#[test]
fn documented_ratios_add_up() {
	let params = Params { form: Form::Documented, ..params() };
	let mut state = State::default();
	score(&mut state, &params, &contest());
	score(&mut state, &params, &contest());
	assert_eq!((state.miner(1).unwrap().weight, state.miner(2).unwrap().weight), (1.5, 0.5));
	check_close(state.shares(&params)[1].1.into(), 1.0 / (1.0 + (1.0f64 / 0.08).exp()));
}

#[test]
fn each_competition_has_its_part_of_the_reward() {
	for form in [Form::Coded, Form::Documented] {
		let params = Params { form, ..published_params() };
		let mut state = State::default();
		for _ in 0..200 {
			score(&mut state, &params, &[evaluated(1, 10, &[1.0])]);
			score(&mut state, &params, &[evaluated(2, 10, &[9.0])]);
		}
		let shares = state.shares(&params);
		// The coded form lets fade what was earned in another one's turn: after its own, each looks larger.
		let expected = if form == Form::Coded { 0.6 * 0.9 / (0.6 * 0.9 + 0.4) } else { 0.6 };
		check_close(shares[0].1.into(), expected);
	}
}

#[test]
fn sums_do_not_move_to_another_competition() {
	for (form, left) in [(Form::Coded, 0.06 * 0.9), (Form::Documented, 0.0)] {
		let params = Params { form, ..published_params() };
		let mut state = State::default();
		score(&mut state, &params, &[evaluated(1, 10, &[1.0])]);
		score(&mut state, &params, &[evaluated(1, 20, &[f64::INFINITY]), evaluated(2, 20, &[1.0])]);
		// A reward of 0.6 in two turns counts 1.2 in one.
		check_close(state.miner(1).unwrap().weight, 2.0 * left);
	}
}

#[test]
fn the_best_are_looked_at_again() {
	let params = Params { sample_min: 2, ..params() };
	let mut state = State::default();
	let field = [evaluated(3, 1, &[3.0]), evaluated(1, 1, &[1.0]), evaluated(2, 1, &[2.0])];
	assert_eq!(score(&mut state, &params, &field).kept, [1, 2]);
	assert_eq!(state.to_evaluate("l3", &[7].into()), [1, 2, 7].into());
	assert_eq!(state.to_evaluate("s1", &BTreeSet::new()), [].into());
}

#[test]
fn ties_go_to_the_lower_uid_in_whatever_order_uids_are_looked_at() {
	let params = Params { sample_min: 1, ..params() };
	let (four, two) = (evaluated(4, 5, &[1.0, 2.0]), evaluated(2, 5, &[2.0, 1.0]));
	for order in [[four.clone(), two.clone()], [two.clone(), four.clone()]] {
		assert_eq!(score(&mut State::default(), &params, &order).kept, [2]);
		let first = order[0].0;
		assert_eq!(score(&mut State::default(), &published(params.clone()), &order).kept, [first]);
	}
	let same = |uid| (uid, Verdict::Evaluated(model(4, 5), vec![1.0]));
	for order in [[same(4), same(2)], [same(2), same(4)]] {
		assert_eq!(score(&mut State::default(), &params, &order).standings[&4], Standing::CopyOf(2));
	}
}

#[test]
fn our_own_failure_costs_nobody() {
	let mut state = seasoned();
	let before = state.clone();
	let outcome = score(&mut state, &params(), &[(1, Verdict::Unjudged), (2, Verdict::Unjudged)]);
	assert_eq!((outcome.standings[&1], outcome.shares.len()), (Standing::Unjudged, 0));
	assert_eq!(state, State { last_step: Some(1), ..before.clone() });
	score(&mut state, &params(), &[(1, Verdict::Unjudged), evaluated(2, 20, &[1.0]), (5, Verdict::Unjudged)]);
	assert_eq!(state.miner(1), before.miner(1));
	assert_eq!(state.to_evaluate("l3", &BTreeSet::new()), [1, 2, 5].into());
	// Not even our forgetting to look at anybody.
	let before = state.clone();
	score(&mut state, &params(), &[]);
	assert_eq!(state.shares(&params()), before.shares(&params()));
}

#[test]
fn who_has_left_the_competition_is_not_looked_at_there() {
	let mut state = State::default();
	let params = published_params();
	score(&mut state, &params, &contest());
	score(&mut state, &params, &[evaluated(2, 30, &[1.0])]);
	let moved = state.miner(2).unwrap().clone();
	score(&mut state, &params, &[contest()[0].clone(), (2, Verdict::Missing)]);
	let after = state.miner(2).unwrap();
	assert_eq!((&after.competition, after.kept, after.model), (&moved.competition, true, moved.model));
	assert_eq!(state.to_evaluate("l3", &BTreeSet::new()), [1].into());
}

/// Trap: in the published validator a new miner earns on what the slot's last one had.
#[test]
fn a_reused_uid_inherits_nothing() {
	let mut state = seasoned();
	state.reset_uid(1);
	assert_eq!(state.miner(1), None);
	assert_eq!(state.shares(&params()), [(2, 1.0)]);
}

#[test]
fn uids_the_subnet_no_longer_has_are_forgotten() {
	let mut state = seasoned();
	let seen = Observations { neurons: 2, ..observations(&state, &[contest()[0].clone()]) };
	state.step(&params(), &seen).unwrap();
	assert_eq!(state.miners().map(|(uid, _)| uid).collect::<Vec<_>>(), [1]);
}

#[test]
fn a_step_is_scored_once() {
	let mut state = seasoned();
	let before = state.clone();
	let refused = |seen: &Observations, params: &Params| state.clone().step(params, seen).unwrap_err();
	let again = Observations { step: 0, ..observations(&state, &contest()) };
	assert_eq!(refused(&again, &params()), StepError::AlreadyScored { step: 0, last: 0 });
	let twice = observations(&state, &[(1, Verdict::Missing), (1, Verdict::Invalid)]);
	assert_eq!(refused(&twice, &params()), StepError::TwoVerdicts { uid: 1 });
	let unknown = observations(&state, &[(10, Verdict::Missing)]);
	assert_eq!(refused(&unknown, &params()), StepError::UnknownUid { uid: 10, neurons: 10 });
	let none = Params { competitions: Vec::new(), ..params() };
	assert_eq!(state.step(&none, &observations(&before, &contest())), Err(StepError::NoCompetition));
	assert_eq!(state, before);
}
