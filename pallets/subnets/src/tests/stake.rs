// SPDX-License-Identifier: Apache-2.0
//! Stake: what who stakes can rely on.

use frame_support::{assert_noop, assert_ok, traits::fungible::Inspect};
use sp_runtime::TokenError;

use super::*;
use crate::{
	Alpha, Error, Event, ImmunityPeriod, MaxAllowedUids, StakedHotkeys, TotalHotkeyAlpha, TotalHotkeyShares,
	TotalHotkeyStake, TotalStake, Uids, ALPHA_PRICE, MAX_DELEGATE_TAKE,
};

/// Coldkey 1's hotkey, the only validator of subnet 1, of whose stake a rao has earned a fraction of a rao: coldkey 1 has
/// put in 3 and 2 has put in 7.
fn fractional_price() -> u64 {
	let hotkey = join(1, 1, 3);
	assert_ok!(Subnets::add_stake(signed(2), hotkey, 1, 7));
	run_epoch(1, 1_000_003);
	let shares = TotalHotkeyShares::<Test>::get(hotkey, 1);
	assert_ne!(TotalHotkeyAlpha::<Test>::get(hotkey, 1) % shares.to_num::<u64>(), 0);
	hotkey
}

/// Stake of coldkeys 1 and 2 on a hotkey, kept on subnets 1 and 2.
fn stakes(hotkey: u64) -> [[u64; 2]; 2] {
	[1, 2].map(|coldkey| [1, 2].map(|netuid| Subnets::stake_of(&hotkey, &coldkey, netuid)))
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
fn what_is_put_in_reads_as_that_whatever_the_price() {
	execute(|| {
		let hotkey = fractional_price();
		for (coldkey, amount) in [(3, 1), (4, 2), (5, 999_999_937), (6, 10 * TAO + 1), (7, 3)] {
			assert_ok!(Subnets::add_stake(signed(coldkey), hotkey, 1, amount));
			assert_eq!(Subnets::stake_of(&hotkey, &coldkey, 1), amount);
		}
		assert_eq!(Subnets::stake_of(&hotkey, &3, 1), 1, "nor do those who come later take anything away");
		for (coldkey, amount) in [(7, 3), (6, 10 * TAO + 1), (5, 999_999_937), (4, 2), (3, 1)] {
			assert_ok!(Subnets::remove_stake(signed(coldkey), hotkey, 1, amount));
			assert_eq!(Balances::balance(&coldkey), 1_000 * TAO);
		}
	});
}

#[test]
fn a_part_taken_out_leaves_the_rest_whatever_the_price() {
	execute(|| {
		let hotkey = fractional_price();
		assert_ok!(Subnets::add_stake(signed(3), hotkey, 1, TAO + 11));
		for left in [TAO + 10, TAO, 999_999_937, 7, 1] {
			let stake = Subnets::stake_of(&hotkey, &3, 1);
			assert_ok!(Subnets::remove_stake(signed(3), hotkey, 1, stake - left));
			assert_eq!(Subnets::stake_of(&hotkey, &3, 1), left);
		}
	});
}

#[test]
fn nominators_weigh_for_the_hotkey_and_nobody_takes_what_is_anothers() {
	execute(|| {
		let hotkey = join(1, 1, 5);
		assert_ok!(Subnets::add_stake(signed(2), hotkey, 1, 7));
		assert_ok!(Subnets::add_stake(signed(2), hotkey, 0, 11));
		assert_eq!((TotalHotkeyStake::<Test>::get(hotkey), TotalStake::<Test>::get()), (23, 23));
		assert_eq!((TotalHotkeyAlpha::<Test>::get(hotkey, 1), TotalHotkeyAlpha::<Test>::get(hotkey, 0)), (12, 11));
		assert_noop!(Subnets::remove_stake(signed(1), hotkey, 1, 6), Error::<Test>::NotEnoughStake);
		assert_noop!(Subnets::remove_stake(signed(2), hotkey, 1, 8), Error::<Test>::NotEnoughStake);
		assert_noop!(Subnets::remove_stake(signed(1), hotkey, 0, 1), Error::<Test>::NotEnoughStake);
		assert_noop!(Subnets::unstake_all(signed(3), hotkey), Error::<Test>::NotEnoughStake);
	});
}

#[test]
fn who_takes_all_leaves_no_record() {
	execute(|| {
		let hotkey = fractional_price();
		assert_ok!(Subnets::add_stake(signed(2), hotkey, 2, 9));
		assert_ok!(Subnets::unstake_all(signed(1), hotkey));
		assert_eq!(StakedHotkeys::<Test>::iter().collect::<Vec<_>>(), [(2, hotkey, ())]);
		let on_1 = Subnets::stake_of(&hotkey, &2, 1);
		assert_ok!(Subnets::remove_stake(signed(2), hotkey, 1, on_1));
		assert_eq!(StakedHotkeys::<Test>::get(2, hotkey), Some(()), "some is kept on subnet 2");
		assert_ok!(Subnets::remove_stake(signed(2), hotkey, 2, 9));

		assert_eq!((Alpha::<Test>::iter().count(), StakedHotkeys::<Test>::iter().count()), (0, 0));
		assert_eq!(TotalHotkeyShares::<Test>::iter().count() + TotalHotkeyAlpha::<Test>::iter().count(), 0);
		assert!(!TotalHotkeyStake::<Test>::contains_key(hotkey));
		assert_eq!(TotalStake::<Test>::get(), 0);
		let balances = Balances::balance(&1) + Balances::balance(&2);
		assert_eq!(balances, 2_000 * TAO - TAO + 1_000_003, "all but the price of the uid, and what was earned");
	});
}

#[test]
fn all_is_unstaked_from_every_subnet_and_from_this_hotkey_alone() {
	execute(|| {
		let (hotkey, other) = (join(1, 1, 5), join(2, 2, 0));
		for (netuid, amount) in [(0, 1), (1, 2), (2, 3)] {
			assert_ok!(Subnets::add_stake(signed(3), hotkey, netuid, amount * TAO));
			assert_ok!(Subnets::add_stake(signed(3), other, netuid, TAO));
		}
		new_events();
		assert_ok!(Subnets::unstake_all(signed(3), hotkey));
		assert_eq!(Balances::balance(&3), 997 * TAO);
		assert_eq!((TotalHotkeyStake::<Test>::get(hotkey), TotalHotkeyStake::<Test>::get(other)), (5, 3 * TAO));
		let removed = |event: &Event<Test>| matches!(event, Event::StakeRemoved { coldkey: 3, hotkey: 101, .. });
		assert_eq!(new_events().iter().filter(|event| removed(event)).count(), 3);
		assert_noop!(Subnets::unstake_all(signed(3), hotkey), Error::<Test>::NotEnoughStake);
	});
}

#[test]
fn stake_goes_to_another_hotkey_coldkey_or_subnet_and_none_is_lost() {
	execute(|| {
		let (hotkey, other) = (fractional_price(), join(2, 2, 0));
		let before = stakes(hotkey);
		let total = TotalStake::<Test>::get();
		assert_ok!(Subnets::swap_stake(signed(2), hotkey, 1, 2, 500));
		assert_eq!(stakes(hotkey), [before[0], [before[1][0] - 500, 500]]);
		assert_ok!(Subnets::transfer_stake(signed(2), 1, hotkey, 2, 2, 200));
		assert_eq!(stakes(hotkey), [[before[0][0], 200], [before[1][0] - 500, 300]]);
		assert_ok!(Subnets::move_stake(signed(1), hotkey, other, 2, 1, 150));
		assert_eq!((stakes(hotkey)[0][1], stakes(other)), (50, [[150, 0], [0, 0]]));
		assert_eq!((TotalHotkeyStake::<Test>::get(other), TotalStake::<Test>::get()), (150, total));
		assert_ok!(Subnets::transfer_stake(signed(1), 77, hotkey, 2, 0, 50)); // To who has no account yet.
		assert_eq!(Subnets::stake_of(&hotkey, &77, 0), 50);
		assert!(!StakedHotkeys::<Test>::contains_key(1, 999) && StakedHotkeys::<Test>::contains_key(77, hotkey));
	});
}

#[test]
fn a_transfer_within_a_pool_takes_from_nobody_else() {
	execute(|| {
		let hotkey = fractional_price();
		assert_ok!(Subnets::add_stake(signed(3), hotkey, 1, 1_001));
		let others = stakes(hotkey);
		assert_ok!(Subnets::transfer_stake(signed(3), 4, hotkey, 1, 1, 1_000));
		assert_eq!((Subnets::stake_of(&hotkey, &3, 1), Subnets::stake_of(&hotkey, &4, 1)), (1, 1_000));
		assert_ok!(Subnets::transfer_stake(signed(3), 4, hotkey, 1, 1, 1));
		assert_eq!((Subnets::stake_of(&hotkey, &3, 1), Subnets::stake_of(&hotkey, &4, 1)), (0, 1_001));
		assert_eq!(stakes(hotkey), others);
		assert!(!StakedHotkeys::<Test>::contains_key(3, hotkey));
	});
}

#[test]
fn the_only_holder_hands_its_whole_pool_over() {
	execute(|| {
		let hotkey = join(1, 1, 5);
		assert_ok!(Subnets::transfer_stake(signed(1), 2, hotkey, 1, 1, 5));
		assert_eq!((stakes(hotkey), TotalHotkeyStake::<Test>::get(hotkey)), ([[0, 0], [5, 0]], 5));
	});
}

#[test]
fn a_move_is_refused_by_name_and_changes_nothing() {
	execute(|| {
		let (hotkey, other) = (join(1, 1, 5), join(2, 2, 0));
		let call = |to, from_netuid, to_netuid, amount| {
			Subnets::move_stake(signed(1), hotkey, to, from_netuid, to_netuid, amount)
		};
		assert_noop!(call(other, 1, 1, 0), Error::<Test>::AmountTooLow);
		assert_noop!(call(other, 1, 1, 6), Error::<Test>::NotEnoughStake);
		assert_noop!(call(other, 2, 1, 1), Error::<Test>::NotEnoughStake);
		assert_noop!(call(other, 9, 1, 1), Error::<Test>::NotEnoughStake);
		assert_noop!(call(other, 1, 9, 1), Error::<Test>::SubnetNotExists);
		assert_noop!(call(777, 1, 1, 1), Error::<Test>::HotKeyAccountNotExists);
		assert_noop!(call(hotkey, 1, 1, 1), Error::<Test>::SameStake);
		assert_noop!(Subnets::swap_stake(signed(1), hotkey, 1, 1, 1), Error::<Test>::SameStake);
		assert_noop!(Subnets::transfer_stake(signed(1), 1, hotkey, 1, 1, 1), Error::<Test>::SameStake);
		assert_noop!(Subnets::transfer_stake(signed(2), 1, hotkey, 1, 1, 1), Error::<Test>::NotEnoughStake);
		assert_noop!(Subnets::swap_stake(signed(1), hotkey, 1, 9, 1), Error::<Test>::SubnetNotExists);
	});
}

#[test]
fn the_price_is_one_and_a_limit_is_kept() {
	execute(|| {
		let hotkey = join(1, 1, 0);
		let add = |limit, partial| Subnets::add_stake_limit(signed(1), hotkey, 1, TAO, limit, partial);
		let remove = |limit, partial| Subnets::remove_stake_limit(signed(1), hotkey, 1, TAO, limit, partial);
		for partial in [false, true] {
			assert_noop!(add(ALPHA_PRICE - 1, partial), Error::<Test>::SlippageTooHigh);
			assert_ok!(add(ALPHA_PRICE, partial));
			assert_eq!(Subnets::stake_of(&hotkey, &1, 1), TAO);
			assert_noop!(remove(ALPHA_PRICE + 1, partial), Error::<Test>::SlippageTooHigh);
			assert_ok!(remove(ALPHA_PRICE, partial));
		}
		assert_ok!(add(u64::MAX, false));
		assert_ok!(remove(0, false));
		assert_noop!(remove(0, true), Error::<Test>::NotEnoughStake);
	});
}

#[test]
fn adding_leaves_the_existential_deposit() {
	execute(|| {
		let hotkey = join(1, 1, 0);
		let free = Balances::balance(&2) - 500;
		assert_noop!(Subnets::add_stake(signed(2), hotkey, 1, free + 1), Error::<Test>::NotEnoughBalance);
		assert_ok!(Subnets::add_stake(signed(2), hotkey, 1, free));
		assert_eq!(Balances::balance(&2), 500);
	});
}

#[test]
fn a_hotkey_that_lost_its_uid_still_takes_and_gives_stake() {
	execute(|| {
		MaxAllowedUids::<Test>::insert(1, 1);
		ImmunityPeriod::<Test>::insert(1, 0);
		let replaced = join(1, 1, TAO);
		join(1, 2, 0);
		assert_eq!(Uids::<Test>::get(1, replaced), None);
		assert_ok!(Subnets::add_stake(signed(3), replaced, 1, TAO));
		assert_ok!(Subnets::add_stake(signed(3), replaced, 0, TAO));
		assert_eq!(TotalHotkeyStake::<Test>::get(replaced), 3 * TAO);
		assert_ok!(Subnets::unstake_all(signed(3), replaced));
		assert_ok!(Subnets::unstake_all(signed(1), replaced));
	});
}

#[test]
fn an_account_that_is_gone_does_not_come_back_for_less_than_the_existential_deposit() {
	execute(|| {
		let hotkey = join(1, 1, 0);
		assert_ok!(Subnets::add_stake(signed(2), hotkey, 1, 999));
		assert_ok!(Balances::transfer_all(signed(2), 3, false));
		assert_eq!((Balances::balance(&2), System::account_exists(&2)), (0, false));
		assert_noop!(Subnets::remove_stake(signed(2), hotkey, 1, 499), TokenError::BelowMinimum);
		assert_ok!(Subnets::remove_stake(signed(2), hotkey, 1, 500));
		assert_ok!(Subnets::remove_stake(signed(2), hotkey, 1, 499));
		assert_eq!(Balances::balance(&2), 999);
	});
}

#[test]
fn who_leaves_a_rao_behind_takes_nothing_from_who_comes_next() {
	execute(|| {
		let hotkey = join(1, 1, 10 * TAO);
		for _ in 0..3 {
			let stake = Subnets::stake_of(&hotkey, &1, 1);
			assert_ok!(Subnets::remove_stake(signed(1), hotkey, 1, stake - 1));
			run_epoch(1, 100 * TAO); // All to the only validator.
			check_invariants();
		}
		assert_ok!(Subnets::add_stake(signed(2), hotkey, 1, 50 * TAO));
		assert_eq!(Subnets::stake_of(&hotkey, &2, 1), 50 * TAO);
	});
}

#[test]
fn who_takes_the_dividends_of_every_epoch_keeps_the_stake() {
	execute(|| {
		let hotkey = join(1, 1, 10 * TAO);
		assert_ok!(Subnets::decrease_take(signed(1), hotkey, 0));
		for _ in 0..300 {
			run_epoch(1, 10 * TAO);
			assert_ok!(Subnets::remove_stake(signed(1), hotkey, 1, 10 * TAO));
			assert_eq!(Subnets::stake_of(&hotkey, &1, 1), 10 * TAO);
		}
	});
}

/// Coldkeys 2 and 3 have all of a hotkey, the only validator of subnet 1; after each of `epochs` they take what it has
/// earned, but for `left` rao each. Returns the hotkey.
fn dwindle(epochs: u32, left: u64) -> u64 {
	let hotkey = join(1, 1, 0);
	assert_ok!(Subnets::decrease_take(signed(1), hotkey, 0));
	for coldkey in [2, 3] {
		assert_ok!(Subnets::add_stake(signed(coldkey), hotkey, 1, left.max(10 * TAO)));
	}
	for _ in 0..epochs {
		run_epoch(1, 100 * TAO);
		for coldkey in [2, 3] {
			let stake = Subnets::stake_of(&hotkey, &coldkey, 1);
			assert_ok!(Subnets::remove_stake(signed(coldkey), hotkey, 1, stake - left));
			let kept = Subnets::stake_of(&hotkey, &coldkey, 1);
			assert!(kept.abs_diff(left) <= 1, "{kept} rao are left of {left}");
		}
		check_invariants();
	}
	hotkey
}

/// A hotkey of coldkey 1, on which 2 and 3 have fewer shares than there are rao.
fn coarse_pool() -> u64 {
	let hotkey = dwindle(1, 1);
	run_epoch(1, 100 * TAO);
	for coldkey in [2, 3] {
		let stake = Subnets::stake_of(&hotkey, &coldkey, 1);
		assert_ok!(Subnets::remove_stake(signed(coldkey), hotkey, 1, stake - 2));
	}
	run_epoch(1, 100 * TAO);
	assert!(TotalHotkeyShares::<Test>::get(hotkey, 1).to_bits() < u128::from(TotalHotkeyAlpha::<Test>::get(hotkey, 1)));
	hotkey
}

#[test]
fn two_who_leave_a_rao_behind_take_nothing_from_who_comes_next() {
	execute(|| {
		let hotkey = coarse_pool();
		let add = |amount| Subnets::add_stake(signed(4), hotkey, 1, amount);
		assert_noop!(add(TAO), Error::<Test>::PoolTooCoarse);
		assert_noop!(add(1), Error::<Test>::PoolTooCoarse);
		let other = join(2, 4, TAO);
		let moved = Subnets::move_stake(signed(4), other, hotkey, 2, 1, TAO);
		assert_eq!(moved, Err(Error::<Test>::PoolTooCoarse.into()));
		assert_eq!(Subnets::stake_of(&other, &4, 2), TAO);
	});
}

#[test]
fn a_payment_that_buys_no_share_is_shared_by_who_has_one() {
	execute(|| {
		let hotkey = coarse_pool();
		let before = TotalHotkeyStake::<Test>::get(hotkey);
		System::set_block_number(System::block_number() + 100);
		assert_ok!(Subnets::increase_take(signed(1), hotkey, MAX_DELEGATE_TAKE));
		run_epoch(1, 100); // Of which 17 are coldkey 1's.
		assert_eq!(TotalHotkeyStake::<Test>::get(hotkey), before + 100);
		assert!(!Alpha::<Test>::contains_key((hotkey, 1, 1)) && !StakedHotkeys::<Test>::contains_key(1, hotkey));
	});
}

#[test]
fn two_who_take_many_times_their_stake_keep_it() {
	execute(|| {
		dwindle(20, 10 * TAO);
	});
}

#[test]
fn two_who_take_the_dividends_of_every_epoch_keep_the_stake() {
	execute(|| {
		dwindle(300, 500 * TAO); // A tenth each time, so that a share comes to be worth 2⁴¹ rao.
	});
}

#[test]
fn all_that_is_unstaked_at_once_makes_an_account() {
	execute(|| {
		let hotkey = join(1, 1, 0);
		for netuid in [1, 2] {
			assert_ok!(Subnets::add_stake(signed(2), hotkey, netuid, 400));
		}
		assert_ok!(Balances::transfer_all(signed(2), 3, false));
		assert_ok!(Subnets::unstake_all(signed(2), hotkey));
		assert_eq!(Balances::balance(&2), 800);
	});
}
