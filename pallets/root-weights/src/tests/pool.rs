// SPDX-License-Identifier: Apache-2.0
//! The transaction pool: what a call would refuse never gets in, and of each validator one vote waits.

use codec::Encode;
use frame_support::{
	assert_ok,
	dispatch::{GetDispatchInfo, Pays},
	traits::UnfilteredDispatchable,
	weights::Weight,
};
use sp_runtime::{
	traits::{DispatchTransaction, TransactionExtension},
	transaction_validity::{
		InvalidTransaction, TransactionSource::External, TransactionValidityError, ValidTransaction,
	},
};

use crate::{mock::*, refusal, Call, CheckRootVote, Error, FIRST_REFUSAL};

fn validate(who: u64, call: Call<Test>) -> Result<ValidTransaction, TransactionValidityError> {
	let call = RuntimeCall::from(call);
	let (info, len) = (call.get_dispatch_info(), call.encoded_size());
	let extension = CheckRootVote::<Test>::new();
	extension.validate_only(RuntimeOrigin::signed(who), &call, &info, len, External, 0).map(|(valid, ..)| valid)
}

#[track_caller]
fn check_kept_out(uid: u16, call: Call<Test>, error: Error<Test>) {
	let pays = RuntimeCall::from(call.clone()).get_dispatch_info().pays_fee;
	assert_eq!(pays, Pays::No);
	assert_eq!(validate(coldkey(uid), call.clone()), Err(refusal(error).into()));
	assert!(call.dispatch_bypass_filter(RuntimeOrigin::signed(coldkey(uid))).is_err());
}

#[test]
fn what_the_call_refuses_is_kept_out() {
	execute(&[5, 5, 0], [1, 2], || {
		check_kept_out(0, vote(0, &[1, 2], &[1]), Error::UnequalLengths);
		check_kept_out(0, vote(0, &[1; 65], &[1; 65]), Error::TooManyEntries);
		check_kept_out(0, vote(1, &[1], &[1]), Error::NotHotkeyOwner);
		check_kept_out(2, vote(2, &[1], &[1]), Error::NotEnoughStake);
		check_kept_out(0, vote(0, &[1, 1], &[1, 1]), Error::DuplicateNetuid { netuid: 1 });
		check_kept_out(0, vote(0, &[3], &[1]), Error::UnknownNetuid { netuid: 3 });
		check_kept_out(0, vote(0, &[1], &[0]), Error::NoWeights);
		check_kept_out(0, promise(0, &[1], &[1]), Error::CommitRevealDisabled);
		Params::mutate(|params| params.rate_limit = 7);
		assert_ok!(vote(0, &[1], &[1]).dispatch_bypass_filter(RuntimeOrigin::signed(coldkey(0))));
		check_kept_out(0, vote(0, &[1], &[1]), Error::VotingTooSoon { blocks_left: 7 });
		Params::mutate(|params| params.commit_reveal = true);
		check_kept_out(1, reveal(1, &[1], &[1]), Error::NothingCommitted);
		OffRoot::set(vec![(7, coldkey(9))]);
		let off_root = Call::commit_root_weights { hotkey: 7, commit_hash: Default::default() };
		check_kept_out(9, off_root, Error::NotRootValidator);
	});
}

#[test]
fn a_refusal_tells_the_index_of_its_error_counted_from_the_first() {
	assert_eq!(refusal(Error::<Test>::NotRootNetwork), InvalidTransaction::Custom(FIRST_REFUSAL));
	let unknown = Error::<Test>::UnknownNetuid { netuid: 3 };
	assert_eq!(refusal(unknown), InvalidTransaction::Custom(FIRST_REFUSAL + 9));
}

#[test]
fn what_the_call_accepts_gets_in_and_nothing_is_changed_by_asking() {
	execute(&[5, 5], [1, 2], || {
		let root = sp_io::storage::root(sp_runtime::StateVersion::V1);
		assert_ok!(validate(coldkey(0), vote(0, &[1, 2], &[1, 2])));
		Params::mutate(|params| params.commit_reveal = true);
		assert_ok!(validate(coldkey(1), promise(1, &[1], &[1])));
		assert_eq!(sp_io::storage::root(sp_runtime::StateVersion::V1), root);
	});
}

#[test]
fn one_vote_of_a_validator_waits_at_a_time() {
	execute(&[5, 5], [1, 2], || {
		let tags = |uid, call| validate(coldkey(uid), call).expect("a sound vote").provides;
		let first = tags(0, vote(0, &[1], &[1]));
		assert_eq!(first.len(), 1);
		assert_eq!(first, tags(0, vote(0, &[2], &[9])), "the pool takes one of two that provide the same");
		assert_ne!(first, tags(1, vote(1, &[1], &[1])));
	});
}

#[test]
fn other_calls_are_none_of_its_business() {
	execute(&[5], [1], || {
		let remark = RuntimeCall::from(frame_system::Call::remark { remark: vec![] });
		let extension = CheckRootVote::<Test>::new();
		let info = remark.get_dispatch_info();
		let (valid, ..) = extension
			.validate_only(RuntimeOrigin::signed(1), &remark, &info, 0, External, 0)
			.expect("it has no say in this");
		assert_eq!(valid, ValidTransaction::default());
		assert_eq!(extension.weight(&remark), Weight::zero());
		assert_eq!(extension.weight(&vote(0, &[1, 2], &[1, 1]).into()), Weight::from_parts(52, 0));
	});
}

#[test]
fn it_takes_no_room_in_a_transaction() {
	assert!(CheckRootVote::<Test>::new().encode().is_empty());
	assert_eq!(CheckRootVote::<Test>::new().implicit(), Ok(()));
}
