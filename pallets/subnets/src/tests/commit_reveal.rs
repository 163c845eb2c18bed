// SPDX-License-Identifier: Apache-2.0
//! Weights that are promised first and shown later.

use codec::{Compact, Encode};
use frame_support::{assert_noop, assert_ok};
use sp_core::H256;

use super::*;
use crate::{
	Error, Event, ImmunityPeriod, LastUpdate, MaxAllowedUids, PruningScores, ValidatorPermit, WeightCommits, Weights,
	WeightsSetRateLimit,
};

/// The validator on whose behalf all this is.
const VALIDATOR: u64 = 101;

/// Three neurons on subnet 1, of which uid 0 may set weights, which are committed and revealed.
fn execute_with_validator(test: impl FnOnce()) {
	execute(|| {
		assert_eq!(join(1, 1, TAO), VALIDATOR);
		join(1, 2, 0);
		join(1, 3, 0);
		ValidatorPermit::<Test>::insert(1, vec![true, false, false]);
		set(Hyperparameter::CommitRevealWeightsEnabled(true));
		System::set_block_number(5);
		test();
	});
}

/// A row with a weight of one for each of `uids`, told from others by its salt.
fn promise(uids: &[u16], salt: u16) -> H256 {
	Subnets::commitment(&VALIDATOR, 1, uids, &vec![1; uids.len()], &[salt], 0)
}

fn commit(uids: &[u16], salt: u16) -> DispatchResult {
	Subnets::commit_weights(signed(VALIDATOR), 1, promise(uids, salt))
}

fn reveal(uids: &[u16], salt: u16) -> DispatchResult {
	Subnets::reveal_weights(signed(VALIDATOR), 1, uids.to_vec(), vec![1; uids.len()], vec![salt], 0)
}

fn waiting() -> usize {
	WeightCommits::<Test>::get(1, VALIDATOR).map_or(0, |commits| commits.len())
}

#[test]
fn a_promise_is_upstreams_hash() {
	execute_with_validator(|| {
		let tuple = (VALIDATOR, 1u16, vec![1u16, 2], vec![3u16, 4], vec![5u16, 6, 7], 8u64);
		let expected = H256(sp_io::hashing::blake2_256(&tuple.encode()));
		assert_eq!(Subnets::commitment(&VALIDATOR, 1, &[1, 2], &[3, 4], &[5, 6, 7], 8), expected);
	});
}

#[test]
fn a_promise_is_kept_after_the_next_epoch() {
	execute_with_validator(|| {
		new_events();
		assert_ok!(commit(&[1, 2], 7));
		assert_eq!(LastUpdate::<Test>::get(1)[0], 5);
		assert_eq!(WeightCommits::<Test>::get(1, VALIDATOR).expect("one"), [(promise(&[1, 2], 7), 0, 5, 1)]);
		run_epoch(1, 0);
		System::set_block_number(8);
		assert_ok!(reveal(&[1, 2], 7));
		assert_eq!(Weights::<Test>::get(1, 0), [(1, 65_535), (2, 65_535)]);
		assert_eq!(LastUpdate::<Test>::get(1)[0], 5, "of the promise, not of its reveal");
		assert!(!WeightCommits::<Test>::contains_key(1, VALIDATOR));
		let (hotkey, hash) = (VALIDATOR, promise(&[1, 2], 7));
		let events = new_events();
		assert_eq!(events.first(), Some(&Event::WeightsCommitted { netuid: 1, hotkey, hash }));
		assert_eq!(events.last(), Some(&Event::WeightsRevealed { netuid: 1, hotkey, hash }));
		assert_noop!(reveal(&[1, 2], 7), Error::<Test>::NoWeightsCommitFound);
	});
}

#[test]
fn a_promise_is_shown_neither_too_early_nor_too_late() {
	execute_with_validator(|| {
		set(Hyperparameter::RevealPeriodEpochs(2));
		assert_ok!(commit(&[1], 7));
		assert_noop!(reveal(&[1], 7), Error::<Test>::RevealTooEarly { epochs_left: 2 });
		run_epoch(1, 0);
		assert_noop!(reveal(&[1], 7), Error::<Test>::RevealTooEarly { epochs_left: 1 });
		run_epoch(1, 0);
		assert_ok!(tried(|| reveal(&[1], 7)));
		run_epoch(1, 0);
		assert_noop!(reveal(&[1], 7), Error::<Test>::ExpiredWeightCommit);
		assert_ok!(commit(&[1], 8));
		assert_eq!(waiting(), 1, "the expired one is gone");
	});
}

