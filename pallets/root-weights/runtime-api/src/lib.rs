// SPDX-License-Identifier: Apache-2.0
//! Runtime API of the root weights pallet: the votes as stored and as read, and what they pay.

#![cfg_attr(not(feature = "std"), no_std)]

extern crate alloc;

use alloc::vec::Vec;
use codec::Codec;
use pallet_root_weights::{ReadVote, StoredVote, VoteDistortion};

sp_api::decl_runtime_apis! {
	/// Root votes and the emission they steer. Amounts are rao, read shares are per 2⁶⁴ − 1.
	pub trait RootWeightsApi<AccountId: Codec> {
		/// Each root validator with its row as stored.
		fn rows_as_stored() -> Vec<StoredVote<AccountId>>;
		/// Each root validator with its row as read.
		fn rows_as_read() -> Vec<ReadVote<AccountId>>;
		/// What the next block mints if there is a valid vote.
		fn block_emission() -> u64;
		/// The parts of that which each subnet earns, by the shares of the last root epoch.
		fn emission() -> Vec<(u16, u64)>;
		/// The parts if a root epoch ran now, with rows renormalized or, for comparison, taken as stored.
		fn emission_preview(renormalize: bool) -> Vec<(u16, u64)>;
		/// How far each root validator's power would be from its stake, were rows taken as stored.
		fn vote_distortions() -> Vec<VoteDistortion<AccountId>>;
		/// The block of the next root epoch; none if the root tempo is 0.
		fn next_epoch_block() -> Option<u32>;
	}
}

#[cfg(test)]
mod tests {
	use crate::runtime_decl_for_root_weights_api::{ID, VERSION};

	#[test]
	fn clients_find_the_api_by_the_hash_of_its_name() {
		assert_eq!((ID, VERSION), (sp_crypto_hashing::blake2_64(b"RootWeightsApi"), 1));
	}
}
