// SPDX-License-Identifier: Apache-2.0
//! What each call costs, at its worst. `cargo test` runs them natively.

use alloc::{boxed::Box, vec};

use frame_benchmarking::v2::*;
use frame_support::{traits::Get, BoundedVec};
use frame_system::{pallet_prelude::BlockNumberFor, RawOrigin};
use sp_runtime::{traits::Zero, Saturating};

use crate::{Call, CommitmentInfo, CommitmentOf, Committers, Config, Data, Pallet, Registration};

#[benchmarks]
mod benchmarks {
	use super::*;

	/// In place of another, both of as many fields as there can be, and each as long as it can be.
	#[benchmark]
	fn set_commitment() {
		let (netuid, hotkey) = T::Committers::register_one();
		let longest = Data::Raw(BoundedVec::truncate_from(vec![u8::MAX; 128]));
		let fields = BoundedVec::truncate_from(vec![longest; T::MaxFields::get() as usize]);
		let info = CommitmentInfo { fields };
		let old = Registration { deposit: 0, block: Zero::zero(), info: info.clone() };
		CommitmentOf::<T>::insert(netuid, &hotkey, old);
		let block: BlockNumberFor<T> = T::RateLimit::get().saturating_add(1u32.into());
		frame_system::Pallet::<T>::set_block_number(block);

		#[extrinsic_call]
		_(RawOrigin::Signed(hotkey.clone()), netuid, Box::new(info));

		assert_eq!(CommitmentOf::<T>::get(netuid, hotkey).map(|registration| registration.block), Some(block));
	}

	impl_benchmark_test_suite!(Pallet, crate::mock::externalities(), crate::mock::Test);
}