#[test]
fn what_was_not_promised_is_refused() {
	execute_with_validator(|| {
		assert_noop!(reveal(&[1], 7), Error::<Test>::NoWeightsCommitFound);
		assert_ok!(commit(&[1, 2], 7));
		run_epoch(1, 0);
		let call = |uids: &[u16], weights: &[u16], salt: &[u16], key| {
			Subnets::reveal_weights(signed(VALIDATOR), 1, uids.to_vec(), weights.to_vec(), salt.to_vec(), key)
		};
		assert_noop!(call(&[2, 1], &[1, 1], &[7], 0), Error::<Test>::NoWeightsCommitFound);
		assert_noop!(call(&[1, 2], &[1, 2], &[7], 0), Error::<Test>::NoWeightsCommitFound);
		assert_noop!(call(&[1, 2], &[1, 1], &[8], 0), Error::<Test>::NoWeightsCommitFound);
		assert_noop!(call(&[1, 2], &[1, 1], &[7], 1), Error::<Test>::NoWeightsCommitFound);
		assert_noop!(call(&[1, 2], &[1, 1], &[7; 65], 0), Error::<Test>::SaltTooLong);
		let other = hotkey(2, 1);
		let of_other = Subnets::reveal_weights(signed(other), 1, vec![1, 2], vec![1, 1], vec![7], 0);
		assert_eq!(of_other, Err(Error::<Test>::NoWeightsCommitFound.into()));
		assert_ok!(Subnets::commit_weights(signed(other), 1, promise(&[1, 2], 7)));
		run_epoch(1, 0);
		let copied = Subnets::reveal_weights(signed(other), 1, vec![1, 2], vec![1, 1], vec![7], 0);
		assert_eq!(copied, Err(Error::<Test>::NoWeightsCommitFound.into()), "a hash is of its hotkey alone");
	});
}

#[test]
fn what_is_too_long_to_be_a_row_is_not_even_hashed() {
	execute_with_validator(|| {
		assert_ok!(commit(&[1], 7));
		run_epoch(1, 0);
		let call = |uids: u16, weights: u16| {
			let (uids, weights) = ((0..uids).collect(), (0..weights).collect());
			Subnets::reveal_weights(signed(VALIDATOR), 1, uids, weights, vec![7], 0)
		};
		assert_noop!(call(1, 60_000), Error::<Test>::WeightVecNotEqualSize); // Free, and charged by the number of uids.
		assert_noop!(call(60_000, 60_000), Error::<Test>::UidsLengthExceedUidsInSubNet);
	});
}

#[test]
fn the_longest_salt_is_accepted() {
	execute_with_validator(|| {
		let hash = Subnets::commitment(&VALIDATOR, 1, &[1], &[1], &[9; 64], 0);
		assert_ok!(Subnets::commit_weights(signed(VALIDATOR), 1, hash));
		run_epoch(1, 0);
		assert_ok!(Subnets::reveal_weights(signed(VALIDATOR), 1, vec![1], vec![1], vec![9; 64], 0));
	});
}

#[test]
fn what_is_shown_must_be_a_row_that_may_be_set() {
	execute_with_validator(|| {
		assert_ok!(commit(&[2, 2], 1));
		assert_ok!(commit(&[3], 2));
		assert_ok!(commit(&[0, 1, 2, 2], 3));
		let unequal = Subnets::commitment(&VALIDATOR, 1, &[1, 2], &[1], &[4], 0);
		assert_ok!(Subnets::commit_weights(signed(VALIDATOR), 1, unequal));
		run_epoch(1, 0);
		ValidatorPermit::<Test>::insert(1, vec![true, false, false]);
		assert_noop!(reveal(&[2, 2], 1), Error::<Test>::DuplicateUids { uid: 2 });
		assert_noop!(reveal(&[3], 2), Error::<Test>::UidVecContainInvalidOne { uid: 3 });
		assert_noop!(reveal(&[0, 1, 2, 2], 3), Error::<Test>::UidsLengthExceedUidsInSubNet);
		let unequal = || Subnets::reveal_weights(signed(VALIDATOR), 1, vec![1, 2], vec![1], vec![4], 0);
		assert_noop!(unequal(), Error::<Test>::WeightVecNotEqualSize);
		ValidatorPermit::<Test>::insert(1, vec![false; 3]);
		assert_noop!(reveal(&[2, 2], 1), Error::<Test>::NeuronNoValidatorPermit);
	});
}

#[test]
fn a_subnet_takes_weights_in_the_open_or_by_promise() {
	execute_with_validator(|| {
		let set_weights = || Subnets::set_weights(signed(VALIDATOR), 1, vec![1], vec![1], 0);
		assert_noop!(set_weights(), Error::<Test>::CommitRevealEnabled);
		assert_ok!(commit(&[1], 7));
		run_epoch(1, 0);
		set(Hyperparameter::CommitRevealWeightsEnabled(false));
		assert_noop!(commit(&[1], 8), Error::<Test>::CommitRevealDisabled);
		assert_noop!(reveal(&[1], 7), Error::<Test>::CommitRevealDisabled);
		assert_ok!(set_weights());
	});
}

