// SPDX-License-Identifier: Apache-2.0
//! # Subnets pallet
//!
//! The part of a Bittensor-family chain that validators, miners and their tools talk to: subnets and their neurons,
//! stake, uid weights, the Yuma epoch of each subnet and its payout. In a runtime it bears the instance name
//! `SubtensorModule` and upstream's storage names, which clients ask for.
//!
//! ## What happens in a block
//!
//! 1. The block emission, by the halving curve over total issuance, is split between subnets by the shares that
//!    `pallet-root-weights` keeps, and added to each subnet's pending emission.
//! 2. Every subnet whose tempo has come runs its Yuma epoch on what is pending and pays its neurons in stake. What
//!    rounding leaves over stays pending. Epochs that do not fit in the block run in the next ones, the oldest first.
//!
//! ## Money
//!
//! Total issuance is balances plus stake plus pending emission, at any time. What is burned (fees, registrations, dust)
//! leaves it through [`BurnFromIssuance`].
//!
//! Stake is kept per hotkey, coldkey and subnet, at upstream's stable price of one: an alpha is a rao, and a hotkey weighs
//! the sum of its stake on every subnet and on root. Who nominates a hotkey has a share of its stake there
//! ([`share_pool`]), so that an epoch pays any number of nominators at once. What a hotkey earns as a validator its owner
//! has the take of, and all who have stake on it share the rest in proportion; what it earns as a miner is its owner's.
//!
//! ## Keys
//!
//! A uid is a slot, a hotkey is the identity. Hotkeys need no balance: registration takes a `sufficients` reference on
//! the account, without which the nonce check would refuse its transactions, and releases it on replacement.

#![cfg_attr(not(feature = "std"), no_std)]
#![warn(missing_docs)]

extern crate alloc;

#[cfg(any(test, feature = "runtime-benchmarks"))]
mod benchmarking;
mod calls;
mod check_free_calls;
mod clear_networks;
mod commit_reveal;
mod due_epochs;
mod epoch;
mod events;
mod hyperparameters;
mod invariants;
mod issuance;
mod limits;
mod networks;
mod payout;
mod registration;
mod root_network;
mod rules;
mod serving;
mod set_weights;
pub mod share_pool;
mod stake;
mod storage;
mod take;
mod view;
pub mod weights;

#[cfg(test)]
mod mock;
#[cfg(test)]
mod tests;

pub use check_free_calls::{refusal, CheckFreeCalls, FIRST_REFUSAL};
pub use hyperparameters::Hyperparameter;
pub use issuance::{BlockEmission, BurnFromIssuance};
pub use networks::EpochConsensus;
pub use pallet::*;
pub use pallet_root_weights::ROOT_NETUID;
pub use serving::{AxonInfo, PrometheusInfo};
pub use take::MAX_DELEGATE_TAKE;
pub use view::*;
pub use weights::WeightInfo;

use frame_support::pallet_macros::import_section;

/// What a rao of stake costs, in upstream's unit of 10⁻⁹.
pub const ALPHA_PRICE: u64 = 1_000_000_000;
/// Most numbers of a salt.
pub const MAX_SALT: u32 = 64;
/// Most items of a batch, and most commitments of a hotkey that wait for their reveal.
pub const MAX_BATCH: u32 = 10;

/// Hears of hotkeys that lose their uid.
pub trait OnNeuronRemoved<AccountId> {
	/// `hotkey` holds no uid of the subnet any more.
	fn on_neuron_removed(netuid: u16, hotkey: &AccountId);
}

impl<AccountId> OnNeuronRemoved<AccountId> for () {
	fn on_neuron_removed(_: u16, _: &AccountId) {}
}

#[allow(clippy::too_many_arguments, reason = "the calls have upstream's parameters")]
#[import_section(storage::networks)]
#[import_section(storage::hyperparameters)]
#[import_section(storage::neurons)]
#[import_section(storage::money)]
#[import_section(events::events)]
#[import_section(events::errors)]
#[import_section(calls::calls)]
#[frame_support::pallet]
pub mod pallet {
	use super::*;
	use alloc::{collections::VecDeque, vec::Vec};
	use check_free_calls::FreeRequest;
	use codec::Compact;
	use commit_reveal::{unpack_commits, unpack_reveals};
	use frame_support::{
		dispatch::WithPostDispatchInfo,
		pallet_prelude::*,
		traits::{
			fungible::{Balanced, Inspect, Mutate},
			ConstBool, ConstI16, ConstU16, ConstU64, ConstU8,
		},
	};
	use frame_system::pallet_prelude::*;
	use set_weights::SentRow;
	use sp_core::H256;
	use stake::Holding;
	use substrate_fixed::types::U64F64;

	// Vectors by uid keep upstream's plain type, which clients decode; all are bounded by `MaxAllowedUids`.
	#[pallet::pallet]
	#[pallet::without_storage_info]
	pub struct Pallet<T>(_);

	#[pallet::config]
	pub trait Config: frame_system::Config<RuntimeEvent: From<Event<Self>>> + pallet_root_weights::Config {
		/// The free balance of coldkeys, in rao.
		type Currency: Mutate<Self::AccountId, Balance = u64> + Balanced<Self::AccountId>;
		/// Told when a hotkey loses its uid, so that what others keep about it goes too.
		type OnNeuronRemoved: OnNeuronRemoved<Self::AccountId>;
		/// What the subnet epochs of a block may take together; those that do not fit wait for the next blocks. The largest
		/// epoch there can be has to fit.
		#[pallet::constant]
		type SubnetEpochBudget: Get<Weight>;
		/// Blocks between two increases of a hotkey's take, in which its nominators may leave.
		#[pallet::constant]
		type TakeIncreaseInterval: Get<u64>;
		/// Measured extrinsic weights.
		type WeightInfo: WeightInfo;
	}

	/// Seven and nine tenths, as upstream.
	#[pallet::type_value]
	pub fn DefaultAlphaValues() -> (u16, u16) {
		(45_875, 58_982)
	}

	#[pallet::genesis_config]
	#[derive(frame_support::DefaultNoBound)]
	pub struct GenesisConfig<T: Config> {
		/// Tempo of the root network.
		pub root_tempo: u16,
		/// `(netuid, tempo)` of the subnets that exist from the start.
		pub networks: Vec<(u16, u16)>,
		#[doc(hidden)]
		#[serde(skip)]
		pub _config: PhantomData<T>,
	}

	#[pallet::genesis_build]
	impl<T: Config> BuildGenesisConfig for GenesisConfig<T> {
		fn build(&self) {
			TotalIssuance::<T>::put(T::Currency::total_issuance());
			Pallet::<T>::init_root_network(self.root_tempo);
			for (netuid, tempo) in &self.networks {
				Pallet::<T>::do_create_network(*netuid, *tempo).expect("genesis names each subnet once, none is 0");
			}
		}
	}

	#[pallet::hooks]
	impl<T: Config> Hooks<BlockNumberFor<T>> for Pallet<T> {
		fn on_initialize(block: BlockNumberFor<T>) -> Weight {
			let (netuids, minting) = Self::mint_block_emission();
			minting.saturating_add(Self::go_through_subnets(netuids, block))
		}

		fn on_idle(_: BlockNumberFor<T>, weight_left: Weight) -> Weight {
			Self::clear_removed_networks(weight_left)
		}

		#[cfg(feature = "std")]
		fn integrity_test() {
			Self::check_configuration();
		}

		#[cfg(feature = "try-runtime")]
		fn try_state(_: BlockNumberFor<T>) -> Result<(), sp_runtime::TryRuntimeError> {
			Self::do_try_state()
		}
	}
}
