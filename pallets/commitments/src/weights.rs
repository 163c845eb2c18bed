// SPDX-License-Identifier: Apache-2.0
//! Extrinsic weights: what a call or a hook costs. Replaced by `scripts/benchmark.sh`.

use core::marker::PhantomData;

use frame_support::{traits::Get, weights::Weight};

/// Weight functions needed for `pallet_commitments`.
#[allow(missing_docs, reason = "each is named after the benchmark it is the result of")]
pub trait WeightInfo {
	fn set_commitment() -> Weight;
}

/// Weights by the database prices of `T`.
pub struct SubstrateWeight<T>(PhantomData<T>);

impl<T: frame_system::Config> WeightInfo for SubstrateWeight<T> {
	fn set_commitment() -> Weight {
		T::DbWeight::get().reads_writes(3, 1)
	}
}
