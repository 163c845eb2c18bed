// SPDX-License-Identifier: Apache-2.0
//! One window of a validator's scoring with many peers; and the rating in it against the Python package `openskill`, which
//! validators of the reference rate with, on the same matches in the same run. Fails when a goal is missed.

mod reference;

use std::{hint::black_box, process::ExitCode, time::Instant};

use criterion::Criterion;
use mechanisms::{
	openskill::{self, Rating},
	templar::{
		scores::Losses,
		state::{Gather, Observations, State},
		sync::{self, Steps, SyncVerdict},
		Params,
	},
	Uid, Window,
};

/// Peers, and what a window of scoring, rating and weights may take in milliseconds.
const WINDOWS: [(Uid, f64); 2] = [(256, 1.0), (4_096, 20.0)];
/// Players of a match, and the matches of a sequence.
const SEQUENCES: [(usize, usize); 4] = [(4, 200), (15, 200), (64, 50), (256, 10)];
/// How many times faster than the package the rating is to be.
const GOAL: f64 = 50.0;
/// Largest relative difference that two summation orders may bring about in a sequence.
const TOLERANCE: f64 = 1e-9;

/// The generator SplitMix64: the same inputs on every machine.
struct Random(u64);

impl Random {
	/// A number of `[0, 1)`.
	fn next(&mut self) -> f64 {
		self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
		let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
		let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
		((mixed ^ (mixed >> 31)) >> 11) as f64 / (1u64 << 53) as f64
	}
}

/// The published parameters, but that weights are due in every window.
fn params() -> Params {
	let hparams: serde_json::Value =
		serde_json::from_str(include_str!("../../../hparams.json")).expect("the file is JSON");
	let mut params: Params = serde_json::from_value(hparams["scoring"].clone()).expect("it has scoring parameters");
	params.windows_per_weights = 1;
	params
}

/// A window in which all of `peers` are active, gathered, in sync and evaluated.
fn window(window: Window, peers: Uid) -> Observations {
	let mut random = Random(window.into());
	let uids = || 0..peers;
	let own = sync::Samples::from([("parameter".to_owned(), vec![0.25, 0.5])]);
	let in_sync: SyncVerdict = sync::judge(&own, Some(&own), Steps::Even { learning_rate: 4e-4 });
	let mut loss = || 8.0 + random.next();
	let mut losses = || Losses { own_before: loss(), own_after: loss(), random_before: loss(), random_after: loss() };
	Observations {
		window,
		active: uids().collect(),
		gather: Some(Gather { peers: uids().collect(), ..Gather::default() }),
		sync: uids().map(|uid| (uid, in_sync.clone())).collect(),
		verdicts: uids().map(|uid| (uid, losses().judge().into())).collect(),
		..Observations::default()
	}
}

/// A validator that has seen a few windows, so that nothing is at its default.
fn seasoned(params: &Params, peers: Uid) -> State {
	let mut state = State::default();
	for number in 0..5 {
		state.window(params, &window(number, peers)).expect("windows in order");
	}
	state
}

fn windows(criterion: &mut Criterion) {
	let params = params();
	for (peers, _) in WINDOWS {
		let (state, seen) = (seasoned(&params, peers), window(5, peers));
		criterion.benchmark_group("window").bench_function(peers.to_string(), |bencher| {
			bencher.iter_batched_ref(
				|| state.clone(),
				|state| black_box(state.window(&params, &seen)),
				criterion::BatchSize::SmallInput,
			);
		});
	}
}

/// Shortest time of a few, in seconds: what else the machine does only ever adds to one.
fn fastest(mut run: impl FnMut()) -> f64 {
	let time = |_| {
		let start = Instant::now();
		run();
		start.elapsed().as_secs_f64()
	};
	(0..20).map(time).fold(f64::INFINITY, f64::min)
}

/// Whether all goals are reached.
fn print_windows() -> bool {
	println!("\n{:<34} {:>11} {:>11}", "one window", "ms", "at most");
	let params = params();
	let mut are_reached = true;
	for (peers, limit) in WINDOWS {
		let (state, seen) = (seasoned(&params, peers), window(5, peers));
		let mut states = vec![state; 20].into_iter();
		let seconds = fastest(|| {
			let mut state = states.next().expect("one for each run");
			black_box(state.window(&params, &seen)).expect("a new window");
		});
		let is_reached = seconds * 1e3 <= limit;
		are_reached &= is_reached;
		let verdict = if is_reached { "" } else { "  NOT reached" };
		println!("{:<34} {:>11.3} {limit:>11}{verdict}", format!("{peers} peers"), seconds * 1e3);
	}
	are_reached
}

fn sequence(players: usize, matches: usize) -> Vec<Vec<f64>> {
	let mut random = Random(players as u64);
	(0..matches).map(|_| (0..players).map(|_| random.next() - 0.5).collect()).collect()
}

fn rated(matches: &[Vec<f64>], params: &Params) -> Vec<Rating> {
	let mut ratings = vec![Rating::default(); matches.first().map_or(0, Vec::len)];
	for scores in matches {
		let players: Vec<(Rating, f64)> = ratings.iter().copied().zip(scores.iter().copied()).collect();
		ratings = openskill::rate(&players, params.openskill_beta, params.openskill_tau).expect("a match");
	}
	ratings
}

/// Whether all goals are reached.
fn print_ratings() -> bool {
	let params = params();
	println!(
		"\n{:<34} {:>11} {:>11} {:>8} {:>7} {:>12}",
		"one match of a sequence", "ours, µs", "python, µs", "ratio", "goal", "difference"
	);
	let mut are_reached = true;
	for (players, count) in SEQUENCES {
		let matches = sequence(players, count);
		let theirs = reference::rate(&matches, params.openskill_beta, params.openskill_tau);
		let ours = fastest(|| _ = black_box(rated(black_box(&matches), &params))) / count as f64;
		let python = theirs.seconds.into_iter().fold(f64::INFINITY, f64::min);
		let difference = reference::difference(&rated(&matches, &params), &theirs.ratings);
		assert!(difference <= TOLERANCE, "{players} players: ratings differ by {difference:e}");
		let (ratio, is_reached) = (python / ours, python >= GOAL * ours);
		are_reached &= is_reached;
		let mark = if is_reached { "≥" } else { "NOT" };
		println!(
			"{:<34} {:>11.2} {:>11.1} {ratio:>7.0}x {mark:>3} {GOAL:>3} {difference:>12.1e}",
			format!("{players} players, {count} matches"),
			ours * 1e6,
			python * 1e6,
		);
	}
	are_reached
}

fn main() -> ExitCode {
	let mut criterion = Criterion::default().configure_from_args();
	windows(&mut criterion);
	criterion.final_summary();
	// Both, whatever comes of the first.
	match [print_windows(), print_ratings()] {
		[true, true] => ExitCode::SUCCESS,
		_ => {
			eprintln!("a goal is not reached");
			ExitCode::FAILURE
		},
	}
}
