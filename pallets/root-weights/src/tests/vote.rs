// SPDX-License-Identifier: Apache-2.0
//! Votes in the open: what is stored, and what is refused with which reason.

use frame_support::{assert_noop, assert_ok};
use sp_runtime::DispatchError;

use super::set;
use crate::{mock::*, Error, Event, Rows};

#[test]
fn a_row_is_stored_upscaled_and_sorted() {
	execute(&[1], [1, 2, 3], || {
		assert_ok!(set(0, &[3, 1, 2], &[1, 4, 0]));
		assert_eq!(Rows::<Test>::get(0).into_inner(), [(1, 65_535), (3, 16_384)]);
		System::assert_last_event(Event::RootWeightsSet { uid: 0, hotkey: hotkey(0) }.into());
	});
}

#[test]
fn bad_input_is_named_and_changes_nothing() {
	execute(&[1, 1], [1, 2], || {
		assert_ok!(set(0, &[1], &[1]));
		assert_noop!(set(0, &[1, 9], &[1, 1]), Error::<Test>::UnknownNetuid { netuid: 9 });
		assert_noop!(set(0, &[0], &[1]), Error::<Test>::UnknownNetuid { netuid: 0 });
		assert_noop!(set(0, &[1, 2], &[1]), Error::<Test>::UnequalLengths);
		assert_noop!(set(0, &[1; 65], &[1; 65]), Error::<Test>::TooManyEntries);
		assert_noop!(set(0, &[1, 2, 1], &[1, 2, 3]), Error::<Test>::DuplicateNetuid { netuid: 1 });
		assert_noop!(set(0, &[1], &[0]), Error::<Test>::NoWeights);
		assert_noop!(set(0, &[], &[]), Error::<Test>::NoWeights);
	});
}

#[test]
fn only_the_owner_of_a_root_validator_votes_and_on_netuid_0_alone() {
	execute(&[1, 1], [1, 2], || {
		let call = |origin, netuid, key| RootWeights::set_root_weights(origin, netuid, key, vec![1], vec![1], 0);
		let signed = |who| RuntimeOrigin::signed(who);
		assert_noop!(call(signed(coldkey(0)), 1, hotkey(0)), Error::<Test>::NotRootNetwork);
		assert_noop!(call(signed(coldkey(0)), 0, hotkey(1)), Error::<Test>::NotHotkeyOwner);
		assert_noop!(call(signed(coldkey(0)), 0, 7), Error::<Test>::NotHotkeyOwner);
		assert_noop!(call(RuntimeOrigin::root(), 0, hotkey(0)), DispatchError::BadOrigin);
		OffRoot::set(vec![(7, 8)]);
		assert_noop!(call(signed(8), 0, 7), Error::<Test>::NotRootValidator);
	});
}

#[test]
fn limits_are_those_of_the_root_network() {
	execute(&[5, 4, 0], [1, 2, 3], || {
		Params::mutate(|params| params.version_key = 3);
		assert_noop!(set(0, &[1], &[1]), Error::<Test>::OutdatedVersionKey);
		Params::mutate(|params| (params.version_key, params.min_allowed_weights) = (0, 2));
		assert_noop!(set(0, &[1], &[1]), Error::<Test>::TooFewEntries { minimum: 2 });
		Params::mutate(|params| (params.min_allowed_weights, params.max_weight_limit) = (0, 32_768));
		assert_noop!(set(0, &[1, 3], &[1, 3]), Error::<Test>::MaxWeightExceeded { netuid: 3 });
		assert_ok!(set(0, &[1, 3], &[1, 1]));
		Params::mutate(|params| params.min_stake = 5);
		assert_noop!(set(1, &[1, 3], &[1, 1]), Error::<Test>::NotEnoughStake);
		Params::mutate(|params| params.min_stake = 0);
		assert_noop!(set(2, &[1, 3], &[1, 1]), Error::<Test>::NotEnoughStake);
	});
}

#[test]
fn no_limit_shuts_everybody_out() {
	execute(&[1], [1, 2, 3], || {
		Params::mutate(|params| (params.min_allowed_weights, params.max_weight_limit) = (64, 1));
		assert_ok!(set(0, &[1, 2, 3], &[1, 1, 1]));
	});
}

#[test]
fn a_validator_waits_as_long_as_the_rate_limit_says() {
	execute(&[1, 1], [1], || {
		Params::mutate(|params| params.rate_limit = 3);
		assert_ok!(set(0, &[1], &[1]));
		assert_noop!(set(0, &[1], &[1]), Error::<Test>::VotingTooSoon { blocks_left: 3 });
		assert_ok!(set(1, &[1], &[1]));
		System::set_block_number(3);
		assert_noop!(set(0, &[1], &[1]), Error::<Test>::VotingTooSoon { blocks_left: 1 });
		System::set_block_number(4);
		assert_ok!(set(0, &[1], &[1]));
	});
}
