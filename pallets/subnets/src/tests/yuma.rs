// SPDX-License-Identifier: Apache-2.0
//! The decisions on the Yuma epoch, Y1 to Y16 in `yuma-consensus/DECISIONS.md`, as this pallet's storage shows them.

use frame_support::{assert_noop, assert_ok, traits::fungible::Mutate};

use super::*;
use crate::{
	Bonds, Consensus, Dividends, Emission, Error, ImmunityPeriod, Incentive, LastUpdate, MaxAllowedUids, PruningScores,
	TotalHotkeyStake, ValidatorPermit, ValidatorTrust, Weights,
};

/// Hotkey of a uid of subnet 1; coldkey 1 owns them all.
pub(super) fn key(uid: u16) -> u64 {
	hotkey(1, uid.into())
}

pub(super) fn register(uid: u16) {
	assert_ok!(burned_register(signed(1), 1, key(uid)));
}

/// Neurons of subnet 1 with these stakes, registered in block 1; it is block 3, and as many of them as there may be have
/// a permit.
pub(super) fn subnet(stakes: &[u64]) {
	for (uid, stake) in (0..).zip(stakes) {
		register(uid);
		if *stake > 0 {
			assert_ok!(Subnets::add_stake(signed(1), key(uid), 1, *stake));
		}
	}
	run_epoch(1, 0);
	System::set_block_number(3);
}

/// Sets the weights of a neuron, as it does itself.
#[track_caller]
pub(super) fn weigh(uid: u16, row: &[(u16, u16)]) {
	let (dests, weights) = row.iter().copied().unzip();
	assert_ok!(Subnets::set_weights(signed(key(uid)), 1, dests, weights, 0));
}

/// Has uids 0 and 1 set the same weights.
pub(super) fn weigh_both(row: &[(u16, u16)]) {
	weigh(0, row);
	weigh(1, row);
}

/// What each neuron earns of a billion rao.
pub(super) fn emission() -> Vec<u64> {
	run_epoch(1, TAO);
	Emission::<Test>::get(1)
}

/// What an epoch finds and stores, and what it pays.
pub(super) fn outcome() -> impl PartialEq + core::fmt::Debug {
	let emission = emission();
	let bonds: Vec<_> = (0..emission.len() as u16).map(|uid| Bonds::<Test>::get(1, uid)).collect();
	let stakes: Vec<_> = (0..emission.len() as u16).map(|uid| TotalHotkeyStake::<Test>::get(key(uid))).collect();
	(emission, bonds, stakes, ValidatorPermit::<Test>::get(1), PendingEmission::<Test>::get(1))
}

#[test]
fn y1_what_rounding_leaves_stays_pending() {
	execute(|| {
		subnet(&[3, 5, 0, 0]);
		weigh(0, &[(2, 7), (3, 9)]);
		weigh(1, &[(2, 1), (3, 1)]);
		let amount = 1_000_000_000_000_000;
		run_epoch(1, amount);
		let (left, staked) = (PendingEmission::<Test>::get(1), crate::TotalStake::<Test>::get());
		assert!(left > 0 && left < 8 * (amount >> 32), "{left} rao");
		assert_eq!(staked - 8 + left, amount);
	});
}

#[test]
fn y2_without_stake_nothing_is_paid_and_all_stays_pending() {
	execute(|| {
		subnet(&[0, 0, 0]);
		weigh(0, &[(1, 65_535)]);
		assert_eq!((emission(), PendingEmission::<Test>::get(1)), (vec![0; 3], TAO));
		assert_eq!((emission(), PendingEmission::<Test>::get(1)), (vec![0; 3], 2 * TAO));
	});
}

