// SPDX-License-Identifier: Apache-2.0
//! What a fork writes. From the first `use` on it stands in the guide, word for word.

use core::marker::PhantomData;

use frame_support::{traits::Get, weights::Weight};
use pallet_root_weights::{
	RootParameter, RootParameters, RootParams, RootValidator, RootValidators, RowsInMap, Subnets,
};

use crate::*;

/// Root rows where subtensor had them.
pub type SubtensorRows<T> = RowsInMap<Weights<T>, NetUidStorageIndex>;

/// The chain as root voting sees it.
pub struct Subtensor<T>(PhantomData<T>);

impl<T: Config> RootValidators<T::AccountId> for Subtensor<T> {
	fn all() -> Vec<RootValidator<T::AccountId>> {
		let keys = Keys::<T>::iter_prefix(NetUid::ROOT);
		keys.map(|(uid, hotkey)| RootValidator { uid, stake: Self::stake_of(&hotkey), hotkey }).collect()
	}

	fn uid_of(hotkey: &T::AccountId) -> Option<u16> {
		Uids::<T>::get(NetUid::ROOT, hotkey)
	}

	fn owner_of(hotkey: &T::AccountId) -> Option<T::AccountId> {
		Owner::<T>::try_get(hotkey).ok() // Not `get`, which has an answer for every hotkey.
	}

	fn stake_of(hotkey: &T::AccountId) -> u64 {
		Stake::<T>::get(hotkey)
	}
}

impl<T: Config> Subnets for Subtensor<T> {
	fn netuids() -> Vec<u16> {
		let added = NetworksAdded::<T>::iter().filter(|(netuid, added)| *added && *netuid != NetUid::ROOT);
		let mut netuids: Vec<u16> = added.map(|(netuid, _)| netuid.into()).collect();
		netuids.sort_unstable();
		netuids
	}
}

impl<T: Config> RootParams for Subtensor<T> {
	fn get() -> RootParameters {
		RootParameters {
			tempo: Tempo::<T>::get(NetUid::ROOT),
			kappa: Kappa::<T>::get(NetUid::ROOT),
			rho: Rho::<T>::get(NetUid::ROOT),
			min_allowed_weights: MinAllowedWeights::<T>::get(NetUid::ROOT),
			max_weight_limit: MaxWeightsLimit::<T>::get(NetUid::ROOT),
			rate_limit: WeightsSetRateLimit::<T>::get(NetUid::ROOT),
			version_key: WeightsVersionKey::<T>::get(NetUid::ROOT),
			min_stake: StakeThreshold::<T>::get(),
			commit_reveal: CommitRevealWeightsEnabled::<T>::get(NetUid::ROOT),
		}
	}

	fn set(parameter: RootParameter) {
		match parameter {
			RootParameter::Tempo(tempo) => Tempo::<T>::insert(NetUid::ROOT, tempo),
			RootParameter::Kappa(kappa) => Kappa::<T>::insert(NetUid::ROOT, kappa),
			RootParameter::Rho(rho) => Rho::<T>::insert(NetUid::ROOT, rho),
			RootParameter::MinAllowedWeights(entries) => MinAllowedWeights::<T>::insert(NetUid::ROOT, entries),
			RootParameter::MaxWeightLimit(limit) => MaxWeightsLimit::<T>::insert(NetUid::ROOT, limit),
			RootParameter::RateLimit(blocks) => WeightsSetRateLimit::<T>::insert(NetUid::ROOT, blocks),
			RootParameter::VersionKey(key) => WeightsVersionKey::<T>::insert(NetUid::ROOT, key),
			RootParameter::MinStake(stake) => StakeThreshold::<T>::put(stake),
			RootParameter::CommitReveal(on) => CommitRevealWeightsEnabled::<T>::insert(NetUid::ROOT, on),
		}
	}
}

/// A tenth of a block.
pub struct RootEpochBudget<T>(PhantomData<T>);

impl<T: Config> Get<Weight> for RootEpochBudget<T> {
	fn get() -> Weight {
		T::BlockWeights::get().max_block / 10
	}
}
