// SPDX-License-Identifier: Apache-2.0
//! Setting a neuron's weights on the uids of its subnet: every check, in one place for the call and for the transaction
//! pool, and what an accepted row changes.

use alloc::vec::Vec;

use codec::Compact;
use frame_support::{ensure, pallet_prelude::*};
use yuma_consensus::{
	row_check::{check_lengths, is_self_weight, subnet_row, RowError, RowLimits},
	StoredRow,
};

use crate::{
	registration::set_at, CommitRevealWeightsEnabled, Config, Error, Event, LastUpdate, MaxWeightsLimit,
	MinAllowedWeights, NetworksAdded, Pallet, SubnetworkN, Uids, ValidatorPermit, Weights, WeightsSetRateLimit,
	WeightsVersionKey, ROOT_NETUID,
};

/// A row as it is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SentRow {
	pub netuid: u16,
	/// Uids.
	pub dests: Vec<u16>,
	/// Their weights, in any scale.
	pub weights: Vec<u16>,
	/// Version of the validator's software.
	pub version_key: u64,
}

/// A row that passed every check, and whose it is.
pub(crate) struct AcceptedRow {
	netuid: u16,
	uid: u16,
	row: StoredRow,
}

impl SentRow {
	/// The rows of a batch as clients send it, one for each of `netuids`.
	pub fn unpack<T: Config>(
		netuids: &[Compact<u16>],
		weights: &[Vec<(Compact<u16>, Compact<u16>)>],
		version_keys: &[Compact<u64>],
	) -> Result<Vec<Self>, Error<T>> {
		let is_one_each = netuids.len() == weights.len() && netuids.len() == version_keys.len();
		ensure!(is_one_each, Error::<T>::InputLengthsUnequal);
		ensure_batch::<T>(netuids.len(), T::MaxSubnets::get())?;
		let rows = netuids.iter().zip(weights).zip(version_keys).map(|((netuid, entries), key)| Self {
			netuid: netuid.0,
			dests: entries.iter().map(|(uid, _)| uid.0).collect(),
			weights: entries.iter().map(|(_, weight)| weight.0).collect(),
			version_key: key.0,
		});
		Ok(rows.collect())
	}
}

impl<T: Config> Pallet<T> {
	/// Sets all of `rows` of `hotkey`, or none.
	pub(crate) fn do_set_weights(hotkey: &T::AccountId, rows: &[SentRow]) -> DispatchResult {
		for AcceptedRow { netuid, uid, row } in Self::accept_rows(hotkey, rows)? {
			Weights::<T>::insert(netuid, uid, row);
			LastUpdate::<T>::mutate(netuid, |column| set_at(column, uid, Self::block()));
			Self::deposit_event(Event::WeightsSet { netuid, uid });
		}
		Ok(())
	}

	/// Whether `hotkey` may set `rows` now, one a subnet. What is cheap to check comes first, and no loop is longer than a
	/// row may be.
	pub(crate) fn accept_rows(hotkey: &T::AccountId, rows: &[SentRow]) -> Result<Vec<AcceptedRow>, Error<T>> {
		ensure_distinct::<T>(rows.iter().map(|row| row.netuid))?;
		rows.iter().map(|row| Self::accept_row(hotkey, row)).collect()
	}

	fn accept_row(hotkey: &T::AccountId, sent: &SentRow) -> Result<AcceptedRow, Error<T>> {
		let netuid = sent.netuid;
		Self::ensure_subnet(netuid)?;
		check_lengths(&sent.dests, &sent.weights, SubnetworkN::<T>::get(netuid).into())?;
		ensure!(!CommitRevealWeightsEnabled::<T>::get(netuid), Error::<T>::CommitRevealEnabled);
		let uid = Self::uid_of_neuron(hotkey, netuid)?;
		Self::ensure_not_too_fast(netuid, uid)?;
		Ok(AcceptedRow { netuid, uid, row: Self::row_to_store(uid, sent)? })
	}

	/// The row that `uid` may store, whenever it may.
	pub(crate) fn row_to_store(uid: u16, sent: &SentRow) -> Result<StoredRow, Error<T>> {
		let SentRow { netuid, dests, weights, version_key } = sent;
		ensure!(*version_key >= WeightsVersionKey::<T>::get(netuid), Error::<T>::IncorrectWeightVersionKey);
		let may = is_self_weight(uid, dests) || Self::has_permit(*netuid, uid);
		ensure!(may, Error::<T>::NeuronNoValidatorPermit);
		let limits = RowLimits {
			min_entries: MinAllowedWeights::<T>::get(netuid),
			max_weight: MaxWeightsLimit::<T>::get(netuid),
		};
		Ok(subnet_row(uid, SubnetworkN::<T>::get(netuid), limits, dests, weights)?)
	}

	pub(crate) fn ensure_subnet(netuid: u16) -> Result<(), Error<T>> {
		ensure!(netuid != ROOT_NETUID, Error::<T>::IsRoot);
		ensure!(NetworksAdded::<T>::get(netuid), Error::<T>::SubnetNotExists);
		Ok(())
	}

	pub(crate) fn uid_of_neuron(hotkey: &T::AccountId, netuid: u16) -> Result<u16, Error<T>> {
		Uids::<T>::get(netuid, hotkey).ok_or(Error::<T>::HotKeyNotRegisteredInSubNet)
	}

	pub(crate) fn ensure_not_too_fast(netuid: u16, uid: u16) -> Result<(), Error<T>> {
		let last = LastUpdate::<T>::get(netuid).get(usize::from(uid)).copied().unwrap_or(0);
		let blocks_left = Self::blocks_left(last, WeightsSetRateLimit::<T>::get(netuid));
		ensure!(blocks_left == 0, Error::<T>::SettingWeightsTooFast { blocks_left });
		Ok(())
	}

	fn has_permit(netuid: u16, uid: u16) -> bool {
		ValidatorPermit::<T>::get(netuid).get(usize::from(uid)).copied().unwrap_or(false)
	}
}

/// Checks that a batch has something in it, and no more than `most`.
pub(crate) fn ensure_batch<T>(length: usize, most: u32) -> Result<(), Error<T>> {
	ensure!((1..=most as usize).contains(&length), Error::<T>::BatchSizeOutOfBounds);
	Ok(())
}

/// Checks that no subnet is named twice: what a batch does to it must not depend on itself.
pub(crate) fn ensure_distinct<T>(netuids: impl Iterator<Item = u16>) -> Result<(), Error<T>> {
	let mut netuids: Vec<u16> = netuids.collect();
	netuids.sort_unstable();
	let twice = netuids.windows(2).find_map(|pair| match pair {
		[a, b] if a == b => Some(*a),
		_ => None,
	});
	twice.map_or(Ok(()), |netuid| Err(Error::<T>::DuplicateNetuid { netuid }))
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
