// SPDX-License-Identifier: Apache-2.0
//! Minting, epochs and payouts.

use frame_support::{assert_ok, traits::fungible::Inspect};

use super::*;
use crate::{BurnFromIssuance, Emission, PendingEmission, Tempo, TotalHotkeyStake, TotalIssuance, TotalStake};

#[test]
fn without_a_root_vote_nothing_is_minted() {
	execute(|| {
		let before = TotalIssuance::<Test>::get();
		advance(20);
		assert_eq!(TotalIssuance::<Test>::get(), before);
	});
}

#[test]
fn every_block_mints_the_whole_block_emission() {
	execute(|| {
		join_root(1, 10 * TAO, &[1, 2]);
		advance(6);
		let before = TotalIssuance::<Test>::get();
		advance(30);
		assert_eq!(TotalIssuance::<Test>::get() - before, 30 * TAO);
	});
}

#[test]
fn new_root_shares_pay_in_the_block_of_the_root_epoch() {
	execute(|| {
		join_root(1, 10 * TAO, &[2]);
		let epoch = RootWeights::next_epoch_block().expect("the root tempo is not zero");
		advance(epoch - 1 - System::block_number());
		let before = TotalIssuance::<Test>::get();
		advance(1);
		assert_eq!(System::block_number(), epoch);
		assert_eq!(TotalIssuance::<Test>::get() - before, TAO);
		assert_eq!(PendingEmission::<Test>::get(2), TAO);
	});
}

#[test]
fn an_epoch_pays_the_neurons_in_stake() {
	execute(|| {
		join_root(1, 10 * TAO, &[1]);
		let validator = join(1, 2, 10 * TAO);
		let miner = join(1, 3, 0);
		advance(6); // The first epoch gives the permit.
		assert_ok!(Subnets::set_weights(signed(validator), 1, vec![1], vec![7], 0));
		advance(6); // Weights set in the block of a registration do not count, so this is the first that does.
		let (stake, mined) = (TotalHotkeyStake::<Test>::get(validator), TotalHotkeyStake::<Test>::get(miner));
		advance(5);
		assert_eq!(TotalHotkeyStake::<Test>::get(validator) - stake, 5 * TAO / 2);
		assert_eq!(TotalHotkeyStake::<Test>::get(miner) - mined, 5 * TAO / 2);
		assert_eq!(Emission::<Test>::get(1), [5 * TAO / 2, 5 * TAO / 2]);
	});
}

#[test]
fn a_subnet_without_stake_keeps_its_emission_pending() {
	execute(|| {
		join_root(1, 10 * TAO, &[1, 2]);
		join(2, 2, 0);
		advance(40);
		let staked = TotalStake::<Test>::get();
		assert_eq!(staked, 10 * TAO);
		assert!(PendingEmission::<Test>::get(1) > 10 * TAO && PendingEmission::<Test>::get(2) > 10 * TAO);
	});
}

#[test]
fn tempo_zero_never_runs() {
	execute(|| {
		Tempo::<Test>::insert(1, 0);
		join_root(1, 10 * TAO, &[1]);
		join(1, 2, 10 * TAO);
		advance(40);
		assert!(PendingEmission::<Test>::get(1) > 30 * TAO);
	});
}

#[test]
fn a_removed_subnet_leaves_its_share_to_the_others_and_nothing_behind() {
	execute(|| {
		join_root(1, 10 * TAO, &[1, 2]);
		let gone = join(1, 2, 10 * TAO);
		join(2, 3, 10 * TAO);
		advance(7);
		let (pending, burned) = (PendingEmission::<Test>::get(1), crate::TotalBurned::<Test>::get());
		assert_ok!(Subnets::dissolve_network(RuntimeOrigin::root(), 1, 1));
		assert_eq!(crate::TotalBurned::<Test>::get() - burned, pending);
		check_invariants();
		let before = TotalIssuance::<Test>::get();
		advance(1);
		assert_eq!(System::sufficients(&gone), 0);
		assert_eq!(TotalIssuance::<Test>::get() - before, TAO);
		assert_eq!(Subnets::stake_of(&gone, &2, 1), 0, "what was staked is back");
		assert_eq!(crate::Keys::<Test>::iter_prefix(1).count(), 0);
	});
}

#[test]
fn what_is_burned_leaves_total_issuance() {
	use frame_support::traits::tokens::{Fortitude, Precision, Preservation};
	use frame_support::traits::{fungible::Balanced, OnUnbalanced};
	execute(|| {
		let before = TotalIssuance::<Test>::get();
		join(1, 1, 0);
		assert_eq!(before - TotalIssuance::<Test>::get(), TAO);
		let fee = Balances::withdraw(&1, 77, Precision::Exact, Preservation::Preserve, Fortitude::Polite);
		BurnFromIssuance::<Test>::on_unbalanced(fee.expect("there is enough"));
		assert_eq!(before - TotalIssuance::<Test>::get(), TAO + 77);

		let free = Balances::balance(&2);
		assert_ok!(Balances::transfer_allow_death(signed(2), 3, free - 499)); // Leaves dust, which is reaped.
		assert_eq!(before - TotalIssuance::<Test>::get(), TAO + 77 + 499);
		assert_eq!(crate::TotalBurned::<Test>::get(), TAO + 77 + 499);
		let burned = System::events().into_iter().filter_map(|record| match record.event {
			RuntimeEvent::Subnets(crate::Event::Burned { amount }) => Some(amount),
			_ => None,
		});
		assert_eq!(burned.collect::<Vec<_>>(), [TAO, 77, 499]);
	});
}

#[test]
fn neurons_read_as_the_epoch_left_them() {
	execute(|| {
		join_root(1, 10 * TAO, &[1]);
		let validator = join(1, 2, 10 * TAO);
		join(1, 3, 0);
		advance(6);
		assert_ok!(Subnets::set_weights(signed(validator), 1, vec![1], vec![7], 0));
		advance(10);
		let neurons = Subnets::neurons_lite(1);
		assert_eq!(neurons.len(), 2);
		assert_eq!((neurons[0].hotkey, neurons[0].coldkey, neurons[0].validator_permit), (validator, 2, true));
		assert_eq!((neurons[0].dividends.0, neurons[1].incentive.0), (65_535, 65_535));
		assert_eq!(neurons[0].stake[0].1 .0, TotalHotkeyStake::<Test>::get(validator));
		assert!(Subnets::neurons_lite(9).is_empty());
	});
}
