// SPDX-License-Identifier: Apache-2.0
//! When the root epoch runs and what it is charged.

use frame_support::{assert_ok, traits::Hooks, weights::Weight};

use super::{set, set_example_votes, TEN};
use crate::{mock::*, EmissionShares, EpochDue, EpochsRun, Event};

const IDLE: Weight = Weight::from_parts(1, 0);

#[test]
fn the_epoch_runs_once_a_tempo_and_never_at_tempo_zero() {
	execute(&[1], [1], || {
		for block in 1..51 {
			run_block(block);
		}
		assert_eq!(EpochsRun::<Test>::get(), 10);
		Params::mutate(|params| params.tempo = 0);
		(51..151).for_each(|block| assert_eq!(run_block(block), IDLE));
		assert_eq!(EpochsRun::<Test>::get(), 10);
		assert_eq!(RootWeights::next_epoch_block(), None);
	});
}

#[test]
fn a_block_is_charged_for_what_it_did() {
	execute(&[1_000; 3], TEN, || {
		set_example_votes();
		assert_eq!(run_block(2), IDLE);
		// Three validators, ten subnets, seventeen entries; the common part of the benchmarks once.
		assert_eq!(run_block(3), Weight::from_parts(20 + 300_000 + 10_000_000 + 170, 0));
	});
}

#[test]
fn an_epoch_over_budget_waits_and_runs_once_there_is_room() {
	execute(&[1_000; 3], TEN, || {
		set_example_votes();
		EpochBudget::set(Weight::from_parts(10_300_000, 0));
		assert_eq!(run_block(3), IDLE);
		System::assert_last_event(Event::EpochDeferred { due: 3 }.into());
		let events = System::event_count();
		(4..12).for_each(|block| assert_eq!(run_block(block), IDLE)); // Another was due in block 8.
		assert_eq!((System::event_count(), EpochDue::<Test>::get()), (events, Some(3)));
		assert_eq!(RootWeights::next_epoch_block(), Some(12));

		EpochBudget::set(ROOMY);
		assert!(run_block(12).ref_time() > IDLE.ref_time());
		assert_eq!((EpochDue::<Test>::get(), EpochsRun::<Test>::get()), (None, 1));
		assert_eq!(EmissionShares::<Test>::get().len(), 10);
		assert_eq!(RootWeights::next_epoch_block(), Some(13));
	});
}

#[test]
#[should_panic(expected = "raise the budget or lower `MaxValidators` or `MaxSubnets`")]
fn a_budget_too_small_for_the_largest_epoch_is_found_when_the_runtime_is_tested() {
	execute(&[], [], || {
		EpochBudget::set(Weight::from_parts(70_000_000, 0));
		RootWeights::integrity_test();
	});
}

#[test]
fn a_vote_counts_from_the_next_epoch_on() {
	execute(&[1], [1, 2], || {
		assert_ok!(set(0, &[1], &[1]));
		run_root_epoch();
		assert_ok!(set(0, &[2], &[1]));
		assert_eq!(RootWeights::split_emission(9), [(1, 9), (2, 0)]);
		run_root_epoch();
		assert_eq!(RootWeights::split_emission(9), [(1, 0), (2, 9)]);
	});
}
