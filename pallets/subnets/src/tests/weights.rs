// SPDX-License-Identifier: Apache-2.0
//! Setting weights on a subnet.

use frame_support::{assert_noop, assert_ok};
use sp_runtime::DispatchResult;

use super::*;
use crate::{
	Error, LastUpdate, MaxWeightsLimit, MinAllowedWeights, ValidatorPermit, Weights, WeightsSetRateLimit,
	WeightsVersionKey,
};

/// Three neurons on subnet 1, of which uid 0 may set weights; it is the one who does.
fn execute_with_validator(test: impl FnOnce(&dyn Fn(&[u16], &[u16]) -> DispatchResult)) {
	execute(|| {
		let validator = join(1, 1, TAO);
		join(1, 2, 0);
		join(1, 3, 0);
		ValidatorPermit::<Test>::insert(1, vec![true, false, false]);
		System::set_block_number(5);
		test(&|dests, weights| Subnets::set_weights(signed(validator), 1, dests.to_vec(), weights.to_vec(), 0));
	});
}

#[test]
fn a_row_is_stored_upscaled_and_sorted_with_its_block() {
	execute_with_validator(|set| {
		assert_ok!(set(&[2, 1], &[1, 3]));
		assert_eq!(Weights::<Test>::get(1, 0), [(1, 65_535), (2, 21_845)]);
		assert_eq!(LastUpdate::<Test>::get(1)[0], 5);
	});
}

#[test]
fn bad_rows_are_named_and_change_nothing() {
	execute_with_validator(|set| {
		assert_noop!(set(&[1, 2], &[1]), Error::<Test>::WeightVecNotEqualSize);
		assert_noop!(set(&[0, 1, 2, 2], &[1; 4]), Error::<Test>::UidsLengthExceedUidsInSubNet);
		assert_noop!(set(&[3], &[1]), Error::<Test>::UidVecContainInvalidOne { uid: 3 });
		assert_noop!(set(&[2, 2], &[1, 1]), Error::<Test>::DuplicateUids { uid: 2 });
		MinAllowedWeights::<Test>::insert(1, 2);
		assert_noop!(set(&[2], &[1]), Error::<Test>::WeightVecLengthIsLow { minimum: 2 });
		MaxWeightsLimit::<Test>::insert(1, 32_767);
		assert_noop!(set(&[1, 2], &[3, 1]), Error::<Test>::MaxWeightExceeded { uid: 1 });
		assert_noop!(set(&[1, 2], &[1, 1]), Error::<Test>::MaxWeightExceeded { uid: 2 }); // 32767.5 of 65535.
		MaxWeightsLimit::<Test>::insert(1, 32_768);
		assert_ok!(set(&[1, 2], &[1, 1]));
	});
}

#[test]
fn w1_the_limit_is_checked_before_rounding() {
	execute_with_validator(|set| {
		MaxWeightsLimit::<Test>::insert(1, 26_214); // 0.4 exactly.
		assert_ok!(set(&[0, 1, 2], &[4, 3, 3]));
		MaxWeightsLimit::<Test>::insert(1, 49_151);
		assert_noop!(set(&[0, 1, 2], &[6, 1, 1]), Error::<Test>::MaxWeightExceeded { uid: 0 });
	});
}

#[test]
fn without_permit_only_a_self_weight_passes() {
	execute_with_validator(|_| {
		let set =
			|dests: &[u16]| Subnets::set_weights(signed(hotkey(2, 1)), 1, dests.to_vec(), vec![1; dests.len()], 0);
		assert_noop!(set(&[0]), Error::<Test>::NeuronNoValidatorPermit);
		assert_noop!(set(&[0, 1]), Error::<Test>::NeuronNoValidatorPermit);
		assert_ok!(set(&[1]));
	});
}

#[test]
fn the_rate_limit_counts_blocks() {
	execute_with_validator(|set| {
		WeightsSetRateLimit::<Test>::insert(1, 4);
		assert_ok!(set(&[1], &[1]));
		System::set_block_number(8);
		assert_noop!(set(&[1], &[1]), Error::<Test>::SettingWeightsTooFast { blocks_left: 1 });
		System::set_block_number(9);
		assert_ok!(set(&[1], &[1]));
	});
}

#[test]
fn strangers_and_old_versions_are_refused() {
	execute_with_validator(|set| {
		let call = |who, netuid| Subnets::set_weights(signed(who), netuid, vec![1], vec![1], 0);
		assert_noop!(call(777, 1), Error::<Test>::HotKeyNotRegisteredInSubNet);
		assert_noop!(call(777, 9), Error::<Test>::SubnetNotExists);
		assert_noop!(call(777, 0), Error::<Test>::IsRoot);
		WeightsVersionKey::<Test>::insert(1, 2);
		assert_noop!(set(&[1], &[1]), Error::<Test>::IncorrectWeightVersionKey);
	});
}
