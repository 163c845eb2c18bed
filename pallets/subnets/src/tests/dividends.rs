// SPDX-License-Identifier: Apache-2.0
//! What an epoch pays: to validators and their nominators, to miners, to the subnet's owner. Not one rao is lost.

use frame_support::{assert_noop, assert_ok};

use super::*;
use crate::{
	payout::Paid, Delegates, Emission, Error, Event, PendingOwnerCut, SubnetOwnerCut, TotalHotkeyAlpha,
	TotalHotkeyStake, TotalStake, MAX_DELEGATE_TAKE,
};
use yuma_consensus::EpochOutput;

/// Pays a million and three rao to the only validator of subnet 1, on which coldkey 1, its owner, has put 3000 rao there,
/// 2 has put 1000 there, and 3 has put 6000 on the root network. Returns what each has then.
fn paid_at(take: u16) -> [u64; 3] {
	let hotkey = join(1, 1, 3_000);
	assert_ok!(Subnets::add_stake(signed(2), hotkey, 1, 1_000));
	assert_ok!(Subnets::add_stake(signed(3), hotkey, 0, 6_000));
	Delegates::<Test>::insert(hotkey, take);
	run_epoch(1, 1_000_003);
	check_invariants();
	assert_eq!(Subnets::stake_of(&hotkey, &3, 1) + Subnets::stake_of(&hotkey, &2, 0), 0, "kept where it was put");
	assert_eq!((TotalHotkeyStake::<Test>::get(hotkey), PendingEmission::<Test>::get(1)), (1_010_003, 0));
	[(1, 1), (2, 1), (3, 0)].map(|(coldkey, netuid)| Subnets::stake_of(&hotkey, &coldkey, netuid))
}

#[test]
fn without_take_all_share_in_proportion() {
	// 600 001.8 and 400 001.2: the rao that is left goes to root. Of the 404 001 on subnet 1 coldkey 1 has three quarters.
	execute(|| assert_eq!(paid_at(0), [303_000, 101_000, 606_002]));
}

#[test]
fn the_take_is_the_owners_and_the_rest_is_shared() {
	// 179 995.96 are taken; of the 820 008 left 492 005 go to root, 328 003 to subnet 1.
	execute(|| assert_eq!(paid_at(MAX_DELEGATE_TAKE), [249_002 + 179_995, 83_000, 498_005]));
}

#[test]
fn an_odd_take_is_rounded_down_and_nothing_is_lost() {
	// 15.26 are taken; of the 999 988 left 599 993 go to root, 399 995 to subnet 1.
	execute(|| assert_eq!(paid_at(1), [302_996 + 15, 100_998, 605_993]));
	// 106.81 are taken; of the 999 897 left 599 938 go to root, 399 959 to subnet 1.
	execute(|| assert_eq!(paid_at(7), [302_969 + 106, 100_989, 605_938]));
}

#[test]
fn a_validator_without_stake_is_paid_whole() {
	execute(|| {
		let (validator, miner) = (join(1, 1, 0), join(1, 2, 0));
		assert_ok!(Subnets::add_stake(signed(3), validator, 1, TAO));
		run_epoch(1, 0);
		System::set_block_number(2);
		assert_ok!(Subnets::set_weights(signed(validator), 1, vec![1], vec![1], 0));
		run_epoch(1, 0);
		// All that it has is the bond of its former stake.
		assert_ok!(Subnets::unstake_all(signed(3), validator));
		assert_ok!(Subnets::add_stake(signed(3), miner, 1, TAO));
		run_epoch(1, 1_000);
		assert_eq!(Emission::<Test>::get(1)[0], Subnets::stake_of(&validator, &1, 1));
		assert_eq!(TotalHotkeyStake::<Test>::get(validator) + TotalHotkeyStake::<Test>::get(miner), TAO + 1_000);
	});
}

/// A validator with weights on a miner, on which coldkey 3 has stake that does not count: it is the validator's only.
fn validator_and_miner() -> (u64, u64) {
	let (validator, miner) = (join(1, 1, TAO), join(1, 2, 0));
	assert_ok!(Subnets::add_stake(signed(3), miner, 1, 10));
	run_epoch(1, 0);
	System::set_block_number(2);
	assert_ok!(Subnets::set_weights(signed(validator), 1, vec![1], vec![1], 0));
	(validator, miner)
}

#[test]
fn what_a_miner_earns_is_its_owners_alone() {
	execute(|| {
		let (validator, miner) = validator_and_miner();
		run_epoch(1, 1_000);
		assert_eq!((Subnets::stake_of(&miner, &2, 1), Subnets::stake_of(&miner, &3, 1)), (500, 10));
		assert_eq!(Subnets::stake_of(&validator, &1, 1), TAO + 500);
	});
}

