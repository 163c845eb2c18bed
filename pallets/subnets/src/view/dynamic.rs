// SPDX-License-Identifier: Apache-2.0
//! What a subnet is and earns.

use alloc::{collections::BTreeMap, vec::Vec};

use codec::{Compact, Decode, Encode};
use frame_support::traits::Get;
use scale_info::TypeInfo;
use substrate_fixed::types::I96F32;
use yuma_consensus::schedule::blocks_until_epoch;

use super::{compact, nobody, SubnetIdentityV3};
use crate::{
	BlockEmission, BlocksSinceLastStep, Config, DueEpochs, LastEpochBlock, NetworkRegisteredAt, NetworksAdded, Pallet,
	PendingEmission, SubnetAlphaOut, SubnetOwner, SubnetOwnerHotkey, Tempo, TokenSymbol, ROOT_NETUID,
};

/// A subnet's place and money; upstream's record, field for field.
///
/// In rao: `emission` and `alpha_out_emission` are the subnet's part of the next block's emission, owner's cut
/// included; `alpha_out` is all stake that is kept on it; `pending_alpha_emission` waits for its epoch. There are no
/// pools, so what is in them, goes into them and went through them is 0, and `moving_price` is the fixed price, 1. The
/// blocks of the last step are those of the subnet's epochs; the root network's are not kept.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
#[allow(missing_docs, reason = "the names are those of upstream's record, which clients know")]
pub struct DynamicInfo<AccountId> {
	pub netuid: Compact<u16>,
	pub owner_hotkey: AccountId,
	pub owner_coldkey: AccountId,
	pub subnet_name: Vec<Compact<u8>>,
	pub token_symbol: Vec<Compact<u8>>,
	pub tempo: Compact<u16>,
	pub last_step: Compact<u64>,
	pub blocks_since_last_step: Compact<u64>,
	pub emission: Compact<u64>,
	pub alpha_in: Compact<u64>,
	pub alpha_out: Compact<u64>,
	pub tao_in: Compact<u64>,
	pub alpha_out_emission: Compact<u64>,
	pub alpha_in_emission: Compact<u64>,
	pub tao_in_emission: Compact<u64>,
	pub pending_alpha_emission: Compact<u64>,
	pub pending_root_emission: Compact<u64>,
	pub subnet_volume: Compact<u128>,
	pub network_registered_at: Compact<u64>,
	pub subnet_identity: Option<SubnetIdentityV3>,
	pub moving_price: I96F32,
}

/// Each subnet's part of the next block's emission, which is split but once for any number of records.
pub(super) type Emissions = BTreeMap<u16, u64>;

pub(super) fn emissions<T: Config>() -> Emissions {
	pallet_root_weights::Pallet::<T>::split_emission(BlockEmission::<T>::get()).into_iter().collect()
}

impl<T: Config> Pallet<T> {
	/// What a subnet is and earns; `None` if there is no such subnet.
	pub fn dynamic_info(netuid: u16) -> Option<DynamicInfo<T::AccountId>> {
		Self::dynamic_info_in(netuid, &emissions::<T>())
	}

	/// What each network is and earns, root first.
	pub fn dynamic_infos() -> Vec<Option<DynamicInfo<T::AccountId>>> {
		let emissions = emissions::<T>();
		Self::network_netuids().into_iter().map(|netuid| Self::dynamic_info_in(netuid, &emissions)).collect()
	}

	pub(super) fn dynamic_info_in(netuid: u16, emissions: &Emissions) -> Option<DynamicInfo<T::AccountId>> {
		if !NetworksAdded::<T>::get(netuid) {
			return None;
		}
		let nobody = nobody::<T::AccountId>()?;
		let emission = Compact(emissions.get(&netuid).copied().unwrap_or(0));
		let none = Compact(0);
		Some(DynamicInfo {
			netuid: Compact(netuid),
			owner_hotkey: SubnetOwnerHotkey::<T>::get(netuid).unwrap_or_else(|| nobody.clone()),
			owner_coldkey: SubnetOwner::<T>::get(netuid).unwrap_or(nobody),
			subnet_name: Vec::new(),
			token_symbol: compact(&TokenSymbol::<T>::get(netuid)),
			tempo: Compact(Tempo::<T>::get(netuid)),
			last_step: Compact(LastEpochBlock::<T>::get(netuid)),
			blocks_since_last_step: Compact(BlocksSinceLastStep::<T>::get(netuid)),
			emission,
			alpha_in: none,
			alpha_out: Compact(SubnetAlphaOut::<T>::get(netuid)),
			tao_in: none,
			alpha_out_emission: emission,
			alpha_in_emission: none,
			tao_in_emission: none,
			pending_alpha_emission: Compact(PendingEmission::<T>::get(netuid)),
			pending_root_emission: none,
			subnet_volume: Compact(0),
			network_registered_at: Compact(NetworkRegisteredAt::<T>::get(netuid)),
			subnet_identity: None,
			moving_price: I96F32::saturating_from_num(1),
		})
	}

	/// The block of a network's next epoch, after the present one; `None` if it never runs or there is no such network.
	pub fn next_epoch_start_block(netuid: u16) -> Option<u64> {
		if netuid == ROOT_NETUID {
			return pallet_root_weights::Pallet::<T>::next_epoch_block();
		}
		let next = Self::block().saturating_add(1);
		if DueEpochs::<T>::get().contains(&netuid) {
			return Some(next); // Or later, if there is no room for it.
		}
		let wait = blocks_until_epoch(next, netuid, Tempo::<T>::get(netuid));
		wait.filter(|_| NetworksAdded::<T>::get(netuid)).map(|wait| next.saturating_add(wait))
	}
}
