// SPDX-License-Identifier: Apache-2.0
//! Keys and uids, and what they cost.

use frame_support::{assert_noop, assert_ok, traits::fungible::Inspect};

use super::*;
use crate::{
	Active, Axons, BlockAtRegistration, Bonds, Burn, Error, ImmunityPeriod, Keys, LastAdjustmentBlock, LastUpdate,
	MaxAllowedUids, Prometheus, PruningScores, RegistrationsThisInterval, SubnetworkN, Uids, ValidatorPermit,
	WeightCommits, Weights,
};

#[test]
fn a_registered_hotkey_can_sign_without_balance() {
	execute(|| {
		let hotkey = join(1, 1, 0);
		assert_eq!((Balances::balance(&hotkey), System::sufficients(&hotkey)), (0, 1));
		assert_ok!(burned_register(signed(1), 2, hotkey));
		assert_eq!(System::sufficients(&hotkey), 2);
	});
}

#[test]
fn registration_refuses_what_it_should() {
	execute(|| {
		let hotkey = join(1, 1, 0);
		let register = |who, netuid, key| burned_register(signed(who), netuid, key);
		assert_noop!(register(1, 1, hotkey), Error::<Test>::HotKeyAlreadyRegisteredInSubNet);
		assert_noop!(register(2, 2, hotkey), Error::<Test>::NonAssociatedColdKey);
		assert_noop!(register(1, 7, hotkey), Error::<Test>::SubnetNotExists);
		assert_noop!(register(1, 0, hotkey), Error::<Test>::IsRoot);
		assert_noop!(register(99, 1, 9_900), Error::<Test>::NotEnoughBalance);
		assert_noop!(Subnets::root_register(signed(2), hotkey), Error::<Test>::NonAssociatedColdKey);
	});
}

/// Subnet 1 has as many places as there are in it, of which immunity protects none.
fn fill() {
	MaxAllowedUids::<Test>::insert(1, SubnetworkN::<Test>::get(1));
	ImmunityPeriod::<Test>::insert(1, 0);
}

#[test]
fn the_worst_neuron_out_of_immunity_is_replaced_and_leaves_nothing() {
	execute(|| {
		let (first, second) = (join(1, 1, TAO), join(1, 2, TAO));
		run_epoch(1, 0);
		System::set_block_number(20);
		for (hotkey, dests) in [(first, [0, 1]), (second, [1, 0])] {
			assert_ok!(Subnets::set_weights(signed(hotkey), 1, dests.to_vec(), vec![1, 2], 0));
		}
		run_epoch(1, 1_000);
		assert_eq!((Bonds::<Test>::get(1, 0), Bonds::<Test>::get(1, 1)), (vec![(1, 65_535)], vec![(0, 65_535)]));
		set(Hyperparameter::CommitRevealWeightsEnabled(true));
		assert_ok!(Subnets::commit_weights(signed(second), 1, Default::default()));
		assert_ok!(Subnets::serve_axon(signed(second), 1, 1, 1, 1, 4, 0, 0, 0));
		assert_ok!(Subnets::serve_prometheus(signed(second), 1, 1, 1, 1, 4));
		PruningScores::<Test>::insert(1, vec![9, 3]);
		Active::<Test>::insert(1, vec![true, false]);
		fill();

		System::set_block_number(30);
		let third = join(1, 3, 0);
		assert_eq!((Keys::<Test>::get(1, 1), Uids::<Test>::get(1, second)), (Some(third), None));
		assert_eq!([second, third, first].map(|hotkey| System::sufficients(&hotkey)), [0, 1, 1]);
		assert_eq!(RemovedNeurons::get(), [(1, second)]);
		assert_eq!(Weights::<Test>::get(1, 0), [(0, 32_768)]);
		assert!(!Weights::<Test>::contains_key(1, 1) && !Bonds::<Test>::contains_key(1, 1));
		assert!(Bonds::<Test>::get(1, 0).is_empty(), "nor may the first keep a bond on the successor");
		assert!(!WeightCommits::<Test>::contains_key(1, second));
		assert!(!Axons::<Test>::contains_key(1, second) && !Prometheus::<Test>::contains_key(1, second));
		assert_eq!((LastUpdate::<Test>::get(1), ValidatorPermit::<Test>::get(1)), (vec![20, 30], vec![true, false]));
		let newcomer = &Subnets::neurons_lite(1)[1];
		assert_eq!((newcomer.active, newcomer.emission.0, newcomer.axon_info.clone()), (true, 0, Default::default()));
		let of_65535 = [newcomer.rank, newcomer.trust, newcomer.consensus, newcomer.incentive, newcomer.dividends];
		assert_eq!((of_65535.map(|part| part.0), newcomer.validator_trust.0), ([0; 5], 0));
		assert_eq!((PruningScores::<Test>::get(1), BlockAtRegistration::<Test>::get(1, 1)), (vec![9, 65_535], 30));
	});
}

