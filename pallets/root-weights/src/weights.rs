// SPDX-License-Identifier: Apache-2.0
//! Extrinsic weights: what a call or a hook costs.
//!
//! Counted in storage accesses at the chain's own prices, which dominate; generated benchmarks replace this file.

use core::marker::PhantomData;

use frame_support::{traits::Get, weights::Weight};

/// Cost of what the pallet does.
pub trait WeightInfo {
	/// `set_root_weights` with `entries` entries.
	fn set_root_weights(entries: u32) -> Weight;
	/// A root epoch over `validators` rows and `subnets` subnets.
	fn root_epoch(validators: u32, subnets: u32) -> Weight;
	/// A block without root epoch.
	fn idle() -> Weight;
}

/// Weights by the database prices of `T`.
pub struct SubstrateWeight<T>(PhantomData<T>);

impl<T: frame_system::Config> WeightInfo for SubstrateWeight<T> {
	fn set_root_weights(entries: u32) -> Weight {
		// Owner, uid, parameters, and the subnets that the entries are checked against.
		T::DbWeight::get().reads_writes(u64::from(entries).saturating_add(8), 1)
	}

	fn root_epoch(validators: u32, subnets: u32) -> Weight {
		// Key, stake and row of each validator; the list of subnets; parameters.
		let reads = u64::from(validators).saturating_mul(3).saturating_add(u64::from(subnets)).saturating_add(4);
		T::DbWeight::get().reads_writes(reads, 1)
	}

	fn idle() -> Weight {
		T::DbWeight::get().reads(4)
	}
}

impl WeightInfo for () {
	fn set_root_weights(_: u32) -> Weight {
		Weight::zero()
	}

	fn root_epoch(_: u32, _: u32) -> Weight {
		Weight::zero()
	}

	fn idle() -> Weight {
		Weight::zero()
	}
}
