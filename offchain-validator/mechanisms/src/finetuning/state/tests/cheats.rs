// SPDX-License-Identifier: Apache-2.0
//! What becomes of who submits nothing new, or nothing sound.

use super::*;

/// The standing of uid 3, which submits `copy` beside the two of [`contest`], and the record of uid 1.
#[track_caller]
fn check_copy(copy: Verdict) {
	let mut state = State::default();
	let outcome = score(&mut state, &params(), &[&contest()[..], &[(3, copy)]].concat());
	assert_eq!(outcome.standings[&3], Standing::CopyOf(1));
	assert_eq!(outcome.standings[&1], Standing::Ranked(Record { wins: 3, matches: 4 })); // A copy is nobody to win against.
	assert!(state.shares(&params()).iter().all(|(uid, _)| *uid != 3) && outcome.kept == [1, 2]);
}

#[test]
fn a_copy_earns_nothing() {
	let losses = vec![1.0; 4];
	check_copy(Verdict::Evaluated(Model { block: 30, ..model(1, 10) }, losses.clone()));
	// Uploaded anew, under an id of its own.
	check_copy(Verdict::Evaluated(Model { content: model(1, 10).content, ..model(3, 30) }, losses.clone()));
	// Changed too little to be another model.
	check_copy(Verdict::Evaluated(model(3, 30), losses.iter().map(|loss| loss * 1.0009).collect()));
}

/// Trap: the published validator compares hashes of the step's own uids only, and only hashes.
#[test]
fn a_copy_is_known_though_the_original_is_not_looked_at() {
	let mut state = seasoned();
	let copy = Verdict::Evaluated(Model { content: model(1, 10).content, ..model(3, 30) }, vec![1.0; 4]);
	let outcome = score(&mut state, &params(), &[(3, copy.clone())]);
	assert_eq!((outcome.standings[&3], outcome.shares.len()), (Standing::CopyOf(1), 0));
	let outcome = score(&mut seasoned(), &published(params()), &[(3, copy)]);
	assert_eq!(outcome.shares[&3], 1.0);
}

#[test]
fn an_original_that_is_gone_is_nobodys_original() {
	let mut state = seasoned();
	score(&mut state, &params(), &[(1, Verdict::Missing)]);
	let copy = Verdict::Evaluated(Model { content: model(1, 10).content, ..model(3, 30) }, vec![1.0; 4]);
	assert!(matches!(score(&mut state, &params(), &[(3, copy)]).standings[&3], Standing::Ranked(_)));
}

/// Found out late, it would else earn for a hundred steps what fades by a tenth in each.
#[test]
fn who_is_found_out_loses_all_it_had() {
	let copy = Verdict::Evaluated(Model { block: 30, ..model(2, 20) }, vec![1.0; 4]);
	for form in [Form::Coded, Form::Documented] {
		let params = Params { form, ..params() };
		for verdict in [copy.clone(), Verdict::Invalid] {
			let mut state = State::default();
			score(&mut state, &params, &contest());
			assert!(state.miner(1).unwrap().weight > 0.0);
			score(&mut state, &params, &[(1, verdict), contest()[1].clone()]);
			assert_eq!(state.miner(1).unwrap().weight, 0.0);
			assert_eq!(state.shares(&params), [(2, 1.0)]);
		}
	}
}

#[test]
fn the_model_everybody_has_is_no_model() {
	let seen = Observations {
		baseline: vec![1.0, 2.0],
		..observations(&State::default(), &[evaluated(1, 10, &[1.0, 2.0]), evaluated(2, 20, &[0.9, 1.9])])
	};
	let outcome = State::default().step(&params(), &seen).unwrap();
	assert_eq!((outcome.standings[&1], outcome.shares[&2]), (Standing::CopyOfBaseline, 1.0));
}

#[test]
fn noise_earns_nothing() {
	let mut state = State::default();
	let noise = [evaluated(3, 1, &[9.0; 4]), evaluated(4, 2, &[8.0, 10.0, 8.0, 10.0])];
	let field = [&contest()[..], &noise].concat();
	let seen = Observations { baseline: vec![2.5; 4], ..observations(&state, &field) };
	let outcome = state.step(&params(), &seen).unwrap();
	assert!(matches!(outcome.standings[&3], Standing::Ranked(Record { wins: 1.., .. })));
	assert_eq!(outcome.shares.keys().copied().collect::<Vec<_>>(), [1, 2]);
}

/// Without a baseline, who wins nothing has no right to a share; as published it has `e^0` of one.
#[test]
fn who_wins_nothing_earns_nothing() {
	let field = [evaluated(1, 1, &[1.0]), evaluated(2, 2, &[1.1]), (3, Verdict::Missing), (4, Verdict::Invalid)];
	let outcome = score(&mut State::default(), &params(), &field);
	assert_eq!((outcome.shares.len(), outcome.shares[&1]), (1, 1.0));
	assert_eq!((outcome.standings[&3], outcome.standings[&4]), (Standing::Missing, Standing::Invalid));
	assert_eq!(score(&mut State::default(), &published(params()), &field).shares.len(), 4);
}

#[test]
fn who_is_unopposed_earns_if_sound() {
	let broken = [evaluated(1, 1, &[f64::NAN, f64::INFINITY]), evaluated(2, 2, &[])];
	assert!(score(&mut State::default(), &params(), &broken).shares.is_empty());
	assert_eq!(score(&mut State::default(), &params(), &[evaluated(1, 1, &[9.0])]).shares[&1], 1.0);
}

/// Trap: as published, a loss that is not a number takes the win from everybody else.
#[test]
fn a_loss_that_is_no_number_is_lost() {
	for bad in [f64::NAN, f64::NEG_INFINITY, -1.0] {
		let field = [evaluated(1, 1, &[bad, 3.0]), evaluated(2, 2, &[1.0, 2.0])];
		let outcome = score(&mut State::default(), &params(), &field);
		assert_eq!(outcome.standings[&2], Standing::Ranked(Record { wins: 2, matches: 2 }));
	}
	let field = [evaluated(1, 1, &[f64::NAN, 3.0]), evaluated(2, 2, &[1.0, 2.0])];
	let outcome = score(&mut State::default(), &published(params()), &field);
	assert_eq!(outcome.standings[&2], Standing::Ranked(Record { wins: 1, matches: 2 }));
}
