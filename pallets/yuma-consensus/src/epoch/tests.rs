// SPDX-License-Identifier: Apache-2.0
//! The Yuma epoch: examples, and the topics in files of their own.

use super::*;

mod edges;
mod exact;
mod properties;

fn neuron(stake: u64) -> Neuron {
	Neuron { stake, last_update: 2, registered_at: 1, permit: stake > 0 }
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
	}
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
