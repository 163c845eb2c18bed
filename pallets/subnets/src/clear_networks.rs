// SPDX-License-Identifier: Apache-2.0
//! Clearing removed subnets in the spare time of blocks: first their neurons, from the last uid on, then parameters and
//! records, then the stake that is kept there.
//!
//! For calls, views and payouts a subnet is gone as soon as it is removed; its number is given again when nothing is left.

use alloc::vec::Vec;

use frame_support::{traits::fungible::Mutate, weights::Weight};

use crate::{
	Active, ActivityCutoff, AdjustmentAlpha, AdjustmentInterval, Alpha, AlphaSigmoidSteepness, AlphaValues,
	BlocksSinceLastStep, BondsMovingAverage, BondsPenalty, Burn, CommitRevealWeightsEnabled, Config, Consensus,
	Dividends, Emission, Event, ImmunityPeriod, Incentive, Kappa, LastAdjustmentBlock, LastEpochBlock, LastUpdate,
	LiquidAlphaOn, MaxAllowedUids, MaxAllowedValidators, MaxBurn, MaxRegistrationsPerBlock, MaxWeightsLimit,
	MinAllowedWeights, MinBurn, MinValidatorStake, NetworkRegisteredAt, NetworkRegistrationAllowed, OwnerPermitOn,
	Pallet, PermitsNeedStake, PruningScores, Rank, RegistrationsThisBlock, RegistrationsThisInterval, RemovedNetworks,
	ReturnCursor, RevealPeriodEpochs, Rho, ServingRateLimit, SubnetEpochIndex, SubnetOwner, SubnetOwnerHotkey,
	SubnetworkN, TargetRegistrationsPerInterval, Tempo, TokenSymbol, Trust, ValidatorPermit, ValidatorTrust,
	WeightInfo, WeightsSetRateLimit, WeightsVersionKey, Yuma3On,
};

/// Most stakes that a block returns.
const MOST_RETURNED: u32 = 1_000;

impl<T: Config> Pallet<T> {
	/// Clears the removed subnets, one after the other, as far as `weight_left` goes.
	pub(crate) fn clear_removed_networks(weight_left: Weight) -> Weight {
		let none = <T as Config>::WeightInfo::clear_nothing();
		if !weight_left.all_gte(none) {
			return Weight::zero();
		}
		let Some(netuid) = RemovedNetworks::<T>::get().first().copied() else { return none };
		let mut left = weight_left.saturating_sub(none);
		left.saturating_reduce(Self::clear_neurons(netuid, left));
		if SubnetworkN::<T>::get(netuid) == 0 {
			left.saturating_reduce(Self::clear_records(netuid, left));
		}
		if !NetworkRegisteredAt::<T>::contains_key(netuid) {
			left.saturating_reduce(Self::clear_stake(netuid, left));
		}
		weight_left.saturating_sub(left)
	}

	/// Removes as many neurons of `netuid` as `weight_left` allows, from the last uid on.
	fn clear_neurons(netuid: u16, weight_left: Weight) -> Weight {
		let most = how_many(weight_left, <T as Config>::WeightInfo::clear_neurons);
		match Self::remove_neurons(netuid, most) {
			0 => Weight::zero(),
			removed => <T as Config>::WeightInfo::clear_neurons(removed),
		}
	}

	/// Removes the last `most` neurons of `netuid`, or all. Returns how many there were.
	pub(crate) fn remove_neurons(netuid: u16, most: u32) -> u32 {
		let n = SubnetworkN::<T>::get(netuid);
		let removed = n.min(u16::try_from(most).unwrap_or(u16::MAX));
		let left = n.saturating_sub(removed);
		if removed > 0 {
			SubnetworkN::<T>::insert(netuid, left);
		}
		(left..n).rev().for_each(|uid| Self::remove_neuron(netuid, uid));
		removed.into()
	}

	/// Removes everything that is kept of `netuid` as a whole, once. The block of its creation tells whether it has been.
	fn clear_records(netuid: u16, weight_left: Weight) -> Weight {
		let weight = <T as Config>::WeightInfo::clear_records();
		if !NetworkRegisteredAt::<T>::contains_key(netuid) || !weight_left.all_gte(weight) {
			return Weight::zero();
		}
		Self::remove_all_records(netuid);
		weight
	}

	pub(crate) fn remove_all_records(netuid: u16) {
		Self::remove_columns(netuid);
		Self::remove_parameters(netuid);
		Self::remove_records(netuid);
	}

	/// Returns stake that is kept on `netuid` to the balances of who staked it, as far as `weight_left` goes.
	fn clear_stake(netuid: u16, weight_left: Weight) -> Weight {
		let none = <T as Config>::WeightInfo::return_stake(0);
		if !weight_left.all_gte(none) {
			return Weight::zero();
		}
		let most = how_many(weight_left, <T as Config>::WeightInfo::return_stake).min(MOST_RETURNED);
		<T as Config>::WeightInfo::return_stake(Self::return_stake(netuid, most))
	}

