// SPDX-License-Identifier: Apache-2.0
//! What a block does: run the root epoch when due, and split emission by its result.

use alloc::vec::Vec;

use frame_support::{pallet_prelude::*, traits::Get, weights::Weight};
use frame_system::pallet_prelude::BlockNumberFor;
use sp_runtime::traits::UniqueSaturatedInto;
use yuma_consensus::{
	root::{emission_shares, emission_shares_without_renormalization},
	schedule::{blocks_until_epoch, is_epoch_block},
	split, NormalizedRow, RootVote, StoredRow,
};

use crate::{
	Config, EmissionShares, Event, Pallet, RootParams, RootRows, RootValidator, RootValidators, Subnets, WeightInfo,
	ROOT_NETUID,
};

/// A root validator and its row as stored.
pub type StoredVote<AccountId> = (u16, AccountId, u64, StoredRow);
/// A root validator and its row as read: shares per 2⁶⁴ − 1, over the subnets that exist.
pub type ReadVote<AccountId> = (u16, AccountId, u64, Vec<(u16, u64)>);

/// Whether rows are renormalized as they are read. Only a preview may say no.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RowReading {
	/// Each row sums to one.
	Normalized,
	/// Each row as stored: what the pallet exists to prevent.
	AsStored,
}

/// State that a root epoch starts from.
struct RootSnapshot<AccountId> {
	netuids: Vec<u16>,
	votes: Vec<(RootValidator<AccountId>, StoredRow)>,
}

impl<T: Config> Pallet<T> {
	pub(crate) fn root_epoch_if_due(block: BlockNumberFor<T>) -> Weight {
		if !is_epoch_block(block.unique_saturated_into(), ROOT_NETUID, T::RootParams::get().tempo) {
			return T::WeightInfo::idle();
		}
		let snapshot = Self::root_snapshot();
		let shares = Self::shares(&snapshot, RowReading::Normalized);
		let (validators, subnets) = (snapshot.votes.len() as u32, snapshot.netuids.len() as u32);
		Self::put_shares(snapshot.netuids, shares);
		T::WeightInfo::root_epoch(validators, subnets)
	}

	/// The parts of `amount` that the subnets earn, one for each that exists, ascending by netuid.
	///
	/// They sum to `amount` exactly, by the method of largest remainder, ties to the lower netuid; or all are zero when no
	/// living subnet has a share, and then nothing may be minted. The share of a subnet removed since the last root epoch
	/// is the others' in proportion.
	pub fn split_emission(amount: u64) -> Vec<(u16, u64)> {
		let netuids = T::Subnets::netuids();
		let stored = EmissionShares::<T>::get();
		let share_of = |netuid: &u16| {
			let index = stored.binary_search_by_key(netuid, |(netuid, _)| *netuid).ok()?;
			stored.get(index).map(|(_, share)| *share)
		};
		let shares: Vec<u64> = netuids.iter().map(|netuid| share_of(netuid).unwrap_or(0)).collect();
		netuids.into_iter().zip(split(amount, &shares)).collect()
	}

	/// What a block's emission would be if the root epoch ran now, with or without renormalization.
	pub fn preview_emission(reading: RowReading) -> Vec<(u16, u64)> {
		let snapshot = Self::root_snapshot();
		let parts = split(T::BlockEmission::get(), &Self::shares(&snapshot, reading));
		snapshot.netuids.into_iter().zip(parts).collect()
	}

	/// Every root validator with its row as stored.
	pub fn stored_votes() -> Vec<StoredVote<T::AccountId>> {
		let votes = Self::root_snapshot().votes.into_iter();
		votes.map(|(validator, row)| (validator.uid, validator.hotkey, validator.stake, row)).collect()
	}

	/// Every root validator with its row as the epoch reads it.
	pub fn read_votes() -> Vec<ReadVote<T::AccountId>> {
		let RootSnapshot { netuids, votes } = Self::root_snapshot();
		let read = |row: &[(u16, u16)]| {
			let row = NormalizedRow::from_stored(row, &netuids);
			row.shares().filter_map(|(index, share)| Some((*netuids.get(index)?, share))).collect::<Vec<_>>()
		};
		votes.into_iter().map(|(v, row)| (v.uid, v.hotkey, v.stake, read(&row))).collect()
	}

	/// The block of the next root epoch, after the present one; `None` if it never runs.
	pub fn next_epoch_block() -> Option<u64> {
		let now: u64 = frame_system::Pallet::<T>::block_number().unique_saturated_into();
		let next = now.saturating_add(1);
		let wait = blocks_until_epoch(next, ROOT_NETUID, T::RootParams::get().tempo)?;
		Some(next.saturating_add(wait))
	}

	fn root_snapshot() -> RootSnapshot<T::AccountId> {
		let votes = T::RootValidators::all().into_iter().map(|validator| {
			let row = RootRows::<T>::get(validator.uid).into_inner();
			(validator, row)
		});
		RootSnapshot { netuids: T::Subnets::netuids(), votes: votes.collect() }
	}

	fn shares(snapshot: &RootSnapshot<T::AccountId>, reading: RowReading) -> Vec<u64> {
		let votes: Vec<RootVote> =
			snapshot.votes.iter().map(|(validator, row)| RootVote { stake: validator.stake, row }).collect();
		let params = T::RootParams::get();
		let params = yuma_consensus::RootParams { kappa: params.kappa, rho: params.rho };
		match reading {
			RowReading::Normalized => emission_shares(&snapshot.netuids, &votes, params),
			RowReading::AsStored => emission_shares_without_renormalization(&snapshot.netuids, &votes, params),
		}
	}

	fn put_shares(netuids: Vec<u16>, shares: Vec<u64>) {
		let earning = netuids.into_iter().zip(shares).filter(|(_, share)| *share > 0).collect();
		let earning = BoundedVec::<_, T::MaxSubnets>::truncate_from(earning); // `Subnets` promises no more.
		Self::deposit_event(match earning.len() as u32 {
			0 => Event::NoValidRootVote,
			subnets => Event::EmissionSharesSet { subnets },
		});
		EmissionShares::<T>::put(earning);
	}

	/// Checks what must hold of the storage between blocks.
	#[cfg(any(feature = "std", feature = "try-runtime"))]
	pub fn do_try_state() -> Result<(), sp_runtime::TryRuntimeError> {
		let shares = EmissionShares::<T>::get();
		let sum: u128 = shares.iter().map(|(_, share)| u128::from(*share)).sum();
		ensure!(shares.is_empty() || sum == u128::from(u64::MAX), "emission shares do not sum to one");
		ensure!(shares.windows(2).all(|pair| pair[0].0 < pair[1].0), "emission shares are not ascending by netuid");
		for (uid, row) in RootRows::<T>::iter() {
			ensure!(T::RootValidators::all().iter().any(|v| v.uid == uid), "a row of a uid that does not exist");
			ensure!(row.iter().any(|(_, weight)| *weight == u16::MAX), "a row that is not scaled up");
			ensure!(row.windows(2).all(|pair| pair[0].0 < pair[1].0), "a row that is not ascending by netuid");
		}
		Ok(())
	}
}
