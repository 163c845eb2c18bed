// SPDX-License-Identifier: Apache-2.0
//! Extrinsic weights: what a call or a hook costs. Replaced by `scripts/benchmark.sh`.

use core::marker::PhantomData;

use frame_support::{traits::Get, weights::Weight};

/// Weight functions needed for `pallet_root_weights`.
#[allow(missing_docs, reason = "each is named after the benchmark it is the result of")]
pub trait WeightInfo {
	fn set_root_weights(e: u32) -> Weight;
	fn commit_root_weights() -> Weight;
	fn reveal_root_weights(e: u32) -> Weight;
	fn set_parameter() -> Weight;
	fn check_vote(e: u32) -> Weight;
	fn idle() -> Weight;
	fn epoch_validators(v: u32) -> Weight;
	fn epoch_subnets(s: u32) -> Weight;
	fn epoch_entries(e: u32) -> Weight;
}

/// Weights by the database prices of `T`.
pub struct SubstrateWeight<T>(PhantomData<T>);

impl<T: frame_system::Config> WeightInfo for SubstrateWeight<T> {
	fn set_root_weights(_: u32) -> Weight {
		T::DbWeight::get().reads_writes(80, 2)
	}
	fn commit_root_weights() -> Weight {
		T::DbWeight::get().reads_writes(16, 2)
	}
	fn reveal_root_weights(_: u32) -> Weight {
		T::DbWeight::get().reads_writes(80, 2)
	}
	fn set_parameter() -> Weight {
		T::DbWeight::get().reads_writes(1, 1)
	}
	fn check_vote(_: u32) -> Weight {
		T::DbWeight::get().reads(80)
	}
	fn idle() -> Weight {
		T::DbWeight::get().reads(10)
	}
	fn epoch_validators(v: u32) -> Weight {
		T::DbWeight::get().reads_writes(u64::from(v).saturating_mul(3).saturating_add(4), 3)
	}
	fn epoch_subnets(s: u32) -> Weight {
		T::DbWeight::get().reads(s.into())
	}
	fn epoch_entries(_: u32) -> Weight {
		Weight::zero()
	}
}
