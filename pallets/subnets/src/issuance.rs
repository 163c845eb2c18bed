// SPDX-License-Identifier: Apache-2.0
//! Money: what a block mints, and the one way out of total issuance.

use alloc::vec::Vec;
use core::marker::PhantomData;

use frame_support::{
	traits::{fungible::Credit, Get, Imbalance, OnUnbalanced},
	weights::Weight,
};
use yuma_consensus::cut_for_owner;

use crate::{
	Config, Event, NetworksAdded, Pallet, PendingEmission, PendingOwnerCut, SubnetOwner, SubnetOwnerCut, TotalBurned,
	TotalIssuance, WeightInfo, ROOT_NETUID,
};

/// Takes what is burned out of total issuance; for transaction fees and the dust of reaped accounts.
pub struct BurnFromIssuance<T>(PhantomData<T>);

impl<T: Config> OnUnbalanced<Credit<T::AccountId, T::Currency>> for BurnFromIssuance<T> {
	fn on_nonzero_unbalanced(credit: Credit<T::AccountId, T::Currency>) {
		Pallet::<T>::burn_from_issuance(credit.peek());
		drop(credit); // Which takes it out of the balances.
	}
}

/// What the next block mints, by the halving curve.
pub struct BlockEmission<T>(PhantomData<T>);

impl<T: Config> Get<u64> for BlockEmission<T> {
	fn get() -> u64 {
		yuma_consensus::issuance::block_emission(TotalIssuance::<T>::get())
	}
}

impl<T: Config> Pallet<T> {
	/// Adds each subnet's part of the block emission to what it and its owner have pending. Without a valid root vote
	/// nothing is minted.
	///
	/// Returns the subnets, ascending, so that the block need not list them again.
	pub(crate) fn mint_block_emission() -> (Vec<u16>, Weight) {
		let parts = pallet_root_weights::Pallet::<T>::split_emission(BlockEmission::<T>::get());
		let (mut minted, owners_cut) = (0u64, SubnetOwnerCut::<T>::get());
		for (netuid, part) in parts.iter().filter(|(_, part)| *part > 0) {
			let cut = cut_for_owner(*part, if SubnetOwner::<T>::contains_key(netuid) { owners_cut } else { 0 });
			PendingEmission::<T>::mutate(netuid, |pending| *pending = pending.saturating_add(cut.rest));
			if cut.owner > 0 {
				PendingOwnerCut::<T>::mutate(netuid, |pending| *pending = pending.saturating_add(cut.owner));
			}
			minted = minted.saturating_add(*part); // Sums to the block emission, far below the supply.
		}
		TotalIssuance::<T>::mutate(|issuance| *issuance = issuance.saturating_add(minted));
		let weight = <T as Config>::WeightInfo::mint_block_emission(parts.len() as u32);
		(parts.into_iter().map(|(netuid, _)| netuid).collect(), weight)
	}

	/// Records that `amount` rao no longer exist.
	pub(crate) fn burn_from_issuance(amount: u64) {
		if amount == 0 {
			return;
		}
		TotalIssuance::<T>::mutate(|issuance| *issuance = issuance.saturating_sub(amount));
		TotalBurned::<T>::mutate(|burned| *burned = burned.saturating_add(amount));
		Self::deposit_event(Event::Burned { amount });
	}

	/// The subnets that exist, ascending, the root network left out.
	pub fn subnet_netuids() -> Vec<u16> {
		let networks = NetworksAdded::<T>::iter().filter(|(netuid, added)| *added && *netuid != ROOT_NETUID);
		let mut netuids: Vec<u16> = networks.map(|(netuid, _)| netuid).collect();
		netuids.sort_unstable(); // The map iterates in the order of the keys' bytes.
		netuids
	}
}
