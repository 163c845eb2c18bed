// SPDX-License-Identifier: Apache-2.0
//! Stake: rao of a coldkey that weigh for a hotkey.

use frame_support::{
	ensure,
	pallet_prelude::*,
	traits::{
		fungible::{Inspect, Mutate},
		tokens::{Fortitude, Precision, Preservation},
	},
};

use crate::{Config, Error, Event, NetworksAdded, Owner, Pallet, Stake, TotalHotkeyStake, TotalStake};

impl<T: Config> Pallet<T> {
	pub(crate) fn do_add_stake(
		coldkey: T::AccountId,
		hotkey: T::AccountId,
		netuid: u16,
		amount: u64,
	) -> DispatchResult {
		ensure!(amount > 0, Error::<T>::AmountTooLow);
		ensure!(NetworksAdded::<T>::get(netuid), Error::<T>::SubnetNotExists);
		let owner = Owner::<T>::get(&hotkey).ok_or(Error::<T>::HotKeyAccountNotExists)?;
		ensure!(owner == coldkey, Error::<T>::NonAssociatedColdKey);
		let free = T::Currency::reducible_balance(&coldkey, Preservation::Preserve, Fortitude::Polite);
		ensure!(free >= amount, Error::<T>::NotEnoughBalance);

		T::Currency::burn_from(&coldkey, amount, Preservation::Preserve, Precision::Exact, Fortitude::Polite)?;
		Self::increase_stake(&hotkey, &coldkey, netuid, amount);
		Self::deposit_event(Event::StakeAdded { coldkey, hotkey, netuid, amount });
		Ok(())
	}

	pub(crate) fn do_remove_stake(
		coldkey: T::AccountId,
		hotkey: T::AccountId,
		netuid: u16,
		amount: u64,
	) -> DispatchResult {
		ensure!(amount > 0, Error::<T>::AmountTooLow);
		let staked = Stake::<T>::get((&hotkey, &coldkey, netuid));
		let left = staked.checked_sub(amount).ok_or(Error::<T>::NotEnoughStake)?;

		T::Currency::mint_into(&coldkey, amount)?;
		Stake::<T>::mutate_exists((&hotkey, &coldkey, netuid), |stake| *stake = (left > 0).then_some(left));
		// The totals contain this stake.
		TotalHotkeyStake::<T>::mutate(&hotkey, |total| *total = total.saturating_sub(amount));
		TotalStake::<T>::mutate(|total| *total = total.saturating_sub(amount));
		Self::deposit_event(Event::StakeRemoved { coldkey, hotkey, netuid, amount });
		Ok(())
	}

	/// Adds to a stake. No sum can overflow: all stake is part of the total issuance.
	pub(crate) fn increase_stake(hotkey: &T::AccountId, coldkey: &T::AccountId, netuid: u16, amount: u64) {
		Stake::<T>::mutate((hotkey, coldkey, netuid), |stake| *stake = stake.saturating_add(amount));
		TotalHotkeyStake::<T>::mutate(hotkey, |total| *total = total.saturating_add(amount));
		TotalStake::<T>::mutate(|total| *total = total.saturating_add(amount));
	}
}
