// SPDX-License-Identifier: Apache-2.0
//! Runtime APIs of the subnets pallet, under the trait and method names that clients call.

#![cfg_attr(not(feature = "std"), no_std)]

extern crate alloc;

use alloc::vec::Vec;
use codec::Codec;
use pallet_subnets::NeuronInfoLite;

sp_api::decl_runtime_apis! {
	/// The neurons of a subnet.
	pub trait NeuronInfoRuntimeApi<AccountId: Codec> {
		/// All neurons of `netuid` by uid, without their rows; none if there is no such subnet.
		fn get_neurons_lite(netuid: u16) -> Vec<NeuronInfoLite<AccountId>>;
	}
}

#[cfg(test)]
mod tests {
	use crate::runtime_decl_for_neuron_info_runtime_api::{ID, VERSION};

	#[test]
	fn clients_find_the_api_by_the_hash_of_its_name() {
		assert_eq!((ID, VERSION), (sp_crypto_hashing::blake2_64(b"NeuronInfoRuntimeApi"), 1));
	}
}