#[test]
fn y3_a_moving_average_beyond_a_million_cannot_be_set_and_a_stored_one_is_a_million() {
	execute(|| {
		let beyond = Hyperparameter::BondsMovingAverage(1_000_001);
		let root = RuntimeOrigin::root();
		assert_noop!(Subnets::set_hyperparameter(root, 1, beyond), Error::<Test>::ParameterOutOfBounds);
		subnet(&[1, 1, 0]);
		weigh(0, &[(2, 1)]);
		weigh(1, &[(2, 1)]);
		Bonds::<Test>::insert(1, 0, vec![(2, 65_535)]);
		Bonds::<Test>::insert(1, 1, vec![(2, 9)]);
		let at = |average: u64| {
			tried(|| {
				crate::BondsMovingAverage::<Test>::insert(1, average);
				outcome()
			})
		};
		for average in [1_000_001, 2_000_000, 5_000_000_000_000_000_000, u64::MAX] {
			assert_eq!(at(average), at(1_000_000), "{average}");
		}
		assert_ne!(at(999_999), at(0));
	});
}

#[test]
fn y4_rows_of_and_on_uids_that_do_not_exist_are_ignored() {
	execute(|| {
		subnet(&[1, 0]);
		assert_noop!(
			Subnets::set_weights(signed(key(0)), 1, vec![5], vec![9], 0),
			Error::<Test>::UidVecContainInvalidOne { uid: 5 }
		);
		weigh(0, &[(1, 65_535)]);
		let plain = tried(outcome);
		let stray = tried(|| {
			Weights::<Test>::insert(1, 0, vec![(1, 65_535), (5, 9)]);
			Weights::<Test>::insert(1, 7, vec![(1, 65_535)]);
			Bonds::<Test>::insert(1, 0, vec![(5, 100)]);
			Bonds::<Test>::insert(1, 7, vec![(1, 100)]);
			outcome()
		});
		assert_eq!(stray, plain);
	});
}

#[test]
fn y5_a_subnet_without_neurons_runs() {
	execute(|| {
		assert_eq!((emission(), PendingEmission::<Test>::get(1)), (vec![], TAO));
		assert_eq!(crate::SubnetEpochIndex::<Test>::get(1), 1);
	});
}

#[test]
fn y6_columns_shorter_than_the_subnet_read_as_nothing() {
	execute(|| {
		subnet(&[1, 2, 0]);
		weigh(0, &[(2, 5)]);
		tried(|| {
			LastUpdate::<Test>::insert(1, vec![3]);
			ValidatorPermit::<Test>::insert(1, vec![true]);
			assert_eq!(emission(), [TAO / 2, 0, TAO / 2]);
			assert_eq!(ValidatorPermit::<Test>::get(1), [true; 3]);
			weigh(2, &[(1, 1)]);
			assert_eq!(LastUpdate::<Test>::get(1), [3, 0, 3]);
		});
		tried(|| {
			LastUpdate::<Test>::remove(1);
			ValidatorPermit::<Test>::remove(1);
			assert_eq!(PendingEmission::<Test>::get(1), 0);
			assert_eq!(emission(), [TAO / 3, TAO * 2 / 3, 0], "by stake, as nobody may say anything");
			weigh(0, &[(1, 1)]); // The epoch has given permits anew.
		});
	});
}

#[test]
fn y7_a_uid_named_twice_cannot_be_set_and_a_stored_one_counts_once() {
	execute(|| {
		subnet(&[5, 0, 0]);
		assert_noop!(
			Subnets::set_weights(signed(key(0)), 1, vec![1, 1, 2], vec![100; 3], 0),
			Error::<Test>::DuplicateUids { uid: 1 }
		);
		weigh(0, &[(1, 1), (2, 1)]);
		for row in [vec![(1, 100), (1, 100), (2, 100)], vec![(1, 9), (2, 100), (1, 100)]] {
			tried(|| {
				Weights::<Test>::insert(1, 0, row);
				assert_eq!(emission(), [TAO / 2, TAO / 4, TAO / 4]);
			});
		}
	});
}

