// SPDX-License-Identifier: Apache-2.0
//! Setting a neuron's weights on the uids of its subnet.

use alloc::vec::Vec;

use frame_support::{ensure, pallet_prelude::*};
use yuma_consensus::max_upscale;

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
		ensure!(dests.len() == weights.len(), Error::<T>::WeightVecNotEqualSize);
		ensure!(netuid != ROOT_NETUID, Error::<T>::IsRoot);
		ensure!(NetworksAdded::<T>::get(netuid), Error::<T>::SubnetNotExists);
		let n = SubnetworkN::<T>::get(netuid);
		ensure!(dests.len() <= usize::from(n), Error::<T>::UidsLengthExceedUidsInSubNet);
		let uid = Uids::<T>::get(netuid, &hotkey).ok_or(Error::<T>::HotKeyNotRegisteredInSubNet)?;
		ensure!(version_key >= WeightsVersionKey::<T>::get(netuid), Error::<T>::IncorrectWeightVersionKey);
		Self::ensure_not_too_fast(netuid, uid)?;
		ensure!(is_self_weight(uid, &dests) || Self::has_permit(netuid, uid), Error::<T>::NeuronNoValidatorPermit);
		let row = Self::checked_row(netuid, uid, n, dests, &weights)?;

		Weights::<T>::insert(netuid, uid, row);
		LastUpdate::<T>::mutate(netuid, |column| set_at(column, uid, Self::block()));
		Self::deposit_event(Event::WeightsSet { netuid, uid });
		Ok(())
	}

	fn checked_row(
		netuid: u16,
		uid: u16,
		n: u16,
		dests: Vec<u16>,
		weights: &[u16],
	) -> Result<Vec<(u16, u16)>, DispatchError> {
		ensure!(dests.iter().all(|dest| *dest < n), Error::<T>::UidVecContainInvalidOne);
		let self_weight = is_self_weight(uid, &dests);
		let enough = dests.len() >= usize::from(MinAllowedWeights::<T>::get(netuid).min(n));
		ensure!(self_weight || enough, Error::<T>::WeightVecLengthIsLow);
		let limit = MaxWeightsLimit::<T>::get(netuid);
		ensure!(self_weight || is_within_limit(weights, limit), Error::<T>::MaxWeightExceeded);
		let mut row: Vec<(u16, u16)> = dests.into_iter().zip(max_upscale(weights)).collect();
		row.sort_unstable();
		ensure!(row.windows(2).all(|pair| !matches!(pair, [(a, _), (b, _)] if a == b)), Error::<T>::DuplicateUids);
		Ok(row)
	}

	fn ensure_not_too_fast(netuid: u16, uid: u16) -> DispatchResult {
		let last = LastUpdate::<T>::get(netuid).get(usize::from(uid)).copied().unwrap_or(0);
		let passed = Self::block().saturating_sub(last);
		ensure!(passed >= WeightsSetRateLimit::<T>::get(netuid), Error::<T>::SettingWeightsTooFast);
		Ok(())
	}

	fn has_permit(netuid: u16, uid: u16) -> bool {
		ValidatorPermit::<T>::get(netuid).get(usize::from(uid)).copied().unwrap_or(false)
	}
}

/// Whether a row names its own uid alone: a neuron may always do so.
fn is_self_weight(uid: u16, dests: &[u16]) -> bool {
	dests == [uid]
}

/// Whether no entry is a larger part of the row than `limit` per 65535, before any rounding.
fn is_within_limit(weights: &[u16], limit: u16) -> bool {
	let sum: u64 = weights.iter().fold(0, |sum, weight| sum.saturating_add((*weight).into()));
	let max: u64 = weights.iter().copied().max().unwrap_or(0).into();
	// max / sum ≤ limit / 65535, as integers below 2⁴⁸.
	max.saturating_mul(u16::MAX.into()) <= sum.saturating_mul(limit.into())
}
