// SPDX-License-Identifier: Apache-2.0
//! Creating and removing subnets.

use frame_support::{ensure, pallet_prelude::*};

use crate::{
	Active, ActivityCutoff, BlocksSinceLastStep, BondsMovingAverage, Burn, CommitRevealWeightsEnabled, Config,
	Consensus, Dividends, Emission, Error, Event, ImmunityPeriod, Incentive, Kappa, LastUpdate, MaxAllowedUids,
	MaxAllowedValidators, MaxWeightsLimit, MinAllowedWeights, NetworksAdded, Pallet, PendingEmission, PruningScores,
	Rank, Rho, SubnetworkN, Tempo, Trust, ValidatorPermit, ValidatorTrust, WeightsSetRateLimit, WeightsVersionKey,
	ROOT_NETUID,
};

impl<T: Config> Pallet<T> {
	pub(crate) fn do_create_network(netuid: u16, tempo: u16) -> DispatchResult {
		ensure!(!NetworksAdded::<T>::get(netuid), Error::<T>::SubnetExists);
		ensure!(netuid != ROOT_NETUID, Error::<T>::IsRoot);
		ensure!(Self::subnet_netuids().len() < T::MaxSubnets::get() as usize, Error::<T>::TooManySubnets);
		NetworksAdded::<T>::insert(netuid, true);
		Tempo::<T>::insert(netuid, tempo);
		Self::deposit_event(Event::NetworkAdded { netuid });
		Ok(())
	}

	pub(crate) fn do_remove_network(netuid: u16) -> DispatchResult {
		ensure!(netuid != ROOT_NETUID, Error::<T>::IsRoot);
		ensure!(NetworksAdded::<T>::take(netuid), Error::<T>::SubnetNotExists);
		for uid in 0..SubnetworkN::<T>::take(netuid) {
			Self::remove_neuron(netuid, uid);
		}
		Self::remove_columns(netuid);
		Self::remove_parameters(netuid);
		let burned = PendingEmission::<T>::take(netuid);
		Self::burn_from_issuance(burned);
		Self::deposit_event(Event::NetworkRemoved { netuid, burned });
		Ok(())
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
		Burn::<T>::remove(netuid);
		BlocksSinceLastStep::<T>::remove(netuid);
	}
}
