// SPDX-License-Identifier: Apache-2.0
//! What the call does: check everything, then store the row.

use alloc::vec::Vec;

use frame_support::{ensure, pallet_prelude::*};
use yuma_consensus::row_check::{check_lengths, root_row, RowError, RowLimits};

use crate::{Config, Error, Event, Pallet, RootParams, RootRows, RootValidators, Subnets, ROOT_NETUID};

impl<T: Config> Pallet<T> {
	/// Sets the root weights of `hotkey`, which `coldkey` must own. Other pallets forward their historic call to this.
	pub fn do_set_root_weights(
		coldkey: T::AccountId,
		netuid: u16,
		hotkey: T::AccountId,
		dests: Vec<u16>,
		weights: Vec<u16>,
		version_key: u64,
	) -> DispatchResult {
		// Lengths first: nothing below may loop over more than there can be subnets.
		check_lengths(&dests, &weights, T::MaxSubnets::get() as usize).map_err(Error::<T>::from)?;
		ensure!(netuid == ROOT_NETUID, Error::<T>::NotRootNetwork);
		ensure!(T::RootValidators::owner_of(&hotkey).as_ref() == Some(&coldkey), Error::<T>::NotHotkeyOwner);
		let uid = T::RootValidators::uid_of(&hotkey).ok_or(Error::<T>::NotRootValidator)?;
		ensure!(version_key >= T::RootParams::get().version_key, Error::<T>::OutdatedVersionKey);
		let row = root_row(&T::Subnets::netuids(), RowLimits::NONE, &dests, &weights).map_err(Error::<T>::from)?;
		let row = BoundedVec::try_from(row).map_err(|_| Error::<T>::TooManyEntries)?;

		RootRows::<T>::insert(uid, row);
		Self::deposit_event(Event::RootWeightsSet { uid, hotkey });
		Ok(())
	}

	/// Forgets the row of `uid`; for the chain to call whenever another hotkey takes the uid, which must not vote with
	/// its predecessor's row.
	pub fn clear_row(uid: u16) {
		RootRows::<T>::remove(uid);
	}
}

impl<T> From<RowError> for Error<T> {
	fn from(error: RowError) -> Self {
		match error {
			RowError::UnequalLengths => Self::UnequalLengths,
			RowError::TooManyEntries => Self::TooManyEntries,
			RowError::UnknownId => Self::UnknownNetuid,
			// `RowLimits::NONE` lets every length and every part pass, so the last two do not occur.
			RowError::NoWeights | RowError::TooFewEntries | RowError::OverLimit => Self::NoWeights,
			RowError::DuplicateId => Self::DuplicateNetuid,
		}
	}
}
