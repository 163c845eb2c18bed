// SPDX-License-Identifier: Apache-2.0
//! How a hotkey gets a uid, and what leaves with the one it replaces.

use alloc::vec::Vec;
use core::ops::RangeInclusive;

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
	Active, AdjustmentAlpha, AdjustmentInterval, Axons, BlockAtRegistration, Bonds, Burn, Config, Consensus, Dividends,
	Emission, Error, Event, Hyperparameter, ImmunityPeriod, Incentive, Keys, LastAdjustmentBlock, LastUpdate,
	MaxAllowedUids, MaxBurn, MaxRegistrationsPerBlock, MinBurn, NetworkRegistrationAllowed, NetworksAdded,
	OnNeuronRemoved, Owner, Pallet, Prometheus, PruningScores, Rank, RegistrationsThisBlock, RegistrationsThisInterval,
	SubnetOwnerHotkey, SubnetworkN, TargetRegistrationsPerInterval, Trust, Uids, ValidatorPermit, ValidatorTrust,
	WeightCommits, WeightInfo, Weights, ROOT_NETUID,
};

/// Registrations in an interval are at most this many times the target.
const REGISTRATIONS_TO_TARGET: u16 = 3;

impl<T: Config> Pallet<T> {
	/// Registers `hotkey`, and returns at how many rows it has looked for what its predecessor was given.
	pub(crate) fn do_burned_register(
		coldkey: T::AccountId,
		netuid: u16,
		hotkey: T::AccountId,
	) -> Result<u32, DispatchError> {
		ensure!(netuid != ROOT_NETUID, Error::<T>::IsRoot);
		Self::ensure_registrable(&coldkey, netuid, &hotkey)?;
		Self::ensure_takes_registrations(netuid)?;
		let uid = Self::free_uid(netuid)?;
		Self::pay_by_burning(&coldkey, Burn::<T>::get(netuid))?;
		RegistrationsThisBlock::<T>::mutate(netuid, |count| *count = count.saturating_add(1));
		RegistrationsThisInterval::<T>::mutate(netuid, |count| *count = count.saturating_add(1));
		Ok(Self::put_neuron(netuid, uid, &coldkey, &hotkey))
	}

	/// What a registration on a subnet of `neurons` costs that looks at `rows`.
	pub(crate) fn weight_of_registration(neurons: u32, rows: u32) -> Weight {
		let of_rows = <T as Config>::WeightInfo::forget_weights(rows);
		<T as Config>::WeightInfo::burned_register(neurons)
			.saturating_add(of_rows.saturating_sub(<T as Config>::WeightInfo::forget_weights(0)))
	}

	/// The most that a registration on `netuid` can cost in this block, after as many others as it takes. Where one may
	/// replace a neuron, all neurons may have had a permit once, and have weights to look at.
	///
	/// By the subnet as it is: what the largest one there can be takes would leave no room for a few in a batch.
	pub(crate) fn most_weight_of_registration(netuid: u16) -> Weight {
		let (neurons, places) = (u32::from(SubnetworkN::<T>::get(netuid)), u32::from(MaxAllowedUids::<T>::get(netuid)));
		let after = neurons.saturating_add(MaxRegistrationsPerBlock::<T>::get(netuid).into());
		if after <= places {
			return Self::weight_of_registration(after, 0);
		}
		let neurons = neurons.max(places);
		Self::weight_of_registration(
			neurons,
			neurons.saturating_add(neurons.min(Hyperparameter::MOST_VALIDATORS.into())),
		)
	}

	/// Burns `price` rao of the balance of `coldkey`, which must leave it the existential deposit.
	pub(crate) fn pay_by_burning(coldkey: &T::AccountId, price: u64) -> DispatchResult {
		let free = T::Currency::reducible_balance(coldkey, Preservation::Preserve, Fortitude::Polite);
		ensure!(free >= price, Error::<T>::NotEnoughBalance);
		T::Currency::burn_from(coldkey, price, Preservation::Preserve, Precision::Exact, Fortitude::Polite)?;
		Self::burn_from_issuance(price);
		Ok(())
	}

