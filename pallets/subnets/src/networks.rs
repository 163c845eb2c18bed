// SPDX-License-Identifier: Apache-2.0
//! Creating and removing subnets, and who owns them.

use alloc::{format, vec::Vec};

use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use frame_support::{ensure, pallet_prelude::*};
use scale_info::TypeInfo;

use crate::{
	Config, DueEpochs, Error, Event, LastAdjustmentBlock, NetworkMinLockCost, NetworkRegisteredAt, NetworksAdded,
	Owner, Pallet, PendingEmission, PendingOwnerCut, RemovedNetworks, SubnetOwner, SubnetOwnerHotkey, Tempo,
	TokenSymbol, ROOT_NETUID,
};

/// How a subnet reaches consensus, as clients ask.
#[derive(
	Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub enum EpochConsensus {
	/// By Yuma consensus.
	#[default]
	Yuma,
	/// Not at all: weights have no effect.
	Null,
}

impl<T: Config> Pallet<T> {
	pub(crate) fn do_create_network(netuid: u16, tempo: u16) -> DispatchResult {
		ensure!(!NetworksAdded::<T>::get(netuid), Error::<T>::SubnetExists);
		ensure!(netuid != ROOT_NETUID, Error::<T>::IsRoot);
		let leaving = RemovedNetworks::<T>::get();
		ensure!(!leaving.contains(&netuid), Error::<T>::SubnetBeingRemoved);
		Self::ensure_room(&Self::subnet_netuids(), &leaving)?;
		Self::put_network(netuid, tempo);
		Ok(())
	}

	pub(crate) fn do_register_network(coldkey: T::AccountId, hotkey: T::AccountId) -> DispatchResult {
		let owner = Owner::<T>::get(&hotkey);
		ensure!(owner.is_none_or(|owner| owner == coldkey), Error::<T>::NonAssociatedColdKey);
		let (taken, leaving) = (Self::subnet_netuids(), RemovedNetworks::<T>::get());
		Self::ensure_room(&taken, &leaving)?;
		// Of one number more than there can be subnets one is free.
		let mut netuids = 1..=u16::MAX;
		let free = netuids.find(|netuid| taken.binary_search(netuid).is_err() && !leaving.contains(netuid));
		let netuid = free.ok_or(Error::<T>::TooManySubnets)?;
		Self::put_network(netuid, Tempo::<T>::get(netuid));
		Self::pay_by_burning(&coldkey, NetworkMinLockCost::<T>::get())?;
		Self::put_neuron(netuid, 0, &coldkey, &hotkey);
		Self::do_set_subnet_owner(netuid, coldkey, hotkey)
	}

	/// Checks that there may be one subnet more. One that is leaving counts until nothing is left of it: what an epoch
	/// pays, it pays wherever stake is kept.
	fn ensure_room(taken: &[u16], leaving: &[u16]) -> DispatchResult {
		let count = taken.len().saturating_add(leaving.len());
		ensure!(count < T::MaxSubnets::get() as usize, Error::<T>::TooManySubnets);
		Ok(())
	}

	/// Creates a subnet whose number is free.
	fn put_network(netuid: u16, tempo: u16) {
		NetworksAdded::<T>::insert(netuid, true);
		NetworkRegisteredAt::<T>::insert(netuid, Self::block());
		LastAdjustmentBlock::<T>::insert(netuid, Self::block());
		Tempo::<T>::insert(netuid, tempo);
		TokenSymbol::<T>::insert(netuid, token_symbol(netuid));
		Self::deposit_event(Event::NetworkAdded { netuid });
	}

	pub(crate) fn do_set_subnet_owner(netuid: u16, coldkey: T::AccountId, hotkey: T::AccountId) -> DispatchResult {
		ensure!(netuid != ROOT_NETUID, Error::<T>::IsRoot);
		ensure!(NetworksAdded::<T>::get(netuid), Error::<T>::SubnetNotExists);
		Self::ensure_owns(&coldkey, &hotkey)?;
		Self::pay_subnet_owner(netuid); // Who has earned it.
		SubnetOwner::<T>::insert(netuid, &coldkey);
		SubnetOwnerHotkey::<T>::insert(netuid, &hotkey);
		Self::deposit_event(Event::SubnetOwnerSet { netuid, coldkey, hotkey });
		Ok(())
	}

	pub(crate) fn do_dissolve_network(coldkey: T::AccountId, netuid: u16) -> DispatchResult {
		ensure!(netuid != ROOT_NETUID, Error::<T>::IsRoot);
		ensure!(NetworksAdded::<T>::get(netuid), Error::<T>::SubnetNotExists);
		let owner = SubnetOwner::<T>::get(netuid);
		ensure!(owner.is_none_or(|owner| owner == coldkey), Error::<T>::NotSubnetOwner);
		// There is room: who is leaving counts as one of the subnets there can be.
		let queued = RemovedNetworks::<T>::try_mutate(|leaving| leaving.try_push(netuid));
		queued.map_err(|_| Error::<T>::SubnetBeingRemoved)?;
		NetworksAdded::<T>::remove(netuid);
		DueEpochs::<T>::mutate(|due| due.retain(|other| *other != netuid));
		let burned = PendingEmission::<T>::take(netuid).saturating_add(PendingOwnerCut::<T>::take(netuid));
		Self::burn_from_issuance(burned);
		Self::deposit_event(Event::NetworkRemoved { netuid, burned });
		Ok(())
	}
}

/// What stands behind an amount of subnet `netuid`: tau for root, then the small Greek letters, in turn and numbered.
pub(crate) fn token_symbol(netuid: u16) -> Vec<u8> {
	const LETTERS: &str = "αβγδεζηθικλμνξοπρστυφχψω";
	let Some(subnet) = netuid.checked_sub(1) else { return "Τ".as_bytes().into() };
	let (turn, place) = (subnet / 24, usize::from(subnet % 24));
	let letter = LETTERS.chars().nth(place).unwrap_or('α');
	if turn == 0 {
		format!("{letter}").into_bytes()
	} else {
		format!("{letter}{turn}").into_bytes()
	}
}
