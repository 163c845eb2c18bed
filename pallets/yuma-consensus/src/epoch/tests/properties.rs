// SPDX-License-Identifier: Apache-2.0
//! What holds of every epoch of a chain.

use proptest::prelude::*;

use super::*;

const N: u16 = 8;

/// A subnet of eight uids whose rows are distinct, ascending and in range.
fn subnet_state() -> impl Strategy<Value = EpochInput> {
	let row = || proptest::collection::btree_map(0..N, any::<u16>(), 0..8);
	let rows =
		|| proptest::collection::vec(row().prop_map(|row| row.into_iter().collect::<StoredRow>()), usize::from(N));
	let stakes = proptest::collection::vec(prop_oneof![Just(0), 1u64..100, any::<u64>()], usize::from(N));
	(stakes, rows(), rows(), any::<u16>(), 0u64..=1_000_000, 0u64..1 << 50, rules()).prop_map(
		|(stakes, weights, bonds, kappa, bonds_moving_average, emission, rules)| {
			let neurons = stakes.iter().map(|stake| neuron(*stake)).collect();
			EpochInput { kappa, bonds_moving_average, bonds, neurons, rules, ..subnet(&stakes, weights, emission) }
		},
	)
}

fn turned(row: &StoredRow) -> StoredRow {
	row.iter().rev().copied().collect()
}

/// The same with an entry for every uid.
fn filled(row: &StoredRow) -> StoredRow {
	let value = |uid: u16| row.iter().find(|(id, _)| *id == uid).map_or(0, |(_, value)| *value);
	(0..N).map(|uid| (uid, value(uid))).collect()
}

proptest! {
	#[test]
	fn the_order_in_which_storage_keeps_entries_changes_nothing(input in subnet_state()) {
		let mut other = input.clone();
		other.weights = input.weights.iter().map(turned).collect();
		other.bonds = input.bonds.iter().map(turned).collect();
		prop_assert_eq!(run_epoch(&other), run_epoch(&input));
	}

	#[test]
	fn a_zero_that_is_stored_is_an_entry_that_is_not(input in subnet_state()) {
		let filled = |rows: &[StoredRow]| -> Vec<StoredRow> { rows.iter().map(filled).collect() };
		let other = EpochInput { weights: filled(&input.weights), bonds: filled(&input.bonds), ..input.clone() };
		prop_assert_eq!(run_epoch(&other), run_epoch(&input));
	}

	#[test]
	fn scaling_a_row_changes_nothing(input in subnet_state(), scales in proptest::collection::vec(1u16..=9, usize::from(N))) {
		let mut small = input.clone();
		for (_, weight) in small.weights.iter_mut().flatten() {
			*weight /= 9;
		}
		let mut other = small.clone();
		for (row, scale) in other.weights.iter_mut().zip(scales) {
			row.iter_mut().for_each(|(_, weight)| *weight *= scale);
		}
		prop_assert_eq!(run_epoch(&other), run_epoch(&small));
	}

	#[test]
	fn renaming_uids_permutes_what_they_earn(input in subnet_state()) {
		let new_name = |uid: u16| N - 1 - uid;
		let renamed = |rows: &[StoredRow]| -> Vec<StoredRow> {
			rows.iter().rev().map(|row| row.iter().rev().map(|(uid, value)| (new_name(*uid), *value)).collect()).collect()
		};
		let mut other = input.clone();
		other.neurons.reverse();
		other.rules.owner = input.rules.owner.map(|owner| if owner < N { new_name(owner) } else { owner });
		(other.weights, other.bonds) = (renamed(&input.weights), renamed(&input.bonds));
		// Sums of rounded numbers are exact, so their order is irrelevant and the results are too, to the last rao.
		let (out, mut permuted) = (run_epoch(&input), run_epoch(&other));
		permuted.server_emission.reverse();
		permuted.validator_emission.reverse();
		prop_assert_eq!(out.server_emission, permuted.server_emission);
		prop_assert_eq!(out.validator_emission, permuted.validator_emission);
	}

	#[test]
	fn a_neuron_that_nobody_names_and_without_stake_changes_nothing(input in subnet_state()) {
		let mut other = input.clone();
		other.neurons.push(neuron(0));
		other.weights.push(Vec::new());
		other.bonds.push(Vec::new());
		let (before, after) = (run_epoch(&input), run_epoch(&other));
		prop_assert_eq!(&after.server_emission[..usize::from(N)], before.server_emission.as_slice());
		prop_assert_eq!(&after.validator_emission[..usize::from(N)], before.validator_emission.as_slice());
		prop_assert_eq!((after.server_emission.last(), after.validator_emission.last()), (Some(&0), Some(&0)));
	}

	#[test]
	fn an_epoch_pays_all_but_a_dust(input in subnet_state()) {
		let out = run_epoch(&input);
		let is_owner = |uid: usize| input.rules.owner.map(usize::from) == Some(uid);
		let counts = |(uid, neuron): (usize, &Neuron)| neuron.stake >= input.rules.stake_threshold || is_owner(uid);
		let staked = input.neurons.iter().enumerate().any(|(uid, neuron)| neuron.stake > 0 && counts((uid, neuron)));
		prop_assert!(out.paid() <= input.emission);
		let left = input.emission - out.paid();
		// One last bit of a share and one rao for each of the two payments of a uid, and as much again for the sum.
		let dust = 4 * u64::from(N) * ((input.emission >> 32) + 1);
		prop_assert!(if staked { left <= dust } else { left == input.emission }, "{left} of {dust}");
		for (uid, total) in out.emission.iter().enumerate() {
			prop_assert!(total.abs_diff(out.server_emission[uid] + out.validator_emission[uid]) <= dust);
		}
	}

	#[test]
	fn stored_columns_are_proportions(input in subnet_state()) {
		let out = run_epoch(&input);
		for column in [&out.rank, &out.incentive, &out.dividends] {
			prop_assert!(column.iter().map(|value| u32::from(*value)).sum::<u32>() <= 65_535);
		}
	}
}
