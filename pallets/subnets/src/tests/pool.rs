// SPDX-License-Identifier: Apache-2.0
//! The transaction pool: what a weight call would refuse never gets in, and of each kind of a neuron one waits.

use codec::{Compact, Encode};
use frame_support::{
	assert_ok,
	dispatch::{GetDispatchInfo, Pays},
	traits::UnfilteredDispatchable,
	weights::Weight,
};
use sp_core::H256;
use sp_runtime::{
	traits::{DispatchTransaction, TransactionExtension},
	transaction_validity::{
		InvalidTransaction, TransactionSource::External, TransactionValidityError, ValidTransaction,
	},
	StateVersion::V1,
};

use super::*;
use crate::{refusal, Call, CheckFreeCalls, Error, ValidatorPermit, FIRST_REFUSAL};

const VALIDATOR: u64 = 101;

/// Coldkey 1's hotkey may set weights on subnets 1 and 2, of two and one neurons; uid 1 of subnet 1 may not.
fn execute_with_validator(test: impl FnOnce()) {
	execute(|| {
		join(1, 1, TAO);
		join(1, 2, 0);
		join(2, 1, 0);
		ValidatorPermit::<Test>::insert(1, vec![true, false]);
		System::set_block_number(5);
		test();
	});
}

fn commit_reveal(netuid: u16) {
	let parameter = Hyperparameter::CommitRevealWeightsEnabled(true);
	assert_ok!(Subnets::set_hyperparameter(RuntimeOrigin::root(), netuid, parameter));
}

fn validate_origin(origin: RuntimeOrigin, call: RuntimeCall) -> Result<ValidTransaction, TransactionValidityError> {
	let (info, len) = (call.get_dispatch_info(), call.encoded_size());
	let before = sp_io::storage::root(V1);
	let result = CheckFreeCalls::<Test>::new().validate_only(origin, &call, &info, len, External, 0);
	assert_eq!(sp_io::storage::root(V1), before, "asking changes nothing");
	result.map(|(valid, ..)| valid)
}

fn validate(who: u64, call: Call<Test>) -> Result<ValidTransaction, TransactionValidityError> {
	validate_origin(signed(who), call.into())
}

#[track_caller]
fn check_kept_out(call: Call<Test>, error: Error<Test>) {
	let pays = RuntimeCall::from(call.clone()).get_dispatch_info().pays_fee;
	assert_eq!(pays, Pays::No);
	let index = error.encode()[0];
	assert_eq!(validate(VALIDATOR, call.clone()), Err(InvalidTransaction::Custom(FIRST_REFUSAL + index).into()));
	let refused = call.dispatch_bypass_filter(signed(VALIDATOR)).expect_err("it is refused for the same reason");
	assert_eq!(refused.error, error.into());
}

/// Gets in, and is carried out. Returns its tags.
#[track_caller]
fn check_let_in(call: Call<Test>) -> Vec<Vec<u8>> {
	let valid = validate(VALIDATOR, call.clone()).expect("a sound call");
	let result = tried(|| call.dispatch_bypass_filter(signed(VALIDATOR)));
	assert_ok!(result);
	valid.provides
}

fn set_weights(netuid: u16, dests: &[u16]) -> Call<Test> {
	Call::set_weights { netuid, dests: dests.to_vec(), weights: vec![1; dests.len()], version_key: 0 }
}

fn set_mechanism(mecid: u8, dests: &[u16]) -> Call<Test> {
	let (dests, weights) = (dests.to_vec(), vec![1; dests.len()]);
	Call::set_mechanism_weights { netuid: 1, mecid, dests, weights, version_key: 0 }
}

fn batch_set(netuids: &[u16], uid: u16) -> Call<Test> {
	let netuids: Vec<_> = netuids.iter().map(|netuid| Compact(*netuid)).collect();
	let weights = netuids.iter().map(|_| vec![(Compact(uid), Compact(1))]).collect();
	let version_keys = netuids.iter().map(|_| Compact(0)).collect();
	Call::batch_set_weights { netuids, weights, version_keys }
}

fn batch_commit(netuids: &[u16], hashes: usize) -> Call<Test> {
	let netuids = netuids.iter().map(|netuid| Compact(*netuid)).collect();
	Call::batch_commit_weights { netuids, commit_hashes: vec![H256::zero(); hashes] }
}

fn commit(netuid: u16) -> Call<Test> {
	Call::commit_weights { netuid, commit_hash: H256::zero() }
}

fn reveal(salt: u16) -> Call<Test> {
	Call::reveal_weights { netuid: 1, uids: vec![1], values: vec![1], salt: vec![salt], version_key: 0 }
}

fn reveal_mechanism(mecid: u8, salt: u16) -> Call<Test> {
	let (uids, values, salt) = (vec![1], vec![1], vec![salt]);
	Call::reveal_mechanism_weights { netuid: 1, mecid, uids, values, salt, version_key: 0 }
}

