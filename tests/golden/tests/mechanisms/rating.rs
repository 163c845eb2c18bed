// SPDX-License-Identifier: Apache-2.0
//! Ratings of players.

use std::{collections::BTreeMap, fmt};

use golden::{cases, Tally};
use mechanisms::{
	openskill::{rate, Rating, RatingError},
	Uid,
};
use serde::Deserialize;

use crate::Float;

/// Agreement that is asked for, relative.
const TOLERANCE: f64 = 1e-9;

/// `mu`, `sigma` and `ordinal`.
pub(crate) type Recorded = (f64, f64, f64);

#[track_caller]
pub(crate) fn check_rating(
	tally: &mut Tally,
	rating: Rating,
	(mu, sigma, ordinal): Recorded,
	tolerance: f64,
	at: impl fmt::Display,
) {
	tally.close("mu", (rating.mu, mu), tolerance, &at);
	tally.close("sigma", (rating.sigma, sigma), tolerance, &at);
	// A difference of larger numbers, so its error is measured against those.
	tally.close_for("ordinal", (rating.ordinal(), ordinal), mu.abs() + 3.0 * sigma, tolerance, &at);
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
				check_rating(&mut tally, rating, *recorded, TOLERANCE, uid);
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
			check_rating(&mut tally, rating, *recorded, TOLERANCE, format_args!("{:?}", case.scores));
		}
		tally.compared();
	}
	tally.finish(FILE, 1);
}