#[test]
fn strangers_promise_nothing() {
	execute_with_validator(|| {
		let commit = |who, netuid| Subnets::commit_weights(signed(who), netuid, H256::zero());
		assert_noop!(commit(777, 1), Error::<Test>::HotKeyNotRegisteredInSubNet);
		assert_noop!(commit(VALIDATOR, 0), Error::<Test>::IsRoot);
		assert_noop!(commit(VALIDATOR, 9), Error::<Test>::SubnetNotExists);
		assert_noop!(commit(VALIDATOR, 2), Error::<Test>::CommitRevealDisabled);
	});
}

#[test]
fn promises_are_as_rare_as_weights_and_reveals_are_not() {
	execute_with_validator(|| {
		WeightsSetRateLimit::<Test>::insert(1, 4);
		assert_ok!(commit(&[1], 1));
		System::set_block_number(8);
		assert_noop!(commit(&[2], 2), Error::<Test>::SettingWeightsTooFast { blocks_left: 1 });
		System::set_block_number(9);
		assert_ok!(commit(&[2], 2));
		run_epoch(1, 0);
		assert_ok!(reveal(&[1], 1));
		assert_ok!(reveal(&[2], 2));
	});
}

#[test]
fn at_most_ten_promises_wait() {
	execute_with_validator(|| {
		for salt in 0..10 {
			assert_ok!(commit(&[1], salt));
		}
		assert_noop!(commit(&[1], 10), Error::<Test>::TooManyUnrevealedCommits);
		run_epoch(1, 0);
		assert_noop!(commit(&[1], 10), Error::<Test>::TooManyUnrevealedCommits);
		assert_ok!(tried(|| reveal(&[1], 3).and(commit(&[1], 10))));
		run_epoch(1, 0);
		assert_ok!(commit(&[1], 10));
		assert_eq!(waiting(), 1);
	});
}

#[test]
fn older_promises_are_void_once_a_newer_one_is_shown() {
	execute_with_validator(|| {
		for salt in 0..3 {
			assert_ok!(commit(&[salt], salt));
		}
		run_epoch(1, 0);
		assert_ok!(reveal(&[1], 1));
		assert_noop!(reveal(&[0], 0), Error::<Test>::NoWeightsCommitFound);
		assert_ok!(reveal(&[2], 2));
		assert_eq!(Weights::<Test>::get(1, 0), [(2, 65_535)]);
	});
}

fn batch_reveal(promises: &[u16]) -> DispatchResult {
	let rows = |value: fn(u16) -> u16| promises.iter().map(|salt| vec![value(*salt)]).collect::<Vec<_>>();
	let keys = vec![0; promises.len()];
	Subnets::batch_reveal_weights(signed(VALIDATOR), 1, rows(|salt| salt), rows(|_| 1), rows(|salt| salt), keys)
}

#[test]
fn a_batch_shows_promises_in_the_order_in_which_they_were_made() {
	execute_with_validator(|| {
		for salt in 0..3 {
			assert_ok!(commit(&[salt], salt));
		}
		assert_noop!(batch_reveal(&[0, 1]), Error::<Test>::RevealTooEarly { epochs_left: 1 });
		run_epoch(1, 0);
		assert_noop!(batch_reveal(&[]), Error::<Test>::BatchSizeOutOfBounds);
		assert_noop!(batch_reveal(&[0; 11]), Error::<Test>::BatchSizeOutOfBounds);
		assert_noop!(batch_reveal(&[1, 0]), Error::<Test>::NoWeightsCommitFound);
		assert_noop!(batch_reveal(&[0, 0]), Error::<Test>::NoWeightsCommitFound);
		assert_noop!(batch_reveal(&[0, 9]), Error::<Test>::NoWeightsCommitFound);
		let call = |lengths: [usize; 4]| {
			let rows = |length| vec![vec![0]; length];
			let [uids, values, salts, keys] = lengths;
			Subnets::batch_reveal_weights(signed(VALIDATOR), 1, rows(uids), rows(values), rows(salts), vec![0; keys])
		};
		for lengths in [[2, 1, 1, 1], [1, 2, 1, 1], [1, 1, 2, 1], [1, 1, 1, 2], [1, 0, 0, 0]] {
			assert_noop!(call(lengths), Error::<Test>::InputLengthsUnequal);
		}
		new_events();
		assert_ok!(batch_reveal(&[0, 2]));
		assert_eq!((Weights::<Test>::get(1, 0), waiting()), (vec![(2, 65_535)], 0));
		let revealed = [0, 2].map(|n| Event::WeightsRevealed { netuid: 1, hotkey: VALIDATOR, hash: promise(&[n], n) });
		assert_eq!(new_events(), revealed);
	});
}

