// SPDX-License-Identifier: Apache-2.0

use std::f64::consts::TAU;

use proptest::prelude::*;

use super::*;
use crate::numpy::Generator;

/// A distribution with mean zero.
#[derive(Clone, Copy, Debug)]
pub(super) enum Draw {
	Normal,
	Uniform,
	Laplace,
	Student3,
	Exponential,
}

/// Numbers that are the same in every run.
pub(super) struct Random(Generator);

impl Random {
	pub fn new(seed: u32) -> Self {
		Self(Generator::new(seed))
	}

	/// In (0, 1).
	fn uniform(&mut self) -> f64 {
		((self.0.next_u64() >> 12) as f64 + 0.5) / (1u64 << 52) as f64
	}

	fn normal(&mut self) -> f64 {
		(-2.0 * self.uniform().ln()).sqrt() * (TAU * self.uniform()).cos()
	}

	pub fn draw(&mut self, draw: Draw) -> f64 {
		match draw {
			Draw::Normal => self.normal(),
			Draw::Uniform => self.uniform() - 0.5,
			Draw::Laplace => self.uniform().ln() - self.uniform().ln(),
			Draw::Student3 => {
				let squares: f64 = (0..3).map(|_| self.normal().powi(2)).sum();
				self.normal() / (squares / 3.0).sqrt()
			},
			Draw::Exponential => -self.uniform().ln() - 1.0,
		}
	}
}

/// Miners of given qualities, measured on pages that differ by ten times more than what a submission does to one.
#[derive(Clone, Debug)]
struct Field {
	qualities: Vec<f64>,
	/// Deviation of what a submission does to a page.
	noise: f64,
	seed: u32,
}

const RULE: Sequential = Sequential { confidence: 0.95, indifference: 0.0, depth: 8 };

impl Field {
	fn uids(&self) -> impl Iterator<Item = Uid> {
		0..self.qualities.len() as Uid
	}

	/// The same for the same seed, whatever is asked for when.
	fn loss(&self, at: Measurement, sampling: Sampling) -> PageLoss {
		let page = match sampling {
			Sampling::Reference => at.page + 100_000 * (u32::from(at.uid) + 1),
			_ => at.page,
		};
		let before = 4.0 + Random::new(self.seed ^ page.wrapping_mul(0x9E37_79B1)).normal();
		let own = self.seed ^ page.wrapping_mul(0x85EB_CA6B) ^ (u32::from(at.uid) + 1).wrapping_mul(0xC2B2_AE35);
		let effect = self.qualities[usize::from(at.uid)] + self.noise * Random::new(own).normal();
		PageLoss { before, after: before - effect }
	}

	fn ranked(&self, sampling: Sampling, pages: u32) -> Ranking {
		let mut ranking = Ranking::new(sampling, pages, self.uids());
		self.finish(&mut ranking);
		ranking
	}

	fn finish(&self, ranking: &mut Ranking) {
		loop {
			let round = ranking.next_round();
			if round.is_empty() {
				return;
			}
			for at in round {
				let loss = self.loss(at, ranking.sampling);
				assert_eq!(ranking.record(at, loss), Ok(Recorded::Kept));
			}
		}
	}
}

fn steps(n: usize, step: f64) -> Vec<f64> {
	(0..n).map(|place| -(place as f64) * step).collect()
}

fn all_rules() -> impl Strategy<Value = Sampling> {
	let sequential = (0.5..0.999f64, prop_oneof![Just(0.0), 0.0..0.1f64], 1..10u32);
	let sequential =
		sequential.prop_map(|(confidence, indifference, depth)| Sequential { confidence, indifference, depth });
	prop_oneof![Just(Sampling::Reference), Just(Sampling::Shared), sequential.prop_map(Sampling::Sequential)]
}

fn fields() -> impl Strategy<Value = Field> {
	let qualities = prop::collection::vec(prop_oneof![Just(0.0), -0.2..0.2f64], 1..8);
	(qualities, 0.0..0.3f64, any::<u32>()).prop_map(|(qualities, noise, seed)| Field { qualities, noise, seed })
}

#[test]
fn plain_differences_are_settled_with_a_fraction_of_the_pages() {
	let field = Field { qualities: steps(16, 0.05), noise: 0.01, seed: 1 };
	let outcome = field.ranked(Sampling::Sequential(RULE), 64).outcome();
	assert!(outcome.order.into_iter().eq(field.uids()));
	assert_eq!(outcome.open, 0);
	assert!(outcome.pages < 16 * 64 / 4, "{} pages", outcome.pages);
	assert!(outcome.miners.values().all(|miner| miner.confidence > 0.99));
}

/// The one close pair gets what the others do not need.
#[test]
fn pages_go_where_the_order_is_open() {
	let field = Field { qualities: vec![0.0, -0.5, -0.52, -1.0], noise: 0.03, seed: 2 };
	let outcome = field.ranked(Sampling::Sequential(RULE), 32).outcome();
	let pages = |uid: Uid| outcome.miners[&uid].pages;
	assert!(pages(1) > 3 * pages(0) && pages(2) > 3 * pages(3), "{outcome:?}");
	assert_eq!(outcome.order, [0, 1, 2, 3]);
}