#[test]
fn y8_permits_need_no_stake_and_ties_go_to_the_higher_uid() {
	execute(|| {
		set(Hyperparameter::MaxAllowedValidators(3));
		subnet(&[7, 0, 0, 0]);
		assert_eq!(ValidatorPermit::<Test>::get(1), [true, false, true, true]);
	});
	execute(|| {
		set(Hyperparameter::MaxAllowedValidators(2));
		subnet(&[5; 4]);
		assert_eq!(ValidatorPermit::<Test>::get(1), [false, false, true, true]);
	});
}

#[test]
fn y9_weights_set_in_the_block_of_a_registration_do_not_count() {
	execute(|| {
		subnet(&[5]);
		System::set_block_number(10);
		register(1);
		weigh(0, &[(1, 65_535)]);
		assert_eq!(tried(emission), [TAO, 0]);
		System::set_block_number(11);
		weigh(0, &[(1, 65_535)]);
		assert_eq!(tried(emission), [TAO / 2, TAO / 2]);
	});
}

#[test]
fn y10_nobody_keeps_a_bond_on_a_replaced_uid() {
	execute(|| {
		subnet(&[5, 5, 0, 0]);
		weigh_both(&[(2, 65_535), (3, 65_535)]);
		run_epoch(1, 0);
		Bonds::<Test>::insert(1, 1, vec![(3, 65_535)]); // Has only now found out about uid 2.
		assert_eq!(Bonds::<Test>::get(1, 0), [(2, 65_535), (3, 65_535)]);
		MaxAllowedUids::<Test>::insert(1, 4);
		ImmunityPeriod::<Test>::insert(1, 0);
		PruningScores::<Test>::insert(1, vec![9, 9, 0, 9]);
		System::set_block_number(4);
		register(9);
		assert_eq!(crate::Keys::<Test>::get(1, 2), Some(key(9)));
		for uid in [0, 1] {
			assert_eq!(
				(Bonds::<Test>::get(1, uid), Weights::<Test>::get(1, uid)),
				(vec![(3, 65_535)], vec![(3, 65_535)])
			);
		}

		System::set_block_number(5);
		weigh_both(&[(2, 65_535)]);
		run_epoch(1, TAO);
		assert_eq!(Emission::<Test>::get(1)[..3], [TAO / 4, TAO / 4, TAO / 2], "no advantage of the earlier bond");
	});
}

#[test]
fn y10_a_replaced_validator_leaves_no_bonds_to_its_successor() {
	execute(|| {
		subnet(&[5, 5, 0]);
		weigh(0, &[(2, 65_535)]);
		run_epoch(1, 0);
		MaxAllowedUids::<Test>::insert(1, 3);
		ImmunityPeriod::<Test>::insert(1, 0);
		PruningScores::<Test>::insert(1, vec![0, 9, 9]);
		System::set_block_number(4);
		register(9);
		assert!(!Bonds::<Test>::contains_key(1, 0));
		assert_eq!(emission()[0], 0);
	});
}

#[test]
fn y11_who_loses_the_permit_loses_the_bonds_and_no_call_leaves_any() {
	execute(|| {
		subnet(&[5, 4, 0]);
		weigh_both(&[(2, 65_535)]);
		run_epoch(1, 0);
		assert_eq!(Bonds::<Test>::iter_prefix(1).filter(|(_, row)| !row.is_empty()).count(), 2);
		set(Hyperparameter::MaxAllowedValidators(1));
		check_invariants(); // It says that bonds take a permit.
		run_epoch(1, 0);
		assert_eq!(ValidatorPermit::<Test>::get(1), [true, false, false]);
		assert_eq!((Bonds::<Test>::get(1, 0), Bonds::<Test>::get(1, 1)), (vec![(2, 65_535)], vec![]));
	});
}

