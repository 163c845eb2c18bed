// SPDX-License-Identifier: Apache-2.0
//! What the owner of a hotkey keeps of what its nominators earn.

use frame_support::{ensure, pallet_prelude::*};

use crate::{Config, Delegates, Error, Event, LastTakeChange, Owner, Pallet};

/// Highest take, 18 % per 65535, and what every hotkey starts with.
pub const MAX_DELEGATE_TAKE: u16 = 11_796;

impl<T: Config> Pallet<T> {
	pub(crate) fn do_decrease_take(coldkey: T::AccountId, hotkey: T::AccountId, take: u16) -> DispatchResult {
		Self::ensure_owns(&coldkey, &hotkey)?;
		ensure!(take < Delegates::<T>::get(&hotkey), Error::<T>::DelegateTakeTooHigh);
		Self::put_take(hotkey, take);
		Ok(())
	}

	/// Nominators must have time to leave, so that increases are rare, and none follows a decrease that attracted them.
	pub(crate) fn do_increase_take(coldkey: T::AccountId, hotkey: T::AccountId, take: u16) -> DispatchResult {
		Self::ensure_owns(&coldkey, &hotkey)?;
		ensure!(take > Delegates::<T>::get(&hotkey), Error::<T>::DelegateTakeTooLow);
		ensure!(take <= MAX_DELEGATE_TAKE, Error::<T>::DelegateTakeTooHigh);
		if let Some(last) = LastTakeChange::<T>::get(&hotkey) {
			let blocks_left = Self::blocks_left(last, T::TakeIncreaseInterval::get());
			ensure!(blocks_left == 0, Error::<T>::TakeIncreaseTooSoon { blocks_left });
		}
		Self::put_take(hotkey, take);
		Ok(())
	}

	fn put_take(hotkey: T::AccountId, take: u16) {
		LastTakeChange::<T>::insert(&hotkey, Self::block());
		Delegates::<T>::insert(&hotkey, take);
		Self::deposit_event(Event::TakeSet { hotkey, take });
	}

	/// Whether `hotkey` is known and `coldkey` owns it.
	pub(crate) fn ensure_owns(coldkey: &T::AccountId, hotkey: &T::AccountId) -> DispatchResult {
		let owner = Owner::<T>::get(hotkey).ok_or(Error::<T>::HotKeyAccountNotExists)?;
		ensure!(owner == *coldkey, Error::<T>::NonAssociatedColdKey);
		Ok(())
	}

	/// Blocks to wait until `interval` blocks have passed since `last`.
	pub(crate) fn blocks_left(last: u64, interval: u64) -> u16 {
		let passed = Self::block().saturating_sub(last);
		u16::try_from(interval.saturating_sub(passed)).unwrap_or(u16::MAX)
	}
}
