// SPDX-License-Identifier: Apache-2.0
//! By which rules the epoch of a subnet runs: its switches, as the maths takes them.

use yuma_consensus::{BondForm, LiquidAlpha, Rules};

use crate::{
	AlphaSigmoidSteepness, AlphaValues, BondsPenalty, Config, LiquidAlphaOn, MinValidatorStake, OwnerPermitOn, Pallet,
	PermitsNeedStake, SubnetEpochIndex, SubnetOwnerHotkey, Uids, WeightCommits, Yuma3On,
};

impl<T: Config> Pallet<T> {
	pub(crate) fn rules(netuid: u16) -> Rules {
		let owner = SubnetOwnerHotkey::<T>::get(netuid).filter(|_| OwnerPermitOn::<T>::get(netuid));
		Rules {
			stake_threshold: MinValidatorStake::<T>::get(netuid),
			permits_need_stake: PermitsNeedStake::<T>::get(netuid),
			owner: owner.and_then(|hotkey| Uids::<T>::get(netuid, hotkey)),
			last_epoch: None, // Bonds on a uid go with its hotkey, in the block in which that is replaced.
			bonds_penalty: BondsPenalty::<T>::get(netuid),
			bonds: if Yuma3On::<T>::get(netuid) {
				BondForm::Yuma3(Self::liquid_alpha(netuid))
			} else {
				BondForm::Yuma2
			},
		}
	}

	fn liquid_alpha(netuid: u16) -> Option<LiquidAlpha> {
		if !LiquidAlphaOn::<T>::get(netuid) {
			return None;
		}
		let ((low, high), steepness) = (AlphaValues::<T>::get(netuid), AlphaSigmoidSteepness::<T>::get(netuid));
		Some(LiquidAlpha { low, high, steepness })
	}

	/// Block of the earliest promise of `hotkey` that it can still keep after the epoch that runs now.
	pub(crate) fn promised_at(netuid: u16, hotkey: &T::AccountId) -> Option<u64> {
		let epochs = SubnetEpochIndex::<T>::get(netuid);
		let waiting = WeightCommits::<T>::get(netuid, hotkey)?;
		waiting.iter().find(|(.., reveal_at)| *reveal_at > epochs).map(|(_, _, block, _)| *block)
	}
}
