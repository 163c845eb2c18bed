// SPDX-License-Identifier: Apache-2.0
//! Who earns how much.

use proptest::prelude::*;

use super::*;

#[track_caller]
fn check(scores: &[f32], power: f64, expected: &[f32]) {
	let shares = min_power_shares(scores, power);
	assert_eq!(shares.len(), expected.len());
	assert!(shares.iter().zip(expected).all(|(share, expected)| (share - expected).abs() < 1e-6), "{shares:?}");
}

#[test]
fn the_power_favours_the_best() {
	check(&[1.0, 3.0], 1.0, &[0.25, 0.75]);
	check(&[1.0, 3.0], 2.0, &[0.1, 0.9]);
}

#[test]
fn only_positive_numbers_earn() {
	check(&[-1.0, 2.0, 0.0], 2.0, &[0.0, 1.0, 0.0]);
	check(&[f32::NAN, 2.0, f32::INFINITY], 2.0, &[0.0, 1.0, 0.0]);
	check(&[], 2.0, &[]);
	check(&[-1.0, 0.0], 2.0, &[0.0, 0.0]);
}

#[test]
fn dust_earns_nothing() {
	check(&[1e-5, 2e-5], 2.0, &[0.0, 0.0]);
	check(&[1e-4, 1e-4], 2.0, &[0.5, 0.5]);
}

#[test]
fn no_power_overflows() {
	check(&[f32::MAX, f32::MAX], 16.0, &[0.5, 0.5]);
}

proptest! {
	#[test]
	fn shares_sum_to_one(scores in prop::collection::vec(-10.0..10.0f32, 0..50), power in 0.1..4.0) {
		let sum: f64 = min_power_shares(&scores, power).into_iter().map(f64::from).sum();
		let somebody_earns = scores.iter().any(|score| *score > 0.01);
		prop_assert!((sum - 1.0).abs() < 1e-6 || sum == 0.0 && !somebody_earns, "{}", sum);
	}

	#[test]
	fn a_higher_score_never_earns_less(a in 0.001..10.0f32, b in 0.001..10.0f32, power in 0.1..4.0) {
		let shares = min_power_shares(&[a.min(b), a.max(b)], power);
		prop_assert!(shares[0] <= shares[1]);
	}
}

/// A ladder of two gathered places and one in reserve; uid 0 burns half.
const LADDER: Piecewise = Piecewise {
	burn_rate: 0.5,
	burn_uid: 0,
	gather_share: 0.75,
	gather_peer_count: 2,
	gather_top_ratio: 2.0,
	reserve_peer_count: 1,
	reserve_decay_ratio: 0.5,
};

#[track_caller]
fn check_ladder(scores: &[(Uid, f32)], ladder: &Piecewise, policy: Policy, expected: &[(Uid, f32)]) {
	let shares: Vec<(Uid, f32)> = piecewise_shares(scores, ladder, policy).into_iter().collect();
	let is_close =
		|((uid, share), (other, expected)): (&(Uid, f32), &(Uid, f32))| uid == other && (share - expected).abs() < 1e-6;
	assert!(shares.len() == expected.len() && shares.iter().zip(expected).all(is_close), "{shares:?}");
}

#[test]
fn the_places_earn_and_nobody_behind_them() {
	let scores = [(4, 1.0), (5, 9.0), (6, 5.0), (7, 0.5), (8, -1.0), (9, f32::NAN)];
	check_ladder(&scores, &LADDER, Policy::Corrected, &[(0, 0.5), (4, 0.125), (5, 0.25), (6, 0.125)]);
	check_ladder(&[(5, 9.0)], &LADDER, Policy::Corrected, &[(0, 0.5), (5, 0.5)]);
}

#[test]
fn equal_scores_rank_by_uid() {
	let scores = [(9, 1.0), (3, 1.0), (6, 1.0)];
	check_ladder(&scores, &LADDER, Policy::Corrected, &[(0, 0.5), (3, 0.25), (6, 0.125), (9, 0.125)]);
}

#[test]
fn what_nobody_earns_is_burned() {
	check_ladder(&[(3, -1.0)], &LADDER, Policy::Corrected, &[(0, 1.0)]);
	let unburned = Piecewise { burn_rate: 0.0, ..LADDER };
	check_ladder(&[(3, 1.0), (4, 0.5)], &unburned, Policy::Corrected, &[(3, 2.0 / 3.0), (4, 1.0 / 3.0)]);
}

#[test]
fn a_burn_uid_with_a_score_takes_no_place_and_took_one_as_published() {
	let scores = [(0, 9.0), (5, 4.0), (6, 3.0), (7, 2.0)];
	check_ladder(&scores, &LADDER, Policy::Corrected, &[(0, 0.5), (5, 0.25), (6, 0.125), (7, 0.125)]);
	check_ladder(&scores, &LADDER, Policy::AsPublished, &[(0, 0.5), (5, 0.25), (6, 0.25)]);
}

proptest! {
	#[test]
	fn the_ladder_sums_to_one_and_never_rises(
		scores in prop::collection::btree_map(0u16..60, -2.0..10.0f32, 0..60),
		burn_rate in 0.0..=1.0,
		gather_share in 0.05..=1.0,
		reserve_decay_ratio in 0.1..=1.0,
	) {
		let ladder = Piecewise { burn_rate, gather_share, gather_peer_count: 20, reserve_peer_count: 10, reserve_decay_ratio, ..LADDER };
		let mut scores: Vec<(Uid, f32)> = scores.into_iter().collect();
		let shares = piecewise_shares(&scores, &ladder, Policy::Corrected);
		prop_assert!((shares.values().map(|share| f64::from(*share)).sum::<f64>() - 1.0).abs() < 1e-6);
		scores.retain(|(uid, score)| *uid != 0 && *score > 0.0);
		scores.sort_by(|(_, a), (_, b)| b.total_cmp(a));
		let by_place: Vec<f32> = scores.iter().map(|(uid, _)| shares.get(uid).copied().unwrap_or_default()).collect();
		prop_assert!(by_place.windows(2).all(|pair| pair[0] >= pair[1] * 0.999_999), "{:?}", by_place);
	}
}
