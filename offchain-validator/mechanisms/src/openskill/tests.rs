// SPDX-License-Identifier: Apache-2.0
//! Properties of the rating, and its agreement with the double sum it is defined by.

use proptest::prelude::*;

use super::*;

const NEW: Rating = Rating { mu: 25.0, sigma: 25.0 / 3.0 };

/// The definition, one player against each other one.
fn rate_by_definition(players: &[(Rating, f64)], beta: f64, tau: f64) -> Vec<Rating> {
	let sigma = |rating: &Rating| (rating.sigma.powi(2) + tau.powi(2)).sqrt();
	let c = players.iter().map(|(rating, _)| sigma(rating).powi(2) + beta.powi(2)).sum::<f64>().sqrt();
	let e = |rating: &Rating| (rating.mu / c).exp();
	let rated = players.iter().enumerate().map(|(i, (rating, score))| {
		let (mut omega, mut delta) = (0.0, 0.0);
		for (q, (_, other)) in players.iter().enumerate().filter(|(_, (_, other))| other >= score) {
			let contested: f64 = players.iter().filter(|(_, score)| score <= other).map(|(rating, _)| e(rating)).sum();
			let tied = players.iter().filter(|(_, score)| score == other).count() as f64;
			let p = e(rating) / contested;
			omega += if q == i { (1.0 - p) / tied } else { -p / tied };
			delta += p * (1.0 - p) / tied;
		}
		let sigma = sigma(rating);
		delta *= (sigma / c).powi(3);
		Rating { mu: rating.mu + omega * sigma.powi(2) / c, sigma: sigma * (1.0 - delta).max(KAPPA).sqrt() }
	});
	rated.collect()
}

fn is_close(a: f64, b: f64) -> bool {
	(a - b).abs() <= 1e-9 * a.abs().max(b.abs()).max(1.0)
}

/// Scores from few values, so that ties are common.
fn played_match() -> impl Strategy<Value = Vec<(Rating, f64)>> {
	let rating = (-50.0..100.0, 0.1..10.0).prop_map(|(mu, sigma)| Rating { mu, sigma });
	prop::collection::vec((rating, (-3i8..4).prop_map(f64::from)), 2..20)
}

#[test]
fn the_winner_gains_what_an_equal_loser_loses() {
	let rated = rate(&[(NEW, 1.0), (NEW, 0.0)], 20.0, 0.1).unwrap();
	assert!(rated[0].mu > 25.0 && is_close(rated[0].mu + rated[1].mu, 50.0));
	assert_eq!(rated[0].sigma, rated[1].sigma);
}

/// Trap 4.
#[test]
fn equals_that_tie_keep_their_mean() {
	let rated = rate(&[(NEW, 0.0); 3], 20.0, 0.1).unwrap();
	assert!(rated.iter().all(|rating| is_close(rating.mu, 25.0) && rating.sigma < NEW.sigma));
}

#[test]
fn an_unknown_player_has_no_ordinal() {
	assert_eq!(Rating::default().ordinal(), 0.0);
}

/// Trap 4.
#[test]
fn what_is_no_match_is_refused() {
	assert_eq!(rate(&[], 20.0, 0.1), Err(RatingError::TooFewPlayers { players: 0 }));
	assert_eq!(rate(&[(NEW, 1.0)], 20.0, 0.1), Err(RatingError::TooFewPlayers { players: 1 }));
	let infinite = rate(&[(NEW, 1.0), (NEW, f64::INFINITY)], 20.0, 0.1);
	assert_eq!(infinite, Err(RatingError::ScoreNotFinite { player: 1, score: f64::INFINITY }));
	assert!(matches!(
		rate(&[(NEW, f64::NAN), (NEW, 1.0)], 20.0, 0.1),
		Err(RatingError::ScoreNotFinite { player: 0, .. })
	));
	let broken = Rating { mu: f64::NAN, sigma: 1.0 };
	assert_eq!(rate(&[(NEW, 1.0), (broken, 0.0)], 20.0, 0.1), Err(RatingError::RatingOutOfRange { player: 1 }));
	for (beta, tau) in [(0.0, 0.1), (f64::NAN, 0.1), (20.0, -0.1), (20.0, f64::INFINITY)] {
		let refused = rate(&[(NEW, 1.0), (NEW, 0.0)], beta, tau);
		assert!(matches!(refused, Err(RatingError::ParameterOutOfRange { .. })), "{beta} {tau}");
	}
}

