// SPDX-License-Identifier: Apache-2.0
//! Extrinsic weights: what a call or a hook costs. Replaced by `scripts/benchmark.sh`.

use core::marker::PhantomData;

use frame_support::{traits::Get, weights::Weight};

/// Weight functions needed for `pallet_subnets`.
#[allow(missing_docs, reason = "each is named after the benchmark it is the result of")]
pub trait WeightInfo {
	fn set_weights(e: u32) -> Weight;
	fn add_stake() -> Weight;
	fn remove_stake() -> Weight;
	fn burned_register() -> Weight;
	fn root_register() -> Weight;
	fn create_network() -> Weight;
	fn remove_network() -> Weight;
	fn mint_block_emission(s: u32) -> Weight;
	fn idle(s: u32) -> Weight;
	fn epoch_neurons(n: u32) -> Weight;
	fn epoch_validators(v: u32) -> Weight;
	fn epoch_paid(p: u32) -> Weight;
	fn epoch_weights(e: u32) -> Weight;
	fn epoch_bonds(e: u32) -> Weight;
}

/// Weights by the database prices of `T`.
pub struct SubstrateWeight<T>(PhantomData<T>);

impl<T: frame_system::Config> WeightInfo for SubstrateWeight<T> {
	fn set_weights(_: u32) -> Weight {
		T::DbWeight::get().reads(1).saturating_add(Weight::from_parts(1_000_000, 0))
	}
	fn add_stake() -> Weight {
		T::DbWeight::get().reads(1).saturating_add(Weight::from_parts(1_000_000, 0))
	}
	fn remove_stake() -> Weight {
		T::DbWeight::get().reads(1).saturating_add(Weight::from_parts(1_000_000, 0))
	}
	fn burned_register() -> Weight {
		T::DbWeight::get().reads(1).saturating_add(Weight::from_parts(1_000_000, 0))
	}
	fn root_register() -> Weight {
		T::DbWeight::get().reads(1).saturating_add(Weight::from_parts(1_000_000, 0))
	}
	fn create_network() -> Weight {
		T::DbWeight::get().reads(1).saturating_add(Weight::from_parts(1_000_000, 0))
	}
	fn remove_network() -> Weight {
		T::DbWeight::get().reads(1).saturating_add(Weight::from_parts(1_000_000, 0))
	}
	fn mint_block_emission(_: u32) -> Weight {
		T::DbWeight::get().reads(1).saturating_add(Weight::from_parts(1_000_000, 0))
	}
	fn idle(_: u32) -> Weight {
		T::DbWeight::get().reads(1).saturating_add(Weight::from_parts(1_000_000, 0))
	}
	fn epoch_neurons(_: u32) -> Weight {
		T::DbWeight::get().reads(1).saturating_add(Weight::from_parts(1_000_000, 0))
	}
	fn epoch_validators(_: u32) -> Weight {
		T::DbWeight::get().reads(1).saturating_add(Weight::from_parts(1_000_000, 0))
	}
	fn epoch_paid(_: u32) -> Weight {
		T::DbWeight::get().reads(1).saturating_add(Weight::from_parts(1_000_000, 0))
	}
	fn epoch_weights(_: u32) -> Weight {
		T::DbWeight::get().reads(1).saturating_add(Weight::from_parts(1_000_000, 0))
	}
	fn epoch_bonds(_: u32) -> Weight {
		T::DbWeight::get().reads(1).saturating_add(Weight::from_parts(1_000_000, 0))
	}
}
