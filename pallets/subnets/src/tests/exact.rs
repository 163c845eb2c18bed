// SPDX-License-Identifier: Apache-2.0
//! Not one rao is lost: what is minted is pending, staked or burned and counted, in every situation there is.
//!
//! `advance` checks after every block that issuance is balances plus stake plus pending emission; these tests say how much
//! has to be where.

use frame_support::{assert_ok, traits::fungible::Mutate};
use yuma_consensus::issuance::{block_emission, MAX_SUPPLY};

use super::*;
use crate::{PendingEmission, TotalBurned, TotalHotkeyStake, TotalIssuance};

/// Issuance, and how much of it waits for the epochs of subnets 1 and 2.
fn money() -> (u64, u64) {
	(TotalIssuance::<Test>::get(), PendingEmission::<Test>::get(1) + PendingEmission::<Test>::get(2))
}

/// What `blocks` more blocks mint, and how much of that becomes pending.
fn minted_and_pending(blocks: u64) -> (u64, u64) {
	let before = money();
	advance(blocks);
	let after = money();
	(after.0 - before.0, after.1 - before.1)
}

/// Brings total issuance to `issuance`, as a chain that old would have it.
fn mint_up_to(issuance: u64) {
	let missing = issuance - TotalIssuance::<Test>::get();
	Balances::mint_into(&99, missing).expect("it fits");
	TotalIssuance::<Test>::put(issuance);
}

#[test]
fn no_root_validators_mint_nothing() {
	execute(|| assert_eq!(minted_and_pending(20), (0, 0)));
}

#[test]
fn no_votes_mint_nothing() {
	execute(|| {
		let silent = hotkey(1, 2);
		assert_ok!(Subnets::root_register(signed(1), silent));
		assert_ok!(Subnets::add_stake(signed(1), silent, 0, 10 * TAO));
		assert_eq!(minted_and_pending(20), (0, 0));
	});
}

#[test]
fn a_vote_for_a_removed_subnet_pays_the_others_and_alone_pays_nobody() {
	execute(|| {
		join_root(1, 10 * TAO, &[1, 2]);
		advance(10);
		assert_ok!(Subnets::dissolve_network(RuntimeOrigin::root(), 1, 1));
		assert_eq!(minted_and_pending(20), (20 * TAO, 20 * TAO));
		assert_ok!(Subnets::dissolve_network(RuntimeOrigin::root(), 1, 2));
		assert_eq!(minted_and_pending(20), (0, 0));
	});
}

#[test]
fn a_subnet_without_neurons_keeps_what_it_earns() {
	execute(|| {
		join_root(1, 10 * TAO, &[1]);
		advance(6);
		assert_eq!(minted_and_pending(20), (20 * TAO, 20 * TAO));
	});
}

#[test]
fn a_subnet_without_stake_keeps_what_it_earns() {
	execute(|| {
		join_root(1, 10 * TAO, &[1]);
		join(1, 2, 0);
		join(1, 3, 0);
		advance(6);
		assert_eq!(minted_and_pending(20), (20 * TAO, 20 * TAO));
	});
}

#[test]
fn what_an_epoch_does_not_pay_stays_pending() {
	execute(|| {
		join_root(1, 10 * TAO, &[1]);
		for (coldkey, stake) in [(2, 3 * TAO + 1), (3, 5 * TAO + 7), (4, 11 * TAO + 13)] {
			join(1, coldkey, stake);
		}
		advance(6);
		let staked = || (2..5).map(|coldkey| TotalHotkeyStake::<Test>::get(hotkey(coldkey, 1))).sum::<u64>();
		let (before, stake) = (money(), staked());
		advance(50);
		let minted = money().0 - before.0;
		assert_eq!(minted, 50 * TAO);
		assert_eq!(staked() - stake + money().1 - before.1, minted, "what is neither staked nor pending is lost");
		assert!(money().1 < 5 * TAO, "what waits is of one tempo and the dust of the others");
	});
}

#[test]
fn a_block_emission_of_one_rao_goes_to_one_subnet() {
	execute(|| {
		join_root(1, 10 * TAO, &[1, 2]);
		advance(6);
		mint_up_to(MAX_SUPPLY - 30_000_000);
		assert_eq!(block_emission(TotalIssuance::<Test>::get()), 1);
		assert_eq!(minted_and_pending(20), (20, 20));
	});
}

#[test]
fn a_block_emission_of_zero_mints_nothing() {
	execute(|| {
		join_root(1, 10 * TAO, &[1, 2]);
		advance(6);
		mint_up_to(MAX_SUPPLY - 10_000_000);
		assert_eq!(block_emission(TotalIssuance::<Test>::get()), 0);
		assert_eq!(minted_and_pending(20), (0, 0));
	});
}

#[test]
fn a_halving_between_two_root_epochs_halves_at_once() {
	execute(|| {
		join_root(1, 10 * TAO, &[1, 2]);
		let epoch = RootWeights::next_epoch_block().expect("the root tempo is not zero");
		advance(epoch - System::block_number());
		mint_up_to(MAX_SUPPLY / 2 - 2 * TAO);
		assert_eq!(minted_and_pending(3), (2 * TAO + TAO / 2, 2 * TAO + TAO / 2));
	});
}

#[test]
fn what_a_rule_burns_is_counted() {
	execute(|| {
		let genesis = TotalIssuance::<Test>::get();
		join_root(1, 10 * TAO, &[1, 2]);
		join(1, 2, TAO);
		advance(6);
		let issuance = TotalIssuance::<Test>::get() + TotalBurned::<Test>::get();
		let minted = issuance - genesis;
		assert_ok!(Subnets::dissolve_network(RuntimeOrigin::root(), 1, 2));
		join(1, 3, TAO);
		assert_eq!(TotalIssuance::<Test>::get() + TotalBurned::<Test>::get(), genesis + minted);
	});
}