#[test]
fn the_same_submission_twice_is_level_at_once() {
	let field = Field { qualities: vec![0.1; 3], noise: 0.0, seed: 3 };
	let outcome = field.ranked(Sampling::Sequential(RULE), 64).outcome();
	assert_eq!(outcome.open, 0);
	assert!(outcome.pages < 3 * 16, "{} pages", outcome.pages);
	let scores: BTreeSet<u64> = outcome.miners.values().map(|miner| (miner.score * 1e12) as u64).collect();
	assert_eq!(scores.len(), 1, "nobody gains by a second uid");
}

#[test]
fn equals_end_by_the_indifference_width_or_by_the_budget() {
	let field = Field { qualities: vec![0.0; 4], noise: 0.05, seed: 4 };
	let rule = Sequential { indifference: 0.04, ..RULE };
	let outcome = field.ranked(Sampling::Sequential(rule), 200).outcome();
	assert!(outcome.open == 0 && outcome.pages < 4 * 200, "{outcome:?}");
	let outcome = field.ranked(Sampling::Sequential(RULE), 200).outcome();
	assert!(outcome.open > 0 && outcome.pages > 4 * 198, "{outcome:?}");
}

/// The theorem is about all pairs of a window at once.
#[test]
fn equals_are_hardly_ever_settled() {
	let runs = 300;
	let wrong = |seed: u32| {
		let field = Field { qualities: vec![0.0; 6], noise: 0.05, seed };
		!field.ranked(Sampling::Sequential(RULE), 60).above.is_empty()
	};
	let rate = f64::from((0..runs).map(|seed| u32::from(wrong(seed))).sum::<u32>()) / f64::from(runs);
	println!("settled of equals: {rate}");
	assert!(rate <= 1.0 - RULE.confidence, "{rate}");
}

/// The chances of both neighbours being wrong are added up, so a little more is right than is told.
#[test]
fn a_score_is_right_as_often_as_its_confidence_says() {
	let (mut told, mut right, mut scores) = (0.0, 0.0, 0.0);
	for seed in 0..200 {
		let field = Field { qualities: steps(8, 0.02), noise: 0.05, seed };
		let outcome = field.ranked(Sampling::Shared, 12).outcome();
		for (place, uid) in outcome.order.iter().enumerate() {
			let beside = [place.checked_sub(1), place.checked_add(1)];
			let beside = beside.map(|place| place.and_then(|place| outcome.order.get(place)));
			let is_right = beside[0].is_none_or(|above| above < uid) && beside[1].is_none_or(|below| below > uid);
			right += f64::from(u8::from(is_right));
			told += outcome.miners[uid].confidence;
			scores += 1.0;
		}
	}
	let (told, right) = (told / scores, right / scores);
	println!("confidence {told}, right {right}");
	assert!(told < right && told > right - 0.15, "told {told}, right {right}");
}

/// What an explosion does to the loss enters nobody else's score or order.
#[test]
fn a_wild_submission_moves_nobody_else() {
	let calm = Field { qualities: vec![0.3, 0.2, 0.1], noise: 0.02, seed: 5 };
	let ranked = |wild: f64| {
		let mut ranking = Ranking::new(Sampling::Shared, 16, 0..4);
		for at in ranking.next_round() {
			let loss = match at.uid {
				3 => PageLoss { before: 4.0, after: wild * f64::from(at.page + 1) },
				_ => calm.loss(at, Sampling::Shared),
			};
			// After the first loss that explodes the others are refused.
			let _ = ranking.record(at, loss);
		}
		ranking.outcome()
	};
	let plain = ranked(4.0);
	for wild in [1e30, 1e47, 1e60, f64::INFINITY, f64::NAN] {
		let outcome = ranked(wild);
		for uid in 0..3 {
			let (expected, found) = (&plain.miners[&uid], &outcome.miners[&uid]);
			assert_eq!((expected.score, expected.reduction), (found.score, found.reduction));
		}
		assert_eq!(outcome.order[..3], [0, 1, 2]);
		assert_eq!(outcome.miners.contains_key(&3), wild < 1e48);
	}
}

#[test]
fn what_cannot_be_a_loss_is_refused() {
	let mut ranking = Ranking::new(Sampling::Shared, 2, [1, 2]);
	let first = Measurement { uid: 1, page: 0 };
	let loss = PageLoss { before: 4.0, after: 3.0 };
	for before in [f64::NAN, f64::INFINITY, 1e60] {
		let refused = ranking.record(first, PageLoss { before, ..loss });
		assert!(matches!(refused, Err(RecordError::NoBaseline { page: 0, .. })));
	}
	let later = Measurement { page: 1, ..first };
	assert_eq!(ranking.record(later, loss), Err(RecordError::OutOfTurn { uid: 1, page: 1, expected: 0 }));
	assert_eq!(ranking.record(first, PageLoss { after: f64::NAN, ..loss }), Ok(Recorded::Exploded));
	assert_eq!(ranking.record(first, loss), Err(RecordError::NotRanked { uid: 1 }));
	for page in 0..2 {
		assert_eq!(ranking.record(Measurement { uid: 2, page }, loss), Ok(Recorded::Kept));
	}
	assert!(ranking.next_round().is_empty());
	assert_eq!(ranking.outcome().order, [2]);
}