fn batch_reveal(salts: &[u16]) -> Call<Test> {
	let rows: Vec<_> = salts.iter().map(|_| vec![1]).collect();
	let (salts_list, version_keys) = (salts.iter().map(|salt| vec![*salt]).collect(), vec![0; salts.len()]);
	Call::batch_reveal_weights { netuid: 1, uids_list: rows.clone(), values_list: rows, salts_list, version_keys }
}

/// Promises what [`reveal`] shows, and waits until it may.
fn promise(salts: &[u16]) {
	commit_reveal(1);
	for salt in salts {
		let hash = Subnets::commitment(&VALIDATOR, 1, &[1], &[1], &[*salt], 0);
		assert_ok!(Subnets::commit_weights(signed(VALIDATOR), 1, hash));
	}
	run_epoch(1, 0);
	System::set_block_number(6);
}

#[test]
fn weights_that_the_call_refuses_are_kept_out() {
	execute_with_validator(|| {
		check_kept_out(set_weights(0, &[1]), Error::IsRoot);
		check_kept_out(set_weights(9, &[1]), Error::SubnetNotExists);
		check_kept_out(set_weights(1, &[1, 1, 0]), Error::UidsLengthExceedUidsInSubNet);
		check_kept_out(set_weights(1, &[1, 1]), Error::DuplicateUids { uid: 1 });
		check_kept_out(set_weights(1, &[2]), Error::UidVecContainInvalidOne { uid: 2 });
		check_kept_out(set_mechanism(1, &[1]), Error::MechanismDoesNotExist);
		check_kept_out(set_mechanism(0, &[2]), Error::UidVecContainInvalidOne { uid: 2 });
		check_kept_out(batch_set(&[1, 2], 1), Error::NeuronNoValidatorPermit);
		check_kept_out(batch_set(&[1, 1], 0), Error::DuplicateNetuid { netuid: 1 });
		check_kept_out(batch_set(&[], 0), Error::BatchSizeOutOfBounds);
		set(Hyperparameter::MinAllowedWeights(2));
		check_kept_out(set_weights(1, &[1]), Error::WeightVecLengthIsLow { minimum: 2 });
		set(Hyperparameter::MaxWeightsLimit(9));
		check_kept_out(set_weights(1, &[0, 1]), Error::MaxWeightExceeded { uid: 1 });
		set(Hyperparameter::WeightsVersionKey(1));
		check_kept_out(set_weights(1, &[1]), Error::IncorrectWeightVersionKey);
		set(Hyperparameter::WeightsSetRateLimit(7));
		check_kept_out(set_weights(1, &[1]), Error::SettingWeightsTooFast { blocks_left: 3 });
		commit_reveal(1);
		check_kept_out(set_weights(1, &[1]), Error::CommitRevealEnabled);
		let unequal = Call::set_weights { netuid: 1, dests: vec![0], weights: vec![], version_key: 0 };
		check_kept_out(unequal, Error::WeightVecNotEqualSize);
	});
	execute_with_validator(|| {
		ValidatorPermit::<Test>::insert(1, vec![false; 2]);
		check_kept_out(set_weights(1, &[1]), Error::NeuronNoValidatorPermit);
		let stranger = validate(777, set_weights(1, &[1]));
		assert_eq!(stranger, Err(refusal(Error::<Test>::HotKeyNotRegisteredInSubNet).into()));
	});
}

#[test]
fn promises_that_the_call_refuses_are_kept_out() {
	execute_with_validator(|| {
		check_kept_out(commit(1), Error::CommitRevealDisabled);
		commit_reveal(1);
		check_kept_out(batch_commit(&[1, 2], 2), Error::CommitRevealDisabled);
		check_kept_out(batch_commit(&[1, 2], 1), Error::InputLengthsUnequal);
		check_kept_out(batch_commit(&[], 0), Error::BatchSizeOutOfBounds);
		check_kept_out(batch_commit(&[1, 1], 2), Error::DuplicateNetuid { netuid: 1 });
		let mechanism = Call::commit_mechanism_weights { netuid: 1, mecid: 1, commit_hash: H256::zero() };
		check_kept_out(mechanism, Error::MechanismDoesNotExist);
		for _ in 0..10 {
			assert_ok!(commit(1).dispatch_bypass_filter(signed(VALIDATOR)));
		}
		check_kept_out(commit(1), Error::TooManyUnrevealedCommits);
	});
}

