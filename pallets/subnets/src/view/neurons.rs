// SPDX-License-Identifier: Apache-2.0
//! A subnet's neurons, one record each.

use alloc::{vec, vec::Vec};

use codec::{Compact, Decode, Encode};
use scale_info::TypeInfo;

use super::columns::Columns;
use crate::{
	AxonInfo, Axons, Bonds, Config, Keys, Owner, Pallet, Prometheus, PrometheusInfo, TotalHotkeyStake, Weights,
};

/// One neuron without its rows; upstream's record, field for field.
///
/// `stake` is one entry: the owner's coldkey, and all stake on the hotkey, which is what it weighs. `emission` is what
/// it earned in the last epoch, in rao.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
#[allow(missing_docs, reason = "the names are Yuma's, documented at the storage items they come from")]
pub struct NeuronInfoLite<AccountId> {
	pub hotkey: AccountId,
	pub coldkey: AccountId,
	pub uid: Compact<u16>,
	pub netuid: Compact<u16>,
	pub active: bool,
	pub axon_info: AxonInfo,
	pub prometheus_info: PrometheusInfo,
	pub stake: Vec<(AccountId, Compact<u64>)>,
	pub rank: Compact<u16>,
	pub emission: Compact<u64>,
	pub incentive: Compact<u16>,
	pub consensus: Compact<u16>,
	pub trust: Compact<u16>,
	pub validator_trust: Compact<u16>,
	pub dividends: Compact<u16>,
	pub last_update: Compact<u64>,
	pub validator_permit: bool,
	pub pruning_score: Compact<u16>,
}

/// One neuron with its rows; upstream's record, field for field. See [`NeuronInfoLite`].
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
#[allow(missing_docs, reason = "the names are Yuma's, documented at the storage items they come from")]
pub struct NeuronInfo<AccountId> {
	pub hotkey: AccountId,
	pub coldkey: AccountId,
	pub uid: Compact<u16>,
	pub netuid: Compact<u16>,
	pub active: bool,
	pub axon_info: AxonInfo,
	pub prometheus_info: PrometheusInfo,
	pub stake: Vec<(AccountId, Compact<u64>)>,
	pub rank: Compact<u16>,
	pub emission: Compact<u64>,
	pub incentive: Compact<u16>,
	pub consensus: Compact<u16>,
	pub trust: Compact<u16>,
	pub validator_trust: Compact<u16>,
	pub dividends: Compact<u16>,
	pub last_update: Compact<u64>,
	pub validator_permit: bool,
	pub weights: Vec<(Compact<u16>, Compact<u16>)>,
	pub bonds: Vec<(Compact<u16>, Compact<u16>)>,
	pub pruning_score: Compact<u16>,
}

impl<AccountId> NeuronInfo<AccountId> {
	fn read<T: Config>(lite: NeuronInfoLite<AccountId>) -> Self {
		let (netuid, uid) = (lite.netuid.0, lite.uid.0);
		Self {
			hotkey: lite.hotkey,
			coldkey: lite.coldkey,
			uid: lite.uid,
			netuid: lite.netuid,
			active: lite.active,
			axon_info: lite.axon_info,
			prometheus_info: lite.prometheus_info,
			stake: lite.stake,
			rank: lite.rank,
			emission: lite.emission,
			incentive: lite.incentive,
			consensus: lite.consensus,
			trust: lite.trust,
			validator_trust: lite.validator_trust,
			dividends: lite.dividends,
			last_update: lite.last_update,
			validator_permit: lite.validator_permit,
			weights: compact_row(Weights::<T>::get(netuid, uid)),
			bonds: compact_row(Bonds::<T>::get(netuid, uid)),
			pruning_score: lite.pruning_score,
		}
	}
}

impl<T: Config> Pallet<T> {
	/// All neurons of a subnet with their rows, by uid; none if there is no such subnet.
	pub fn neurons(netuid: u16) -> Vec<NeuronInfo<T::AccountId>> {
		Self::neurons_lite(netuid).into_iter().map(NeuronInfo::read::<T>).collect()
	}

	/// One neuron with its rows.
	pub fn neuron(netuid: u16, uid: u16) -> Option<NeuronInfo<T::AccountId>> {
		Self::neuron_lite(netuid, uid).map(NeuronInfo::read::<T>)
	}

	/// All neurons of a subnet, by uid; none if there is no such subnet.
	pub fn neurons_lite(netuid: u16) -> Vec<NeuronInfoLite<T::AccountId>> {
		let columns = Columns::read::<T>(netuid);
		(0..Self::neuron_count(netuid)).filter_map(|uid| Self::neuron_of(netuid, uid, &columns)).collect()
	}

	/// One neuron.
	pub fn neuron_lite(netuid: u16, uid: u16) -> Option<NeuronInfoLite<T::AccountId>> {
		let is_there = uid < Self::neuron_count(netuid);
		is_there.then(|| Self::neuron_of(netuid, uid, &Columns::read::<T>(netuid)))?
	}

	fn neuron_of(netuid: u16, uid: u16, columns: &Columns) -> Option<NeuronInfoLite<T::AccountId>> {
		let hotkey = Keys::<T>::get(netuid, uid)?;
		let coldkey = Owner::<T>::get(&hotkey)?;
		Some(NeuronInfoLite {
			axon_info: Axons::<T>::get(netuid, &hotkey).unwrap_or_default(),
			prometheus_info: Prometheus::<T>::get(netuid, &hotkey).unwrap_or_default(),
			stake: vec![(coldkey.clone(), Compact(TotalHotkeyStake::<T>::get(&hotkey)))],
			hotkey,
			coldkey,
			uid: Compact(uid),
			netuid: Compact(netuid),
			active: at(&columns.active, uid),
			rank: Compact(at(&columns.rank, uid)),
			emission: Compact(at(&columns.emission, uid)),
			incentive: Compact(at(&columns.incentive, uid)),
			consensus: Compact(at(&columns.consensus, uid)),
			trust: Compact(at(&columns.trust, uid)),
			validator_trust: Compact(at(&columns.validator_trust, uid)),
			dividends: Compact(at(&columns.dividends, uid)),
			last_update: Compact(at(&columns.last_update, uid)),
			validator_permit: at(&columns.validator_permit, uid),
			pruning_score: Compact(at(&columns.pruning_score, uid)),
		})
	}
}

fn at<Value: Copy + Default>(column: &[Value], uid: u16) -> Value {
	column.get(usize::from(uid)).copied().unwrap_or_default()
}

fn compact_row(row: Vec<(u16, u16)>) -> Vec<(Compact<u16>, Compact<u16>)> {
	row.into_iter().map(|(uid, value)| (Compact(uid), Compact(value))).collect()
}