#[test]
fn a_parameter_out_of_range_is_told() {
	assert_eq!(Sampling::Sequential(RULE).check(), Ok(()));
	for rule in [
		Sequential { confidence: 1.0, ..RULE },
		Sequential { confidence: f64::NAN, ..RULE },
		Sequential { indifference: -1.0, ..RULE },
		Sequential { depth: 0, ..RULE },
	] {
		assert!(Sampling::Sequential(rule).check().is_err(), "{rule:?}");
	}
}

proptest! {
	#![proptest_config(ProptestConfig::with_cases(64))]

	#[test]
	fn the_order_of_miners_and_of_recording_does_not_matter(field in fields(), rule in all_rules(), pages in 1..30u32) {
		let expected = field.ranked(rule, pages);
		let mut ranking = Ranking::new(rule, pages, field.uids().collect::<Vec<_>>().into_iter().rev());
		loop {
			let mut round = ranking.next_round();
			if round.is_empty() {
				break;
			}
			round.sort_by_key(|at| (std::cmp::Reverse(at.uid), at.page)); // Miner by miner, as a device likes it.
			for at in round {
				prop_assert_eq!(ranking.record(at, field.loss(at, rule)), Ok(Recorded::Kept));
			}
		}
		prop_assert_eq!(&ranking, &expected);
		prop_assert_eq!(ranking.outcome(), expected.outcome());
	}

	#[test]
	fn the_budget_is_never_exceeded(field in fields(), rule in all_rules(), pages in 1..30u32) {
		let ranking = field.ranked(rule, pages);
		prop_assert!(ranking.spent <= ranking.budget());
		prop_assert!(ranking.losses.values().all(|losses| losses.len() <= ranking.most_pages() as usize));
		if !matches!(rule, Sampling::Sequential(_)) {
			prop_assert_eq!(ranking.spent, ranking.budget());
		}
	}

	#[test]
	fn a_ranking_that_is_restored_goes_on_as_if_nothing_had_been(field in fields(), rule in all_rules(), rounds in 0..4) {
		let mut ranking = Ranking::new(rule, 12, field.uids());
		for _ in 0..rounds {
			for at in ranking.next_round() {
				prop_assert_eq!(ranking.record(at, field.loss(at, rule)), Ok(Recorded::Kept));
			}
		}
		let text = serde_json::to_string(&ranking).expect("plain data");
		let mut restored: Ranking = serde_json::from_str(&text).expect("what was written");
		field.finish(&mut restored);
		field.finish(&mut ranking);
		prop_assert_eq!(restored, ranking);
	}

	#[test]
	fn scores_are_in_the_order_and_an_outcome_is_finite(field in fields(), rule in all_rules(), pages in 1..30u32) {
		let outcome = field.ranked(rule, pages).outcome();
		prop_assert_eq!(outcome.order.len(), field.qualities.len());
		let scores: Vec<f64> = outcome.order.iter().map(|uid| outcome.miners[uid].score).collect();
		prop_assert!(scores.is_sorted_by(|one, other| one >= other));
		for estimate in outcome.miners.values() {
			prop_assert!((0.0..=1.0).contains(&estimate.confidence));
			let numbers = [Some(estimate.score), Some(estimate.reduction), estimate.reduction_error, estimate.advantage];
			prop_assert!(numbers.into_iter().flatten().all(f64::is_finite));
		}
		let text = serde_json::to_string(&outcome).expect("plain data");
		prop_assert_eq!(serde_json::from_str::<Outcome>(&text).expect("what was written"), outcome);
	}

	#[test]
	fn any_losses_at_all_end_in_an_outcome(
		losses in prop::collection::vec((any::<f64>(), any::<f64>()), 1..200),
		rule in all_rules(),
	) {
		let mut ranking = Ranking::new(rule, 8, 0..5);
		let mut losses = losses.into_iter().cycle();
		for _ in 0..400 {
			let Some(at) = ranking.next_round().first().copied() else { break };
			let (before, after) = losses.next().expect("it begins anew");
			let before = if before.abs() <= 1e49 { before } else { 4.0 };
			let recorded = ranking.record(at, PageLoss { before, after });
			prop_assert!(recorded.is_ok());
		}
		prop_assert!(ranking.next_round().is_empty());
		let outcome = ranking.outcome();
		prop_assert!(outcome.miners.values().all(|miner| (0.0..=1.0).contains(&miner.confidence)));
	}
}
