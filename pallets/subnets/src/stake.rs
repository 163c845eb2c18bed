// SPDX-License-Identifier: Apache-2.0
//! Stake: rao of a coldkey that weigh for a hotkey, its owner's or another's.

use alloc::vec::Vec;

use frame_support::{
	ensure,
	pallet_prelude::*,
	traits::{
		fungible::{Inspect, Mutate},
		tokens::{Fortitude, Precision, Preservation},
	},
};

use crate::{
	share_pool::SharePool, Alpha, Config, Error, Event, NetworksAdded, Owner, Pallet, StakedHotkeys, SubnetAlphaOut,
	TotalHotkeyAlpha, TotalHotkeyShares, TotalHotkeyStake, TotalStake,
};

/// Whose stake, on which hotkey, kept where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Holding<AccountId> {
	pub hotkey: AccountId,
	pub coldkey: AccountId,
	pub netuid: u16,
}

/// How a stake grew.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Growth {
	/// The shares that were there are worth more: two items change.
	OfPrice,
	/// There are new shares: up to five items change.
	OfShares,
}

impl<T: Config> Pallet<T> {
	/// Stake of `coldkey` on `hotkey`, kept on `netuid`, in rao.
	pub fn stake_of(hotkey: &T::AccountId, coldkey: &T::AccountId, netuid: u16) -> u64 {
		Self::pool(hotkey, netuid).value_of(Alpha::<T>::get((hotkey, coldkey, netuid)))
	}

	pub(crate) fn do_add_stake(
		coldkey: T::AccountId,
		hotkey: T::AccountId,
		netuid: u16,
		amount: u64,
	) -> DispatchResult {
		ensure!(amount > 0, Error::<T>::AmountTooLow);
		Self::ensure_takes_stake(&hotkey, netuid)?;
		let free = T::Currency::reducible_balance(&coldkey, Preservation::Preserve, Fortitude::Polite);
		ensure!(free >= amount, Error::<T>::NotEnoughBalance);
		Self::ensure_fine_enough(&hotkey, &coldkey, netuid, amount)?;

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
		Self::decrease_stake(&hotkey, &coldkey, netuid, amount)?;
		T::Currency::mint_into(&coldkey, amount)?;
		Self::deposit_event(Event::StakeRemoved { coldkey, hotkey, netuid, amount });
		Ok(())
	}

	pub(crate) fn do_unstake_all(coldkey: T::AccountId, hotkey: T::AccountId) -> DispatchResult {
		// As many as there can be subnets, and root; where more are on their way out, their stake comes by itself.
		let most = (T::MaxSubnets::get() as usize).saturating_add(1);
		let netuids: Vec<u16> = Alpha::<T>::iter_key_prefix((&hotkey, &coldkey)).take(most).collect();
		let mut removed = 0u64;
		for netuid in netuids {
			let amount = Self::stake_of(&hotkey, &coldkey, netuid);
			Self::decrease_stake(&hotkey, &coldkey, netuid, amount)?;
			removed = removed.saturating_add(amount);
			let (coldkey, hotkey) = (coldkey.clone(), hotkey.clone());
			Self::deposit_event(Event::StakeRemoved { coldkey, hotkey, netuid, amount });
		}
		ensure!(removed > 0, Error::<T>::NotEnoughStake);
		T::Currency::mint_into(&coldkey, removed)?;
		Ok(())
	}

	pub(crate) fn do_move_stake(from: Holding<T::AccountId>, to: Holding<T::AccountId>, amount: u64) -> DispatchResult {
		ensure!(amount > 0, Error::<T>::AmountTooLow);
		ensure!(from != to, Error::<T>::SameStake);
		Self::ensure_takes_stake(&to.hotkey, to.netuid)?;
		Self::decrease_stake(&from.hotkey, &from.coldkey, from.netuid, amount)?;
		Self::ensure_fine_enough(&to.hotkey, &to.coldkey, to.netuid, amount)?;
		Self::increase_stake(&to.hotkey, &to.coldkey, to.netuid, amount);
		Self::deposit_event(Event::StakeMoved {
			origin_coldkey: from.coldkey,
			origin_hotkey: from.hotkey,
			origin_netuid: from.netuid,
			destination_coldkey: to.coldkey,
			destination_hotkey: to.hotkey,
			destination_netuid: to.netuid,
			amount,
		});
		Ok(())
	}

	/// Whether stake may be put on `hotkey`, to be kept on `netuid`.
	fn ensure_takes_stake(hotkey: &T::AccountId, netuid: u16) -> DispatchResult {
		ensure!(NetworksAdded::<T>::get(netuid), Error::<T>::SubnetNotExists);
		ensure!(Owner::<T>::contains_key(hotkey), Error::<T>::HotKeyAccountNotExists);
		Ok(())
	}

	/// Whether `coldkey` would have what it puts in.
	fn ensure_fine_enough(hotkey: &T::AccountId, coldkey: &T::AccountId, netuid: u16, amount: u64) -> DispatchResult {
		let mut pool = Self::pool(hotkey, netuid);
		pool.renew(Alpha::<T>::get((hotkey, coldkey, netuid)));
		ensure!(pool.is_fine_enough_for(amount), Error::<T>::PoolTooCoarse);
		Ok(())
	}

