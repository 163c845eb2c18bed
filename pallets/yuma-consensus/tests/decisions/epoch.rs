// SPDX-License-Identifier: Apache-2.0
//! The Yuma epoch of a subnet.

use yuma_consensus::{epoch::run_epoch, EpochInput, EpochOutput, Neuron, StoredRow};

pub(super) const RAO: u64 = 1_000_000_000;

/// A subnet whose staked neurons have permits; kappa one half, a tenth of the bonds renewed, all weights recent.
pub(super) fn subnet(stakes: &[u64], weights: &[&[(u16, u16)]]) -> EpochInput {
	let neuron = |stake: &u64| Neuron {
		stake: *stake,
		last_update: 2,
		registered_at: 1,
		permit: *stake > 0,
		committed_at: None,
	};
	EpochInput {
		block: 10,
		activity_cutoff: 5_000,
		kappa: 32_767,
		bonds_moving_average: 900_000,
		max_validators: 64,
		neurons: stakes.iter().map(neuron).collect(),
		weights: weights.iter().map(|row| row.to_vec()).collect(),
		bonds: Vec::new(),
		emission: RAO,
		..EpochInput::default()
	}
}

pub(super) fn with_bonds(mut input: EpochInput, bonds: &[&[(u16, u16)]]) -> EpochInput {
	input.bonds = bonds.iter().map(|row| row.to_vec()).collect();
	input
}

pub(super) fn uids(flags: &[bool]) -> Vec<usize> {
	flags.iter().enumerate().filter(|(_, flag)| **flag).map(|(uid, _)| uid).collect()
}

#[test]
fn y1_what_rounding_leaves_is_known_and_small() {
	let mut input = subnet(&[3, 5, 0, 0], &[&[(2, 7), (3, 9)], &[(2, 1), (3, 1)]]);
	input.emission = 1_000_000_000_000_000;
	let left = input.emission - run_epoch(&input).paid(); // Stays pending: the pallet subtracts only what it paid.
	assert!(left > 0 && left < 8 * (input.emission >> 32), "{left} rao");
}

#[test]
fn y2_without_stake_nothing_is_paid_and_all_stays_pending() {
	assert_eq!(run_epoch(&subnet(&[0, 0, 0], &[&[(1, 65_535)]])).paid(), 0);
}

#[test]
fn y3_a_moving_average_beyond_a_million_is_a_million() {
	let at = |average: u64| -> EpochOutput {
		let input = with_bonds(subnet(&[1, 1, 0], &[&[(2, 1)], &[(2, 1)]]), &[&[(2, 65_535)], &[(2, 9)]]);
		run_epoch(&EpochInput { bonds_moving_average: average, ..input })
	};
	for average in [1_000_001, 2_000_000, 5_000_000_000_000_000_000, u64::MAX] {
		assert_eq!(at(average), at(1_000_000), "{average}");
	}
}

#[test]
fn y4_uids_that_do_not_exist_are_ignored() {
	let plain = subnet(&[1, 0], &[&[(1, 65_535)]]);
	let stray = with_bonds(subnet(&[1, 0], &[&[(1, 65_535), (5, 9)]]), &[&[(5, 100)]]);
	assert_eq!(run_epoch(&stray), run_epoch(&plain));
	let mut long = plain.clone();
	long.bonds = vec![StoredRow::new(); 8];
	long.bonds[7] = vec![(1, 100)];
	assert_eq!(run_epoch(&long), run_epoch(&plain));
}

#[test]
fn y5_a_subnet_without_neurons_runs() {
	assert_eq!(run_epoch(&subnet(&[], &[])), EpochOutput::default());
}

#[test]
fn y6_lists_shorter_than_the_subnet_are_lists_of_empty_rows() {
	// Last update and permit are fields of a neuron: there is no list of them to be too short.
	let full = with_bonds(subnet(&[1, 2, 0], &[&[(2, 5)], &[], &[]]), &[&[], &[], &[]]);
	assert_eq!(run_epoch(&subnet(&[1, 2, 0], &[&[(2, 5)]])), run_epoch(&full));
}

#[test]
fn y7_of_a_uid_named_twice_the_last_entry_counts() {
	let out = run_epoch(&subnet(&[5, 0, 0], &[&[(1, 100), (1, 100), (2, 100)]]));
	assert_eq!(out.server_emission, [0, 250_000_000, 250_000_000]);
	let out = run_epoch(&subnet(&[5, 0, 0], &[&[(1, 9), (2, 100), (1, 100)]]));
	assert_eq!(out.server_emission, [0, 250_000_000, 250_000_000]);
}

#[test]
fn y8_permits_need_no_stake_and_ties_go_to_the_higher_uid() {
	let permits = |stakes: &[u64], k: u16| {
		let input = EpochInput { max_validators: k, ..subnet(stakes, &[]) };
		uids(&run_epoch(&input).permits)
	};
	assert_eq!(permits(&[7, 0, 0, 0], 3), [0, 2, 3]);
	assert_eq!(permits(&[5, 5, 5, 5], 2), [2, 3]);
}

