// SPDX-License-Identifier: Apache-2.0
//! A subnet's neurons as clients read them.

use alloc::{vec, vec::Vec};

use codec::{Compact, Decode, Encode};
use scale_info::TypeInfo;

use crate::{
	Active, AxonInfo, Axons, Config, Consensus, Dividends, Emission, Incentive, Keys, LastUpdate, Owner, Pallet,
	Prometheus, PrometheusInfo, PruningScores, Rank, SubnetworkN, TotalHotkeyStake, Trust, ValidatorPermit,
	ValidatorTrust,
};

/// One neuron without its rows; upstream's record, field for field.
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

impl<T: Config> Pallet<T> {
	/// All neurons of a subnet, by uid; none if there is no such subnet.
	pub fn neurons_lite(netuid: u16) -> Vec<NeuronInfoLite<T::AccountId>> {
		let (active, permit) = (Active::<T>::get(netuid), ValidatorPermit::<T>::get(netuid));
		let (emission, last_update) = (Emission::<T>::get(netuid), LastUpdate::<T>::get(netuid));
		let (rank, trust) = (Rank::<T>::get(netuid), Trust::<T>::get(netuid));
		let (consensus, incentive) = (Consensus::<T>::get(netuid), Incentive::<T>::get(netuid));
		let (dividends, vtrust) = (Dividends::<T>::get(netuid), ValidatorTrust::<T>::get(netuid));
		let pruning = PruningScores::<T>::get(netuid);
		let neuron = |uid: u16| {
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
				active: at(&active, uid),
				rank: Compact(at(&rank, uid)),
				emission: Compact(at(&emission, uid)),
				incentive: Compact(at(&incentive, uid)),
				consensus: Compact(at(&consensus, uid)),
				trust: Compact(at(&trust, uid)),
				validator_trust: Compact(at(&vtrust, uid)),
				dividends: Compact(at(&dividends, uid)),
				last_update: Compact(at(&last_update, uid)),
				validator_permit: at(&permit, uid),
				pruning_score: Compact(at(&pruning, uid)),
			})
		};
		(0..SubnetworkN::<T>::get(netuid)).filter_map(neuron).collect()
	}
}

fn at<Value: Copy + Default>(column: &[Value], uid: u16) -> Value {
	column.get(usize::from(uid)).copied().unwrap_or_default()
}
