// SPDX-License-Identifier: Apache-2.0
//! The root network: what `pallet-root-weights` asks of this chain, and how a validator gets a place there.

use alloc::vec::Vec;

use frame_support::{ensure, pallet_prelude::*};
use pallet_root_weights::{
	Ballot, RootParameter, RootParameters, RootParams, RootValidator, RootValidators, Subnets, Vote,
};

use crate::{
	networks::token_symbol, Burn, Call, CommitRevealWeightsEnabled, Config, Error, Kappa, Keys, MaxAllowedUids,
	MaxWeightsLimit, MinAllowedWeights, NetworksAdded, Owner, Pallet, Rho, StakeThreshold, SubnetworkN, Tempo,
	TokenSymbol, TotalHotkeyStake, Uids, WeightsSetRateLimit, WeightsVersionKey, ROOT_NETUID,
};

impl<T: Config> RootValidators<T::AccountId> for Pallet<T> {
	fn all() -> Vec<RootValidator<T::AccountId>> {
		let uids = 0..SubnetworkN::<T>::get(ROOT_NETUID);
		uids.filter_map(|uid| {
			let hotkey = Keys::<T>::get(ROOT_NETUID, uid)?;
			let stake = TotalHotkeyStake::<T>::get(&hotkey);
			Some(RootValidator { uid, hotkey, stake })
		})
		.collect()
	}

	fn uid_of(hotkey: &T::AccountId) -> Option<u16> {
		Uids::<T>::get(ROOT_NETUID, hotkey)
	}

	fn owner_of(hotkey: &T::AccountId) -> Option<T::AccountId> {
		Owner::<T>::get(hotkey)
	}

	fn stake_of(hotkey: &T::AccountId) -> u64 {
		TotalHotkeyStake::<T>::get(hotkey)
	}
}

impl<T: Config> Subnets for Pallet<T> {
	fn netuids() -> Vec<u16> {
		Self::subnet_netuids()
	}
}

/// The netuid-0 hyper-parameters that clients read are the root network's parameters.
impl<T: Config> RootParams for Pallet<T> {
	fn get() -> RootParameters {
		RootParameters {
			tempo: Self::tempo(),
			kappa: Kappa::<T>::get(ROOT_NETUID),
			rho: Rho::<T>::get(ROOT_NETUID),
			min_allowed_weights: MinAllowedWeights::<T>::get(ROOT_NETUID),
			max_weight_limit: MaxWeightsLimit::<T>::get(ROOT_NETUID),
			rate_limit: WeightsSetRateLimit::<T>::get(ROOT_NETUID),
			version_key: WeightsVersionKey::<T>::get(ROOT_NETUID),
			min_stake: StakeThreshold::<T>::get(),
			commit_reveal: CommitRevealWeightsEnabled::<T>::get(ROOT_NETUID),
		}
	}

	fn tempo() -> u16 {
		Tempo::<T>::get(ROOT_NETUID)
	}

	fn set(parameter: RootParameter) {
		match parameter {
			RootParameter::Tempo(tempo) => Tempo::<T>::insert(ROOT_NETUID, tempo),
			RootParameter::Kappa(kappa) => Kappa::<T>::insert(ROOT_NETUID, kappa),
			RootParameter::Rho(rho) => Rho::<T>::insert(ROOT_NETUID, rho),
			RootParameter::MinAllowedWeights(entries) => MinAllowedWeights::<T>::insert(ROOT_NETUID, entries),
			RootParameter::MaxWeightLimit(limit) => MaxWeightsLimit::<T>::insert(ROOT_NETUID, limit),
			RootParameter::RateLimit(blocks) => WeightsSetRateLimit::<T>::insert(ROOT_NETUID, blocks),
			RootParameter::VersionKey(key) => WeightsVersionKey::<T>::insert(ROOT_NETUID, key),
			RootParameter::MinStake(stake) => StakeThreshold::<T>::put(stake),
			RootParameter::CommitReveal(on) => CommitRevealWeightsEnabled::<T>::insert(ROOT_NETUID, on),
		}
	}
}

impl<T: Config> Call<T> {
	/// The root vote that the call forwards, if it does.
	pub fn as_root_vote(&self) -> Option<Vote<'_, T::AccountId>> {
		let Self::set_root_weights { netuid, hotkey, dests, weights, version_key } = self else { return None };
		Some(Vote::Set(hotkey, Ballot { netuid: *netuid, dests, weights, version_key: *version_key }))
	}
}

impl<T: Config> Pallet<T> {
	pub(crate) fn init_root_network(tempo: u16) {
		NetworksAdded::<T>::insert(ROOT_NETUID, true);
		Tempo::<T>::insert(ROOT_NETUID, tempo);
		let places = u16::try_from(T::MaxValidators::get()).unwrap_or(u16::MAX);
		MaxAllowedUids::<T>::insert(ROOT_NETUID, places);
		Burn::<T>::insert(ROOT_NETUID, 0); // Places on root are had by stake.
		TokenSymbol::<T>::insert(ROOT_NETUID, token_symbol(ROOT_NETUID));
	}

	pub(crate) fn do_root_register(coldkey: T::AccountId, hotkey: T::AccountId) -> DispatchResult {
		Self::ensure_registrable(&coldkey, ROOT_NETUID, &hotkey)?;
		let uid = Self::free_root_uid(&hotkey)?;
		Self::put_neuron(ROOT_NETUID, uid, &coldkey, &hotkey);
		Ok(())
	}

	/// The next free uid, or that of the validator with the least stake if `hotkey` has more.
	fn free_root_uid(hotkey: &T::AccountId) -> Result<u16, DispatchError> {
		let n = SubnetworkN::<T>::get(ROOT_NETUID);
		if n < MaxAllowedUids::<T>::get(ROOT_NETUID) {
			return Ok(n);
		}
		let lowest = Self::all().into_iter().min_by_key(|validator| validator.stake);
		let lowest = lowest.ok_or(Error::<T>::NoNeuronIdAvailable)?;
		ensure!(TotalHotkeyStake::<T>::get(hotkey) > lowest.stake, Error::<T>::StakeTooLowForRoot);
		Ok(lowest.uid)
	}
}