	fn ensure_takes_registrations(netuid: u16) -> DispatchResult {
		ensure!(NetworkRegistrationAllowed::<T>::get(netuid), Error::<T>::SubNetRegistrationDisabled);
		let is_open = RegistrationsThisBlock::<T>::get(netuid) < MaxRegistrationsPerBlock::<T>::get(netuid);
		ensure!(is_open, Error::<T>::TooManyRegistrationsThisBlock);
		let most = TargetRegistrationsPerInterval::<T>::get(netuid).saturating_mul(REGISTRATIONS_TO_TARGET);
		if RegistrationsThisInterval::<T>::get(netuid) >= most {
			let interval = AdjustmentInterval::<T>::get(netuid);
			let blocks_left = Self::blocks_left(LastAdjustmentBlock::<T>::get(netuid), interval.into());
			return Err(Error::<T>::TooManyRegistrationsThisInterval { blocks_left }.into());
		}
		Ok(())
	}

	/// Forgets how many registered in the block before. Returns on how many subnets there were any.
	pub(crate) fn count_registrations_anew() -> u32 {
		RegistrationsThisBlock::<T>::drain().count() as u32
	}

	/// Moves the price of a registration, once an interval: to what it was times `(registrations + target) / (2 · target)`,
	/// mixed with what it was by [`AdjustmentAlpha`], rounded the way it moves, within [`MinBurn`] and [`MaxBurn`]. Says
	/// whether it was time.
	pub(crate) fn adjust_burn(netuid: u16, block: u64) -> bool {
		let passed = block.saturating_sub(LastAdjustmentBlock::<T>::get(netuid));
		if passed < u64::from(AdjustmentInterval::<T>::get(netuid)) {
			return false;
		}
		LastAdjustmentBlock::<T>::insert(netuid, block);
		let registrations = RegistrationsThisInterval::<T>::take(netuid);
		let target = TargetRegistrationsPerInterval::<T>::get(netuid);
		let alpha = AdjustmentAlpha::<T>::get(netuid);
		let bounds = MinBurn::<T>::get(netuid)..=MaxBurn::<T>::get(netuid);
		Burn::<T>::mutate(netuid, |burn| *burn = adjusted_burn(*burn, registrations, target, alpha, bounds));
		true
	}

	/// Whether `coldkey` may register `hotkey` on `netuid` at all.
	pub(crate) fn ensure_registrable(coldkey: &T::AccountId, netuid: u16, hotkey: &T::AccountId) -> DispatchResult {
		ensure!(NetworksAdded::<T>::get(netuid), Error::<T>::SubnetNotExists);
		ensure!(!Uids::<T>::contains_key(netuid, hotkey), Error::<T>::HotKeyAlreadyRegisteredInSubNet);
		let owner = Owner::<T>::get(hotkey);
		ensure!(owner.is_none_or(|owner| owner == *coldkey), Error::<T>::NonAssociatedColdKey);
		Ok(())
	}

