// SPDX-License-Identifier: Apache-2.0
//! Setting a neuron's weights on the uids of its subnet.

use alloc::vec::Vec;

use frame_support::{ensure, pallet_prelude::*};
use yuma_consensus::row_check::{check_lengths, is_self_weight, subnet_row, RowError, RowLimits};

use crate::{
	registration::set_at, Config, Error, Event, LastUpdate, MaxWeightsLimit, MinAllowedWeights, NetworksAdded, Pallet,
	SubnetworkN, Uids, ValidatorPermit, Weights, WeightsSetRateLimit, WeightsVersionKey, ROOT_NETUID,
};

impl<T: Config> Pallet<T> {
	pub(crate) fn do_set_weights(
		hotkey: T::AccountId,
		netuid: u16,
		dests: Vec<u16>,
		weights: Vec<u16>,
		version_key: u64,
	) -> DispatchResult {
		ensure!(netuid != ROOT_NETUID, Error::<T>::IsRoot);
		ensure!(NetworksAdded::<T>::get(netuid), Error::<T>::SubnetNotExists);
		let n = SubnetworkN::<T>::get(netuid);
		check_lengths(&dests, &weights, n.into()).map_err(Error::<T>::from)?;
		let uid = Uids::<T>::get(netuid, &hotkey).ok_or(Error::<T>::HotKeyNotRegisteredInSubNet)?;
		ensure!(version_key >= WeightsVersionKey::<T>::get(netuid), Error::<T>::IncorrectWeightVersionKey);
		Self::ensure_not_too_fast(netuid, uid)?;
		ensure!(is_self_weight(uid, &dests) || Self::has_permit(netuid, uid), Error::<T>::NeuronNoValidatorPermit);
		let limits = RowLimits {
			min_entries: MinAllowedWeights::<T>::get(netuid),
			max_weight: MaxWeightsLimit::<T>::get(netuid),
		};
		let row = subnet_row(uid, n, limits, &dests, &weights).map_err(Error::<T>::from)?;

		Weights::<T>::insert(netuid, uid, row);
		LastUpdate::<T>::mutate(netuid, |column| set_at(column, uid, Self::block()));
		Self::deposit_event(Event::WeightsSet { netuid, uid });
		Ok(())
	}

	fn ensure_not_too_fast(netuid: u16, uid: u16) -> DispatchResult {
		let last = LastUpdate::<T>::get(netuid).get(usize::from(uid)).copied().unwrap_or(0);
		let passed = Self::block().saturating_sub(last);
		let blocks_left = WeightsSetRateLimit::<T>::get(netuid).saturating_sub(passed);
		let blocks_left = u16::try_from(blocks_left).unwrap_or(u16::MAX);
		ensure!(blocks_left == 0, Error::<T>::SettingWeightsTooFast { blocks_left });
		Ok(())
	}

	fn has_permit(netuid: u16, uid: u16) -> bool {
		ValidatorPermit::<T>::get(netuid).get(usize::from(uid)).copied().unwrap_or(false)
	}
}

impl<T> From<RowError> for Error<T> {
	fn from(error: RowError) -> Self {
		match error {
			RowError::UnequalLengths => Self::WeightVecNotEqualSize,
			RowError::TooManyEntries => Self::UidsLengthExceedUidsInSubNet,
			RowError::UnknownId(uid) => Self::UidVecContainInvalidOne { uid },
			RowError::TooFewEntries { minimum } => Self::WeightVecLengthIsLow { minimum },
			RowError::NoWeights => Self::WeightVecLengthIsLow { minimum: 1 }, // Of root rows alone.
			RowError::OverLimit(uid) => Self::MaxWeightExceeded { uid },
			RowError::DuplicateId(uid) => Self::DuplicateUids { uid },
		}
	}
}
