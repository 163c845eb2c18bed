// SPDX-License-Identifier: Apache-2.0
//! A removed subnet that takes many blocks to clear.

use frame_support::{
	assert_noop, assert_ok,
	traits::{fungible::Inspect, Hooks},
	weights::Weight,
};

use super::*;
use crate::{
	AxonInfo, Axons, Error, Event, Keys, NetworkRegisteredAt, NetworksAdded, PendingOwnerCut, RemovedNetworks,
	SubnetworkN, Tempo, TotalBurned, Uids, WeightInfo,
};

type W = <Test as crate::Config>::WeightInfo;

/// Gives a block's spare time, and sees that no more is taken.
fn idle(time: Weight) -> Weight {
	let used = Subnets::on_idle(System::block_number(), time);
	assert!(used.all_lte(time), "{used} of {time}");
	check_invariants();
	used
}

/// Subnet 1 with forty neurons, some of them with stake, axons and promises; and it is removed.
fn remove_forty() -> Vec<u64> {
	set(Hyperparameter::MaxRegistrationsPerBlock(40));
	let hotkeys: Vec<u64> = (0..40).map(|uid| hotkey(uid % 8 + 1, 10 + uid)).collect();
	for (uid, hotkey) in (0..).zip(&hotkeys) {
		let owner = signed(uid % 8 + 1);
		assert_ok!(burned_register(owner.clone(), 1, *hotkey));
		if uid % 3 == 0 {
			assert_ok!(Subnets::add_stake(owner, *hotkey, 1, TAO));
			Axons::<Test>::insert(1, hotkey, AxonInfo::default());
		}
	}
	mint_pending(1, 7 * TAO);
	PendingOwnerCut::<Test>::insert(1, TAO);
	TotalIssuance::<Test>::mutate(|issuance| *issuance += TAO);
	run_epoch(1, 0);
	mint_pending(1, 5 * TAO);
	assert_ok!(Subnets::dissolve_network(RuntimeOrigin::root(), 1, 1));
	check_invariants();
	hotkeys
}

/// Subnet 1 is there for nobody.
fn check_is_gone(hotkey: u64) {
	assert!(!Subnets::subnet_netuids().contains(&1) && !NetworksAdded::<Test>::get(1));
	assert!(Subnets::neurons(1).is_empty() && Subnets::neurons_lite(1).is_empty());
	assert!(Subnets::neuron(1, 0).is_none() && Subnets::neuron_lite(1, 0).is_none());
	assert!(Subnets::metagraph(1).is_none() && Subnets::subnet_state(1).is_none());
	assert!(Subnets::subnet_info(1).is_none() && Subnets::dynamic_info(1).is_none());
	assert_eq!((Subnets::next_epoch_start_block(1), Subnets::uid_on(1, &hotkey)), (None, None));
	let stakes = Subnets::stake_infos(&1);
	assert!(stakes.iter().all(|stake| stake.netuid.0 != 1 || !stake.is_registered));

	let gone = Error::<Test>::SubnetNotExists;
	assert_noop!(burned_register(signed(1), 1, 9_999), gone);
	assert_noop!(Subnets::add_stake(signed(1), hotkey, 1, TAO), Error::<Test>::SubnetNotExists);
	assert_noop!(Subnets::set_weights(signed(hotkey), 1, vec![0], vec![1], 0), Error::<Test>::SubnetNotExists);
	assert_noop!(Subnets::commit_weights(signed(hotkey), 1, Default::default()), Error::<Test>::SubnetNotExists);
	let unknown = Error::<Test>::HotKeyNotRegisteredInSubNet;
	assert_noop!(Subnets::serve_axon(signed(hotkey), 1, 1, 1, 1, 4, 0, 0, 0), unknown);
	assert_noop!(Subnets::dissolve_network(RuntimeOrigin::root(), 1, 1), Error::<Test>::SubnetNotExists);
	let tempo = Hyperparameter::Tempo(9);
	assert_noop!(Subnets::set_hyperparameter(RuntimeOrigin::root(), 1, tempo), Error::<Test>::SubnetNotExists);
	assert_noop!(Subnets::create_network(RuntimeOrigin::root(), 1, 9), Error::<Test>::SubnetBeingRemoved);
}

