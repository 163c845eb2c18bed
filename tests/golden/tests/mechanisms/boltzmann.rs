// SPDX-License-Identifier: Apache-2.0
//! The mechanism of Boltzmann: slices, scores, averages with their weights, and the update.

use std::{
	collections::BTreeMap,
	num::{NonZeroU32, NonZeroUsize},
};

use golden::{cases, recording, Tally};
use mechanisms::{
	boltzmann::{
		aggregate, scores,
		scores::Judgement,
		slices::{positions, text_seed, window_seed},
		Baseline, Observations, Params, ScoreForm, State, Verdict,
	},
	Policy, Uid, Window,
};
use serde::{de::DeserializeOwned, Deserialize};
use serde_json::Value;

const FILE: &str = "mechanisms/boltzmann.json";
const TOLERANCE: f64 = 2e-5;

/// The cases of one section of the file; none when the file is skipped.
fn section<Case: DeserializeOwned>(name: &str) -> Vec<Case> {
	let Some(mut file) = recording::<BTreeMap<String, Value>>(FILE) else { return Vec::new() };
	let cases: Vec<Case> = serde_json::from_value(file.remove(name).expect("the section")).expect("its shape");
	assert!(!cases.is_empty(), "{name} holds no case");
	cases
}

/// The numbers of nested lists, row by row.
fn flat(nested: &Value) -> Vec<f32> {
	match nested {
		Value::Array(list) => list.iter().flat_map(flat).collect(),
		number => vec![number.as_f64().expect("a number") as f32],
	}
}

fn at(values: &[f32], positions: &[usize]) -> Vec<f32> {
	positions.iter().map(|position| values[*position]).collect()
}

#[derive(Deserialize)]
struct Slices {
	/// A window's number, or another text.
	seed: Value,
	md5_seed_u32: u32,
	compression: NonZeroUsize,
	params_in_order: Vec<(String, usize)>,
	indices: BTreeMap<String, Vec<usize>>,
}

#[test]
fn slices_hold_the_elements_of_the_reference() {
	let mut tally = Tally::default();
	for case in cases::<Slices>(FILE) {
		let seed = match &case.seed {
			Value::String(text) => text_seed(text),
			number => window_seed(number.as_u64().and_then(|number| Window::try_from(number).ok()).expect("a window")),
		};
		assert_eq!(seed, case.md5_seed_u32, "{}", case.seed);
		let lengths = case.params_in_order.iter().map(|(_, length)| *length);
		for ((name, _), held) in case.params_in_order.iter().zip(positions(seed, case.compression, lengths)) {
			assert_eq!(held, case.indices[name], "{name} of {}", case.seed);
			tally.compared();
		}
	}
	tally.finish(FILE, 7);
}

#[derive(Deserialize)]
struct Scored {
	mode: String,
	window: Window,
	compression: NonZeroUsize,
	params: BTreeMap<String, Value>,
	grads: BTreeMap<String, Option<Value>>,
	slice_values: BTreeMap<String, Vec<f32>>,
	indices: BTreeMap<String, Vec<usize>>,
	/// Of each parameter, unless it has no gradient.
	weight_and_cosine: Vec<Option<(f64, f64)>>,
	score: f64,
}

#[test]
fn steps_are_scored_as_in_the_reference() {
	let mut tally = Tally::default();
	for case in section::<Scored>("score") {
		let params: Vec<Vec<f32>> = case.params.values().map(flat).collect();
		let seed = window_seed(case.window);
		let held: Vec<_> = positions(seed, case.compression, params.iter().map(Vec::len)).collect();
		assert!(held.iter().eq(case.indices.values()), "{}", case.mode);
		let own: Vec<_> = params.iter().zip(&held).map(|(values, held)| at(values, held)).collect();
		let gradients: Vec<_> =
			case.grads.values().zip(&held).map(|(values, held)| Some(at(&flat(values.as_ref()?), held))).collect();
		let gradients: Vec<Option<&[f32]>> = gradients.iter().map(Option::as_deref).collect();
		let slice: Vec<_> = case.slice_values.values().collect();
		let own: Vec<&[f32]> = own.iter().map(Vec::as_slice).collect();
		let baseline = Baseline::new(&own, 1e3).expect("finite parameters");
		let score = |form| match scores::judge(&baseline, &gradients, &slice, form) {
			Judgement::Scored(score) => score,
			judgement => panic!("{}: {judgement:?}", case.mode),
		};
		tally.close("score", (score(ScoreForm::NormWeighted), case.score), TOLERANCE, &case.mode);
		// The documented form is not recorded, but where all cosines are equal it is theirs.
		let cosines: Vec<f64> = case.weight_and_cosine.iter().flatten().map(|(_, cosine)| *cosine).collect();
		if cosines.iter().all(|cosine| *cosine == cosines[0]) {
			let cosine = (score(ScoreForm::Cosine { alpha: 3.0 }), 3.0 * cosines[0]);
			tally.close("cosine", cosine, TOLERANCE, &case.mode);
		}
		tally.compared();
	}
	tally.finish(FILE, 4);
}

