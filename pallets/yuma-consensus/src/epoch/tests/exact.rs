// SPDX-License-Identifier: Apache-2.0
//! The epoch against exact rationals.

use num_rational::BigRational;
use num_traits::ToPrimitive;
use proptest::{prelude::*, strategy::ValueTree, test_runner::TestRunner};

use super::*;
use crate::oracle::{self, epoch::Exact};

/// Subnets as a chain has them: stakes of six orders of magnitude, up to four validators, up to nine uids.
fn subnet_state() -> impl Strategy<Value = EpochInput> {
	let row = || proptest::collection::btree_map(0u16..9, prop_oneof![1u16..=9, any::<u16>()], 0..8);
	let rows = || proptest::collection::vec(row().prop_map(|row| row.into_iter().collect::<StoredRow>()), 9);
	let stake = prop_oneof![1_000_000_000u64..1 << 34, 1_000_000_000u64..1 << 50];
	let neuron = (stake, 0u64..5, 3u64..40, proptest::option::of(0u64..40));
	let neurons = proptest::collection::vec(neuron, 3..10);
	let keep = prop_oneof![4 => 0u64..=900_000, 1 => 900_000u64..1_000_000, 1 => Just(1_000_000)];
	let params = (any::<u16>(), keep, 0u64..120, 0usize..4);
	(neurons, rows(), rows(), params, rules()).prop_map(|(neurons, weights, bonds, params, rules)| {
		let (kappa, keep, cutoff, validators) = params;
		let neurons =
			neurons.into_iter().enumerate().map(|(uid, (stake, registered_at, last_update, committed_at))| {
				let permit = uid <= validators;
				Neuron { stake: if permit { stake } else { 0 }, last_update, registered_at, permit, committed_at }
			});
		let neurons: Vec<Neuron> = neurons.collect();
		let n = neurons.len();
		let cut = |rows: Vec<StoredRow>| -> Vec<StoredRow> {
			rows.into_iter()
				.take(n)
				.map(|row| row.into_iter().filter(|(uid, _)| usize::from(*uid) < n).collect())
				.collect()
		};
		EpochInput {
			block: 40,
			activity_cutoff: cutoff,
			kappa,
			bonds_moving_average: keep,
			max_validators: 4,
			neurons,
			weights: cut(weights),
			bonds: cut(bonds),
			emission: 1 << 32, // A share's last bit is a rao.
			rules,
		}
	})
}

/// How far an output may be off, per 2³²: a few last bits of each uid, over all that is divided by on the way; and where
/// these bits are multiplied before, by how much.
fn bound(input: &EpochInput, exact: &Exact) -> f64 {
	let steepness = match input.rules.bonds {
		BondForm::Yuma3(Some(liquid)) => f64::from(liquid.steepness).abs() / 100.0,
		_ => 0.0,
	};
	4.0 * input.neurons.len() as f64 * (1.0 + steepness) / exact.conditioning.to_f64().expect("finite")
}

fn worst(outputs: impl Iterator<Item = f64>, exact: &[BigRational]) -> f64 {
	let exact = exact.iter().map(|share| share.to_f64().expect("finite"));
	outputs.zip(exact).map(|(output, exact)| (output - exact).abs()).fold(0.0, f64::max)
}

#[test]
fn the_bound_is_stated_and_holds() {
	let mut runner = TestRunner::deterministic();
	let (mut compared, mut telling, mut worst_rao, mut worst_of_bound) = (0, 0, 0f64, 0f64);
	for _ in 0..400 {
		let input = subnet_state().new_tree(&mut runner).expect("a case").current();
		let exact = oracle::epoch::run(&input);
		if exact.margin < oracle::binary(1, 24) {
			continue; // A majority by a hair: rounding may see another one, and the median jumps.
		}
		let out = run_epoch(&input);
		let units = |values: &[u64]| values.iter().map(|rao| *rao as f64 / 2f64.powi(32)).collect::<Vec<_>>();
		let paid = worst(units(&out.server_emission).into_iter(), &exact.servers)
			.max(worst(units(&out.validator_emission).into_iter(), &exact.validators));
		let stored = |values: &[u16]| values.iter().map(|value| f64::from(*value) / 65_535.0).collect::<Vec<_>>();
		let columns = [
			worst(stored(&out.incentive).into_iter(), &exact.incentive),
			worst(stored(&out.dividends).into_iter(), &exact.dividends),
			worst(stored(&out.consensus).into_iter(), &exact.consensus),
		];
		let bound = bound(&input, &exact) / 2f64.powi(32);
		assert!(paid <= bound, "{paid} of {bound}: {input:?}");
		assert!(columns.iter().all(|column| *column <= bound + 1.0 / 65_535.0), "{columns:?} of {bound}: {input:?}");
		compared += 1;
		telling += u32::from(bound < 1.0 / 65_535.0);
		worst_of_bound = worst_of_bound.max(paid / bound);
		if exact.conditioning >= oracle::fraction(1, 100) {
			worst_rao = worst_rao.max(paid * 2f64.powi(32));
		}
	}
	assert!(compared > 300, "only {compared}");
	assert!(telling > 200, "a bound below the last digit that is stored has only {telling}");
	std::println!(
		"{compared} epochs, {telling} with a telling bound: the worst share is off by {worst_of_bound:.3} of it"
	);
	std::println!("and by {worst_rao:.2} of 2^-32 when well conditioned");
}
