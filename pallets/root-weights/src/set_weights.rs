// SPDX-License-Identifier: Apache-2.0
//! What the call does: check everything, then store the row.

use alloc::vec::Vec;

use frame_support::{ensure, pallet_prelude::*};
use yuma_consensus::max_upscale;

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
		ensure!(dests.len() == weights.len(), Error::<T>::UnequalLengths);
		ensure!(dests.len() <= T::MaxSubnets::get() as usize, Error::<T>::TooManyEntries);
		ensure!(netuid == ROOT_NETUID, Error::<T>::NotRootNetwork);
		ensure!(T::RootValidators::owner_of(&hotkey).as_ref() == Some(&coldkey), Error::<T>::NotHotkeyOwner);
		let uid = T::RootValidators::uid_of(&hotkey).ok_or(Error::<T>::NotRootValidator)?;
		ensure!(version_key >= T::RootParams::get().version_key, Error::<T>::OutdatedVersionKey);
		let row = Self::checked_row(dests, &weights)?;

		RootRows::<T>::insert(uid, row);
		Self::deposit_event(Event::RootWeightsSet { uid, hotkey });
		Ok(())
	}

	/// Forgets the row of `uid`; for the chain to call whenever another hotkey takes the uid, which must not vote with
	/// its predecessor's row.
	pub fn clear_row(uid: u16) {
		RootRows::<T>::remove(uid);
	}

	fn checked_row(dests: Vec<u16>, weights: &[u16]) -> Result<BoundedVec<(u16, u16), T::MaxSubnets>, DispatchError> {
		let netuids = T::Subnets::netuids();
		ensure!(dests.iter().all(|dest| netuids.binary_search(dest).is_ok()), Error::<T>::UnknownNetuid);
		ensure!(weights.iter().any(|weight| *weight > 0), Error::<T>::NoWeights);
		let mut row: Vec<(u16, u16)> = dests.into_iter().zip(max_upscale(weights)).collect();
		row.sort_unstable();
		ensure!(row.windows(2).all(|pair| !matches!(pair, [(a, _), (b, _)] if a == b)), Error::<T>::DuplicateNetuid);
		row.retain(|(_, weight)| *weight > 0);
		row.try_into().map_err(|_| Error::<T>::TooManyEntries.into())
	}
}