#[test]
fn y11_a_forged_bond_row_without_permit_is_paid_while_it_is_stored() {
	execute(|| {
		set(Hyperparameter::MaxAllowedValidators(1));
		subnet(&[5, 0, 0, 0]);
		weigh(0, &[(1, 65_535)]);
		tried(|| {
			LastUpdate::<Test>::insert(1, vec![3; 4]);
			Bonds::<Test>::insert(1, 0, vec![(1, 65_535)]);
			Bonds::<Test>::insert(1, 3, vec![(1, 65_535)]);
			run_epoch(1, TAO);
			assert_eq!(TotalHotkeyStake::<Test>::get(key(3)), 224_999_999);
			assert_eq!(Bonds::<Test>::get(1, 3), [(1, 65_535)], "only who loses a permit is cleared");
		});
	});
}

#[test]
fn y12_a_stake_share_below_2_to_the_minus_32_is_none() {
	let paid = |stake: u64| {
		let mut paid = 0;
		execute(|| {
			let whale = 21_000_000_000_000_000;
			Balances::mint_into(&1, whale).expect("it fits");
			TotalIssuance::<Test>::mutate(|issuance| *issuance += whale);
			subnet(&[whale, stake]);
			run_epoch(1, 1_000_000_000_000_000);
			paid = TotalHotkeyStake::<Test>::get(key(1)) - stake;
		});
		paid
	};
	assert_eq!((paid(4_000_000), paid(5_000_000)), (0, 232_830));
}

#[test]
fn y13_full_agreement_is_stored_as_65534() {
	execute(|| {
		subnet(&[5, 5, 0, 0]);
		weigh_both(&[(2, 65_535), (3, 32_768)]);
		run_epoch(1, TAO);
		assert_eq!(ValidatorTrust::<Test>::get(1), [65_534, 65_534, 0, 0]);
	});
}

#[test]
fn y14_bonds_in_a_constant_state_decay_by_a_unit_an_epoch() {
	execute(|| {
		subnet(&[5, 5, 0]);
		weigh_both(&[]); // Says that it is there, and nothing else.
		Bonds::<Test>::insert(1, 0, vec![(2, 16_383)]);
		Bonds::<Test>::insert(1, 1, vec![(2, 65_535)]);
		for epoch in 1..=100 {
			run_epoch(1, 0);
			assert_eq!(Bonds::<Test>::get(1, 0), [(2, 16_383 - epoch)]);
			assert_eq!(Bonds::<Test>::get(1, 1), [(2, 65_535)]);
		}
	});
}

#[test]
fn y15_kappa_zero_takes_the_maximum_and_65535_asks_for_unanimity() {
	execute(|| {
		subnet(&[34, 33, 33, 0, 0]);
		weigh(0, &[(3, 3), (4, 1)]);
		weigh(1, &[(3, 1), (4, 1)]);
		weigh(2, &[(4, 1)]);
		let consensus = |kappa| {
			tried(|| {
				set(Hyperparameter::Kappa(kappa));
				run_epoch(1, TAO);
				let column = Consensus::<Test>::get(1);
				(column[3], column[4])
			})
		};
		assert_eq!(consensus(0), (49_151, 65_535));
		assert_eq!(consensus(32_767), (32_767, 32_767));
		assert_eq!(consensus(65_535), (0, 16_383));
	});
}

#[test]
fn y16_without_a_majority_for_any_server_validators_share_by_stake() {
	execute(|| {
		subnet(&[6, 5, 4, 3, 2, 1, 0, 0, 0, 0, 0, 0]);
		for uid in 0..6 {
			weigh(uid, &[(uid + 6, 65_535)]);
		}
		let emission = emission();
		assert_eq!((Consensus::<Test>::get(1), Incentive::<Test>::get(1)), (vec![0; 12], vec![0; 12]));
		assert_eq!((Dividends::<Test>::get(1), &emission[6..]), (vec![0; 12], &[0; 6][..]));
		for (paid, stake) in emission.iter().zip([6, 5, 4, 3, 2, 1]) {
			assert!((stake * TAO / 21).abs_diff(*paid) <= 1, "{paid} for {stake}");
		}
	});
}
