// SPDX-License-Identifier: Apache-2.0
//! Ratings, shares and the draw of uids.

use std::collections::{BTreeMap, BTreeSet};

use golden::{cases, Tally};
use mechanisms::{
	openskill::{rate, Rating, RatingError},
	templar::{
		sampling,
		state::{Gather, Observations, Peer, State},
		weights::min_power_shares,
		Params,
	},
	Uid,
};
use serde::Deserialize;

use crate::{check_close, Float, SEED_PARAMS};

/// `mu`, `sigma` and `ordinal`.
type Recorded = (f64, f64, f64);

#[track_caller]
fn check_rating(rating: Rating, (mu, sigma, ordinal): Recorded) {
	check_close(rating.mu, mu, 1e-9, "mu");
	check_close(rating.sigma, sigma, 1e-9, "sigma");
	// A difference of larger numbers, so its error is measured against those.
	assert!((rating.ordinal() - ordinal).abs() <= 1e-9 * (mu.abs() + 3.0 * sigma), "ordinal {ordinal}");
}

#[derive(Deserialize)]
struct Season {
	beta: f64,
	tau: f64,
	/// Of the uids of the first window; when left out, all are new.
	#[serde(default)]
	start: Vec<(f64, f64)>,
	windows: Vec<Match>,
}

#[derive(Deserialize)]
struct Match {
	uids: Vec<Uid>,
	scores: Vec<f64>,
	after: Vec<Recorded>,
}

#[test]
fn ratings_over_many_windows_are_those_of_openskill() {
	const FILE: &str = "mechanisms/openskill.json";
	let mut tally = Tally::default();
	for season in cases::<Season>(FILE) {
		let known = season.windows[0].uids.iter().copied().zip(&season.start);
		let mut ratings: BTreeMap<Uid, Rating> =
			known.map(|(uid, (mu, sigma))| (uid, Rating { mu: *mu, sigma: *sigma })).collect();
		for played in &season.windows {
			let before = played.uids.iter().map(|uid| ratings.get(uid).copied().unwrap_or_default());
			let players: Vec<_> = before.zip(played.scores.iter().copied()).collect();
			let rated = rate(&players, season.beta, season.tau).expect("a match");
			for ((uid, rating), recorded) in played.uids.iter().zip(rated).zip(&played.after) {
				check_rating(rating, *recorded);
				ratings.insert(*uid, rating);
				tally.compared();
			}
		}
	}
	tally.finish(FILE, 734);
}

#[derive(Deserialize)]
struct Versions {
	beta: f64,
	tau: f64,
	start: Vec<(f64, f64)>,
	scores: Vec<Float>,
	results: BTreeMap<String, Vec<Recorded>>,
}

/// Ties and zeros follow release 6.2.0. Scores that are not finite have no order, whatever a release makes of them.
#[test]
fn ties_and_zeros_are_rated_as_in_release_6_2() {
	const FILE: &str = "mechanisms/openskill_versions.json";
	let mut tally = Tally::default();
	for case in cases::<Versions>(FILE) {
		let ratings = case.start.iter().map(|(mu, sigma)| Rating { mu: *mu, sigma: *sigma });
		let players: Vec<_> = ratings.zip(case.scores.iter().map(|score| score.0)).collect();
		let rated = rate(&players, case.beta, case.tau);
		if case.scores.iter().any(|score| !score.0.is_finite()) {
			assert!(matches!(rated, Err(RatingError::ScoreNotFinite { .. })));
			tally.under("with scores that are not finite");
			continue;
		}
		for (rating, recorded) in rated.expect("a match").into_iter().zip(&case.results["6.2.0 (target)"]) {
			check_rating(rating, *recorded);
		}
		tally.compared();
	}
	tally.finish(FILE, 1);
}

#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMany {
	Many(Vec<Float>),
	One(Float),
}

#[derive(Deserialize)]
struct Curve {
	input: OneOrMany,
	power: f64,
	output: Vec<Float>,
}

/// The reference's own callers pass positive scores only; of others it makes weights, overflows or NaN, we nothing.
#[test]
fn the_share_of_a_positive_score_is_that_of_the_reference() {
	const FILE: &str = "mechanisms/min_power_normalization.json";
	let mut tally = Tally::default();
	for case in cases::<Curve>(FILE) {
		let input = match case.input {
			OneOrMany::Many(values) => values,
			OneOrMany::One(value) => vec![value],
		};
		let scores: Vec<f32> = input.iter().map(|score| score.0 as f32).collect();
		let shares = min_power_shares(&scores, case.power);
		assert_eq!(shares.len(), case.output.len());
		let is_representable = |score: &f32| *score >= 0.0 && score.powf(case.power as f32).is_finite();
		if scores.iter().all(is_representable) {
			for (share, recorded) in shares.iter().zip(&case.output) {
				check_close((*share).into(), recorded.0, 2e-6, "share");
			}
			tally.compared();
		} else {
			tally.under("with scores that make no weights");
			assert!(shares.iter().all(|share| (0.0..=1.0).contains(share)), "{scores:?}: {shares:?}");
		}
	}
	tally.finish(FILE, 22);
}

#[derive(Deserialize)]
struct SeedWeights {
	final_scores: BTreeMap<Uid, Float>,
	evaluated_uids: BTreeSet<Uid>,
	power: f64,
	weights: BTreeMap<Uid, f64>,
}

/// A state holds finite scores only.
#[test]
fn only_evaluated_uids_with_a_positive_score_have_a_share() {
	const FILE: &str = "mechanisms/templar_seed_weights.json";
	let mut tally = Tally::default();
	for case in cases::<SeedWeights>(FILE) {
		if case.final_scores.values().any(|score| !score.0.is_finite()) {
			tally.under("with scores that are not finite");
			continue;
		}
		let peer = |(uid, score): (&Uid, &Float)| {
			let evaluated = case.evaluated_uids.contains(uid);
			(*uid, Peer { final_score: score.0 as f32, evaluated, ..Peer::default() })
		};
		let peers: BTreeMap<Uid, Peer> = case.final_scores.iter().map(peer).collect();
		let saved = serde_json::json!({ "last_window": null, "peers": peers });
		let mut state: State = serde_json::from_value(saved).expect("a state");
		let params = Params { power_normalisation: case.power, ..SEED_PARAMS };
		let seen = Observations { window: 1, gather: Some(Gather::default()), ..Observations::default() };
		state.window(&params, &seen).expect("the first window");
		let shares: BTreeMap<Uid, f32> = state.shares().into_iter().collect();
		assert!(shares.keys().eq(case.weights.keys()), "{shares:?}");
		for (uid, share) in shares {
			check_close(share.into(), case.weights[&uid], 2e-6, uid);
		}
		tally.compared();
	}
	tally.finish(FILE, 12);
}

#[derive(Deserialize)]
struct Draw {
	candidates: Vec<Uid>,
	weights: Vec<u32>,
	k: usize,
	uniform01_draws: Vec<f64>,
	selected: Vec<Uid>,
}

#[test]
fn the_uids_drawn_are_those_of_the_reference() {
	const FILE: &str = "mechanisms/weighted_sampling.json";
	let mut tally = Tally::default();
	for case in cases::<Draw>(FILE) {
		let candidates: Vec<_> = case.candidates.iter().copied().zip(case.weights.iter().copied()).collect();
		assert_eq!(case.uniform01_draws.len(), case.k);
		assert_eq!(sampling::sample(&candidates, &case.uniform01_draws), case.selected);
		tally.compared();
	}
	tally.finish(FILE, 1);
}
