// SPDX-License-Identifier: Apache-2.0
//! The Yuma epoch: examples, and the topics in files of their own.

use proptest::prelude::*;

use super::*;
use crate::rules::LiquidAlpha;

mod edges;
mod exact;
mod liquid;
mod properties;

fn neuron(stake: u64) -> Neuron {
	Neuron { stake, last_update: 2, registered_at: 1, permit: stake > 0, committed_at: None }
}

fn subnet(stakes: &[u64], weights: Vec<StoredRow>, emission: u64) -> EpochInput {
	EpochInput {
		block: 10,
		activity_cutoff: 5_000,
		kappa: 32_767,
		bonds_moving_average: 900_000,
		max_validators: 64,
		neurons: stakes.iter().map(|stake| neuron(*stake)).collect(),
		bonds: alloc::vec![Vec::new(); stakes.len()],
		weights,
		emission,
		rules: Rules::default(),
	}
}

/// Any switches; the owner is one of the first uids, if any.
fn rules() -> impl Strategy<Value = Rules> {
	let steepness = prop_oneof![-2_000i16..=2_000, any::<i16>()];
	let liquid =
		(any::<u16>(), any::<u16>(), steepness).prop_map(|(low, high, steepness)| LiquidAlpha { low, high, steepness });
	let bonds = prop_oneof![
		Just(BondForm::Yuma2),
		Just(BondForm::Yuma3(None)),
		liquid.prop_map(|liquid| BondForm::Yuma3(Some(liquid))),
	];
	let stake_threshold = prop_oneof![Just(0), 0u64..1 << 50];
	let bonds_penalty = prop_oneof![Just(0), Just(u16::MAX), any::<u16>()];
	let owner = proptest::option::of(0u16..9);
	let last_epoch = proptest::option::of(0u64..40);
	(stake_threshold, any::<bool>(), owner, last_epoch, bonds_penalty, bonds).prop_map(
		|(stake_threshold, permits_need_stake, owner, last_epoch, bonds_penalty, bonds)| Rules {
			stake_threshold,
			permits_need_stake,
			owner,
			last_epoch,
			bonds_penalty,
			bonds,
		},
	)
}

#[test]
fn agreeing_validators_pay_the_servers_they_agree_on() {
	let row: StoredRow = alloc::vec![(2, 65_535), (3, 65_535)];
	let out = run_epoch(&subnet(&[10, 10, 0, 0], alloc::vec![row.clone(), row, Vec::new(), Vec::new()], 1_000));
	assert_eq!(out.server_emission, [0, 0, 250, 250]);
	assert_eq!(out.validator_emission, [250, 250, 0, 0]);
	assert_eq!(out.incentive, [0, 0, 32_767, 32_767]);
}

#[test]
fn a_vote_without_majority_earns_its_server_nothing() {
	let rows = alloc::vec![alloc::vec![(2, 65_535)], alloc::vec![(3, 65_535)], Vec::new(), Vec::new()];
	let out = run_epoch(&subnet(&[60, 40, 0, 0], rows, 1_000));
	assert_eq!(out.server_emission, [0, 0, 500, 0]);
	assert_eq!(out.validator_emission, [500, 0, 0, 0]);
}

#[test]
fn without_weights_validators_share_by_stake() {
	let out = run_epoch(&subnet(&[30, 10, 0], alloc::vec![Vec::new(); 3], 400));
	assert_eq!(out.validator_emission, [300, 100, 0]);
}

#[test]
fn without_stake_nothing_is_paid() {
	assert_eq!(run_epoch(&subnet(&[0, 0], alloc::vec![Vec::new(); 2], 400)).paid(), 0);
	assert_eq!(run_epoch(&subnet(&[], Vec::new(), 400)).paid(), 0);
}

#[test]
fn weights_for_a_predecessor_do_not_count() {
	let mut input = subnet(&[10, 0], alloc::vec![alloc::vec![(1, 65_535)], Vec::new()], 1_000);
	input.neurons[1].registered_at = 2;
	let out = run_epoch(&input);
	assert_eq!((out.server_emission, out.validator_emission), (alloc::vec![0, 0], alloc::vec![1_000, 0]));
}
