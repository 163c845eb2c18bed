// SPDX-License-Identifier: Apache-2.0
//! Extrinsic weights: what a call costs.
//!
//! Counted in storage accesses at the chain's own prices, which dominate; generated benchmarks replace this file.

use core::marker::PhantomData;

use frame_support::{traits::Get, weights::Weight};

/// Cost of what the pallet does.
pub trait WeightInfo {
	/// `set_commitment` of any size.
	fn set_commitment() -> Weight;
}

/// Weights by the database prices of `T`.
pub struct SubstrateWeight<T>(PhantomData<T>);

impl<T: frame_system::Config> WeightInfo for SubstrateWeight<T> {
	fn set_commitment() -> Weight {
		T::DbWeight::get().reads_writes(3, 1)
	}
}

impl WeightInfo for () {
	fn set_commitment() -> Weight {
		Weight::zero()
	}
}