	/// Looks at the next `most` stakes and returns those that are kept on `netuid`, the first of the removed subnets. Says
	/// at how many it has looked.
	pub(crate) fn return_stake(netuid: u16, most: u32) -> u32 {
		let stakes = match ReturnCursor::<T>::get() {
			Some(cursor) => Alpha::<T>::iter_keys_from(cursor),
			None => Alpha::<T>::iter_keys(),
		};
		let seen: Vec<_> = stakes.take(most as usize).collect();
		for (hotkey, coldkey, _) in seen.iter().filter(|(.., kept_on)| *kept_on == netuid) {
			Self::return_one_stake(hotkey, coldkey, netuid);
		}
		match seen.last() {
			Some(last) if seen.len() == most as usize => ReturnCursor::<T>::put(Alpha::<T>::hashed_key_for(last)),
			_ if most > 0 => {
				ReturnCursor::<T>::kill();
				RemovedNetworks::<T>::mutate(|leaving| leaving.retain(|other| *other != netuid));
				Self::deposit_event(Event::NetworkCleared { netuid });
			},
			_ => (), // There was no time to look at any.
		}
		seen.len() as u32
	}

	fn return_one_stake(hotkey: &T::AccountId, coldkey: &T::AccountId, netuid: u16) {
		let amount = Self::stake_of(hotkey, coldkey, netuid);
		if Self::decrease_stake(hotkey, coldkey, netuid, amount).is_err() {
			return; // Not so: it is worth its value.
		}
		// An account that is gone does not come back for less than the existential deposit, which counts as dust.
		if T::Currency::mint_into(coldkey, amount).is_err() {
			Self::burn_from_issuance(amount);
		}
		let (hotkey, coldkey) = (hotkey.clone(), coldkey.clone());
		Self::deposit_event(Event::StakeRemoved { coldkey, hotkey, netuid, amount });
	}

	fn remove_columns(netuid: u16) {
		LastUpdate::<T>::remove(netuid);
		ValidatorPermit::<T>::remove(netuid);
		Active::<T>::remove(netuid);
		Rank::<T>::remove(netuid);
		Trust::<T>::remove(netuid);
		Consensus::<T>::remove(netuid);
		Incentive::<T>::remove(netuid);
		Dividends::<T>::remove(netuid);
		ValidatorTrust::<T>::remove(netuid);
		PruningScores::<T>::remove(netuid);
		Emission::<T>::remove(netuid);
	}

	fn remove_parameters(netuid: u16) {
		MaxAllowedUids::<T>::remove(netuid);
		MaxAllowedValidators::<T>::remove(netuid);
		Tempo::<T>::remove(netuid);
		Kappa::<T>::remove(netuid);
		Rho::<T>::remove(netuid);
		BondsMovingAverage::<T>::remove(netuid);
		ActivityCutoff::<T>::remove(netuid);
		ImmunityPeriod::<T>::remove(netuid);
		MinAllowedWeights::<T>::remove(netuid);
		MaxWeightsLimit::<T>::remove(netuid);
		WeightsVersionKey::<T>::remove(netuid);
		WeightsSetRateLimit::<T>::remove(netuid);
		CommitRevealWeightsEnabled::<T>::remove(netuid);
		RevealPeriodEpochs::<T>::remove(netuid);
		ServingRateLimit::<T>::remove(netuid);
		NetworkRegistrationAllowed::<T>::remove(netuid);
		Burn::<T>::remove(netuid);
		MinBurn::<T>::remove(netuid);
		MaxBurn::<T>::remove(netuid);
		AdjustmentInterval::<T>::remove(netuid);
		AdjustmentAlpha::<T>::remove(netuid);
		TargetRegistrationsPerInterval::<T>::remove(netuid);
		MaxRegistrationsPerBlock::<T>::remove(netuid);
		BondsPenalty::<T>::remove(netuid);
		Yuma3On::<T>::remove(netuid);
		LiquidAlphaOn::<T>::remove(netuid);
		AlphaValues::<T>::remove(netuid);
		AlphaSigmoidSteepness::<T>::remove(netuid);
		MinValidatorStake::<T>::remove(netuid);
		PermitsNeedStake::<T>::remove(netuid);
		OwnerPermitOn::<T>::remove(netuid);
	}

	fn remove_records(netuid: u16) {
		SubnetworkN::<T>::remove(netuid);
		NetworkRegisteredAt::<T>::remove(netuid);
		SubnetOwner::<T>::remove(netuid);
		SubnetOwnerHotkey::<T>::remove(netuid);
		TokenSymbol::<T>::remove(netuid);
		BlocksSinceLastStep::<T>::remove(netuid);
		LastEpochBlock::<T>::remove(netuid);
		SubnetEpochIndex::<T>::remove(netuid);
		RegistrationsThisBlock::<T>::remove(netuid);
		RegistrationsThisInterval::<T>::remove(netuid);
		LastAdjustmentBlock::<T>::remove(netuid);
	}
}

/// How many of what costs `weight` together fit in `weight_left`.
fn how_many(weight_left: Weight, weight: fn(u32) -> Weight) -> u32 {
	let none = weight(0);
	let each = weight(1).saturating_sub(none);
	let fitting = weight_left.checked_sub(&none).and_then(|left| left.checked_div_per_component(&each));
	u32::try_from(fitting.unwrap_or(0)).unwrap_or(u32::MAX)
}
