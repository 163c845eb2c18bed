// SPDX-License-Identifier: Apache-2.0
//! # Commitments pallet
//!
//! A registered hotkey publishes one small record per subnet: where its bucket is, which model it stands by. Validators
//! read it from the chain instead of asking the miner. In a runtime it bears the instance name `Commitments`.
//!
//! Publishing is free, since hotkeys hold no balance, and limited in rate instead.

#![cfg_attr(not(feature = "std"), no_std)]
#![warn(missing_docs)]

extern crate alloc;

#[cfg(any(test, feature = "runtime-benchmarks"))]
mod benchmarking;
mod check_commitment;
mod data;
pub mod weights;

#[cfg(test)]
mod mock;
#[cfg(test)]
mod tests;

pub use check_commitment::{refusal, CheckCommitment, FIRST_REFUSAL};
pub use data::{CommitmentInfo, Data, Registration};
pub use pallet::*;
pub use weights::WeightInfo;

/// Who may publish on a subnet.
pub trait Committers<AccountId> {
	/// Whether `hotkey` holds a uid of the subnet.
	fn is_registered(netuid: u16, hotkey: &AccountId) -> bool;
	/// Registers some hotkey, for the benchmarks. Returns the subnet, and the hotkey.
	#[cfg(any(test, feature = "runtime-benchmarks"))]
	fn register_one() -> (u16, AccountId);
}

#[frame_support::pallet]
pub mod pallet {
	use super::*;
	use alloc::{boxed::Box, vec::Vec};
	use frame_support::pallet_prelude::*;
	use frame_system::pallet_prelude::*;
	use sp_runtime::traits::{Saturating, UniqueSaturatedInto};

	#[pallet::pallet]
	pub struct Pallet<T>(_);

	#[pallet::config]
	pub trait Config: frame_system::Config<RuntimeEvent: From<Event<Self>>> {
		/// Who may publish.
		type Committers: Committers<Self::AccountId>;
		/// Most fields of one commitment.
		#[pallet::constant]
		type MaxFields: Get<u32>;
		/// Blocks between two commitments of one hotkey on one subnet.
		#[pallet::constant]
		type RateLimit: Get<BlockNumberFor<Self>>;
		/// Measured extrinsic weights.
		type WeightInfo: WeightInfo;
	}

	/// What a hotkey last published on a subnet.
	#[pallet::storage]
	pub type CommitmentOf<T: Config> = StorageDoubleMap<
		_,
		Identity,
		u16,
		Twox64Concat,
		T::AccountId,
		Registration<BlockNumberFor<T>, T::MaxFields>,
		OptionQuery,
	>;

	/// What hotkeys have published in the past: `(what, block)` of each. Always empty, as nothing is published under a
	/// time lock on this chain; clients ask for it.
	#[pallet::storage]
	#[pallet::unbounded]
	pub type RevealedCommitments<T: Config> =
		StorageDoubleMap<_, Identity, u16, Twox64Concat, T::AccountId, Vec<(Vec<u8>, u64)>, OptionQuery>;

	#[pallet::event]
	#[pallet::generate_deposit(pub(super) fn deposit_event)]
	pub enum Event<T: Config> {
		/// A hotkey published a commitment.
		Commitment {
			/// The subnet.
			netuid: u16,
			/// The hotkey.
			who: T::AccountId,
		},
	}

	#[pallet::error]
	pub enum Error<T> {
		/// The signer holds no uid of this subnet.
		AccountNotAllowedCommit,
		/// The last commitment is too recent.
		CommitmentSetRateLimitExceeded {
			/// Blocks to wait.
			blocks_left: u16,
		},
	}

	#[pallet::hooks]
	impl<T: Config> Hooks<BlockNumberFor<T>> for Pallet<T> {
		#[cfg(feature = "try-runtime")]
		fn try_state(_: BlockNumberFor<T>) -> Result<(), sp_runtime::TryRuntimeError> {
			Self::do_try_state()
		}
	}

	#[pallet::call]
	impl<T: Config> Pallet<T> {
		/// Publish `info` on a subnet in place of what was there. Free of charge.
		///
		/// ## Dispatch Origin
		///
		/// Signed by a hotkey that holds a uid of the subnet.
		#[pallet::call_index(0)]
		#[pallet::weight((T::WeightInfo::set_commitment(), DispatchClass::Normal, Pays::No))]
		pub fn set_commitment(
			origin: OriginFor<T>,
			netuid: u16,
			info: Box<CommitmentInfo<T::MaxFields>>,
		) -> DispatchResult {
			let who = ensure_signed(origin)?;
			Self::ensure_may_commit(&who, netuid)?;
			let block = frame_system::Pallet::<T>::block_number();
			CommitmentOf::<T>::insert(netuid, &who, Registration { deposit: 0, block, info: *info });
			Self::deposit_event(Event::Commitment { netuid, who });
			Ok(())
		}
	}

	impl<T: Config> Pallet<T> {
		/// Whether `hotkey` may publish on a subnet now. Changes nothing.
		pub fn ensure_may_commit(hotkey: &T::AccountId, netuid: u16) -> Result<(), Error<T>> {
			ensure!(T::Committers::is_registered(netuid, hotkey), Error::<T>::AccountNotAllowedCommit);
			let Some(last) = CommitmentOf::<T>::get(netuid, hotkey) else { return Ok(()) };
			let open = last.block.saturating_add(T::RateLimit::get());
			let blocks_left = open.saturating_sub(frame_system::Pallet::<T>::block_number());
			let blocks_left = u16::try_from(UniqueSaturatedInto::<u64>::unique_saturated_into(blocks_left));
			let blocks_left = blocks_left.unwrap_or(u16::MAX);
			ensure!(blocks_left == 0, Error::<T>::CommitmentSetRateLimitExceeded { blocks_left });
			Ok(())
		}

		/// Checks that only who is registered has a commitment.
		#[cfg(any(feature = "std", feature = "try-runtime"))]
		pub fn do_try_state() -> Result<(), sp_runtime::TryRuntimeError> {
			let is_its = |(netuid, hotkey): (u16, T::AccountId)| T::Committers::is_registered(netuid, &hotkey);
			ensure!(CommitmentOf::<T>::iter_keys().all(is_its), "a commitment of who is not registered");
			Ok(())
		}

		/// Forgets what `hotkey` published; for the chain to call when the hotkey loses its uid.
		pub fn forget(netuid: u16, hotkey: &T::AccountId) {
			CommitmentOf::<T>::remove(netuid, hotkey);
		}
	}
}
