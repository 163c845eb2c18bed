// SPDX-License-Identifier: Apache-2.0
//! A subnet in short.

use alloc::{collections::BTreeMap, vec::Vec};

use codec::{Compact, Decode, Encode};
use scale_info::TypeInfo;

use super::{dynamic::emissions, nobody, SubnetIdentityV3};
use crate::{
	BlocksSinceLastStep, Burn, Config, ImmunityPeriod, Kappa, MaxAllowedUids, MaxAllowedValidators, MaxWeightsLimit,
	MinAllowedWeights, NetworksAdded, Pallet, Rho, SubnetOwner, SubnetworkN, Tempo,
};

/// A subnet in short; upstream's record, field for field.
///
/// `emission_values` is its part of the next block's emission, in rao. Upstream itself no longer uses
/// `network_modality` and `network_connect`.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
#[allow(missing_docs, reason = "the names are those of upstream's record, which clients know")]
pub struct SubnetInfo<AccountId> {
	pub netuid: Compact<u16>,
	pub rho: Compact<u16>,
	pub kappa: Compact<u16>,
	pub difficulty: Compact<u64>,
	pub immunity_period: Compact<u16>,
	pub max_allowed_validators: Compact<u16>,
	pub min_allowed_weights: Compact<u16>,
	pub max_weights_limit: Compact<u16>,
	pub scaling_law_power: Compact<u16>,
	pub subnetwork_n: Compact<u16>,
	pub max_allowed_uids: Compact<u16>,
	pub blocks_since_last_step: Compact<u64>,
	pub tempo: Compact<u16>,
	pub network_modality: Compact<u16>,
	pub network_connect: Vec<[u16; 2]>,
	pub emission_values: Compact<u64>,
	pub burn: Compact<u64>,
	pub owner: AccountId,
}

/// A subnet in short, with its name; upstream's record, field for field. See [`SubnetInfo`].
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
#[allow(missing_docs, reason = "the names are those of upstream's record, which clients know")]
pub struct SubnetInfov2<AccountId> {
	pub netuid: Compact<u16>,
	pub rho: Compact<u16>,
	pub kappa: Compact<u16>,
	pub difficulty: Compact<u64>,
	pub immunity_period: Compact<u16>,
	pub max_allowed_validators: Compact<u16>,
	pub min_allowed_weights: Compact<u16>,
	pub max_weights_limit: Compact<u16>,
	pub scaling_law_power: Compact<u16>,
	pub subnetwork_n: Compact<u16>,
	pub max_allowed_uids: Compact<u16>,
	pub blocks_since_last_step: Compact<u64>,
	pub tempo: Compact<u16>,
	pub network_modality: Compact<u16>,
	pub network_connect: Vec<[u16; 2]>,
	pub emission_value: Compact<u64>,
	pub burn: Compact<u64>,
	pub owner: AccountId,
	pub identity: Option<SubnetIdentityV3>,
}

impl<AccountId> From<SubnetInfo<AccountId>> for SubnetInfov2<AccountId> {
	fn from(v1: SubnetInfo<AccountId>) -> Self {
		Self {
			netuid: v1.netuid,
			rho: v1.rho,
			kappa: v1.kappa,
			difficulty: v1.difficulty,
			immunity_period: v1.immunity_period,
			max_allowed_validators: v1.max_allowed_validators,
			min_allowed_weights: v1.min_allowed_weights,
			max_weights_limit: v1.max_weights_limit,
			scaling_law_power: v1.scaling_law_power,
			subnetwork_n: v1.subnetwork_n,
			max_allowed_uids: v1.max_allowed_uids,
			blocks_since_last_step: v1.blocks_since_last_step,
			tempo: v1.tempo,
			network_modality: v1.network_modality,
			network_connect: v1.network_connect,
			emission_value: v1.emission_values,
			burn: v1.burn,
			owner: v1.owner,
			identity: None,
		}
	}
}

impl<T: Config> Pallet<T> {
	/// A subnet in short; `None` if there is no such subnet.
	pub fn subnet_info(netuid: u16) -> Option<SubnetInfo<T::AccountId>> {
		Self::subnet_info_of(netuid, &emissions::<T>())
	}

	/// All networks in short, root first.
	pub fn subnet_infos() -> Vec<Option<SubnetInfo<T::AccountId>>> {
		let emissions = emissions::<T>();
		Self::network_netuids().into_iter().map(|netuid| Self::subnet_info_of(netuid, &emissions)).collect()
	}

	/// A subnet in short, with its name; `None` if there is no such subnet.
	pub fn subnet_info_v2(netuid: u16) -> Option<SubnetInfov2<T::AccountId>> {
		Self::subnet_info(netuid).map(Into::into)
	}

	/// All networks in short, with their names, root first.
	pub fn subnet_infos_v2() -> Vec<Option<SubnetInfov2<T::AccountId>>> {
		Self::subnet_infos().into_iter().map(|info| info.map(Into::into)).collect()
	}

	fn subnet_info_of(netuid: u16, emissions: &BTreeMap<u16, u64>) -> Option<SubnetInfo<T::AccountId>> {
		if !NetworksAdded::<T>::get(netuid) {
			return None;
		}
		Some(SubnetInfo {
			netuid: Compact(netuid),
			rho: Compact(Rho::<T>::get(netuid)),
			kappa: Compact(Kappa::<T>::get(netuid)),
			difficulty: Compact(0),
			immunity_period: Compact(ImmunityPeriod::<T>::get(netuid)),
			max_allowed_validators: Compact(MaxAllowedValidators::<T>::get(netuid)),
			min_allowed_weights: Compact(MinAllowedWeights::<T>::get(netuid)),
			max_weights_limit: Compact(MaxWeightsLimit::<T>::get(netuid)),
			scaling_law_power: Compact(0),
			subnetwork_n: Compact(SubnetworkN::<T>::get(netuid)),
			max_allowed_uids: Compact(MaxAllowedUids::<T>::get(netuid)),
			blocks_since_last_step: Compact(BlocksSinceLastStep::<T>::get(netuid)),
			tempo: Compact(Tempo::<T>::get(netuid)),
			network_modality: Compact(0),
			network_connect: Vec::new(),
			emission_values: Compact(emissions.get(&netuid).copied().unwrap_or(0)),
			burn: Compact(Burn::<T>::get(netuid)),
			owner: SubnetOwner::<T>::get(netuid).or_else(nobody)?,
		})
	}
}
