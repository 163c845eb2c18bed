// SPDX-License-Identifier: Apache-2.0
//! Ratings of players.

use std::collections::BTreeMap;

use golden::{cases, Tally};
use mechanisms::{
	openskill::{rate, Rating, RatingError},
	Uid,
};
use serde::Deserialize;

use crate::{check_close, Float};

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

/// Trap 4. Ties and zeros follow release 6.2.0. Scores that are not finite have no order, whatever a release makes of them.
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