#[test]
fn y9_weights_set_in_the_block_of_a_registration_do_not_count() {
	let server_emission = |last_update: u64| {
		let mut input = subnet(&[5, 0], &[&[(1, 65_535)]]);
		(input.neurons[0].last_update, input.neurons[1].registered_at) = (last_update, 10);
		run_epoch(&input).server_emission[1]
	};
	assert_eq!((server_emission(10), server_emission(11)), (0, RAO / 2));
}

#[test]
fn y10_a_bond_on_a_replaced_uid_counts_while_it_is_stored_and_replacement_removes_it() {
	// Both weigh server 2, registered before they set weights again; only the first one has an old bond on it.
	let refreshed = |bonds: &[&[(u16, u16)]]| {
		let mut input = with_bonds(subnet(&[5, 5, 0], &[&[(2, 65_535)], &[(2, 65_535)]]), bonds);
		input.neurons[2].registered_at = 1;
		run_epoch(&input).validator_emission
	};
	assert_eq!(refreshed(&[&[(2, 65_535)]]), [474_999_999, 24_999_999, 0]);
	assert_eq!(refreshed(&[&[]]), [250_000_000, 250_000_000, 0]); // As the pallet leaves it.
															   // Without new weights the mask does it.
	let mut stale = with_bonds(subnet(&[5, 5, 0], &[&[(2, 65_535)]]), &[&[(2, 65_535)]]);
	stale.neurons[2].registered_at = 2;
	assert!(run_epoch(&stale).bonds.iter().flatten().all(Vec::is_empty));
}

#[test]
fn y11_a_bond_row_without_permit_is_paid_while_it_is_stored_and_losing_the_permit_clears_it() {
	let bonds: &[&[(u16, u16)]] = &[&[(1, 65_535)], &[], &[], &[(1, 65_535)]];
	let mut input = with_bonds(subnet(&[5, 0, 0, 0], &[&[(1, 65_535)]]), bonds);
	input.max_validators = 1;
	assert_eq!(run_epoch(&input).validator_emission[3], 224_999_999); // Only a migration can leave such a row.
	assert_eq!(run_epoch(&input).bonds[3], None);
	input.neurons[3].permit = true;
	assert_eq!(run_epoch(&input).bonds[3], Some(StoredRow::new()));
}

#[test]
fn y12_a_stake_share_below_2_to_the_minus_32_is_none() {
	let paid = |stake: u64| {
		let mut input = subnet(&[21_000_000_000_000_000, stake], &[]);
		input.emission = 1_000_000_000_000_000;
		run_epoch(&input).validator_emission[1]
	};
	assert_eq!((paid(4_000_000), paid(5_000_000)), (0, 232_830));
}

#[test]
fn y13_full_agreement_is_stored_as_65534() {
	let row: &[(u16, u16)] = &[(2, 65_535), (3, 32_768)];
	assert_eq!(run_epoch(&subnet(&[5, 5, 0, 0], &[row, row])).validator_trust, [65_534, 65_534, 0, 0]);
}

#[test]
fn y14_bonds_in_a_constant_state_decay_by_a_unit_an_epoch() {
	let mut input = with_bonds(subnet(&[5, 5, 0], &[]), &[&[(2, 16_383)], &[(2, 65_535)]]);
	for epoch in 1..=1_000 {
		let bonds = run_epoch(&input).bonds;
		input.bonds = bonds.into_iter().map(Option::unwrap_or_default).collect();
		assert_eq!(input.bonds[..2], [vec![(2, 16_383 - epoch)], vec![(2, 65_535)]]);
	}
}

#[test]
fn y15_kappa_zero_takes_the_maximum_and_65535_asks_for_unanimity() {
	let rows: &[&[(u16, u16)]] = &[&[(3, 3), (4, 1)], &[(3, 1), (4, 1)], &[(4, 1)]];
	let consensus = |kappa: u16| {
		let out = run_epoch(&EpochInput { kappa, ..subnet(&[34, 33, 33, 0, 0], rows) });
		(out.consensus[3], out.consensus[4])
	};
	assert_eq!(consensus(0), (49_151, 65_535));
	assert_eq!(consensus(32_767), (32_767, 32_767));
	assert_eq!(consensus(65_535), (0, 16_383));
}

#[test]
fn y16_without_a_majority_for_any_server_validators_share_by_stake() {
	let rows: Vec<[(u16, u16); 1]> = (6..12).map(|server| [(server, 65_535)]).collect();
	let rows: Vec<&[(u16, u16)]> = rows.iter().map(|row| row.as_slice()).collect();
	let out = run_epoch(&subnet(&[6, 5, 4, 3, 2, 1, 0, 0, 0, 0, 0, 0], &rows));
	assert_eq!(out.consensus, [0; 12]);
	assert_eq!(out.server_emission, [0; 12]);
	let shares = [6u64, 5, 4, 3, 2, 1].map(|stake| stake * RAO / 21);
	for (paid, share) in out.validator_emission.iter().zip(shares) {
		assert!(share.abs_diff(*paid) <= 1, "{paid} is not {share}");
	}
}