	/// Gives `uid`, the next free one or a taken one, to `hotkey`. Returns at how many rows it has looked for what a
	/// predecessor was given.
	pub(crate) fn put_neuron(netuid: u16, uid: u16, coldkey: &T::AccountId, hotkey: &T::AccountId) -> u32 {
		let mut rows = 0;
		if let Some(previous) = Keys::<T>::get(netuid, uid) {
			Self::remove_neuron(netuid, uid);
			rows = Self::forget_weights_on(netuid, uid);
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
		rows
	}

	/// Forgets the hotkey of `uid` and the rows it set.
	pub(crate) fn remove_neuron(netuid: u16, uid: u16) {
		if let Some(hotkey) = Keys::<T>::take(netuid, uid) {
			Uids::<T>::remove(netuid, &hotkey);
			frame_system::Pallet::<T>::dec_sufficients(&hotkey);
			Axons::<T>::remove(netuid, &hotkey);
			Prometheus::<T>::remove(netuid, &hotkey);
			WeightCommits::<T>::remove(netuid, &hotkey);
			T::OnNeuronRemoved::on_neuron_removed(netuid, &hotkey);
		}
		BlockAtRegistration::<T>::remove(netuid, uid);
		Weights::<T>::remove(netuid, uid);
		Bonds::<T>::remove(netuid, uid);
		if netuid == ROOT_NETUID {
			pallet_root_weights::Pallet::<T>::clear_validator(uid);
		}
	}

	/// Forgets what others think of `uid`: weights and bonds were meant for its predecessor. Looks only at rows that there
	/// are, writes only those that name it, and returns at how many it has looked.
	///
	/// Bonds have those who have a permit, as many as there may be validators; weights may have all who ever had one, who
	/// are no more than there are uids.
	pub(crate) fn forget_weights_on(netuid: u16, uid: u16) -> u32 {
		if netuid == ROOT_NETUID {
			return 0; // Root rows name subnets, not uids.
		}
		let weights: Vec<u16> = Weights::<T>::iter_key_prefix(netuid).collect();
		for row in &weights {
			let mut entries = Weights::<T>::get(netuid, row);
			if remove_entry(&mut entries, uid) {
				Weights::<T>::insert(netuid, row, entries);
			}
		}
		let bonds: Vec<u16> = Bonds::<T>::iter_key_prefix(netuid).collect();
		for row in &bonds {
			let mut entries = Bonds::<T>::get(netuid, row);
			if remove_entry(&mut entries, uid) {
				Bonds::<T>::insert(netuid, row, entries);
			}
		}
		(weights.len() as u32).saturating_add(bonds.len() as u32)
	}

	/// The next free uid; when the subnet is full that of the neuron with the lowest pruning score, the older of equals,
	/// among those that are neither immune nor the subnet's owner.
	fn free_uid(netuid: u16) -> Result<u16, DispatchError> {
		let n = SubnetworkN::<T>::get(netuid);
		if n < MaxAllowedUids::<T>::get(netuid) {
			return Ok(n);
		}
		let scores = PruningScores::<T>::get(netuid);
		let (now, immunity) = (Self::block(), ImmunityPeriod::<T>::get(netuid));
		let owners = SubnetOwnerHotkey::<T>::get(netuid).and_then(|hotkey| Uids::<T>::get(netuid, hotkey));
		let candidates = (0..n).filter_map(|uid| {
			let registered = BlockAtRegistration::<T>::get(netuid, uid);
			let immune = now.saturating_sub(registered) < u64::from(immunity);
			(!immune && owners != Some(uid)).then_some((
				scores.get(usize::from(uid)).copied().unwrap_or(0),
				registered,
				uid,
			))
		});
		candidates.min().map(|(.., uid)| uid).ok_or(Error::<T>::NoNeuronIdAvailable.into())
	}

	/// Neurons of a network that there is.
	pub(crate) fn neuron_count(netuid: u16) -> u16 {
		if NetworksAdded::<T>::get(netuid) {
			SubnetworkN::<T>::get(netuid)
		} else {
			0 // What a removed subnet still has is nobody's any more.
		}
	}

	/// Uid that `hotkey` holds of a network that there is.
	pub fn uid_on(netuid: u16, hotkey: &T::AccountId) -> Option<u16> {
		Uids::<T>::get(netuid, hotkey).filter(|_| NetworksAdded::<T>::get(netuid))
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

/// The price after an interval; see [`Pallet::adjust_burn`].
fn adjusted_burn(burn: u64, registrations: u16, target: u16, alpha: u64, bounds: RangeInclusive<u64>) -> u64 {
	let (registrations, target) = (u128::from(registrations), u128::from(target.max(1)));
	// Factors below 2⁶⁴ and 2¹⁷.
	let moved = u128::from(burn).saturating_mul(registrations.saturating_add(target)) / target.saturating_mul(2);
	// With more than the target the price rises, if by a rao: one of nothing would stay nothing.
	let least = if registrations > target { u128::from(burn).saturating_add(1) } else { 0 };
	let moved = moved.max(least).min(u64::MAX.into());
	let kept = u128::from(burn).saturating_mul(alpha.into());
	let mixed = kept.saturating_add(moved.saturating_mul(u64::MAX.saturating_sub(alpha).into()));
	let whole = u128::from(u64::MAX);
	let mixed = if registrations > target { mixed.div_ceil(whole) } else { mixed / whole };
	u64::try_from(mixed).unwrap_or(u64::MAX).min(*bounds.end()).max(*bounds.start())
}

/// Sets the value of `uid`, one past the end at the most.
pub(crate) fn set_at<Value: Clone + Default>(column: &mut Vec<Value>, uid: u16, value: Value) {
	let index = usize::from(uid);
	if column.len() <= index {
		column.resize(index.saturating_add(1), Value::default());
	}
	if let Some(slot) = column.get_mut(index) {
		*slot = value;
	}
}

/// Removes the entry on `uid` of a row, which is ascending; says whether there was one.
fn remove_entry(row: &mut Vec<(u16, u16)>, uid: u16) -> bool {
	let place = row.binary_search_by_key(&uid, |(entry, _)| *entry);
	place.map(|place| row.remove(place)).is_ok()
}
