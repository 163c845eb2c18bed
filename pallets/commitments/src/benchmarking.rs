// SPDX-License-Identifier: Apache-2.0
//! What each call costs, at its worst. `cargo test` runs them natively.

use alloc::{boxed::Box, vec};

use frame_benchmarking::v2::*;
use frame_support::{traits::Get, BoundedVec};
use frame_system::{pallet_prelude::BlockNumberFor, RawOrigin};
use sp_runtime::{traits::Zero, Saturating};

use crate::{Call, CommitmentInfo, CommitmentOf, Committers, Config, Data, Pallet, Registration};

/// A hotkey that may publish in place of what it has, both of as many fields as there can be, and each as long as it can
/// be.
fn committer<T: Config>() -> (u16, T::AccountId, CommitmentInfo<T::MaxFields>) {
	let (netuid, hotkey) = T::Committers::register_one();
	let longest = Data::Raw(BoundedVec::truncate_from(vec![u8::MAX; 128]));
	let info = CommitmentInfo { fields: BoundedVec::truncate_from(vec![longest; T::MaxFields::get() as usize]) };
	let old = Registration { deposit: 0, block: Zero::zero(), info: info.clone() };
	CommitmentOf::<T>::insert(netuid, &hotkey, old);
	let block: BlockNumberFor<T> = T::RateLimit::get().saturating_add(1u32.into());
	frame_system::Pallet::<T>::set_block_number(block);
	(netuid, hotkey, info)
}

#[benchmarks]
mod benchmarks {
	use super::*;

	#[benchmark]
	fn set_commitment() {
		let (netuid, hotkey, info) = committer::<T>();
		let block = frame_system::Pallet::<T>::block_number();

		#[extrinsic_call]
		_(RawOrigin::Signed(hotkey.clone()), netuid, Box::new(info));

		assert_eq!(CommitmentOf::<T>::get(netuid, hotkey).map(|registration| registration.block), Some(block));
	}

	/// What the transaction extension does.
	#[benchmark]
	fn check_commitment() {
		let (netuid, hotkey, _) = committer::<T>();
		let allowed;

		#[block]
		{
			allowed = Pallet::<T>::ensure_may_commit(&hotkey, netuid);
		}

		assert!(allowed.is_ok());
	}

	impl_benchmark_test_suite!(Pallet, crate::mock::externalities(), crate::mock::Test);
}