#[test]
fn reveals_that_the_call_refuses_are_kept_out() {
	execute_with_validator(|| {
		check_kept_out(reveal(7), Error::CommitRevealDisabled);
		commit_reveal(1);
		check_kept_out(reveal(7), Error::NoWeightsCommitFound);
		promise(&[7, 8]);
		check_kept_out(reveal(9), Error::NoWeightsCommitFound);
		check_kept_out(reveal_mechanism(1, 7), Error::MechanismDoesNotExist);
		check_kept_out(batch_reveal(&[8, 7]), Error::NoWeightsCommitFound);
		check_kept_out(batch_reveal(&[]), Error::BatchSizeOutOfBounds);
		check_kept_out(batch_reveal(&[7; 11]), Error::BatchSizeOutOfBounds);
		let salt = vec![7; 65];
		let long = Call::reveal_weights { netuid: 1, uids: vec![1], values: vec![1], salt, version_key: 0 };
		check_kept_out(long, Error::SaltTooLong);
		run_epoch(1, 0);
		check_kept_out(reveal(7), Error::ExpiredWeightCommit);
		promise(&[9]);
		set(Hyperparameter::RevealPeriodEpochs(3));
		let hash = Subnets::commitment(&VALIDATOR, 1, &[1], &[1], &[10], 0);
		assert_ok!(Subnets::commit_weights(signed(VALIDATOR), 1, hash));
		check_kept_out(reveal(10), Error::RevealTooEarly { epochs_left: 3 });
	});
}

#[test]
fn a_refusal_tells_the_index_of_its_error_counted_from_the_first() {
	assert_eq!(refusal(Error::<Test>::SubnetNotExists), InvalidTransaction::Custom(FIRST_REFUSAL));
	assert_eq!(refusal(Error::<Test>::SaltTooLong), InvalidTransaction::Custom(FIRST_REFUSAL + 46));
}

#[test]
fn of_each_kind_and_subnet_one_waits() {
	execute_with_validator(|| {
		let on_1 = check_let_in(set_weights(1, &[1]));
		assert_eq!(on_1.len(), 1);
		assert_eq!(on_1, check_let_in(set_weights(1, &[0, 1])), "the pool takes one of two that provide the same");
		assert_eq!(on_1, check_let_in(set_mechanism(0, &[1])));
		let on_2 = check_let_in(set_weights(2, &[0]));
		assert_ne!(on_1, on_2);
		let both = check_let_in(batch_set(&[1, 2], 0));
		assert_eq!(both, [on_1.clone(), on_2].concat());
		let others = validate(201, set_weights(1, &[1])).expect("a self weight").provides;
		assert_ne!(on_1, others);

		promise(&[7, 8]);
		let of_commit = check_let_in(commit(1));
		assert_eq!(of_commit.len(), 1);
		assert_eq!(of_commit, check_let_in(batch_commit(&[1], 1)));
		let mechanism = Call::commit_mechanism_weights { netuid: 1, mecid: 0, commit_hash: H256::zero() };
		assert_eq!(of_commit, check_let_in(mechanism));
		let of_reveal = check_let_in(reveal(7));
		assert_eq!(of_reveal, check_let_in(batch_reveal(&[7, 8])));
		assert_eq!(of_reveal, check_let_in(reveal_mechanism(0, 8)));
		assert!(of_commit != on_1 && of_reveal != on_1 && of_reveal != of_commit);
	});
}

#[test]
fn other_calls_and_other_origins_are_none_of_its_business() {
	execute_with_validator(|| {
		let remark = RuntimeCall::from(frame_system::Call::remark { remark: vec![] });
		let stake = RuntimeCall::from(Call::add_stake { hotkey: 777, netuid: 9, amount_staked: 0 });
		for call in [remark, stake] {
			assert_eq!(validate_origin(signed(VALIDATOR), call.clone()), Ok(ValidTransaction::default()));
			assert_eq!(CheckFreeCalls::<Test>::new().weight(&call), Weight::zero());
		}
		let unsound = RuntimeCall::from(set_weights(9, &[1]));
		assert_eq!(validate_origin(RuntimeOrigin::root(), unsound), Ok(ValidTransaction::default()));
	});
}

#[test]
fn what_is_longer_costs_more_to_check() {
	let cost = |call: Call<Test>| CheckFreeCalls::<Test>::new().weight(&call.into()).ref_time();
	assert!(cost(set_weights(1, &[1])) > 0);
	assert!(cost(set_weights(1, &[1; 9])) > cost(set_weights(1, &[1])));
	assert_eq!(cost(set_mechanism(0, &[1; 9])), cost(set_weights(1, &[1; 9])));
	assert_eq!(cost(batch_set(&[1, 2], 0)), 2 * cost(set_weights(1, &[1])));
	assert_eq!(cost(batch_commit(&[1, 2], 2)), 2 * cost(commit(1)));
	assert_eq!(cost(batch_reveal(&[1, 2, 3])), 3 * cost(reveal(1)));
}

#[test]
fn it_takes_no_room_in_a_transaction() {
	assert!(CheckFreeCalls::<Test>::new().encode().is_empty());
	assert_eq!(CheckFreeCalls::<Test>::new().implicit(), Ok(()));
}
