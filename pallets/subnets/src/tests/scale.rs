// SPDX-License-Identifier: Apache-2.0
//! Subnets of as many neurons as there can be: what bounds an epoch, and what is charged for a registration.

use frame_support::{assert_noop, assert_ok, dispatch::GetDispatchInfo, weights::Weight};
use Hyperparameter as P;

use super::*;
use crate::{
	limits::MARGIN, weights::SubstrateWeight, Bonds, Call, Error, ImmunityPeriod, MaxAllowedUids, MaxAllowedValidators,
	PruningScores, SubnetworkN, TotalHotkeyStake, ValidatorPermit, WeightInfo, Weights,
};

#[test]
fn the_configuration_of_this_chain_is_sound() {
	execute(Subnets::check_configuration);
}

#[test]
#[should_panic(expected = "raise the budget")]
fn a_budget_that_the_largest_epoch_does_not_fit_in_is_refused() {
	execute(|| {
		SubnetEpochBudget::set(Weight::from_parts(100_000_000_000, 0));
		Subnets::check_configuration();
	});
}

#[test]
fn the_budget_has_a_margin_beyond_the_largest_epoch() {
	execute(|| {
		let most = [64, 128].map(|validators| {
			Subnets::largest_epoch_weight(validators, false).max(Subnets::largest_epoch_weight(validators, true))
		});
		let needed = most[0].max(most[1]) + MARGIN * most[0].max(most[1]);
		SubnetEpochBudget::set(needed);
		Subnets::check_configuration();
		SubnetEpochBudget::set(needed - Weight::from_parts(1, 0));
		assert!(std::panic::catch_unwind(Subnets::check_configuration).is_err());
	});
}

/// A machine whose speed changes can find that what it did last costs nothing, or less than a part of it.
#[test]
#[ignore = "judges what `scripts/benchmark.sh` has measured, before that is kept"]
fn who_does_more_is_charged_more() {
	type Charged = SubstrateWeight<Test>; // In the mock storage is free: for computing alone.
	let (uids, entries) = (P::MOST_UIDS.into(), P::MOST_ENTRIES);
	let pairs = [
		("weights", Charged::epoch_weights(entries), Charged::epoch_weights(0)),
		("bonds", Charged::epoch_bonds(entries), Charged::epoch_bonds(0)),
		("weights and bonds at paces of their own", Charged::epoch_liquid(entries), Charged::epoch_liquid(0)),
		("who is a miner, too", Charged::pay_both(uids), Charged::pay_validators(uids)),
	];
	let free: Vec<_> = pairs.iter().filter(|(_, more, less)| more.ref_time() <= less.ref_time()).collect();
	assert!(free.is_empty(), "charged no more than without: {free:?}");
}

#[test]
#[should_panic(expected = "more than a block holds")]
fn a_budget_that_leaves_the_other_hooks_no_room_is_refused() {
	execute(|| {
		SubnetEpochBudget::set(Weight::from_parts(4_000_000_000_000, 0));
		Subnets::check_configuration();
	});
}

#[test]
fn uids_times_validators_are_bounded() {
	execute(|| {
		let refused = |parameter| {
			let set = Subnets::set_hyperparameter(RuntimeOrigin::root(), 1, parameter);
			assert_noop!(set, Error::<Test>::EpochTooLarge);
		};
		set(P::MaxAllowedUids(4_096)); // With 64 validators.
		refused(P::MaxAllowedValidators(65));
		set(P::MaxAllowedUids(2_048));
		set(P::MaxAllowedValidators(128));
		refused(P::MaxAllowedUids(2_049));
		set(P::MaxAllowedValidators(1));
		set(P::MaxAllowedUids(4_096));
		set(P::MaxAllowedUids(2_048));
		// Who has a permit keeps it up to the next epoch.
		ValidatorPermit::<Test>::insert(1, vec![true; 128]);
		refused(P::MaxAllowedUids(2_049));
		ValidatorPermit::<Test>::remove(1);
		set(P::MaxAllowedUids(2_049));
	});
}

/// What a registration is charged, and what it is charged at first.
#[track_caller]
fn register(coldkey: u64, hotkey: u64) -> (Weight, Weight) {
	let info = Call::<Test>::burned_register { netuid: 1, hotkey }.get_dispatch_info();
	let actual = match Subnets::burned_register(signed(coldkey), 1, hotkey) {
		Ok(post) => post.actual_weight,
		Err(refused) => refused.post_info.actual_weight,
	};
	let actual = actual.expect("it is always told");
	assert!(actual.all_lte(info.call_weight), "{actual} is more than {}", info.call_weight);
	(actual, info.call_weight)
}

#[test]
fn a_registration_pays_for_the_subnet_as_it_is() {
	execute(|| {
		let (first, most) = register(1, 101);
		assert_eq!(first, Subnets::weight_of_registration(0, 0));
		assert_eq!(most, Subnets::weight_of_registration(32, 0), "there is room for all that a block takes");
		register(2, 201);
		register(3, 301);
		MaxAllowedUids::<Test>::insert(1, 3);
		assert_eq!(
			register(4, 401).0,
			Subnets::weight_of_registration(3, 0),
			"nobody can go: it is refused, and no more"
		);
		ImmunityPeriod::<Test>::insert(1, 0);
		PruningScores::<Test>::insert(1, vec![9, 0, 9]);
		Weights::<Test>::insert(1, 0, vec![(0, 1), (1, 2), (2, 3)]);
		Weights::<Test>::insert(1, 2, vec![(2, 3)]);
		ValidatorPermit::<Test>::insert(1, vec![true, false, false]);
		Bonds::<Test>::insert(1, 0, vec![(1, 7)]);
		assert_eq!(register(4, 401).0, Subnets::weight_of_registration(3, 3), "there are three rows");
		assert_eq!((Weights::<Test>::get(1, 0), Weights::<Test>::get(1, 2)), (vec![(0, 1), (2, 3)], vec![(2, 3)]));
		assert!(Bonds::<Test>::get(1, 0).is_empty());
	});
}

