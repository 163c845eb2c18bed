// SPDX-License-Identifier: Apache-2.0
//! A subnet's neurons, one column a field.

use alloc::vec::Vec;

use codec::{Compact, Decode, Encode};
use scale_info::TypeInfo;

use super::{
	columns::{Columns, Keyring},
	compact,
};
use crate::{Config, Emission, NetworksAdded, Pallet, Uids};

/// The neurons of a subnet, each column by uid; upstream's record, field for field.
///
/// `emission` is what each earned in the last epoch. Of stakes, `alpha_stake` is kept on this subnet, `tao_stake` on
/// root, and `total_stake` anywhere, which is what weighs. `emission_history` is, of each network there is, root first,
/// what these hotkeys earned in its last epoch. All are rao.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
#[allow(missing_docs, reason = "the names are Yuma's, documented at the storage items they come from")]
pub struct SubnetState<AccountId> {
	pub netuid: Compact<u16>,
	pub hotkeys: Vec<AccountId>,
	pub coldkeys: Vec<AccountId>,
	pub active: Vec<bool>,
	pub validator_permit: Vec<bool>,
	pub pruning_score: Vec<Compact<u16>>,
	pub last_update: Vec<Compact<u64>>,
	pub emission: Vec<Compact<u64>>,
	pub dividends: Vec<Compact<u16>>,
	pub incentives: Vec<Compact<u16>>,
	pub consensus: Vec<Compact<u16>>,
	pub trust: Vec<Compact<u16>>,
	pub rank: Vec<Compact<u16>>,
	pub block_at_registration: Vec<Compact<u64>>,
	pub alpha_stake: Vec<Compact<u64>>,
	pub tao_stake: Vec<Compact<u64>>,
	pub total_stake: Vec<Compact<u64>>,
	pub emission_history: Vec<Vec<Compact<u64>>>,
}

impl<T: Config> Pallet<T> {
	/// The neurons of a subnet by column; `None` if there is no such subnet.
	pub fn subnet_state(netuid: u16) -> Option<SubnetState<T::AccountId>> {
		if !NetworksAdded::<T>::get(netuid) {
			return None;
		}
		let (columns, keyring) = (Columns::read::<T>(netuid), Keyring::<T>::read(netuid)?);
		Some(SubnetState {
			netuid: Compact(netuid),
			emission_history: Self::emission_history(&keyring.hotkeys),
			coldkeys: keyring.coldkeys(),
			active: columns.active,
			validator_permit: columns.validator_permit,
			pruning_score: compact(&columns.pruning_score),
			last_update: compact(&columns.last_update),
			emission: compact(&columns.emission),
			dividends: compact(&columns.dividends),
			incentives: compact(&columns.incentive),
			consensus: compact(&columns.consensus),
			trust: compact(&columns.trust),
			rank: compact(&columns.rank),
			block_at_registration: compact(&keyring.block_at_registration()),
			alpha_stake: compact(&keyring.alpha_stake()),
			tao_stake: compact(&keyring.tao_stake()),
			total_stake: compact(&keyring.total_stake()),
			hotkeys: keyring.hotkeys,
		})
	}

	fn emission_history(hotkeys: &[T::AccountId]) -> Vec<Vec<Compact<u64>>> {
		let on_network = |netuid: u16| {
			let emission = Emission::<T>::get(netuid);
			let of_hotkey = |hotkey| {
				let earned = Uids::<T>::get(netuid, hotkey).and_then(|uid| emission.get(usize::from(uid)).copied());
				Compact(earned.unwrap_or(0))
			};
			hotkeys.iter().map(of_hotkey).collect()
		};
		Self::network_netuids().into_iter().map(on_network).collect()
	}
}