#[test]
fn what_is_pending_is_burned_at_once_and_the_subnet_gone_from_the_first_block_on() {
	execute(|| {
		let burned = TotalBurned::<Test>::get();
		let hotkeys = remove_forty();
		let of_registrations_and_pending = 40 * TAO + 6 * TAO;
		let dust = TotalBurned::<Test>::get() - burned - of_registrations_and_pending;
		assert!(dust <= 40, "{dust} rao that the epoch left over were pending, too");
		assert_eq!(SubnetworkN::<Test>::get(1), 40, "they are still kept");
		check_is_gone(hotkeys[0]);
		next_blocks_without_time(3);
		check_is_gone(hotkeys[0]);
		assert_eq!((SubnetworkN::<Test>::get(1), PendingEmission::<Test>::get(1)), (40, 0));
	});
}

/// Blocks that are full.
fn next_blocks_without_time(blocks: u64) {
	for _ in 0..blocks {
		System::set_block_number(System::block_number() + 1);
		Subnets::on_initialize(System::block_number());
		check_invariants();
	}
}

#[test]
fn neurons_go_from_the_last_uid_on_then_records_then_stake_and_each_is_released_once() {
	execute(|| {
		let hotkeys = remove_forty();
		let balances =
			|coldkeys: core::ops::RangeInclusive<u64>| -> u64 { coldkeys.map(|key| Balances::balance(&key)).sum() };
		let (before, staked) = (balances(COLDKEYS), crate::TotalStake::<Test>::get());
		let seven = W::clear_nothing() + W::clear_neurons(7);
		for left in [33, 26, 19, 12, 5, 0] {
			idle(seven);
			assert_eq!((SubnetworkN::<Test>::get(1), Uids::<Test>::iter_prefix(1).count()), (left, left.into()));
			check_is_gone(hotkeys[0]);
			let released = hotkeys.iter().filter(|hotkey| System::sufficients(hotkey) == 0).count();
			assert_eq!((released, RemovedNeurons::get().len()), (40 - usize::from(left), 40 - usize::from(left)));
			assert!(left == 0 || Keys::<Test>::contains_key(1, left - 1));
			assert!(NetworkRegisteredAt::<Test>::contains_key(1) && Tempo::<Test>::contains_key(1));
		}
		assert_eq!(RemovedNeurons::get(), hotkeys.iter().rev().map(|hotkey| (1, *hotkey)).collect::<Vec<_>>());
		assert_eq!(crate::TotalStake::<Test>::get(), staked);

		idle(W::clear_nothing() + W::clear_records());
		assert!(!NetworkRegisteredAt::<Test>::contains_key(1) && !Tempo::<Test>::contains_key(1));
		check_is_gone(hotkeys[0]);
		new_events();
		while !RemovedNetworks::<Test>::get().is_empty() {
			check_is_gone(hotkeys[0]);
			idle(W::clear_nothing() + W::return_stake(5));
		}
		assert!(new_events().contains(&Event::NetworkCleared { netuid: 1 }));
		assert_eq!((balances(COLDKEYS) - before, crate::TotalStake::<Test>::get()), (staked, 0));
		assert_ok!(Subnets::create_network(RuntimeOrigin::root(), 1, 9));
	});
}

#[test]
fn without_time_for_a_step_nothing_is_done() {
	execute(|| {
		remove_forty();
		let root = || sp_io::storage::root(sp_runtime::StateVersion::V1);
		let before = root();
		for time in
			[Weight::zero(), W::clear_nothing(), W::clear_nothing() + W::clear_neurons(1) - Weight::from_parts(1, 0)]
		{
			assert!(idle(time).all_lte(W::clear_nothing()));
			assert_eq!(root(), before);
		}
		idle(W::clear_nothing() + W::clear_neurons(40));
		let before = root();
		idle(W::clear_nothing() + W::clear_records() - Weight::from_parts(1, 0));
		assert_eq!(root(), before);
	});
}

#[test]
fn a_block_with_time_enough_clears_all_of_it() {
	execute(|| {
		remove_forty();
		advance(1);
		assert!(RemovedNetworks::<Test>::get().is_empty());
		assert_eq!(RemovedNeurons::get().len(), 40);
	});
}

#[test]
fn who_is_in_another_subnet_too_keeps_its_place_there() {
	execute(|| {
		let hotkey = join(1, 1, TAO);
		assert_ok!(burned_register(signed(1), 2, hotkey));
		assert_ok!(Subnets::dissolve_network(RuntimeOrigin::root(), 1, 1));
		assert_eq!(System::sufficients(&hotkey), 2);
		advance(1);
		assert_eq!((System::sufficients(&hotkey), Subnets::uid_on(2, &hotkey)), (1, Some(0)));
	});
}
