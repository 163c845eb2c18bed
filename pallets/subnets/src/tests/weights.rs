// SPDX-License-Identifier: Apache-2.0
//! Setting weights on a subnet.

use codec::Compact;
use frame_support::{assert_noop, assert_ok};

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

#[test]
fn rows_are_stored_in_the_order_of_uids_however_they_are_sent() {
	execute_with_validator(|set| {
		for dests in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
			let weights = dests.map(|uid| 10 + uid);
			assert_ok!(set(&dests, &weights));
			assert_eq!(Weights::<Test>::get(1, 0), [(0, 54_613), (1, 60_074), (2, 65_535)]);
		}
	});
}

#[test]
fn who_has_a_permit_may_withdraw_its_weights() {
	execute_with_validator(|set| {
		assert_ok!(set(&[1], &[1]));
		assert_ok!(set(&[], &[]));
		assert!(Weights::<Test>::get(1, 0).is_empty());
		let without_permit = |dests| Subnets::set_weights(signed(hotkey(2, 1)), 1, dests, vec![], 0);
		assert_noop!(without_permit(vec![]), Error::<Test>::NeuronNoValidatorPermit);
	});
}

#[test]
fn the_only_mechanism_is_number_0() {
	execute_with_validator(|set| {
		let call = |mecid| Subnets::set_mechanism_weights(signed(hotkey(1, 1)), 1, mecid, vec![2, 1], vec![1, 3], 0);
		assert_noop!(call(1), Error::<Test>::MechanismDoesNotExist);
		assert_noop!(call(255), Error::<Test>::MechanismDoesNotExist);
		assert_ok!(call(0));
		let row = Weights::<Test>::get(1, 0);
		assert_ok!(set(&[2, 1], &[1, 3]));
		assert_eq!(Weights::<Test>::get(1, 0), row);
		let (commit, reveal) = (Subnets::commit_mechanism_weights, Subnets::reveal_mechanism_weights);
		let validator = || signed(hotkey(1, 1));
		assert_noop!(commit(validator(), 1, 1, Default::default()), Error::<Test>::MechanismDoesNotExist);
		assert_noop!(reveal(validator(), 1, 1, vec![], vec![], vec![], 0), Error::<Test>::MechanismDoesNotExist);
	});
}

/// Sets rows of coldkey 1's hotkey on subnets.
fn set_batch(rows: &[(u16, &[(u16, u16)])], keys: usize) -> DispatchResult {
	let compact = |row: &&[(u16, u16)]| row.iter().map(|(uid, weight)| (Compact(*uid), Compact(*weight))).collect();
	let netuids = rows.iter().map(|(netuid, _)| Compact(*netuid)).collect();
	let weights = rows.iter().map(|(_, row)| compact(row)).collect();
	Subnets::batch_set_weights(signed(hotkey(1, 1)), netuids, weights, vec![Compact(0); keys])
}

#[test]
fn a_batch_sets_all_rows() {
	execute_with_validator(|_| {
		join(2, 1, 0);
		new_events();
		assert_ok!(set_batch(&[(2, &[(0, 9)]), (1, &[(2, 1), (1, 3)])], 2));
		assert_eq!(Weights::<Test>::get(1, 0), [(1, 65_535), (2, 21_845)]);
		assert_eq!(Weights::<Test>::get(2, 0), [(0, 65_535)]);
		assert_eq!((LastUpdate::<Test>::get(1)[0], LastUpdate::<Test>::get(2)[0]), (5, 5));
		let set = |netuid| crate::Event::<Test>::WeightsSet { netuid, uid: 0 };
		assert_eq!(new_events(), [set(2), set(1)]);
	});
}

#[test]
fn a_batch_of_which_one_row_is_refused_sets_none() {
	execute_with_validator(|_| {
		join(2, 1, 0);
		assert_noop!(set_batch(&[(1, &[(1, 1)]), (2, &[(1, 1)])], 2), Error::<Test>::NeuronNoValidatorPermit);
		assert_noop!(set_batch(&[(1, &[(1, 1)]), (9, &[(1, 1)])], 2), Error::<Test>::SubnetNotExists);
		assert_noop!(set_batch(&[(1, &[(1, 1)]), (0, &[(1, 1)])], 2), Error::<Test>::IsRoot);
		assert_noop!(set_batch(&[(1, &[(3, 1)])], 1), Error::<Test>::UidVecContainInvalidOne { uid: 3 });
		let twice: &[(u16, &[(u16, u16)])] = &[(1, &[(1, 1)]), (2, &[(0, 1)]), (1, &[(2, 1)])];
		assert_noop!(set_batch(twice, 3), Error::<Test>::DuplicateNetuid { netuid: 1 });
		assert_noop!(set_batch(&[], 0), Error::<Test>::BatchSizeOutOfBounds);
		assert_noop!(set_batch(&[(1, &[(1, 1)])], 2), Error::<Test>::InputLengthsUnequal);
		assert_noop!(set_batch(&[(1, &[(1, 1)])], 0), Error::<Test>::InputLengthsUnequal);
		let many = vec![(1, &[(1u16, 1u16)] as &[_]); 17];
		assert_noop!(set_batch(&many, 17), Error::<Test>::BatchSizeOutOfBounds);
	});
}

#[test]
fn the_waiting_time_starts_with_the_registration() {
	execute_with_validator(|_| {
		WeightsSetRateLimit::<Test>::insert(1, 10);
		let newcomer = join(1, 4, 0);
		let set = || Subnets::set_weights(signed(newcomer), 1, vec![3], vec![1], 0);
		assert_noop!(set(), Error::<Test>::SettingWeightsTooFast { blocks_left: 10 });
		System::set_block_number(15);
		assert_ok!(set());
	});
}