#[test]
fn a_neuron_is_immune_for_as_many_blocks_as_it_says() {
	execute(|| {
		join(1, 1, 0);
		fill();
		set(Hyperparameter::ImmunityPeriod(10));
		let register = || burned_register(signed(2), 1, 201);
		System::set_block_number(10);
		assert_noop!(register(), Error::<Test>::NoNeuronIdAvailable);
		System::set_block_number(11);
		assert_ok!(register());
		assert_eq!(Keys::<Test>::get(1, 0), Some(201));
	});
}

#[test]
fn of_equals_the_older_goes_and_of_those_the_lower_uid() {
	execute(|| {
		let replaced_by = |coldkey| {
			PruningScores::<Test>::insert(1, vec![5; 3]);
			RemovedNeurons::set(vec![]);
			join(1, coldkey, 0);
			RemovedNeurons::get()[0].1
		};
		for coldkey in [1, 2, 3] {
			join(1, coldkey, 0);
		}
		fill();
		System::set_block_number(2);
		assert_eq!([4, 5, 6, 7].map(replaced_by), [101, 201, 301, 401]);
	});
}

#[test]
fn the_subnets_owner_is_never_replaced() {
	execute(|| {
		let owners = join(1, 1, 0);
		assert_ok!(Subnets::set_subnet_owner(RuntimeOrigin::root(), 1, 1, owners));
		fill();
		assert_noop!(burned_register(signed(3), 1, 301), Error::<Test>::NoNeuronIdAvailable);
		set(Hyperparameter::MaxAllowedUids(2));
		join(1, 2, 0);
		PruningScores::<Test>::insert(1, vec![0, 65_535]);
		join(1, 3, 0);
		assert_eq!((Keys::<Test>::get(1, 0), Keys::<Test>::get(1, 1)), (Some(owners), Some(301)));
	});
}

#[test]
fn registrations_of_a_block_and_of_an_interval_are_limited() {
	execute(|| {
		set(Hyperparameter::MaxRegistrationsPerBlock(4));
		set(Hyperparameter::TargetRegistrationsPerInterval(2));
		set(Hyperparameter::AdjustmentInterval(10));
		let register = |n| burned_register(signed(1), 1, hotkey(1, n));
		for n in 1..=4 {
			assert_ok!(register(n));
		}
		assert_noop!(register(5), Error::<Test>::TooManyRegistrationsThisBlock);
		assert_ok!(burned_register(signed(1), 2, hotkey(1, 5)));
		advance(1); // To block 2.
		assert_ok!(register(5));
		assert_ok!(register(6));
		let too_many = |blocks_left| Error::<Test>::TooManyRegistrationsThisInterval { blocks_left };
		assert_noop!(register(7), too_many(8));
		advance(7);
		assert_noop!(register(7), too_many(1));
		advance(1);
		assert_ok!(register(7));
		assert_eq!(RegistrationsThisInterval::<Test>::get(1), 1);
	});
}

#[test]
fn a_closed_subnet_takes_nobody() {
	execute(|| {
		set(Hyperparameter::NetworkRegistrationAllowed(false));
		let register = || burned_register(signed(1), 1, 101);
		assert_noop!(register(), Error::<Test>::SubNetRegistrationDisabled);
		set(Hyperparameter::NetworkRegistrationAllowed(true));
		assert_ok!(register());
	});
}