#[derive(Deserialize)]
struct Averages {
	alpha: f64,
	steps: Vec<Step>,
}

#[derive(Deserialize)]
struct Step {
	uid: Uid,
	score: f64,
	/// Moving averages after the step.
	scores: BTreeMap<Uid, f64>,
	weights: BTreeMap<Uid, f64>,
}

/// Replays a trace with `policy`, and hands each step's state to `check`.
fn replay(case: &Averages, policy: Policy, mut check: impl FnMut(&State, &Step)) {
	let params = Params {
		compression: NonZeroUsize::MIN,
		validator_moving_alpha: case.alpha,
		windows_per_weights: NonZeroU32::MIN,
		score_form: ScoreForm::NormWeighted,
		max_relative_change: 1e3,
		average_floor: 0.0,
		copy_similarity: 1.0,
		policy,
	};
	params.check().expect("parameters in range");
	let mut state = State::default();
	for (window, step) in (1..).zip(&case.steps) {
		let verdicts = [(step.uid, Verdict::Scored(step.score))].into();
		state.window(&params, &Observations { window, verdicts }).expect("a later window");
		check(&state, step);
	}
}

#[test]
fn averages_and_weights_are_those_of_the_reference() {
	let mut tally = Tally::default();
	for case in section::<Averages>("ema_weights") {
		replay(&case, Policy::AsPublished, |state, step| {
			for (uid, average) in &step.scores {
				let peer = state.peer(*uid).copied().unwrap_or_default();
				tally.close("average", (peer.average, *average), TOLERANCE, uid);
				tally.close("weight", (peer.share.into(), step.weights[uid]), TOLERANCE, uid);
			}
			tally.compared();
		});
	}
	tally.finish(FILE, 36);
}

/// Ours are the positive averages of the reference, divided by their sum.
#[test]
fn shares_are_made_of_the_positive_averages() {
	let mut tally = Tally::default();
	for case in section::<Averages>("ema_weights") {
		replay(&case, Policy::Corrected, |state, step| {
			let positive: f64 = step.scores.values().map(|average| average.max(0.0)).sum();
			for (uid, share) in state.shares() {
				tally.close("share", (share.into(), step.scores[&uid] / positive), TOLERANCE, uid);
			}
			let earning = step.scores.iter().filter(|(_, average)| **average > 0.0).map(|(uid, _)| *uid);
			assert!(earning.eq(state.shares().iter().map(|(uid, _)| *uid)));
			tally.compared();
		});
	}
	tally.finish(FILE, 36);
}

#[derive(Deserialize)]
struct Update {
	before: Value,
	indices: Vec<usize>,
	slices: Vec<Vec<f32>>,
	after: Value,
}

#[test]
fn the_update_is_that_of_the_reference() {
	let mut tally = Tally::default();
	for case in section::<Update>("slice_average") {
		let mut parameter = flat(&case.before);
		let values = aggregate::mean(&case.slices).expect("slices of one length").expect("slices");
		aggregate::write(&mut parameter, &case.indices, &values).expect("positions in range");
		for (actual, recorded) in parameter.iter().zip(flat(&case.after)) {
			tally.close("element", ((*actual).into(), recorded.into()), TOLERANCE, "update");
		}
		tally.compared();
	}
	tally.finish(FILE, 2);
}
