// SPDX-License-Identifier: Apache-2.0
//! Every state, every parameter, the largest subnets: nothing panics and no more is paid than there is. Overflow checks
//! are on in this profile.

use proptest::prelude::*;

use super::*;

/// States that no chain would reach too: lists of unequal lengths, uids that do not exist, uids named twice.
fn any_subnet() -> impl Strategy<Value = EpochInput> {
	let row = || proptest::collection::vec((0u16..14, any::<u16>()), 0..10);
	let committed_at = proptest::option::of(0u64..100);
	let neuron = (any::<u64>(), 0u64..100, 0u64..100, any::<bool>(), committed_at).prop_map(
		|(stake, last_update, registered_at, permit, committed_at)| Neuron {
			stake,
			last_update,
			registered_at,
			permit,
			committed_at,
		},
	);
	let rows = || proptest::collection::vec(row(), 0..12);
	let numbers = any::<(u64, u64, u16, u64, u16, u64)>();
	(proptest::collection::vec(neuron, 0..12), rows(), rows(), numbers, rules()).prop_map(
		|(neurons, weights, bonds, numbers, rules)| {
			let (block, activity_cutoff, kappa, bonds_moving_average, max_validators, emission) = numbers;
			EpochInput {
				block: block % 120,
				activity_cutoff,
				kappa,
				bonds_moving_average,
				max_validators,
				neurons,
				weights,
				bonds,
				emission,
				rules,
			}
		},
	)
}

proptest! {
	#[test]
	fn any_state_runs_and_pays_no_more_than_there_is(input in any_subnet()) {
		let out = run_epoch(&input);
		prop_assert!(out.paid() <= input.emission);
		prop_assert_eq!(out.emission.len(), input.neurons.len());
		prop_assert_eq!(out.bonds.len(), input.neurons.len());
		for row in out.bonds.iter().flatten() {
			prop_assert!(row.is_sorted_by(|(a, _), (b, _)| a < b));
			prop_assert!(row.iter().all(|(uid, _)| usize::from(*uid) < input.neurons.len()));
		}
	}
}

#[test]
fn every_kappa_and_every_bonds_moving_average_is_legal() {
	let rows = alloc::vec![alloc::vec![(2, 65_535), (3, 1)], alloc::vec![(2, 9), (3, 65_535)], Vec::new(), Vec::new()];
	let mut input = subnet(&[u64::MAX, u64::MAX, 1, 0], rows.clone(), u64::MAX);
	input.bonds = rows;
	for kappa in 0..=u16::MAX {
		let out = run_epoch(&EpochInput { kappa, ..input.clone() });
		assert!(out.paid() > u64::MAX - (1 << 36), "kappa {kappa} pays {}", out.paid());
	}
	for bonds_moving_average in (0..64).map(|bits| 1u64 << bits).chain([0, 999_999, 1_000_000, 1_000_001, u64::MAX]) {
		let out = run_epoch(&EpochInput { bonds_moving_average, ..input.clone() });
		assert!(out.paid() > u64::MAX - (1 << 36), "{bonds_moving_average} pays {}", out.paid());
	}
}

#[test]
fn the_largest_subnet_runs() {
	let n = 4_096u16;
	let row = |uid: u16| -> StoredRow {
		if uid.is_multiple_of(512) {
			return (0..n).map(|server| (server, 65_535)).collect();
		}
		(0..16).map(|entry: u16| (entry * 251 + uid % 251, 65_535 - entry)).collect()
	};
	let mut input = subnet(&alloc::vec![u64::MAX; n.into()], (0..n).map(row).collect(), u64::MAX);
	input.max_validators = u16::MAX;
	input.bonds = input.weights.clone();
	let out = run_epoch(&input);
	assert!(out.paid() > u64::MAX - (1 << 48), "{}", out.paid());
	assert!(out.permits.iter().all(|permit| *permit));
}