#[test]
fn absurd_ratings_still_give_numbers() {
	let giant = Rating { mu: 1e100, sigma: 1.0 };
	let dwarf = Rating { mu: -1e100, sigma: 1e100 };
	for scores in [[0.0, 1.0], [1.0, 0.0], [1.0, 1.0]] {
		let rated = rate(&[(giant, scores[0]), (dwarf, scores[1])], 1e-100, 0.0).unwrap();
		assert!(rated.iter().all(|rating| rating.mu.is_finite() && rating.sigma.is_finite()), "{rated:?}");
	}
}

proptest! {
	#[test]
	fn prefix_sums_give_what_the_definition_gives(players in played_match(), beta in 1.0..30.0, tau in 0.0..1.0) {
		let rated = rate(&players, beta, tau).unwrap();
		for (rated, defined) in rated.iter().zip(rate_by_definition(&players, beta, tau)) {
			prop_assert!(is_close(rated.mu, defined.mu) && is_close(rated.sigma, defined.sigma));
		}
	}

	#[test]
	fn the_order_of_players_does_not_matter(
		(players, shuffled) in played_match().prop_flat_map(|players| {
			let order: Vec<usize> = (0..players.len()).collect();
			(Just(players), Just(order).prop_shuffle())
		}),
	) {
		let rated = rate(&players, 20.0, 0.1).unwrap();
		let reordered: Vec<_> = shuffled.iter().map(|player| players[*player]).collect();
		for (player, other) in shuffled.iter().zip(rate(&reordered, 20.0, 0.1).unwrap()) {
			prop_assert!(is_close(rated[*player].mu, other.mu) && is_close(rated[*player].sigma, other.sigma));
		}
	}

	#[test]
	fn gains_and_losses_cancel_in_units_of_variance(players in played_match(), beta in 1.0..30.0, tau in 0.0..1.0) {
		let rated = rate(&players, beta, tau).unwrap();
		let gain = |((before, _), after): (&(Rating, f64), &Rating)| {
			(after.mu - before.mu) / (before.sigma.powi(2) + tau.powi(2))
		};
		let scale = players.iter().map(|(rating, _)| rating.sigma.powi(-2)).fold(1.0, f64::max);
		let total: f64 = players.iter().zip(&rated).map(gain).sum();
		prop_assert!(total.abs() <= 1e-12 * scale * players.len() as f64, "{}", total);
	}

	#[test]
	fn a_match_never_adds_uncertainty_beyond_the_drift(players in played_match(), beta in 1.0..30.0, tau in 0.0..1.0) {
		for ((before, _), after) in players.iter().zip(rate(&players, beta, tau).unwrap()) {
			prop_assert!(after.sigma > 0.0 && after.sigma <= before.sigma.hypot(tau));
		}
	}

	#[test]
	fn a_shift_of_all_means_shifts_the_result(players in played_match(), shift in -100.0..100.0) {
		let shifted: Vec<_> =
			players.iter().map(|(rating, score)| (Rating { mu: rating.mu + shift, ..*rating }, *score)).collect();
		for (rated, moved) in rate(&players, 20.0, 0.1).unwrap().iter().zip(rate(&shifted, 20.0, 0.1).unwrap()) {
			prop_assert!(is_close(rated.mu + shift, moved.mu) && is_close(rated.sigma, moved.sigma));
		}
	}
}
