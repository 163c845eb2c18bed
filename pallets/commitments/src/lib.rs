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
mod data;
pub mod weights;

#[cfg(test)]
mod mock;
#[cfg(test)]
mod tests;

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
	use alloc::boxed::Box;
	use frame_support::pallet_prelude::*;
	use frame_system::pallet_prelude::*;
	use sp_runtime::traits::Saturating;

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
		/// The last commitment is too recent; wait as many blocks as the `RateLimit` constant says.
		CommitmentSetRateLimitExceeded,
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
			ensure!(T::Committers::is_registered(netuid, &who), Error::<T>::AccountNotAllowedCommit);
			let block = frame_system::Pallet::<T>::block_number();
			if let Some(last) = CommitmentOf::<T>::get(netuid, &who) {
				let open = last.block.saturating_add(T::RateLimit::get());
				ensure!(block >= open, Error::<T>::CommitmentSetRateLimitExceeded);
			}
			CommitmentOf::<T>::insert(netuid, &who, Registration { deposit: 0, block, info: *info });
			Self::deposit_event(Event::Commitment { netuid, who });
			Ok(())
		}
	}

	impl<T: Config> Pallet<T> {
		/// Forgets what `hotkey` published; for the chain to call when the hotkey loses its uid.
		pub fn forget(netuid: u16, hotkey: &T::AccountId) {
			CommitmentOf::<T>::remove(netuid, hotkey);
		}
	}
}