#[test]
fn an_epoch_tells_what_it_paid() {
	execute(|| {
		validator_and_miner();
		assert_ok!(Subnets::add_stake(signed(4), 101, 0, 777));
		for amount in [0, 1, 2, 3, 999, 1_000_000_007] {
			new_events();
			let before = TotalStake::<Test>::get();
			let pending = PendingEmission::<Test>::get(1) + amount;
			run_epoch(1, amount);
			let paid = TotalStake::<Test>::get() - before;
			let left = PendingEmission::<Test>::get(1);
			assert_eq!(new_events(), [Event::EpochRun { netuid: 1, paid, pending: left }]);
			assert_eq!(paid + left, pending);
			assert!(Emission::<Test>::get(1).iter().sum::<u64>().abs_diff(paid) <= 2, "each is rounded down once");
		}
	});
}

#[test]
fn who_is_paid_as_validator_and_as_miner_is_counted_as_both() {
	execute(|| {
		for coldkey in 1..=4 {
			join(1, coldkey, TAO);
		}
		mint_pending(1, 100);
		let output = EpochOutput {
			permits: vec![true; 4],
			validator_emission: vec![10, 20, 0, 0],
			server_emission: vec![0, 30, 40, 0],
			..Default::default()
		};
		let expected = Paid { miners: 1, validators: 1, both: 1, newcomers: 0, further_pools: 0 };
		assert_eq!((Subnets::pay(1, &output), PendingEmission::<Test>::get(1)), (expected, 0));
	});
}

#[test]
fn a_take_is_set_within_its_bounds_by_the_hotkeys_owner() {
	execute(|| {
		let hotkey = join(1, 1, 0);
		let (down, up) = (Subnets::decrease_take, Subnets::increase_take);
		assert_eq!(Delegates::<Test>::get(hotkey), MAX_DELEGATE_TAKE);
		assert_noop!(down(signed(2), hotkey, 1), Error::<Test>::NonAssociatedColdKey);
		assert_noop!(up(signed(2), hotkey, 1), Error::<Test>::NonAssociatedColdKey);
		assert_noop!(down(signed(1), 777, 1), Error::<Test>::HotKeyAccountNotExists);
		assert_noop!(up(signed(1), 777, 1), Error::<Test>::HotKeyAccountNotExists);
		assert_noop!(down(signed(1), hotkey, MAX_DELEGATE_TAKE), Error::<Test>::DelegateTakeTooHigh);
		assert_noop!(up(signed(1), hotkey, MAX_DELEGATE_TAKE), Error::<Test>::DelegateTakeTooLow);
		assert_noop!(up(signed(1), hotkey, MAX_DELEGATE_TAKE + 1), Error::<Test>::DelegateTakeTooHigh);
		new_events();
		assert_ok!(down(signed(1), hotkey, 0));
		assert_eq!(new_events(), [Event::TakeSet { hotkey, take: 0 }]);
		assert_noop!(up(signed(1), hotkey, 0), Error::<Test>::DelegateTakeTooLow);
		System::set_block_number(101);
		assert_ok!(up(signed(1), hotkey, MAX_DELEGATE_TAKE));
	});
}

#[test]
fn a_take_is_increased_once_an_interval_and_decreased_at_any_time() {
	execute(|| {
		let hotkey = join(1, 1, 0);
		assert_ok!(Subnets::decrease_take(signed(1), hotkey, 10));
		System::set_block_number(101);
		assert_ok!(Subnets::increase_take(signed(1), hotkey, 20));
		System::set_block_number(151);
		let too_soon = |blocks_left| Error::<Test>::TakeIncreaseTooSoon { blocks_left };
		assert_noop!(Subnets::increase_take(signed(1), hotkey, 30), too_soon(50));
		assert_ok!(Subnets::decrease_take(signed(1), hotkey, 15));
		assert_ok!(Subnets::decrease_take(signed(1), hotkey, 5));
		System::set_block_number(250);
		assert_noop!(Subnets::increase_take(signed(1), hotkey, 30), too_soon(1));
		System::set_block_number(251);
		assert_ok!(Subnets::increase_take(signed(1), hotkey, 30));
		assert_eq!(Delegates::<Test>::get(hotkey), 30);
	});
}

/// Subnet 1 alone is voted for and owned by coldkey 5, whose hotkey is its only neuron.
fn owned_subnet() -> u64 {
	let hotkey = join(1, 5, 0);
	join_root(1, 10 * TAO, &[1]);
	assert_ok!(Subnets::set_subnet_owner(RuntimeOrigin::root(), 1, 5, hotkey));
	advance(6);
	hotkey
}

