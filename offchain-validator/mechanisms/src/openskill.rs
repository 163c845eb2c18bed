// SPDX-License-Identifier: Apache-2.0
//! Plackett–Luce rating of players by the order in which they finish a match.
//!
//! Algorithm 4 of R. C. Weng and C.-J. Lin, "A Bayesian Approximation Method for Online Ranking", JMLR 12 (2011), with
//! one player per team and the handling of ties of openskill 6.2.0.

use std::cmp::Ordering;

use serde::{Deserialize, Serialize};

/// The part of a variance that one match leaves at the least.
const KAPPA: f64 = 1e-4;

/// How far below the strongest player, in units of `c`, a strength may lie. Below it the chance to win is no longer
/// told apart from zero, and the sums stay finite whatever ratings were restored.
const WIDEST_SPREAD: f64 = 300.0;

/// Largest magnitude of a rating and of the parameters. Real ones stay below a thousand.
const LARGEST: f64 = 1e100;

/// Belief about a player's skill: normal with mean `mu` and standard deviation `sigma`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rating {
	/// Mean of the skill.
	pub mu: f64,
	/// Standard deviation of the skill.
	pub sigma: f64,
}

impl Default for Rating {
	/// What is believed of a player before its first match.
	fn default() -> Self {
		Self { mu: 25.0, sigma: 25.0 / 3.0 }
	}
}

impl Rating {
	/// Skill that the player has with some 99.9 % certainty, `mu − 3·sigma`. Negative for a weak or unknown player.
	pub fn ordinal(self) -> f64 {
		self.mu - 3.0 * self.sigma
	}

	fn is_in_range(self) -> bool {
		self.mu.abs() <= LARGEST && (0.0..=LARGEST).contains(&self.sigma)
	}
}

/// Why a match cannot be rated.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum RatingError {
	/// A match tells nothing about a player without an opponent.
	#[error("{players} players: a match needs at least two")]
	TooFewPlayers {
		/// Number of players.
		players: usize,
	},
	/// A score has no place in an order: NaN sorts anywhere, and infinities hide how the loss came about.
	#[error("player {player} scored {score}: scores must be finite")]
	ScoreNotFinite {
		/// Position of the player.
		player: usize,
		/// Its score.
		score: f64,
	},
	/// A rating was restored from something that never was a rating.
	#[error("the rating of player {player} is not a finite number of a credible size")]
	RatingOutOfRange {
		/// Position of the player.
		player: usize,
	},
	/// `beta` must be above zero, `tau` zero or more.
	#[error("beta {beta} and tau {tau}: beta must be positive, tau must not be negative, both must be finite")]
	ParameterOutOfRange {
		/// Spread of the performance around the skill.
		beta: f64,
		/// Spread that the skill gains from match to match.
		tau: f64,
	},
}

/// Ratings after a match of `players`, each with its score, the higher the better; in the order given.
///
/// `beta` is the spread of a player's performance around its skill, `tau` what the skill's uncertainty gains before each
/// match. Equal scores share a rank. Takes `n log n` steps; the order of the players matters to the last bits only.
pub fn rate(players: &[(Rating, f64)], beta: f64, tau: f64) -> Result<Vec<Rating>, RatingError> {
	check(players, beta, tau)?;
	let drifted: Vec<Rating> =
		players.iter().map(|(rating, _)| Rating { sigma: rating.sigma.hypot(tau), ..*rating }).collect();
	// c = sqrt(Σ (σ² + β²))
	let c = drifted.iter().map(|rating| rating.sigma.powi(2) + beta.powi(2)).sum::<f64>().sqrt();
	let strengths = strengths(&drifted, c);
	let scores: Vec<f64> = players.iter().map(|(_, score)| *score).collect();
	let surprises = surprises(&scores, &strengths);
	let update = |(rating, surprise): (&Rating, Surprise)| {
		let variance = rating.sigma.powi(2);
		let information = surprise.delta * variance / c.powi(2) * (rating.sigma / c);
		Rating {
			mu: rating.mu + surprise.omega * variance / c,
			sigma: rating.sigma * (1.0 - information).max(KAPPA).sqrt(),
		}
	};
	Ok(drifted.iter().zip(surprises).map(update).collect())
}

fn check(players: &[(Rating, f64)], beta: f64, tau: f64) -> Result<(), RatingError> {
	if !(beta > 0.0 && beta <= LARGEST && (0.0..=LARGEST).contains(&tau)) {
		return Err(RatingError::ParameterOutOfRange { beta, tau });
	}
	if players.len() < 2 {
		return Err(RatingError::TooFewPlayers { players: players.len() });
	}
	for (player, (rating, score)) in players.iter().enumerate() {
		if !score.is_finite() {
			return Err(RatingError::ScoreNotFinite { player, score: *score });
		}
		if !rating.is_in_range() {
			return Err(RatingError::RatingOutOfRange { player });
		}
	}
	Ok(())
}

/// `e = exp(mu / c)` of each player, all divided by the strongest's: only their ratios count.
fn strengths(ratings: &[Rating], c: f64) -> Vec<f64> {
	let strongest = ratings.iter().map(|rating| rating.mu).fold(f64::NEG_INFINITY, f64::max);
	ratings.iter().map(|rating| ((rating.mu - strongest) / c).max(-WIDEST_SPREAD).exp()).collect()
}

/// How far a result was from what the ratings foretold.
#[derive(Clone, Copy, Default)]
struct Surprise {
	/// Direction and size: positive when the player did better than foretold. Sums to zero over a match.
	omega: f64,
	/// How much was to be learnt, never negative.
	delta: f64,
}

/// The surprise of each player.
///
/// With `S_g` the strength of group `g` of equal scores and of all below it, `p = e_i / S_g` is the chance that player
/// `i` comes first among those. Summed over its own group, of `A` players, and all groups above:
/// `omega_i = 1/A − Σ p` and `delta_i = Σ p·(1 − p)`. Both need only `Σ 1/S_g` and `Σ 1/S_g²`, which grow from group to
/// group, so no player is compared with each other one.
fn surprises(scores: &[f64], strengths: &[f64]) -> Vec<Surprise> {
	let mut order: Vec<(usize, f64, f64)> =
		scores.iter().zip(strengths).enumerate().map(|(player, (score, e))| (player, *score, *e)).collect();
	order.sort_by(|(_, a, _), (_, b, _)| b.partial_cmp(a).unwrap_or(Ordering::Equal)); // Finite, so ordered.
	let groups: Vec<_> = order.chunk_by(|(_, a, _), (_, b, _)| a == b).collect();

	// From the bottom up, so that small strengths are added before large ones.
	let mut below = 0.0;
	let mut contested: Vec<f64> = Vec::with_capacity(groups.len());
	for group in groups.iter().rev() {
		below += group.iter().map(|(_, _, e)| e).sum::<f64>();
		contested.push(below);
	}

	let mut found = vec![Surprise::default(); scores.len()];
	let (mut inverse, mut inverse_squared) = (0.0, 0.0);
	for (group, strength) in groups.iter().zip(contested.iter().rev()) {
		inverse += strength.recip();
		inverse_squared += strength.powi(-2);
		for (player, _, e) in group.iter() {
			if let Some(surprise) = found.get_mut(*player) {
				surprise.omega = (group.len() as f64).recip() - e * inverse;
				surprise.delta = (e * inverse - e * e * inverse_squared).max(0.0); // Rounding may pass below zero.
			}
		}
	}
	found
}

#[cfg(test)]
mod tests;
