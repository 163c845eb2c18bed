// SPDX-License-Identifier: Apache-2.0
//! Keys, uids and stake.

use frame_support::{assert_noop, assert_ok, traits::fungible::Inspect};

use super::*;
use crate::{
	Bonds, Error, ImmunityPeriod, Keys, LastUpdate, MaxAllowedUids, PruningScores, Uids, ValidatorPermit, Weights,
};

#[test]
fn a_registered_hotkey_can_sign_without_balance() {
	execute(|| {
		let hotkey = join(1, 1, 0);
		assert_eq!((Balances::balance(&hotkey), System::sufficients(&hotkey)), (0, 1));
		assert_ok!(Subnets::burned_register(signed(1), 2, hotkey));
		assert_eq!(System::sufficients(&hotkey), 2);
	});
}

#[test]
fn registration_refuses_what_it_should() {
	execute(|| {
		let hotkey = join(1, 1, 0);
		let register = |who, netuid, key| Subnets::burned_register(signed(who), netuid, key);
		assert_noop!(register(1, 1, hotkey), Error::<Test>::HotKeyAlreadyRegisteredInSubNet);
		assert_noop!(register(2, 2, hotkey), Error::<Test>::NonAssociatedColdKey);
		assert_noop!(register(1, 7, hotkey), Error::<Test>::SubnetNotExists);
		assert_noop!(register(1, 0, hotkey), Error::<Test>::IsRoot);
		assert_noop!(register(99, 1, 9_900), Error::<Test>::NotEnoughBalance);
		assert_noop!(Subnets::root_register(signed(2), hotkey), Error::<Test>::NonAssociatedColdKey);
	});
}

#[test]
fn the_worst_neuron_out_of_immunity_is_replaced_and_leaves_nothing() {
	execute(|| {
		MaxAllowedUids::<Test>::insert(1, 2);
		ImmunityPeriod::<Test>::insert(1, 10);
		let (first, second) = (join(1, 1, 0), join(1, 2, 0));
		assert_noop!(Subnets::burned_register(signed(3), 1, 301), Error::<Test>::NoNeuronIdAvailable);
		System::set_block_number(20);
		PruningScores::<Test>::insert(1, vec![9, 3]);
		ValidatorPermit::<Test>::insert(1, vec![true, false]);
		Weights::<Test>::insert(1, 0, vec![(0, 5), (1, 65_535)]);
		Weights::<Test>::insert(1, 1, vec![(0, 65_535)]);
		Bonds::<Test>::insert(1, 0, vec![(1, 65_535)]);

		let third = join(1, 3, 0);
		assert_eq!((Keys::<Test>::get(1, 1), Uids::<Test>::get(1, second)), (Some(third), None));
		assert_eq!((System::sufficients(&second), System::sufficients(&third), System::sufficients(&first)), (0, 1, 1));
		assert_eq!(Weights::<Test>::get(1, 0), [(0, 5)]);
		assert!(Weights::<Test>::get(1, 1).is_empty() && Bonds::<Test>::get(1, 0).is_empty());
		assert_eq!(LastUpdate::<Test>::get(1), [1, 20]);
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
fn stake_moves_between_balance_and_hotkey() {
	execute(|| {
		let hotkey = join(1, 1, 5 * TAO);
		assert_eq!(Balances::balance(&1), (1_000 - 1 - 5) * TAO);
		assert_ok!(Subnets::remove_stake(signed(1), hotkey, 1, 2 * TAO));
		assert_eq!((Balances::balance(&1), Subnets::stake_of(&hotkey, &1, 1)), ((1_000 - 1 - 3) * TAO, 3 * TAO));
		assert_noop!(Subnets::remove_stake(signed(1), hotkey, 1, 4 * TAO), Error::<Test>::NotEnoughStake);
		assert_noop!(Subnets::remove_stake(signed(2), hotkey, 1, TAO), Error::<Test>::NotEnoughStake);
		assert_noop!(Subnets::add_stake(signed(1), hotkey, 1, 0), Error::<Test>::AmountTooLow);
		assert_noop!(Subnets::add_stake(signed(1), hotkey, 1, 2_000 * TAO), Error::<Test>::NotEnoughBalance);
		assert_noop!(Subnets::add_stake(signed(1), 777, 1, TAO), Error::<Test>::HotKeyAccountNotExists);
		assert_noop!(Subnets::add_stake(signed(1), hotkey, 9, TAO), Error::<Test>::SubnetNotExists);
		assert_ok!(Subnets::remove_stake(signed(1), hotkey, 1, 3 * TAO));
		assert_eq!(crate::Alpha::<Test>::iter().count(), 0);
	});
}

#[test]
fn networks_are_created_and_removed_by_root_alone() {
	execute(|| {
		let root = RuntimeOrigin::root;
		assert_noop!(Subnets::create_network(signed(1), 3, 9), sp_runtime::DispatchError::BadOrigin);
		assert_noop!(Subnets::dissolve_network(signed(1), 1, 1), sp_runtime::DispatchError::BadOrigin);
		assert_noop!(Subnets::create_network(root(), 1, 9), Error::<Test>::SubnetExists);
		assert_noop!(Subnets::create_network(root(), 0, 9), Error::<Test>::SubnetExists);
		assert_noop!(Subnets::dissolve_network(root(), 1, 0), Error::<Test>::IsRoot);
		assert_noop!(Subnets::dissolve_network(root(), 1, 9), Error::<Test>::SubnetNotExists);
		for netuid in 300..314 {
			assert_ok!(Subnets::create_network(root(), netuid, 9));
		}
		assert_noop!(Subnets::create_network(root(), 7, 9), Error::<Test>::TooManySubnets);
		let netuids = Subnets::subnet_netuids();
		assert!(netuids.is_sorted() && netuids.len() == 16);
	});
}