#[test]
fn what_is_charged_at_first_covers_every_registration_of_a_block() {
	execute(|| {
		set(P::MaxRegistrationsPerBlock(4));
		for coldkey in [1, 2, 3] {
			register(coldkey, hotkey(coldkey, 1));
		}
		next_block();
		ImmunityPeriod::<Test>::insert(1, 0);
		MaxAllowedUids::<Test>::insert(1, 6); // A place less than the block takes.
		let at_first = Subnets::most_weight_of_registration(1);
		ValidatorPermit::<Test>::insert(1, vec![true; 3]);
		for uid in 0..3 {
			Weights::<Test>::insert(1, uid, vec![(0, 1), (1, 1), (2, 1)]);
			Bonds::<Test>::insert(1, uid, vec![(0, 1)]);
		}
		for coldkey in 4..=7 {
			assert!(register(coldkey, hotkey(coldkey, 1)).0.all_lte(at_first));
		}
		assert_eq!(RemovedNeurons::get().len(), 1);
	});
}

/// A subnet in which nobody has set weights, with two validators, who all have a TAO on it and a TAO on another.
#[test]
fn in_a_crowd_those_without_a_permit_share_on_the_subnet_itself_alone() {
	execute(|| {
		let hotkeys = [1, 2, 3, 4].map(|coldkey| {
			let hotkey = join(1, coldkey, TAO);
			assert_ok!(Subnets::add_stake(signed(8), hotkey, 2, TAO));
			assert_ok!(Subnets::add_stake(signed(7), hotkey, 1, TAO));
			hotkey
		});
		set(P::MaxAllowedValidators(2));
		let limits = Subnets::epoch_limits(1, 2).weight::<<Test as crate::Config>::WeightInfo>();
		mint_pending(1, 8 * TAO);
		assert!(Subnets::run_epoch(1, System::block_number()).all_lte(limits));
		let permits = ValidatorPermit::<Test>::get(1);
		assert_eq!(permits, [false, false, true, true]);
		for (hotkey, has_permit) in hotkeys.iter().zip(permits) {
			let elsewhere = Subnets::stake_of(hotkey, &8, 2) - TAO;
			assert_eq!(elsewhere > 0, has_permit);
			assert!(Subnets::stake_of(hotkey, &7, 1) > TAO);
			assert!(TotalHotkeyStake::<Test>::get(hotkey).abs_diff(5 * TAO) <= 2, "each earned two");
		}
		// Fewer than may be validators: all share everywhere.
		set(P::MaxAllowedValidators(64));
		mint_pending(1, 8 * TAO);
		let before: Vec<_> = hotkeys.iter().map(|hotkey| Subnets::stake_of(hotkey, &8, 2)).collect();
		ValidatorPermit::<Test>::insert(1, vec![false; 4]);
		Subnets::run_epoch(1, System::block_number());
		assert!(hotkeys.iter().zip(before).all(|(hotkey, before)| Subnets::stake_of(hotkey, &8, 2) > before));
	});
}

#[test]
fn rows_of_who_has_no_permit_are_kept_and_not_read() {
	execute(|| {
		let hotkeys = [1, 2, 3].map(|coldkey| join(1, coldkey, TAO));
		MaxAllowedValidators::<Test>::insert(1, 1);
		ValidatorPermit::<Test>::insert(1, vec![true, false, false]);
		System::set_block_number(3);
		assert_ok!(Subnets::set_weights(signed(hotkeys[0]), 1, vec![1], vec![1], 0));
		Weights::<Test>::insert(1, 2, vec![(0, 1); 50]);
		let cost = |row: Vec<(u16, u16)>| {
			tried(|| {
				Weights::<Test>::insert(1, 2, row);
				(Subnets::run_epoch(1, 3), crate::Incentive::<Test>::get(1), Weights::<Test>::get(1, 2).len())
			})
		};
		let (short, long) = (cost(vec![(0, 1)]), cost((0..3).map(|uid| (uid, 1)).collect()));
		assert_eq!((short.0, &short.1, short.2), (long.0, &long.1, 1));
		assert_eq!(long.2, 3);
		Weights::<Test>::remove(1, 2);
		assert_eq!(SubnetworkN::<Test>::get(1), 3);
	});
}

#[test]
fn rows_read_as_words_are_the_rows_that_were_stored() {
	execute(|| {
		let neurons: Vec<u64> = (1..=4).map(|coldkey| join(1, coldkey, TAO)).collect();
		run_epoch(1, 0);
		System::set_block_number(3);
		// Each number has two different bytes, so that no order of them is mistaken for another.
		assert_ok!(Subnets::set_weights(signed(neurons[0]), 1, vec![1, 2, 3], vec![0x0102, 0x0304, 0xA0B0], 0));
		let stored = crate::Weights::<Test>::get(1, 0);
		assert_eq!(Subnets::epoch_input(1, 3).weights[0], stored);
		let bonds = vec![(1, 0x0102), (3, 0xA0B0)];
		crate::Bonds::<Test>::insert(1, 0, &bonds);
		assert_eq!(Subnets::epoch_input(1, 3).bonds[0], bonds);
	});
}
