// SPDX-License-Identifier: Apache-2.0
//! A subnet's neurons by uid: what its epochs found, and who they are and what stake they have.

use alloc::vec::Vec;

use super::nobody;
use crate::{
	Active, AxonInfo, Axons, BlockAtRegistration, Config, Consensus, Dividends, Emission, Incentive, Keys, LastUpdate,
	Owner, Pallet, PruningScores, Rank, TotalHotkeyAlpha, TotalHotkeyStake, Trust, ValidatorPermit, ValidatorTrust,
	ROOT_NETUID,
};

/// What is kept in one value for all uids. Each is read once, and is as long as there are uids.
pub(super) struct Columns {
	pub active: Vec<bool>,
	pub validator_permit: Vec<bool>,
	pub last_update: Vec<u64>,
	pub emission: Vec<u64>,
	pub rank: Vec<u16>,
	pub trust: Vec<u16>,
	pub consensus: Vec<u16>,
	pub incentive: Vec<u16>,
	pub dividends: Vec<u16>,
	pub validator_trust: Vec<u16>,
	pub pruning_score: Vec<u16>,
}

impl Columns {
	pub fn read<T: Config>(netuid: u16) -> Self {
		let n = Pallet::<T>::neuron_count(netuid);
		Self {
			active: sized(Active::<T>::get(netuid), n),
			validator_permit: sized(ValidatorPermit::<T>::get(netuid), n),
			last_update: sized(LastUpdate::<T>::get(netuid), n),
			emission: sized(Emission::<T>::get(netuid), n),
			rank: sized(Rank::<T>::get(netuid), n),
			trust: sized(Trust::<T>::get(netuid), n),
			consensus: sized(Consensus::<T>::get(netuid), n),
			incentive: sized(Incentive::<T>::get(netuid), n),
			dividends: sized(Dividends::<T>::get(netuid), n),
			validator_trust: sized(ValidatorTrust::<T>::get(netuid), n),
			pruning_score: sized(PruningScores::<T>::get(netuid), n),
		}
	}

	/// What each uid earned as a validator in the last epoch, in rao.
	pub fn validator_emission(&self) -> Vec<u64> {
		let shares = self.incentive.iter().zip(&self.dividends);
		self.emission
			.iter()
			.zip(shares)
			.map(|(emission, (server, validator))| part(*emission, *server, *validator))
			.collect()
	}
}

/// The validator's part of what a neuron earned, for its shares of the two halves. All or nothing where it is but one
/// of both; else exact to the 16 bits in which the shares are kept.
pub(super) fn part(emission: u64, server: u16, validator: u16) -> u64 {
	let both = u128::from(server).saturating_add(u128::from(validator));
	let part = u128::from(emission).saturating_mul(u128::from(validator)).checked_div(both);
	part.and_then(|part| u64::try_from(part).ok()).unwrap_or(0)
}

/// Who the neurons are, by uid. What else is known of them takes a read each, so it is read where it is wanted.
pub(super) struct Keyring<T: Config> {
	netuid: u16,
	nobody: T::AccountId,
	pub hotkeys: Vec<T::AccountId>,
}

impl<T: Config> Keyring<T> {
	pub fn read(netuid: u16) -> Option<Self> {
		let nobody = nobody::<T::AccountId>()?;
		let uids = 0..Pallet::<T>::neuron_count(netuid);
		let hotkeys = uids.map(|uid| Keys::<T>::get(netuid, uid).unwrap_or_else(|| nobody.clone())).collect();
		Some(Self { netuid, nobody, hotkeys })
	}

	pub fn coldkeys(&self) -> Vec<T::AccountId> {
		self.hotkeys.iter().map(|hotkey| Owner::<T>::get(hotkey).unwrap_or_else(|| self.nobody.clone())).collect()
	}

	pub fn axons(&self) -> Vec<AxonInfo> {
		self.hotkeys.iter().map(|hotkey| Axons::<T>::get(self.netuid, hotkey).unwrap_or_default()).collect()
	}

	pub fn block_at_registration(&self) -> Vec<u64> {
		(0u16..).zip(&self.hotkeys).map(|(uid, _)| BlockAtRegistration::<T>::get(self.netuid, uid)).collect()
	}

	/// Their stake that is kept on this subnet, in rao.
	pub fn alpha_stake(&self) -> Vec<u64> {
		self.stake_on(self.netuid)
	}

	/// Their stake that is kept on root.
	pub fn tao_stake(&self) -> Vec<u64> {
		self.stake_on(ROOT_NETUID)
	}

	/// Their stake wherever it is kept, which is what they weigh.
	pub fn total_stake(&self) -> Vec<u64> {
		self.hotkeys.iter().map(TotalHotkeyStake::<T>::get).collect()
	}

	fn stake_on(&self, kept_on: u16) -> Vec<u64> {
		self.hotkeys.iter().map(|hotkey| TotalHotkeyAlpha::<T>::get(hotkey, kept_on)).collect()
	}
}

fn sized<Value: Clone + Default>(mut column: Vec<Value>, n: u16) -> Vec<Value> {
	column.resize(n.into(), Value::default());
	column
}
