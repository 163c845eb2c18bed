// SPDX-License-Identifier: Apache-2.0
//! Subnets that come and go.

use frame_support::{
	assert_noop, assert_ok,
	traits::{fungible::Inspect, Hooks},
	weights::Weight,
};
use sp_runtime::DispatchError::BadOrigin;

use super::*;
use crate::{
	Alpha, Error, Event, Keys, LastAdjustmentBlock, NetworkMinLockCost, NetworkRegisteredAt, NetworksAdded,
	PendingOwnerCut, RemovedNetworks, ReturnCursor, StakedHotkeys, SubnetOwner, SubnetOwnerHotkey, SubnetworkN, Tempo,
	TokenSymbol, TotalBurned, TotalHotkeyStake, TotalStake, Uids, WeightInfo,
};

fn dissolve(coldkey: u64, netuid: u16) -> DispatchResult {
	Subnets::dissolve_network(RuntimeOrigin::root(), coldkey, netuid)
}

type W = <Test as crate::Config>::WeightInfo;

/// Gives a block's spare time, enough to look at `most` stakes.
fn idle_for(most: u32) {
	idle(W::return_stake(most));
}

/// Gives as much spare time as it takes to clear all of a removed subnet of `neurons` but its stake.
fn clear_all_but_stake(neurons: u32) {
	idle(W::clear_neurons(neurons) + W::clear_records());
}

