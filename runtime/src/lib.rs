// SPDX-License-Identifier: Apache-2.0
//! The dev chain's runtime: which pallets there are, in which order, and what a transaction looks like.
//!
//! Clients of the Bittensor family find what they ask for by instance name, so the subnets pallet is `SubtensorModule`
//! and the commitments pallet `Commitments`; transaction extensions stand in subtensor's order, which those clients
//! encode by heart.

#![cfg_attr(not(feature = "std"), no_std)]
#![recursion_limit = "256"]

#[cfg(feature = "std")]
include!(concat!(env!("OUT_DIR"), "/wasm_binary.rs"));

extern crate alloc;

// Before the module that uses its macros.
#[cfg(feature = "runtime-benchmarks")]
#[macro_use]
mod benchmarks;

mod apis;
mod configs;
mod genesis_config_presets;
mod metadata;
#[cfg(feature = "std")]
mod refusals;
#[cfg(test)]
mod tests;

use alloc::{borrow::Cow, vec::Vec};

pub use apis::RUNTIME_API_VERSIONS;
#[cfg(feature = "std")]
pub use apis::{api, RuntimeApi};
#[cfg(feature = "std")]
pub use refusals::refusal_name;
use sp_runtime::{
	generic, impl_opaque_keys,
	traits::{AccountIdLookup, BlakeTwo256, IdentifyAccount, Verify},
	MultiAddress, MultiSignature,
};
use sp_version::{runtime_version, RuntimeVersion};

/// Signature of a transaction.
pub type Signature = MultiSignature;
/// Public key of an account; ss58 prefix 42.
pub type AccountId = <<Signature as Verify>::Signer as IdentifyAccount>::AccountId;
/// Rao. `u64` as on subtensor: clients decode fees as such.
pub type Balance = u64;
/// Transactions an account has sent; clients decode it as `u32`.
pub type Nonce = u32;
/// Height of a block.
pub type BlockNumber = u32;
/// Hash of a block.
pub type Hash = sp_core::H256;
/// How a transaction names an account.
pub type Address = MultiAddress<AccountId, ()>;
/// Header of a block.
pub type Header = generic::Header<BlockNumber, BlakeTwo256>;
/// A block.
pub type Block = generic::Block<Header, UncheckedExtrinsic>;
/// How addresses become accounts.
pub type Lookup = AccountIdLookup<AccountId, ()>;

/// Rao in one TAO.
pub const TAO: Balance = 1_000_000_000;
/// Balances below this are reaped.
pub const EXISTENTIAL_DEPOSIT: Balance = if cfg!(feature = "upgraded") { 1_000 } else { 500 };
/// Length of an Aura slot in milliseconds. Each belongs to one authority, which need not use it.
pub const SLOT_DURATION: u64 = 1_000;

/// What is signed along with a call, in subtensor's order.
pub type TxExtension = (
	frame_system::CheckNonZeroSender<Runtime>,
	frame_system::CheckSpecVersion<Runtime>,
	frame_system::CheckTxVersion<Runtime>,
	frame_system::CheckGenesis<Runtime>,
	frame_system::CheckEra<Runtime>,
	frame_system::CheckNonce<Runtime>,
	frame_system::CheckWeight<Runtime>,
	pallet_transaction_payment::ChargeTransactionPayment<Runtime>,
	pallet_root_weights::CheckRootVote<Runtime, configs::RootVotes>,
	pallet_subnets::CheckFreeCalls<Runtime>,
	pallet_commitments::CheckCommitment<Runtime>,
	frame_metadata_hash_extension::CheckMetadataHash<Runtime>,
);
/// A transaction.
pub type UncheckedExtrinsic = generic::UncheckedExtrinsic<Address, RuntimeCall, Signature, TxExtension>;
/// Runs blocks.
pub type Executive =
	frame_executive::Executive<Runtime, Block, frame_system::ChainContext<Runtime>, Runtime, AllPalletsWithSystem>;

/// Types for the node, which must not know what is inside a transaction.
pub mod opaque {
	use super::*;
	pub use sp_runtime::OpaqueExtrinsic as UncheckedExtrinsic;

	/// A block of opaque transactions.
	pub type Block = generic::Block<Header, UncheckedExtrinsic>;
}

impl_opaque_keys! {
	/// Keys of an authority.
	pub struct SessionKeys {
		/// Block production.
		pub aura: Aura,
		/// Votes for finality.
		pub grandpa: Grandpa,
	}
}

/// The attribute below puts the version into a section of the wasm, and reads literals alone.
macro_rules! version {
	($spec_version:tt) => {
		/// Which runtime this is.
		#[runtime_version]
		pub const VERSION: RuntimeVersion = RuntimeVersion {
			spec_name: Cow::Borrowed("root-weights"),
			impl_name: Cow::Borrowed("root-weights"),
			authoring_version: 1,
			spec_version: $spec_version,
			impl_version: 1,
			apis: RUNTIME_API_VERSIONS,
			transaction_version: 1,
			system_version: 1,
		};
	};
}

#[cfg(not(feature = "upgraded"))]
version!(1);
#[cfg(feature = "upgraded")]
version!(2);

#[frame_support::runtime]
mod runtime {
	#[runtime::runtime]
	#[runtime::derive(
		RuntimeCall,
		RuntimeEvent,
		RuntimeError,
		RuntimeOrigin,
		RuntimeFreezeReason,
		RuntimeHoldReason,
		RuntimeSlashReason,
		RuntimeLockId,
		RuntimeTask,
		RuntimeViewFunction
	)]
	pub struct Runtime;

	#[runtime::pallet_index(0)]
	pub type System = frame_system;
	#[runtime::pallet_index(2)]
	pub type Timestamp = pallet_timestamp;
	#[runtime::pallet_index(3)]
	pub type Aura = pallet_aura;
	#[runtime::pallet_index(4)]
	pub type Grandpa = pallet_grandpa;
	#[runtime::pallet_index(5)]
	pub type Balances = pallet_balances;
	#[runtime::pallet_index(6)]
	pub type TransactionPayment = pallet_transaction_payment;

	// Before `SubtensorModule`: the shares of a root epoch pay in its own block.
	#[runtime::pallet_index(7)]
	pub type RootWeights = pallet_root_weights;
	#[runtime::pallet_index(8)]
	pub type SubtensorModule = pallet_subnets;

	#[runtime::pallet_index(11)]
	pub type Utility = pallet_utility;
	#[runtime::pallet_index(12)]
	pub type Sudo = pallet_sudo;
	#[runtime::pallet_index(18)]
	pub type Commitments = pallet_commitments;
}
