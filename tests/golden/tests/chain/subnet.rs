// SPDX-License-Identifier: Apache-2.0
//! The Yuma epoch of one subnet.

use golden::{
	dense_rows,
	epochs::{epochs_in_a_row, single_epochs, Before, SubnetEpoch, SubnetInput, SubnetOutput},
	plain, Decimal, Tally,
};
use yuma_consensus::{
	epoch::{run_epoch, BONDS_MOVING_AVERAGE_UNIT},
	EpochInput, EpochOutput, Neuron,
};

use crate::overflows_the_reference;

/// The reference's defect, if any, that leaves nothing to compare with.
fn defect(input: &SubnetInput, before: &Before) -> Option<&'static str> {
	let n = input.stake.len();
	let lengths = [input.last_update.len(), input.block_at_registration.len(), before.permits.len()];
	let is_uid = |uid: u16| usize::from(uid) < n;
	let is_twice = |row: &[(u16, u16)]| {
		let mut uids: Vec<u16> = row.iter().map(|(uid, _)| *uid).filter(|uid| is_uid(*uid)).collect();
		uids.sort_unstable();
		uids.windows(2).any(|pair| pair[0] == pair[1])
	};
	let is_bond_of_nobody =
		|(uid, row): &(u16, Vec<(u16, u16)>)| !is_uid(*uid) || row.iter().any(|(column, _)| !is_uid(*column));
	match () {
		() if lengths.iter().any(|length| *length != n) => Some("Y6: lists shorter than the subnet"),
		() if before.bonds.iter().any(is_bond_of_nobody) => Some("Y4: bonds of uids that do not exist"),
		() if input.weights.iter().chain(&before.bonds).any(|(_, row)| is_twice(row)) => {
			Some("Y7: a uid twice in a row, of which the last counts here")
		},
		() if overflows_the_reference(plain(&input.stake)) => Some("R13: stakes of 2^63 overflow"),
		() if n > 32_768 => Some("W3: the sum of so many weights overflows"),
		() => None,
	}
}

fn epoch_input(input: &SubnetInput, before: &Before) -> EpochInput {
	let n = input.stake.len();
	let block = |blocks: &[Decimal<u64>], uid: usize| blocks.get(uid).map_or(0, |block| block.0);
	let neurons = (0..n).map(|uid| Neuron {
		stake: input.stake[uid].0,
		last_update: block(&input.last_update, uid),
		registered_at: block(&input.block_at_registration, uid),
		permit: before.permits.get(uid).copied().unwrap_or_default(),
		committed_at: None,
	});
	EpochInput {
		block: input.current_block.0,
		activity_cutoff: input.activity_cutoff.into(),
		kappa: input.kappa,
		bonds_moving_average: input.bonds_moving_average.0,
		max_validators: input.max_allowed_validators,
		neurons: neurons.collect(),
		weights: dense_rows(&input.weights, n),
		bonds: dense_rows(&before.bonds, n),
		emission: input.rao_emission.0,
		..EpochInput::default()
	}
}

#[track_caller]
fn check_epoch(SubnetEpoch { name, input, before, output: recorded }: &SubnetEpoch, tally: &mut Tally) {
	let start = epoch_input(input, before);
	let out = run_epoch(&start);
	assert!(out.paid() <= start.emission, "{name}: paid {} of {}", out.paid(), start.emission);
	if let Some(defect) = defect(input, before) {
		return tally.under(defect);
	}
	assert_eq!(recorded.status, "ok", "{name}");
	check_consensus(name, &out, recorded);
	tally.compared();
	if start.bonds_moving_average > BONDS_MOVING_AVERAGE_UNIT {
		let at_most = run_epoch(&EpochInput { bonds_moving_average: BONDS_MOVING_AVERAGE_UNIT, ..start });
		assert_eq!(out, at_most, "{name}");
		return tally.under("of those without bonds, Y3: an average of more than a million turns negative");
	}
	check_bonds(name, &out, recorded, dense_rows(&before.bonds, input.stake.len()));
	check_payments(name, &out, recorded, tally);
}

/// What does not depend on bonds.
#[track_caller]
fn check_consensus(name: &str, out: &EpochOutput, recorded: &SubnetOutput) {
	assert_eq!(out.active, recorded.active, "{name}: active");
	assert_eq!(out.permits, recorded.validator_permit, "{name}: permits");
	assert_eq!(out.rank, recorded.rank, "{name}: rank");
	assert_eq!(out.trust, recorded.trust, "{name}: trust");
	assert_eq!(out.consensus, recorded.consensus, "{name}: consensus");
	assert_eq!(out.incentive, recorded.incentive, "{name}: incentive");
	assert_eq!(out.validator_trust, recorded.validator_trust, "{name}: validator trust");
}

#[track_caller]
fn check_bonds(name: &str, out: &EpochOutput, recorded: &SubnetOutput, before: Vec<Vec<(u16, u16)>>) {
	assert_eq!(out.dividends, recorded.dividends, "{name}: dividends");
	assert_eq!(out.pruning_scores, recorded.pruning_scores, "{name}: pruning scores");
	let after = out.bonds.iter().cloned().zip(before).map(|(row, before)| row.unwrap_or(before));
	assert_eq!(after.collect::<Vec<_>>(), dense_rows(&recorded.bonds_after, out.bonds.len()), "{name}: bonds");
}

/// Within a rao; how many epochs are not equal to the rao is counted.
#[track_caller]
fn check_payments(name: &str, out: &EpochOutput, recorded: &SubnetOutput, tally: &mut Tally) {
	let payments = [
		("server emission", &out.server_emission, &recorded.server_emission),
		("validator emission", &out.validator_emission, &recorded.validator_emission),
		("emission", &out.emission, &recorded.emission),
	];
	let mut furthest = 0;
	for (what, ours, recorded) in payments {
		assert_eq!(ours.len(), recorded.len(), "{name}: {what}");
		let differences = ours.iter().zip(recorded).map(|(ours, recorded)| ours.abs_diff(recorded.0));
		furthest = furthest.max(differences.max().unwrap_or_default());
		assert!(furthest <= 1, "{name}: {what} {ours:?} is not {recorded:?}");
	}
	if furthest > 0 {
		tally.under("of those with a rao of difference");
	}
}

#[test]
fn a_subnet_epoch_is_that_of_the_reference() {
	const FILE: &str = "chain/yuma_epoch.json";
	let mut tally = Tally::default();
	single_epochs(FILE).iter().for_each(|epoch| check_epoch(epoch, &mut tally));
	tally.finish(FILE, 80);
}

#[test]
fn epochs_in_a_row_are_those_of_the_reference() {
	const FILE: &str = "chain/yuma_sequence.json";
	let mut tally = Tally::default();
	epochs_in_a_row(FILE).iter().for_each(|epoch| check_epoch(epoch, &mut tally));
	tally.finish(FILE, 16);
}