fn idle(time: Weight) {
	let time = time + W::clear_nothing();
	let used = Subnets::on_idle(System::block_number(), time);
	assert!(used.all_lte(time), "no more than there was");
	check_invariants();
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

#[test]
fn who_pays_has_a_subnet_of_the_lowest_free_number() {
	execute(|| {
		NetworkMinLockCost::<Test>::put(100 * TAO);
		assert_ok!(Subnets::create_network(RuntimeOrigin::root(), 4, 9));
		System::set_block_number(7);
		let (issuance, burned) = (TotalIssuance::<Test>::get(), TotalBurned::<Test>::get());
		new_events();
		for (netuid, symbol) in [(3, "γ"), (5, "ε")] {
			let hotkey = hotkey(1, netuid.into());
			assert_ok!(Subnets::register_network(signed(1), hotkey));
			assert_eq!(
				(SubnetOwner::<Test>::get(netuid), SubnetOwnerHotkey::<Test>::get(netuid)),
				(Some(1), Some(hotkey))
			);
			assert_eq!((Keys::<Test>::get(netuid, 0), SubnetworkN::<Test>::get(netuid)), (Some(hotkey), 1));
			assert_eq!((NetworkRegisteredAt::<Test>::get(netuid), LastAdjustmentBlock::<Test>::get(netuid)), (7, 7));
			assert_eq!(
				(Tempo::<Test>::get(netuid), TokenSymbol::<Test>::get(netuid)),
				(99, symbol.as_bytes().to_vec())
			);
			assert_eq!(System::sufficients(&hotkey), 1);
		}
		assert_eq!(Balances::balance(&1), 800 * TAO);
		assert_eq!(issuance - TotalIssuance::<Test>::get(), 200 * TAO);
		assert_eq!(TotalBurned::<Test>::get() - burned, 200 * TAO);
		assert_eq!(new_events()[0], Event::NetworkAdded { netuid: 3 });
	});
}

#[test]
fn a_subnet_is_refused_by_name_and_nothing_is_paid() {
	execute(|| {
		let hotkey = join(1, 1, 0);
		let register = |who, hotkey| Subnets::register_network(signed(who), hotkey);
		assert_noop!(register(2, 201), Error::<Test>::NotEnoughBalance); // A thousand TAO, and the existential deposit.
		NetworkMinLockCost::<Test>::put(TAO);
		assert_noop!(register(2, hotkey), Error::<Test>::NonAssociatedColdKey);
		MaxSubnets::set(2);
		assert_noop!(register(1, hotkey), Error::<Test>::TooManySubnets);
		MaxSubnets::set(3);
		assert_ok!(register(1, hotkey));
		assert_eq!((Uids::<Test>::get(3, hotkey), Uids::<Test>::get(1, hotkey)), (Some(0), Some(0)));
		assert_eq!(System::sufficients(&hotkey), 2);
	});
}

#[test]
fn symbols_are_distinct_and_those_of_upstream_for_the_first() {
	let symbols: Vec<_> = (0..500).map(crate::networks::token_symbol).collect();
	assert_eq!(symbols[..3], [b"\xce\xa4".to_vec(), "α".into(), "β".into()]);
	assert_eq!((&symbols[24], &symbols[25]), (&"ω".into(), &"α1".into()));
	let distinct: std::collections::BTreeSet<_> = symbols.iter().collect();
	assert_eq!(distinct.len(), symbols.len());
}

#[test]
fn the_owner_must_be_named_to_remove_a_subnet() {
	execute(|| {
		let hotkey = join(1, 1, 0);
		assert_ok!(Subnets::set_subnet_owner(RuntimeOrigin::root(), 1, 1, hotkey));
		assert_noop!(dissolve(2, 1), Error::<Test>::NotSubnetOwner);
		assert_noop!(Subnets::dissolve_network(signed(1), 1, 1), BadOrigin);
		assert_ok!(dissolve(1, 1));
		assert_noop!(dissolve(1, 1), Error::<Test>::SubnetNotExists);
		assert_ok!(dissolve(77, 2)); // Nobody's.
		assert_noop!(dissolve(1, 0), Error::<Test>::IsRoot);
		assert!(NetworksAdded::<Test>::get(0));
	});
}

/// How many keys storage has that belong to a subnet, by the name of the item. All maps of subnets hash the netuid as it
/// is, or so that it is the end of the hash.
fn records_of(netuid: u16) -> Vec<String> {
	let is_netuids = |item: &[u8]| {
		let id = netuid.to_le_bytes();
		let hashed = [sp_io::hashing::twox_64(&id).as_slice(), &id].concat();
		item.starts_with(&id) || item.starts_with(&hashed)
	};
	let pallet = sp_io::hashing::twox_128(b"Subnets");
	let mut key = pallet.to_vec();
	let mut found = vec![];
	while let Some(next) = sp_io::storage::next_key(&key).filter(|next| next.starts_with(&pallet)) {
		if next.get(32..).is_some_and(is_netuids) {
			found.push(sp_core::hexdisplay::HexDisplay::from(&next).to_string());
		}
		key = next;
	}
	found
}

/// Subnet 1 with an owner, a parameter of each kind, neurons with everything that they may have, and money that waits.
fn make_a_subnet_of_everything() -> u64 {
	join_root(1, 10 * TAO, &[1]);
	let (hotkey, miner) = (join(1, 5, 10 * TAO), join(1, 6, 0));
	assert_ok!(Subnets::set_subnet_owner(RuntimeOrigin::root(), 1, 5, hotkey));
	for parameter in hyperparameters::one_of_each() {
		if let Hyperparameter::MaxAllowedUids(_) = parameter {
			set(Hyperparameter::MaxAllowedValidators(64)); // With more there may not be so many uids.
		}
		set(parameter);
	}
	set(Hyperparameter::Tempo(TEMPO));
	set(Hyperparameter::WeightsSetRateLimit(0));
	set(Hyperparameter::MinAllowedWeights(0));
	set(Hyperparameter::CommitRevealWeightsEnabled(false));
	advance(10);
	assert_ok!(Subnets::set_weights(signed(hotkey), 1, vec![1], vec![1], u64::MAX));
	while crate::LastEpochBlock::<Test>::get(1) + 2 != System::block_number() {
		advance(1);
	}
	set(Hyperparameter::CommitRevealWeightsEnabled(true));
	assert_ok!(Subnets::commit_weights(signed(hotkey), 1, Default::default()));
	assert_ok!(Subnets::serve_axon(signed(miner), 1, 1, 1, 1, 4, 0, 0, 0));
	assert_ok!(Subnets::serve_prometheus(signed(miner), 1, 1, 1, 1, 4));
	assert!(records_of(1).len() > 40);
	hotkey
}

#[test]
fn a_removed_subnet_leaves_no_record_at_all() {
	execute(|| {
		let hotkey = make_a_subnet_of_everything();
		let (neurons, owners) = (PendingEmission::<Test>::get(1), PendingOwnerCut::<Test>::get(1));
		assert!(neurons > 0 && owners > 0);
		let pending = neurons + owners;
		let (issuance, burned) = (TotalIssuance::<Test>::get(), TotalBurned::<Test>::get());
		new_events();
		assert_ok!(dissolve(5, 1));
		assert_eq!(issuance - TotalIssuance::<Test>::get(), pending);
		assert_eq!(TotalBurned::<Test>::get() - burned, pending);
		assert_eq!(
			new_events(),
			[Event::Burned { amount: pending }, Event::NetworkRemoved { netuid: 1, burned: pending }]
		);
		clear_all_but_stake(2);
		assert_eq!(records_of(1).len(), 1, "what is staked there is on its way back");
		assert!(crate::SubnetAlphaOut::<Test>::get(1) >= 10 * TAO);
		advance(1);
		assert_eq!(records_of(1), Vec::<String>::new());
		assert_eq!(RemovedNeurons::get(), [(1, 601), (1, hotkey)]);
		assert_eq!((System::sufficients(&hotkey), System::sufficients(&601)), (0, 0));
	});
}

#[test]
fn a_subnet_of_the_same_number_starts_afresh_once_the_stake_is_back() {
	execute(|| {
		make_a_subnet_of_everything();
		assert_ok!(dissolve(5, 1));
		let create = || Subnets::create_network(RuntimeOrigin::root(), 1, TEMPO);
		assert_noop!(create(), Error::<Test>::SubnetBeingRemoved);
		NetworkMinLockCost::<Test>::put(TAO);
		assert_ok!(Subnets::register_network(signed(7), 701));
		assert_eq!(SubnetOwner::<Test>::get(3), Some(7), "the number is not free yet");
		new_events();
		advance(1);
		assert!(new_events().contains(&Event::NetworkCleared { netuid: 1 }));
		assert_ok!(create());
		assert_ok!(Subnets::create_network(RuntimeOrigin::root(), 9, TEMPO));
		assert_eq!(records_of(1).len(), records_of(9).len(), "as little as of a number that is new");
		assert_eq!((SubnetOwner::<Test>::get(1), Subnets::neurons_lite(1).len()), (None, 0));
		assert_eq!(join(1, 5, TAO), 501);
	});
}

#[test]
fn stake_comes_back_over_as_many_blocks_as_it_takes() {
	execute(|| {
		let (hotkey, other) = (join(1, 1, 3 * TAO), join(2, 2, TAO));
		for coldkey in 2..=8 {
			assert_ok!(Subnets::add_stake(signed(coldkey), hotkey, 1, coldkey));
			assert_ok!(Subnets::add_stake(signed(coldkey), other, 2, coldkey));
		}
		run_epoch(1, 1_000_003); // A price that is a fraction.
		let issuance = TotalIssuance::<Test>::get();
		assert_ok!(dissolve(1, 1));
		let kept_on = |netuid| Alpha::<Test>::iter_keys().filter(|(.., on)| *on == netuid).count();
		assert_eq!((kept_on(1), kept_on(2)), (8, 7));
		clear_all_but_stake(1);
		idle_for(0);
		assert_eq!((kept_on(1), ReturnCursor::<Test>::exists()), (8, false));
		let mut blocks = 0;
		while RemovedNetworks::<Test>::get()[..] == [1] {
			assert_noop!(Subnets::create_network(RuntimeOrigin::root(), 1, 9), Error::<Test>::SubnetBeingRemoved);
			idle_for(3);
			blocks += 1;
		}
		assert_eq!((blocks, kept_on(1), kept_on(2)), (6, 0, 7), "15 stakes, and a last look");
		assert!(!ReturnCursor::<Test>::exists());
		assert_eq!((TotalIssuance::<Test>::get(), TotalHotkeyStake::<Test>::get(hotkey)), (issuance, 0));
		let back = |coldkey| Balances::balance(&coldkey) - 996 * TAO; // 3 TAO put in, 1 paid for the uid.
		assert_eq!(back(1), 3 * TAO + 1_000_002, "all but what is due to the 35 rao of others");
		assert!(!StakedHotkeys::<Test>::contains_key(8, hotkey) && StakedHotkeys::<Test>::contains_key(8, other));
		assert_ok!(Subnets::create_network(RuntimeOrigin::root(), 1, 9));
	});
}

#[test]
fn stake_may_leave_a_removed_subnet_and_none_may_come() {
	execute(|| {
		let hotkey = join(1, 1, 3 * TAO);
		assert_ok!(Subnets::add_stake(signed(2), hotkey, 1, 5));
		assert_ok!(dissolve(1, 1));
		assert_noop!(Subnets::add_stake(signed(3), hotkey, 1, 5), Error::<Test>::SubnetNotExists);
		assert_noop!(Subnets::transfer_stake(signed(1), 3, hotkey, 1, 1, 5), Error::<Test>::SubnetNotExists);
		assert_ok!(Subnets::swap_stake(signed(1), hotkey, 1, 2, TAO));
		assert_ok!(Subnets::unstake_all(signed(2), hotkey));
		advance(1);
		assert_eq!((TotalStake::<Test>::get(), Subnets::stake_of(&hotkey, &1, 2)), (TAO, TAO));
		assert_eq!((Balances::balance(&1), Balances::balance(&2)), (998 * TAO, 1_000 * TAO));
	});
}

#[test]
fn stake_on_its_way_back_still_weighs_and_earns() {
	execute(|| {
		let hotkey = join(2, 1, 0);
		for coldkey in 2..=8 {
			assert_ok!(Subnets::add_stake(signed(coldkey), hotkey, 1, TAO));
		}
		assert_ok!(dissolve(1, 1));
		clear_all_but_stake(0);
		idle_for(3);
		assert_eq!(TotalHotkeyStake::<Test>::get(hotkey), 4 * TAO);
		run_epoch(2, 4 * TAO + 3);
		check_invariants();
		assert_ok!(Subnets::set_hyperparameter(RuntimeOrigin::root(), 2, Hyperparameter::Tempo(7_200)));
		idle_for(4);
		assert_eq!(RemovedNetworks::<Test>::get()[..], [1]);
		idle_for(4);
		assert_eq!((RemovedNetworks::<Test>::get().len(), Alpha::<Test>::iter_keys().count()), (0, 1));
		let mut back: Vec<_> = (2..=8).map(|coldkey| Balances::balance(&coldkey) - 999 * TAO).collect();
		back.sort_unstable();
		assert_eq!(back[..3], [TAO; 3], "they were back before");
		// 18 % are the owner's; the rest is shared by four.
		assert_eq!(back[3..].iter().sum::<u64>() - 4 * TAO, 4 * TAO + 3 - Subnets::stake_of(&hotkey, &1, 2));
		assert!(back[6] - back[3] <= 1);
	});
}

#[test]
fn two_subnets_that_go_at_once_are_both_cleared() {
	execute(|| {
		let hotkeys = [join(1, 1, TAO), join(2, 2, TAO)];
		for coldkey in 3..=6 {
			assert_ok!(Subnets::add_stake(signed(coldkey), hotkeys[0], 1, TAO));
			assert_ok!(Subnets::add_stake(signed(coldkey), hotkeys[0], 2, TAO));
		}
		assert_ok!(dissolve(1, 2));
		idle_for(2);
		assert_ok!(dissolve(1, 1));
		assert_eq!(RemovedNetworks::<Test>::get()[..], [2, 1]);
		new_events();
		for _ in 0..20 {
			idle_for(2);
		}
		let cleared = new_events().into_iter().filter(|event| matches!(event, Event::NetworkCleared { .. }));
		let expected = [2, 1].map(|netuid| Event::NetworkCleared { netuid });
		assert_eq!(cleared.collect::<Vec<_>>(), expected);
		assert_eq!((TotalStake::<Test>::get(), Alpha::<Test>::iter().count()), (0, 0));
		assert!((3..=6).all(|coldkey| Balances::balance(&coldkey) == 1_000 * TAO));
	});
}

#[test]
fn returned_dust_of_an_account_that_is_gone_is_burned_and_counted() {
	execute(|| {
		let hotkey = join(1, 1, 0);
		assert_ok!(Subnets::add_stake(signed(2), hotkey, 1, 499));
		assert_ok!(Subnets::add_stake(signed(3), hotkey, 1, 500));
		for coldkey in [2, 3] {
			assert_ok!(Balances::transfer_all(signed(coldkey), 4, false));
		}
		let (issuance, burned) = (TotalIssuance::<Test>::get(), TotalBurned::<Test>::get());
		assert_ok!(dissolve(1, 1));
		advance(1);
		assert_eq!((Balances::balance(&2), Balances::balance(&3)), (0, 500));
		assert_eq!(issuance - TotalIssuance::<Test>::get(), 499);
		assert_eq!(TotalBurned::<Test>::get() - burned, 499);
	});
}

#[test]
fn who_is_leaving_takes_the_place_of_a_subnet() {
	execute(|| {
		MaxSubnets::set(2);
		assert_ok!(dissolve(1, 1));
		assert_ok!(dissolve(1, 2));
		let create = || Subnets::create_network(RuntimeOrigin::root(), 3, 9);
		assert_noop!(create(), Error::<Test>::TooManySubnets);
		advance(1);
		assert_ok!(create());
		assert_ok!(dissolve(1, 3));
	});
}
