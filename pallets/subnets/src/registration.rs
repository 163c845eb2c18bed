// SPDX-License-Identifier: Apache-2.0
//! How a hotkey gets a uid, and what leaves with the one it replaces.

use frame_support::{
	ensure,
	pallet_prelude::*,
	traits::{
		fungible::{Inspect, Mutate},
		tokens::{Fortitude, Precision, Preservation},
	},
};
use sp_runtime::traits::UniqueSaturatedInto;

use crate::{
	Active, BlockAtRegistration, Bonds, Burn, Config, Consensus, Dividends, Emission, Error, Event, ImmunityPeriod,
	Incentive, Keys, LastUpdate, MaxAllowedUids, NetworksAdded, OnNeuronRemoved, Owner, Pallet, PruningScores, Rank,
	SubnetworkN, Trust, Uids, ValidatorPermit, ValidatorTrust, Weights, ROOT_NETUID,
};

impl<T: Config> Pallet<T> {
	pub(crate) fn do_burned_register(coldkey: T::AccountId, netuid: u16, hotkey: T::AccountId) -> DispatchResult {
		ensure!(netuid != ROOT_NETUID, Error::<T>::IsRoot);
		Self::ensure_registrable(&coldkey, netuid, &hotkey)?;
		let price = Burn::<T>::get(netuid);
		let free = T::Currency::reducible_balance(&coldkey, Preservation::Preserve, Fortitude::Polite);
		ensure!(free >= price, Error::<T>::NotEnoughBalance);
		let uid = Self::free_uid(netuid)?;

		T::Currency::burn_from(&coldkey, price, Preservation::Preserve, Precision::Exact, Fortitude::Polite)?;
		Self::burn_from_issuance(price);
		Self::put_neuron(netuid, uid, &coldkey, &hotkey);
		Ok(())
	}

	/// Whether `coldkey` may register `hotkey` on `netuid` at all.
	pub(crate) fn ensure_registrable(coldkey: &T::AccountId, netuid: u16, hotkey: &T::AccountId) -> DispatchResult {
		ensure!(NetworksAdded::<T>::get(netuid), Error::<T>::SubnetNotExists);
		ensure!(!Uids::<T>::contains_key(netuid, hotkey), Error::<T>::HotKeyAlreadyRegisteredInSubNet);
		let owner = Owner::<T>::get(hotkey);
		ensure!(owner.is_none_or(|owner| owner == *coldkey), Error::<T>::NonAssociatedColdKey);
		Ok(())
	}

	/// Gives `uid`, the next free one or a taken one, to `hotkey`.
	pub(crate) fn put_neuron(netuid: u16, uid: u16, coldkey: &T::AccountId, hotkey: &T::AccountId) {
		if let Some(previous) = Keys::<T>::get(netuid, uid) {
			Self::remove_neuron(netuid, uid);
			Self::forget_weights_on(netuid, uid);
			Self::deposit_event(Event::NeuronReplaced { netuid, uid, hotkey: previous });
		} else {
			SubnetworkN::<T>::insert(netuid, uid.saturating_add(1));
		}
		// The reference lets an account without balance sign; see the crate documentation.
		frame_system::Pallet::<T>::inc_sufficients(hotkey);
		Owner::<T>::insert(hotkey, coldkey);
		Uids::<T>::insert(netuid, hotkey, uid);
		Keys::<T>::insert(netuid, uid, hotkey);
		BlockAtRegistration::<T>::insert(netuid, uid, Self::block());
		Self::reset_columns(netuid, uid);
		Self::deposit_event(Event::NeuronRegistered { netuid, uid, hotkey: hotkey.clone() });
	}

	/// Forgets the hotkey of `uid` and the rows it set.
	pub(crate) fn remove_neuron(netuid: u16, uid: u16) {
		if let Some(hotkey) = Keys::<T>::take(netuid, uid) {
			Uids::<T>::remove(netuid, &hotkey);
			frame_system::Pallet::<T>::dec_sufficients(&hotkey);
			T::OnNeuronRemoved::on_neuron_removed(netuid, &hotkey);
		}
		BlockAtRegistration::<T>::remove(netuid, uid);
		Weights::<T>::remove(netuid, uid);
		Bonds::<T>::remove(netuid, uid);
		if netuid == ROOT_NETUID {
			pallet_root_weights::Pallet::<T>::clear_validator(uid);
		}
	}

	/// Forgets what others think of `uid`: weights and bonds were meant for its predecessor.
	fn forget_weights_on(netuid: u16, uid: u16) {
		if netuid == ROOT_NETUID {
			return; // Root rows name subnets, not uids.
		}
		for row in 0..SubnetworkN::<T>::get(netuid) {
			Weights::<T>::mutate_exists(netuid, row, |weights| remove_entry(weights, uid));
			Bonds::<T>::mutate_exists(netuid, row, |bonds| remove_entry(bonds, uid));
		}
	}

	/// The next free uid; when the subnet is full that of the neuron with the lowest pruning score, the older of equals,
	/// among those that are not immune.
	fn free_uid(netuid: u16) -> Result<u16, DispatchError> {
		let n = SubnetworkN::<T>::get(netuid);
		if n < MaxAllowedUids::<T>::get(netuid) {
			return Ok(n);
		}
		let scores = PruningScores::<T>::get(netuid);
		let (now, immunity) = (Self::block(), ImmunityPeriod::<T>::get(netuid));
		let candidates = (0..n).filter_map(|uid| {
			let registered = BlockAtRegistration::<T>::get(netuid, uid);
			let immune = now.saturating_sub(registered) < u64::from(immunity);
			(!immune).then_some((scores.get(usize::from(uid)).copied().unwrap_or(0), registered, uid))
		});
		candidates.min().map(|(.., uid)| uid).ok_or(Error::<T>::NoNeuronIdAvailable.into())
	}

	fn reset_columns(netuid: u16, uid: u16) {
		LastUpdate::<T>::mutate(netuid, |column| set_at(column, uid, Self::block()));
		ValidatorPermit::<T>::mutate(netuid, |column| set_at(column, uid, false));
		Active::<T>::mutate(netuid, |column| set_at(column, uid, true));
		Rank::<T>::mutate(netuid, |column| set_at(column, uid, 0));
		Trust::<T>::mutate(netuid, |column| set_at(column, uid, 0));
		Consensus::<T>::mutate(netuid, |column| set_at(column, uid, 0));
		Incentive::<T>::mutate(netuid, |column| set_at(column, uid, 0));
		Dividends::<T>::mutate(netuid, |column| set_at(column, uid, 0));
		ValidatorTrust::<T>::mutate(netuid, |column| set_at(column, uid, 0));
		PruningScores::<T>::mutate(netuid, |column| set_at(column, uid, u16::MAX)); // Not to be the first to go.
		Emission::<T>::mutate(netuid, |column| set_at(column, uid, 0));
	}

	/// The present block's number.
	pub(crate) fn block() -> u64 {
		frame_system::Pallet::<T>::block_number().unique_saturated_into()
	}
}

/// Sets the value of `uid`, one past the end at the most.
pub(crate) fn set_at<Value: Clone + Default>(column: &mut alloc::vec::Vec<Value>, uid: u16, value: Value) {
	let index = usize::from(uid);
	if column.len() <= index {
		column.resize(index.saturating_add(1), Value::default());
	}
	if let Some(slot) = column.get_mut(index) {
		*slot = value;
	}
}

fn remove_entry(row: &mut Option<alloc::vec::Vec<(u16, u16)>>, uid: u16) {
	if let Some(entries) = row {
		entries.retain(|(entry, _)| *entry != uid);
	}
}
