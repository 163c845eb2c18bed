// SPDX-License-Identifier: Apache-2.0
//! What miners and validators rely on.

use codec::{Decode, Encode, MaxEncodedLen};
use frame_support::{assert_noop, assert_ok};
use scale_info::{meta_type, PortableRegistry, Registry, TypeDef};

use crate::{mock::*, CommitmentInfo, CommitmentOf, Data, Error};

fn set(who: u64, netuid: u16, text: &str) -> sp_runtime::DispatchResult {
	let info = CommitmentInfo::raw(text.as_bytes().to_vec()).expect("short enough");
	Commitments::set_commitment(RuntimeOrigin::signed(who), netuid, Box::new(info))
}

#[test]
fn a_registered_hotkey_publishes_and_replaces() {
	execute(|| {
		assert_ok!(set(1, 1, "bucket-a"));
		System::set_block_number(11);
		assert_ok!(set(1, 1, "bucket-b"));
		let kept = CommitmentOf::<Test>::get(1, 1).expect("it was set");
		assert_eq!((kept.block, Some(kept.info)), (11, CommitmentInfo::raw(b"bucket-b".to_vec())));
	});
}

#[test]
fn strangers_and_haste_are_refused() {
	execute(|| {
		assert_noop!(set(2, 1, "x"), Error::<Test>::AccountNotAllowedCommit);
		assert_noop!(set(1, 2, "x"), Error::<Test>::AccountNotAllowedCommit);
		assert_ok!(set(1, 1, "x"));
		System::set_block_number(10);
		assert_noop!(set(1, 1, "y"), Error::<Test>::CommitmentSetRateLimitExceeded { blocks_left: 1 });
	});
}

#[test]
fn the_pool_refuses_what_the_call_would() {
	use frame_support::dispatch::GetDispatchInfo;
	use sp_runtime::{traits::DispatchTransaction, transaction_validity::TransactionSource::External};
	execute(|| {
		let info = CommitmentInfo::raw(b"x".to_vec()).expect("short enough");
		let pool = |who, netuid| {
			let call = crate::Call::<Test>::set_commitment { netuid, info: Box::new(info.clone()) };
			let (dispatch, outer) = (call.get_dispatch_info(), RuntimeCall::from(call));
			let origin = RuntimeOrigin::signed(who);
			let checked =
				crate::CheckCommitment::<Test>::new().validate_only(origin, &outer, &dispatch, 0, External, 0);
			checked.map(|(valid, ..)| valid.provides.len())
		};
		let refused = |error| Err(crate::refusal::<Test>(error).into());
		assert_eq!(pool(1, 1), Ok(1));
		assert_eq!(pool(2, 1), refused(Error::AccountNotAllowedCommit));
		assert_ok!(set(1, 1, "x"));
		assert_eq!(pool(1, 1), refused(Error::CommitmentSetRateLimitExceeded { blocks_left: 10 }));
	});
}

#[test]
fn a_forgotten_commitment_is_gone() {
	execute(|| {
		assert_ok!(set(1, 1, "x"));
		Commitments::forget(1, &1);
		assert!(CommitmentOf::<Test>::get(1, 1).is_none());
	});
}

#[test]
fn every_kind_of_data_survives_the_wire() {
	let raws = (0..=128).map(|n| Data::Raw(vec![7; n].try_into().expect("128 at the most")));
	let hashes = [Data::None, Data::BlakeTwo256([1; 32]), Data::Sha256([2; 32]), Data::Keccak256([3; 32])];
	for data in raws.chain(hashes).chain([Data::ShaThree256([4; 32])]) {
		let encoded = data.encode();
		assert!(encoded.len() <= Data::max_encoded_len() && encoded.len() == data.size_hint());
		assert_eq!(Data::decode(&mut &encoded[..]), Ok(data));
	}
	assert!(Data::decode(&mut &[134u8][..]).is_err());
	assert!(Data::decode(&mut &[6u8, 1, 2][..]).is_err());
}

#[test]
fn metadata_describes_raw_data_as_clients_send_it() {
	let mut registry = Registry::new();
	let id = registry.register_type(&meta_type::<Data>()).id;
	let types: PortableRegistry = registry.into();
	let TypeDef::Variant(data) = &types.resolve(id).expect("just registered").type_def else { panic!("not variants") };
	let index_of = |name: &str| data.variants.iter().find(|v| v.name == name).map(|v| v.index);
	assert_eq!(data.variants.len(), 134);
	let known = ["None", "Raw0", "Raw5", "Raw128", "BlakeTwo256", "ShaThree256"].map(index_of);
	assert_eq!(known, [0, 1, 6, 129, 130, 133].map(Some));
	assert_eq!(Data::Raw(b"hello".to_vec().try_into().expect("short")).encode(), b"\x06hello");
}
