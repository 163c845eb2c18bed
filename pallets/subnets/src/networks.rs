// SPDX-License-Identifier: Apache-2.0
//! Creating and removing subnets, and who owns them.

use alloc::{format, vec::Vec};

use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use frame_support::{ensure, pallet_prelude::*, traits::fungible::Mutate, weights::Weight};
use scale_info::TypeInfo;

use crate::{
	Active, ActivityCutoff, AdjustmentAlpha, AdjustmentInterval, Alpha, AlphaSigmoidSteepness, AlphaValues,
	BlocksSinceLastStep, BondsMovingAverage, BondsPenalty, Burn, CommitRevealWeightsEnabled, Config, Consensus,
	Dividends, Emission, Error, Event, ImmunityPeriod, Incentive, Kappa, LastAdjustmentBlock, LastEpochBlock,
	LastUpdate, LiquidAlphaOn, MaxAllowedUids, MaxAllowedValidators, MaxBurn, MaxRegistrationsPerBlock,
	MaxWeightsLimit, MinAllowedWeights, MinBurn, MinValidatorStake, NetworkMinLockCost, NetworkRegisteredAt,
	NetworkRegistrationAllowed, NetworksAdded, Owner, OwnerPermitOn, Pallet, PendingEmission, PendingOwnerCut,
	PermitsNeedStake, PruningScores, Rank, RegistrationsThisBlock, RegistrationsThisInterval, RemovedNetworks,
	ReturnCursor, RevealPeriodEpochs, Rho, ServingRateLimit, SubnetEpochIndex, SubnetOwner, SubnetOwnerHotkey,
	SubnetworkN, TargetRegistrationsPerInterval, Tempo, TokenSymbol, Trust, ValidatorPermit, ValidatorTrust,
	WeightInfo, WeightsSetRateLimit, WeightsVersionKey, Yuma3On, ROOT_NETUID,
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

/// Most stakes that a block returns.
const MOST_RETURNED: u32 = 1_000;

impl<T: Config> Pallet<T> {
	pub(crate) fn do_create_network(netuid: u16, tempo: u16) -> DispatchResult {
		ensure!(!NetworksAdded::<T>::get(netuid), Error::<T>::SubnetExists);
		ensure!(netuid != ROOT_NETUID, Error::<T>::IsRoot);
		ensure!(!RemovedNetworks::<T>::get().contains(&netuid), Error::<T>::SubnetBeingRemoved);
		ensure!(Self::subnet_netuids().len() < T::MaxSubnets::get() as usize, Error::<T>::TooManySubnets);
		Self::put_network(netuid, tempo);
		Ok(())
	}

	pub(crate) fn do_register_network(coldkey: T::AccountId, hotkey: T::AccountId) -> DispatchResult {
		let owner = Owner::<T>::get(&hotkey);
		ensure!(owner.is_none_or(|owner| owner == coldkey), Error::<T>::NonAssociatedColdKey);
		let (taken, leaving) = (Self::subnet_netuids(), RemovedNetworks::<T>::get());
		ensure!(taken.len() < T::MaxSubnets::get() as usize, Error::<T>::TooManySubnets);
		// Of one number more than there can be subnets one is free.
		let mut netuids = 1..=u16::MAX;
		let free = netuids.find(|netuid| taken.binary_search(netuid).is_err() && !leaving.contains(netuid));
		let netuid = free.ok_or(Error::<T>::TooManySubnets)?;
		Self::put_network(netuid, Tempo::<T>::get(netuid));
		Self::pay_by_burning(&coldkey, NetworkMinLockCost::<T>::get())?;
		Self::put_neuron(netuid, 0, &coldkey, &hotkey);
		Self::do_set_subnet_owner(netuid, coldkey, hotkey)
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
		// As many may be leaving as there can be subnets; more have to wait until the stake of one is returned.
		let queued = RemovedNetworks::<T>::try_mutate(|leaving| leaving.try_push(netuid));
		queued.map_err(|_| Error::<T>::SubnetBeingRemoved)?;
		NetworksAdded::<T>::remove(netuid);
		for uid in 0..SubnetworkN::<T>::take(netuid) {
			Self::remove_neuron(netuid, uid);
		}
		Self::remove_columns(netuid);
		Self::remove_parameters(netuid);
		Self::remove_records(netuid);
		let burned = PendingEmission::<T>::take(netuid).saturating_add(PendingOwnerCut::<T>::take(netuid));
		Self::burn_from_issuance(burned);
		Self::deposit_event(Event::NetworkRemoved { netuid, burned });
		Ok(())
	}

	/// Returns stake that is kept on removed subnets to the balances of who staked it, as far as `weight_left` goes.
	pub(crate) fn return_stake_of_removed_networks(weight_left: Weight) -> Weight {
		let none = <T as Config>::WeightInfo::return_stake(0);
		let leaving = RemovedNetworks::<T>::get();
		let Some(netuid) = leaving.first().copied().filter(|_| weight_left.all_gte(none)) else {
			return T::DbWeight::get().reads(1);
		};
		let each = <T as Config>::WeightInfo::return_stake(1).saturating_sub(none);
		let fitting = weight_left.saturating_sub(none).checked_div_per_component(&each).unwrap_or(0);
		let most = u32::try_from(fitting).unwrap_or(u32::MAX).min(MOST_RETURNED);
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