/// Goes to the block before the next epoch of subnet 1, from that after the last.
fn wait_for_epoch() {
	let last = crate::LastEpochBlock::<Test>::get(1);
	while System::block_number() < last + u64::from(TEMPO) {
		advance(1);
	}
}

#[test]
fn the_owners_cut_of_every_block_waits_for_the_epoch() {
	execute(|| {
		let hotkey = owned_subnet();
		wait_for_epoch();
		advance(1);
		assert_eq!(PendingOwnerCut::<Test>::get(1), 0);
		let stake = Subnets::stake_of(&hotkey, &5, 1);
		advance(3);
		assert_eq!(PendingOwnerCut::<Test>::get(1), 3 * 179_995_422, "18 % of a TAO, rounded down");
		wait_for_epoch();
		new_events();
		advance(1);
		assert!(Subnets::stake_of(&hotkey, &5, 1) - stake >= 5 * 179_995_422);
		assert!(new_events().contains(&Event::OwnerCutPaid { netuid: 1, hotkey, amount: 5 * 179_995_422 }));
		assert!(!PendingOwnerCut::<Test>::contains_key(1));
	});
}

#[test]
fn a_cut_of_nothing_and_a_cut_of_all_lose_no_rao() {
	execute(|| {
		owned_subnet();
		for (cut, owners) in [(0, 0), (u16::MAX, 5 * TAO), (1, 5 * 15_259)] {
			assert_ok!(Subnets::set_subnet_owner_cut(RuntimeOrigin::root(), cut));
			wait_for_epoch();
			advance(1);
			let (issuance, stake) = (TotalIssuance::<Test>::get(), TotalStake::<Test>::get());
			let pending = PendingEmission::<Test>::get(1);
			wait_for_epoch();
			assert_eq!(PendingOwnerCut::<Test>::get(1), owners / 5 * 4);
			advance(1);
			assert_eq!(TotalIssuance::<Test>::get() - issuance, 5 * TAO);
			let left = PendingEmission::<Test>::get(1) - pending.min(PendingEmission::<Test>::get(1));
			assert!(TotalStake::<Test>::get() - stake + left >= owners);
		}
		assert_noop!(Subnets::set_subnet_owner_cut(signed(5), 1), sp_runtime::DispatchError::BadOrigin);
		assert_eq!(SubnetOwnerCut::<Test>::get(), 1);
	});
}

#[test]
fn a_subnet_without_owner_pays_all_to_its_neurons() {
	execute(|| {
		join_root(1, 10 * TAO, &[1, 2]);
		advance(6);
		let pending = PendingEmission::<Test>::get(2);
		advance(2);
		assert_eq!(PendingOwnerCut::<Test>::iter().count(), 0);
		assert_eq!(PendingEmission::<Test>::get(2) - pending, TAO);
	});
}

#[test]
fn a_new_owner_is_paid_from_the_next_epoch_on() {
	execute(|| {
		let old = owned_subnet();
		let new = join(2, 6, 0);
		let set = Subnets::set_subnet_owner;
		assert_noop!(set(signed(6), 1, 6, new), sp_runtime::DispatchError::BadOrigin);
		assert_noop!(set(RuntimeOrigin::root(), 0, 6, new), Error::<Test>::IsRoot);
		assert_noop!(set(RuntimeOrigin::root(), 9, 6, new), Error::<Test>::SubnetNotExists);
		assert_noop!(set(RuntimeOrigin::root(), 1, 6, 777), Error::<Test>::HotKeyAccountNotExists);
		assert_noop!(set(RuntimeOrigin::root(), 1, 5, new), Error::<Test>::NonAssociatedColdKey);
		assert_ok!(set(RuntimeOrigin::root(), 1, 6, new));
		wait_for_epoch();
		new_events();
		advance(1);
		let paid = new_events().into_iter().filter_map(|event| match event {
			Event::OwnerCutPaid { hotkey, .. } => Some(hotkey),
			_ => None,
		});
		assert_eq!(paid.collect::<Vec<_>>(), [new]);
		assert!(TotalHotkeyAlpha::<Test>::get(new, 1) > 0 && old != new);
	});
}

#[test]
fn nominators_whom_a_low_take_attracted_have_time_to_leave() {
	execute(|| {
		let hotkey = join(1, 1, 0);
		assert_ok!(Subnets::decrease_take(signed(1), hotkey, 0));
		assert_ok!(Subnets::add_stake(signed(2), hotkey, 1, TAO));
		System::set_block_number(2);
		let raised = Subnets::increase_take(signed(1), hotkey, MAX_DELEGATE_TAKE);
		assert_eq!(raised, Err(Error::<Test>::TakeIncreaseTooSoon { blocks_left: 99 }.into()));
	});
}