#[test]
fn who_cannot_leave_the_existential_deposit_cannot_pay() {
	execute(|| {
		Burn::<Test>::insert(1, 1_000 * TAO - 499);
		assert_noop!(burned_register(signed(1), 1, 101), Error::<Test>::NotEnoughBalance);
		Burn::<Test>::insert(1, 1_000 * TAO - 500);
		assert_ok!(burned_register(signed(1), 1, 101));
		assert_eq!(Balances::balance(&1), 500);
	});
}

/// The price of a TAO after an interval with so many registrations, of which two are asked for.
fn price_after(registrations: u16, alpha: u64) -> u64 {
	tried(|| {
		set(Hyperparameter::TargetRegistrationsPerInterval(2));
		set(Hyperparameter::AdjustmentAlpha(alpha));
		set(Hyperparameter::AdjustmentInterval(3));
		Burn::<Test>::insert(1, TAO);
		for n in 1..=u64::from(registrations) {
			assert_ok!(burned_register(signed(1), 1, hotkey(1, n)));
		}
		advance(1);
		assert_eq!((System::block_number(), Burn::<Test>::get(1)), (2, TAO), "not before the interval is over");
		advance(1);
		assert_eq!((RegistrationsThisInterval::<Test>::get(1), LastAdjustmentBlock::<Test>::get(1)), (0, 3));
		Burn::<Test>::get(1)
	})
}

#[test]
fn the_price_follows_demand() {
	execute(|| {
		let half = u64::MAX / 2; // A hair below.
		let prices = |alpha| [0, 2, 4, 6].map(|registrations| price_after(registrations, alpha));
		assert_eq!(prices(0), [TAO / 2, TAO, TAO * 3 / 2, TAO * 2]);
		assert_eq!(prices(half), [TAO * 3 / 4 - 1, TAO, TAO * 5 / 4 + 1, TAO * 3 / 2 + 1]);
		assert_eq!(prices(u64::MAX), [TAO; 4]);
		assert_eq!(price_after(1, 0), TAO * 3 / 4);
	});
}

#[test]
fn the_price_stays_within_its_bounds() {
	execute(|| {
		set(Hyperparameter::MinBurn(TAO / 2 + 1));
		set(Hyperparameter::MaxBurn(2 * TAO - 1));
		assert_eq!((price_after(0, 0), price_after(6, 0)), (TAO / 2 + 1, 2 * TAO - 1));
	});
	execute(|| {
		set(Hyperparameter::MaxBurn(u64::MAX));
		Burn::<Test>::insert(1, u64::MAX);
		crate::RegistrationsThisInterval::<Test>::insert(1, 3_000);
		System::set_block_number(359);
		advance(1);
		assert_eq!(Burn::<Test>::get(1), u64::MAX);
	});
}

#[test]
fn each_subnet_has_a_price_of_its_own() {
	execute(|| {
		System::set_block_number(359);
		join(1, 1, 0);
		advance(1);
		assert_eq!((Burn::<Test>::get(1), Burn::<Test>::get(2)), (TAO * 33 / 64, TAO / 2));
	});
}

#[test]
fn a_full_root_network_takes_only_more_stake_and_forgets_the_replaced_row() {
	execute(|| {
		let validators = [(1, 30), (2, 10), (3, 20)].map(|(coldkey, tao)| join_root(coldkey, tao * TAO, &[1]));
		let newcomer = join(1, 4, 10 * TAO);
		assert_noop!(Subnets::root_register(signed(4), newcomer), Error::<Test>::StakeTooLowForRoot);
		assert_ok!(Subnets::add_stake(signed(4), newcomer, 1, TAO));
		assert_ok!(Subnets::root_register(signed(4), newcomer));
		assert_eq!((Uids::<Test>::get(0, newcomer), Uids::<Test>::get(0, validators[1])), (Some(1), None));
		assert!(Weights::<Test>::get(0, 1).is_empty());
	});
}

#[test]
fn a_price_that_fell_to_nothing_rises_with_demand() {
	execute(|| {
		assert_ok!(Subnets::set_hyperparameter(RuntimeOrigin::root(), 1, Hyperparameter::MinBurn(0)));
		Burn::<Test>::insert(1, 1);
		advance(360);
		assert_eq!(Burn::<Test>::get(1), 0);
		crate::RegistrationsThisInterval::<Test>::insert(1, 96); // As many as there may be.
		advance(360);
		assert!(Burn::<Test>::get(1) > 0);
	});
}