	/// Adds to a stake. No sum can overflow: all stake is part of the total issuance.
	pub(crate) fn increase_stake(hotkey: &T::AccountId, coldkey: &T::AccountId, netuid: u16, amount: u64) {
		Self::add_to_totals(netuid, amount);
		Self::grow_stake(hotkey, coldkey, netuid, 0, amount);
	}

	/// Adds `earned` to the stake of all who have any on `hotkey`, kept on `netuid`, and `amount` to `coldkey`'s, who gets both
	/// where nobody has any; all in one, since an epoch does it thousands of times. The totals of the subnet and of the chain
	/// are left to the caller.
	pub(crate) fn grow_stake(
		hotkey: &T::AccountId,
		coldkey: &T::AccountId,
		netuid: u16,
		earned: u64,
		amount: u64,
	) -> Growth {
		let all = earned.saturating_add(amount);
		TotalHotkeyStake::<T>::mutate(hotkey, |total| *total = total.saturating_add(all));
		let mut pool = Self::pool(hotkey, netuid);
		let own = if pool.earn(earned).is_some() { amount } else { all };
		let held = Alpha::<T>::get((hotkey, coldkey, netuid));
		if own == 0 || pool.earn_alone(held, own).is_some() {
			TotalHotkeyAlpha::<T>::insert(hotkey, netuid, pool.total);
			return Growth::OfPrice;
		}
		let share = pool.renew(held).saturating_add(pool.deposit(own));
		// A payment may be too little for any share of a coarse pool: all who have one then share it.
		if share.to_bits() > 0 {
			Alpha::<T>::insert((hotkey, coldkey, netuid), share);
		}
		if share.to_bits() > 0 && held.to_bits() == 0 {
			StakedHotkeys::<T>::insert(coldkey, hotkey, ());
		}
		Self::put_pool(hotkey, netuid, pool);
		Growth::OfShares
	}

	/// Takes from a stake.
	pub(crate) fn decrease_stake(
		hotkey: &T::AccountId,
		coldkey: &T::AccountId,
		netuid: u16,
		amount: u64,
	) -> DispatchResult {
		let mut pool = Self::pool(hotkey, netuid);
		let share = pool.renew(Alpha::<T>::get((hotkey, coldkey, netuid)));
		let left = pool.withdraw(share, amount).ok_or(Error::<T>::NotEnoughStake)?;
		if left.to_bits() > 0 {
			Alpha::<T>::insert((hotkey, coldkey, netuid), left);
		} else {
			Alpha::<T>::remove((hotkey, coldkey, netuid));
			if Alpha::<T>::iter_key_prefix((hotkey, coldkey)).next().is_none() {
				StakedHotkeys::<T>::remove(coldkey, hotkey);
			}
		}
		Self::put_pool(hotkey, netuid, pool);
		// The totals contain this stake.
		let take =
			|total: &mut Option<u64>| *total = total.map(|all| all.saturating_sub(amount)).filter(|left| *left > 0);
		TotalHotkeyStake::<T>::mutate_exists(hotkey, take);
		SubnetAlphaOut::<T>::mutate_exists(netuid, take);
		TotalStake::<T>::mutate(|total| *total = total.saturating_sub(amount));
		Ok(())
	}

	/// Adds to the stake of all who have any on `hotkey`, kept on `netuid`. `None`, and nothing changes, if nobody has.
	pub(crate) fn earn_stake(hotkey: &T::AccountId, netuid: u16, amount: u64) -> Option<()> {
		let mut pool = Self::pool(hotkey, netuid);
		pool.earn(amount)?;
		TotalHotkeyAlpha::<T>::insert(hotkey, netuid, pool.total);
		TotalHotkeyStake::<T>::mutate(hotkey, |total| *total = total.saturating_add(amount));
		Self::add_to_totals(netuid, amount);
		Some(())
	}

	/// Adds new stake to the totals of the subnet where it is kept and of the chain; a hotkey's grows with the stake.
	pub(crate) fn add_to_totals(netuid: u16, amount: u64) {
		SubnetAlphaOut::<T>::mutate(netuid, |total| *total = total.saturating_add(amount));
		TotalStake::<T>::mutate(|total| *total = total.saturating_add(amount));
	}

	pub(crate) fn pool(hotkey: &T::AccountId, netuid: u16) -> SharePool {
		SharePool {
			total: TotalHotkeyAlpha::<T>::get(hotkey, netuid),
			shares: TotalHotkeyShares::<T>::get(hotkey, netuid),
		}
	}

	fn put_pool(hotkey: &T::AccountId, netuid: u16, pool: SharePool) {
		if pool.is_empty() {
			TotalHotkeyAlpha::<T>::remove(hotkey, netuid);
			TotalHotkeyShares::<T>::remove(hotkey, netuid);
		} else {
			TotalHotkeyAlpha::<T>::insert(hotkey, netuid, pool.total);
			TotalHotkeyShares::<T>::insert(hotkey, netuid, pool.shares);
		}
	}
}
