// SPDX-License-Identifier: Apache-2.0
//! Extrinsic weights: what a call or a hook costs.
//!
//! Counted in storage accesses at the chain's own prices, which dominate; generated benchmarks replace this file.

use core::marker::PhantomData;

use frame_support::{traits::Get, weights::Weight};

/// Cost of what the pallet does.
#[allow(missing_docs, reason = "each is named after the call or hook it is the cost of")]
pub trait WeightInfo {
	fn set_weights(entries: u32) -> Weight;
	fn add_stake() -> Weight;
	fn remove_stake() -> Weight;
	/// `neurons` is the size of the subnet, whose rows are searched when a neuron is replaced.
	fn burned_register(neurons: u32) -> Weight;
	fn root_register() -> Weight;
	fn create_network() -> Weight;
	fn remove_network(neurons: u32) -> Weight;
	fn mint_block_emission(subnets: u32) -> Weight;
	/// `entries` are those of the weight and bond rows.
	fn epoch(neurons: u32, entries: u32) -> Weight;
	/// Looking for due epochs among `subnets`.
	fn idle(subnets: u32) -> Weight;
}

/// Weights by the database prices of `T`.
pub struct SubstrateWeight<T>(PhantomData<T>);

impl<T: frame_system::Config> SubstrateWeight<T> {
	fn accesses(reads: u32, writes: u32) -> Weight {
		T::DbWeight::get().reads_writes(reads.into(), writes.into())
	}
}

impl<T: frame_system::Config> WeightInfo for SubstrateWeight<T> {
	fn set_weights(entries: u32) -> Weight {
		Self::accesses(9, 2).saturating_add(Weight::from_parts(10_000, 0).saturating_mul(entries.into()))
	}

	fn add_stake() -> Weight {
		Self::accesses(6, 4)
	}

	fn remove_stake() -> Weight {
		Self::accesses(5, 4)
	}

	fn burned_register(neurons: u32) -> Weight {
		let rows = neurons.saturating_mul(2);
		Self::accesses(rows.saturating_add(neurons).saturating_add(24), rows.saturating_add(22))
	}

	fn root_register() -> Weight {
		Self::accesses(152, 22) // Key and stake of each of 64 validators.
	}

	fn create_network() -> Weight {
		Self::accesses(66, 2)
	}

	fn remove_network(neurons: u32) -> Weight {
		Self::accesses(neurons.saturating_mul(2).saturating_add(4), neurons.saturating_mul(6).saturating_add(30))
	}

	fn mint_block_emission(subnets: u32) -> Weight {
		Self::accesses(subnets.saturating_mul(2).saturating_add(4), subnets.saturating_add(1))
	}

	fn epoch(neurons: u32, entries: u32) -> Weight {
		let reads = neurons.saturating_mul(9).saturating_add(8);
		let writes = neurons.saturating_mul(3).saturating_add(14);
		Self::accesses(reads, writes).saturating_add(Weight::from_parts(100_000, 0).saturating_mul(entries.into()))
	}

	fn idle(subnets: u32) -> Weight {
		Self::accesses(subnets.saturating_mul(2), subnets) // Tempo and blocks since the last epoch.
	}
}

impl WeightInfo for () {
	fn set_weights(_: u32) -> Weight {
		Weight::zero()
	}
	fn add_stake() -> Weight {
		Weight::zero()
	}
	fn remove_stake() -> Weight {
		Weight::zero()
	}
	fn burned_register(_: u32) -> Weight {
		Weight::zero()
	}
	fn root_register() -> Weight {
		Weight::zero()
	}
	fn create_network() -> Weight {
		Weight::zero()
	}
	fn remove_network(_: u32) -> Weight {
		Weight::zero()
	}
	fn mint_block_emission(_: u32) -> Weight {
		Weight::zero()
	}
	fn epoch(_: u32, _: u32) -> Weight {
		Weight::zero()
	}
	fn idle(_: u32) -> Weight {
		Weight::zero()
	}
}
