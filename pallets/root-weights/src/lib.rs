// SPDX-License-Identifier: Apache-2.0
//! # Root weights pallet
//!
//! Root validators vote on how the block emission is divided between subnets. A vote is a row of `u16` weights, scaled up
//! on storage so that its largest entry is 65535. The scale of a stored row means nothing, and taking it at face value
//! lets a validator who spreads its vote over ten subnets pull several times harder than one of the same stake who
//! concentrates. This pallet renormalizes every row as it is read, so that a vote pulls exactly what its stake allows.
//!
//! ## Pallet API
//!
//! * [`Pallet::set_root_weights`]: the coldkey that owns a root validator's hotkey sets its row.
//! * Every tempo, in `on_initialize`, the root epoch turns rows and stake into [`EmissionShares`].
//! * [`Pallet::split_emission`]: the parts of a block's emission, for the pallet that mints and pays it.
//!
//! What the pallet needs of its chain comes through the traits in [`mod@types`].
//!
//! ## Low-level notes
//!
//! Shares are stored and an amount is split when it is used. So the parts sum to the amount in every block, also when a
//! halving or the removal of a subnet falls between two epochs. With no valid vote the shares are empty and nothing may
//! be minted; an event says so.
//!
//! This pallet has to come before the one that pays in the runtime, so that an epoch's shares pay in its own block.

#![cfg_attr(not(feature = "std"), no_std)]
#![warn(missing_docs)]

extern crate alloc;

mod root_epoch;
mod set_weights;
pub mod types;
pub mod weights;

#[cfg(test)]
mod mock;
#[cfg(test)]
mod tests;

pub use pallet::*;
pub use root_epoch::{ReadVote, RowReading, StoredVote};
pub use types::{EmissionParams, RootParams, RootValidator, RootValidators, Subnets};
pub use weights::WeightInfo;

/// The root network's own netuid; nobody votes for it.
pub const ROOT_NETUID: u16 = 0;

#[frame_support::pallet]
pub mod pallet {
	use super::*;
	use alloc::vec::Vec;
	use frame_support::pallet_prelude::*;
	use frame_system::pallet_prelude::*;

	#[pallet::pallet]
	pub struct Pallet<T>(_);

	#[pallet::config]
	pub trait Config: frame_system::Config<RuntimeEvent: From<Event<Self>>> {
		/// Who votes, with which stake.
		type RootValidators: RootValidators<Self::AccountId>;
		/// The one list of subnets that can be voted for.
		type Subnets: Subnets;
		/// Parameters of the root network.
		type RootParams: RootParams;
		/// What the next block mints, in rao.
		type BlockEmission: Get<u64>;
		/// Most root validators there can be.
		#[pallet::constant]
		type MaxValidators: Get<u32>;
		/// Most subnets there can be, and so the longest row.
		#[pallet::constant]
		type MaxSubnets: Get<u32>;
		/// Measured extrinsic weights.
		type WeightInfo: WeightInfo;
	}

	/// A root validator's row, `(netuid, weight)` ascending by netuid, scaled up to a largest entry of 65535.
	///
	/// Twox: uids are small and assigned by the chain. At most `MaxValidators` rows.
	#[pallet::storage]
	pub type RootRows<T: Config> = StorageMap<_, Twox64Concat, u16, BoundedVec<(u16, u16), T::MaxSubnets>, ValueQuery>;

	/// `(netuid, share)` of each subnet that earned one in the last root epoch, per 2⁶⁴ − 1; they sum to 2⁶⁴ − 1, or
	/// there are none.
	#[pallet::storage]
	pub type EmissionShares<T: Config> = StorageValue<_, BoundedVec<(u16, u64), T::MaxSubnets>, ValueQuery>;

	#[pallet::event]
	#[pallet::generate_deposit(pub(super) fn deposit_event)]
	pub enum Event<T: Config> {
		/// A root validator's row was replaced.
		RootWeightsSet {
			/// Uid of the validator on the root network.
			uid: u16,
			/// Its hotkey.
			hotkey: T::AccountId,
		},
		/// The root epoch ran and found votes; `subnets` earn from this block on.
		EmissionSharesSet {
			/// Number of subnets with a share.
			subnets: u32,
		},
		/// The root epoch ran and found no stake that votes for a living subnet: no emission is minted until one does.
		NoValidRootVote,
	}

	#[pallet::error]
	pub enum Error<T> {
		/// Root weights are set on netuid 0 only.
		NotRootNetwork,
		/// `dests` and `weights` differ in length.
		UnequalLengths,
		/// More entries than there can be subnets.
		TooManyEntries,
		/// The hotkey is owned by another coldkey, or by none.
		NotHotkeyOwner,
		/// The hotkey is not registered on the root network.
		NotRootValidator,
		/// The version key is older than the root network requires.
		OutdatedVersionKey,
		/// A netuid is named twice.
		DuplicateNetuid,
		/// An entry is for a subnet that does not exist; netuid 0 cannot be voted for.
		UnknownNetuid,
		/// No entry is above zero: such a vote has no direction.
		NoWeights,
	}

	#[pallet::hooks]
	impl<T: Config> Hooks<BlockNumberFor<T>> for Pallet<T> {
		fn on_initialize(block: BlockNumberFor<T>) -> Weight {
			Self::root_epoch_if_due(block)
		}

		#[cfg(feature = "try-runtime")]
		fn try_state(_: BlockNumberFor<T>) -> Result<(), sp_runtime::TryRuntimeError> {
			Self::do_try_state()
		}
	}

	#[pallet::call]
	impl<T: Config> Pallet<T> {
		/// Set the root weights of `hotkey`, replacing its earlier row.
		///
		/// ## Dispatch Origin
		///
		/// Signed by the coldkey that owns `hotkey`.
		///
		/// ## Details
		///
		/// `dests` are netuids, `weights` their weights in the same order, in any scale; `netuid` is 0. The row is scaled
		/// up to the full `u16` range and stored; it is renormalized each time it is read. Free of charge.
		#[pallet::call_index(0)]
		#[pallet::weight((T::WeightInfo::set_root_weights(dests.len() as u32), DispatchClass::Normal, Pays::No))]
		pub fn set_root_weights(
			origin: OriginFor<T>,
			netuid: u16,
			hotkey: T::AccountId,
			dests: Vec<u16>,
			weights: Vec<u16>,
			version_key: u64,
		) -> DispatchResult {
			let coldkey = ensure_signed(origin)?;
			Self::do_set_root_weights(coldkey, netuid, hotkey, dests, weights, version_key)
		}
	}
}