#[test]
fn a_batch_promises_on_all_subnets_or_on_none() {
	execute_with_validator(|| {
		let call = |netuids: &[u16], hashes: usize| {
			let netuids = netuids.iter().map(|netuid| Compact(*netuid)).collect();
			Subnets::batch_commit_weights(signed(VALIDATOR), netuids, vec![H256::zero(); hashes])
		};
		assert_noop!(call(&[1, 2], 2), Error::<Test>::CommitRevealDisabled);
		assert_ok!(Subnets::set_hyperparameter(
			RuntimeOrigin::root(),
			2,
			Hyperparameter::CommitRevealWeightsEnabled(true)
		));
		assert_noop!(call(&[1, 2], 2), Error::<Test>::HotKeyNotRegisteredInSubNet);
		join(2, 1, 0);
		assert_noop!(call(&[], 0), Error::<Test>::BatchSizeOutOfBounds);
		assert_noop!(call(&[1; 17], 17), Error::<Test>::BatchSizeOutOfBounds);
		assert_noop!(call(&[1, 2], 1), Error::<Test>::InputLengthsUnequal);
		assert_noop!(call(&[1, 2, 1], 3), Error::<Test>::DuplicateNetuid { netuid: 1 });
		assert_ok!(call(&[2, 1], 2));
		assert_eq!((waiting(), WeightCommits::<Test>::get(2, VALIDATOR).map(|commits| commits.len())), (1, Some(1)));
	});
}

#[test]
fn a_promise_is_not_meant_for_who_took_a_uid_over_since() {
	execute_with_validator(|| {
		assert_ok!(commit(&[0, 1, 2], 7));
		MaxAllowedUids::<Test>::insert(1, 3);
		ImmunityPeriod::<Test>::insert(1, 0);
		PruningScores::<Test>::insert(1, vec![9, 9, 0]);
		System::set_block_number(6);
		let successor = join(1, 4, 0);
		assert_eq!(crate::Uids::<Test>::get(1, successor), Some(2));
		run_epoch(1, 0);
		assert_ok!(reveal(&[0, 1, 2], 7));
		assert_eq!(Weights::<Test>::get(1, 0), [(0, 65_535), (1, 65_535)]);
	});
}

#[test]
fn a_promise_of_the_block_of_a_registration_is_not_meant_for_it_either() {
	execute_with_validator(|| {
		assert_eq!(join(1, 4, 0), 401); // Uid 3, in block 5.
		assert_ok!(commit(&[1, 3], 7));
		System::set_block_number(6);
		assert_ok!(commit(&[1, 3], 8));
		run_epoch(1, 0);
		assert_ok!(reveal(&[1, 3], 7));
		assert_eq!(Weights::<Test>::get(1, 0), [(1, 65_535)]);
		assert_ok!(reveal(&[1, 3], 8));
		assert_eq!(Weights::<Test>::get(1, 0), [(1, 65_535), (3, 65_535)]);
	});
}

#[test]
fn a_change_of_tempo_spoils_no_promise() {
	execute_with_validator(|| {
		set(Hyperparameter::Tempo(100));
		assert_ok!(commit(&[1], 7));
		set(Hyperparameter::Tempo(3));
		while crate::SubnetEpochIndex::<Test>::get(1) == 0 {
			assert_noop!(reveal(&[1], 7), Error::<Test>::RevealTooEarly { epochs_left: 1 });
			advance(1);
		}
		set(Hyperparameter::Tempo(200));
		advance(50);
		assert_ok!(reveal(&[1], 7));
	});
}

#[test]
fn a_promise_goes_with_its_neuron_and_with_its_subnet() {
	execute_with_validator(|| {
		assert_ok!(commit(&[1], 7));
		assert_ok!(tried(|| Subnets::dissolve_network(RuntimeOrigin::root(), 1, 1).inspect(|()| {
			advance(1);
			assert_eq!(WeightCommits::<Test>::iter().count(), 0);
		})));
		MaxAllowedUids::<Test>::insert(1, 3);
		ImmunityPeriod::<Test>::insert(1, 0);
		PruningScores::<Test>::insert(1, vec![0, 9, 9]);
		join(1, 4, 0);
		assert_eq!(WeightCommits::<Test>::iter().count(), 0);
		run_epoch(1, 0);
		assert_noop!(reveal(&[1], 7), Error::<Test>::HotKeyNotRegisteredInSubNet);
		PruningScores::<Test>::insert(1, vec![9, 0, 9]);
		assert_ok!(burned_register(signed(1), 1, VALIDATOR));
		assert_noop!(reveal(&[1], 7), Error::<Test>::NoWeightsCommitFound);
	});
}
