// SPDX-License-Identifier: Apache-2.0
//! Counting fast gives what the definition says.

use proptest::prelude::*;

use super::*;

/// The definition, word for word.
fn is_win(loss: f64, other: f64, block: Block, other_block: Block, epsilon: f64) -> bool {
	let loss = if block < other_block { (1.0 - epsilon) * loss } else { loss };
	let other = if other_block < block { (1.0 - epsilon) * other } else { other };
	loss < other
}

/// Each against each.
fn plain_records(entrants: &[Entrant], epsilon: f64) -> Vec<Record> {
	let against = |one: &Entrant, other: &Entrant| {
		let pairs: Vec<_> = one.losses.iter().zip(&other.losses).collect();
		let won = pairs.iter().filter(|(a, b)| is_win(**a, **b, one.block, other.block, epsilon)).count();
		(won as u64, pairs.len() as u64)
	};
	let record = |(position, one): (usize, &Entrant)| {
		let others = entrants.iter().enumerate().filter(|(other, _)| *other != position);
		let (wins, matches) = others.map(|(_, other)| against(one, other)).fold((0, 0), |a, b| (a.0 + b.0, a.1 + b.1));
		Record { wins, matches }
	};
	entrants.iter().enumerate().map(record).collect()
}

#[track_caller]
fn check(entrants: &[(Block, &[f64])], expected: &[(u64, u64)]) {
	let entrants: Vec<Entrant> =
		entrants.iter().map(|(block, losses)| Entrant { block: *block, losses: losses.to_vec() }).collect();
	let records: Vec<_> = records(&entrants, 0.01).iter().map(|record| (record.wins, record.matches)).collect();
	assert_eq!(records, expected);
}

#[test]
fn the_earlier_block_wins_unless_undercut_by_epsilon() {
	check(&[(4, &[1.0]), (5, &[1.0])], &[(1, 1), (0, 1)]);
	check(&[(4, &[1.0]), (5, &[0.995])], &[(1, 1), (0, 1)]);
	check(&[(4, &[1.0]), (5, &[0.98])], &[(0, 1), (1, 1)]);
}

#[test]
fn exactly_epsilon_less_is_nobodys_win() {
	check(&[(4, &[1.0]), (5, &[0.99])], &[(0, 1), (0, 1)]);
	check(&[(4, &[1.0]), (4, &[1.0])], &[(0, 1), (0, 1)]);
}

#[test]
fn a_copy_wins_nothing_against_its_original() {
	let losses: &[f64] = &[2.0, 1.5, 3.25];
	check(&[(7, losses), (3, losses)], &[(0, 3), (3, 3)]);
}

#[test]
fn models_are_compared_on_the_samples_both_have() {
	check(&[(1, &[1.0, 1.0, 1.0]), (1, &[2.0]), (1, &[])], &[(1, 1), (0, 1), (0, 0)]);
	assert_eq!(Record::default().win_rate(), 0.0);
}

#[test]
fn a_failed_sample_loses_and_no_number_does_neither() {
	check(&[(1, &[f64::INFINITY]), (2, &[1.0])], &[(0, 1), (1, 1)]);
	check(&[(1, &[f64::INFINITY]), (2, &[f64::INFINITY])], &[(0, 1), (0, 1)]);
	check(&[(1, &[f64::NAN]), (2, &[1.0])], &[(0, 1), (0, 1)]);
}

#[test]
fn alone_or_nobody_is_no_field() {
	check(&[], &[]);
	check(&[(1, &[1.0, 2.0])], &[(0, 0)]);
}

fn any_field() -> impl Strategy<Value = Vec<Entrant>> {
	// Few values, so that ties and differences of exactly epsilon are common.
	let loss = prop_oneof![
		8 => prop::sample::select(vec![0.0, 0.97, 0.98, 0.99, 0.9801, 0.9999, 1.0, 1.01, 2.0, -1.0]),
		4 => 0.5..3.0f64,
		1 => prop::sample::select(vec![f64::NAN, f64::INFINITY, f64::NEG_INFINITY, f64::MAX]),
	];
	let entrant = (0u32..5, prop::collection::vec(loss, 0..6));
	prop::collection::vec(entrant.prop_map(|(block, losses)| Entrant { block, losses }), 0..12)
}

proptest! {
	#[test]
	fn records_are_those_of_the_definition(field in any_field(), epsilon in prop::sample::select(vec![0.0, 0.01, 0.5])) {
		prop_assert_eq!(records(&field, epsilon), plain_records(&field, epsilon));
	}

	#[test]
	fn the_order_of_entrants_does_not_matter(field in any_field()) {
		let mut reversed = field.clone();
		reversed.reverse();
		let mut records_of_reversed = records(&reversed, 0.01);
		records_of_reversed.reverse();
		prop_assert_eq!(records(&field, 0.01), records_of_reversed);
	}

	#[test]
	fn a_win_rate_is_a_part(field in any_field()) {
		prop_assert!(records(&field, 0.01).iter().all(|record| (0.0..=1.0).contains(&record.win_rate())));
	}
}
