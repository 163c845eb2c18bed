// SPDX-License-Identifier: Apache-2.0
//! What a client may ask: rows as stored and as read, what they pay, how far stored scale distorts the vote.

use alloc::vec::Vec;

use codec::{Decode, Encode};
use frame_support::traits::Get;
use scale_info::TypeInfo;
use sp_runtime::traits::UniqueSaturatedInto;
use yuma_consensus::{distortion::distortions, schedule::blocks_until_epoch, split, NormalizedRow, StoredRow};

use crate::{root_epoch::RootSnapshot, Config, EpochDue, Pallet, RootParams, RowReading, ROOT_NETUID};

/// A root validator's uid, hotkey, stake in rao, and row `(netuid, weight)` as stored.
pub type StoredVote<AccountId> = (u16, AccountId, u64, StoredRow);
/// A root validator's uid, hotkey, stake in rao, and row `(netuid, share)` as the epoch reads it: shares per 2⁶⁴ − 1, over
/// the subnets that exist.
pub type ReadVote<AccountId> = (u16, AccountId, u64, Vec<(u16, u64)>);

/// How far a root validator's vote would pull from its stake, were rows taken as they are stored.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct VoteDistortion<AccountId> {
	/// Its slot on the root network.
	pub uid: u16,
	/// Its identity.
	pub hotkey: AccountId,
	/// Sum of the row's entries for subnets that exist, as stored.
	pub units: u64,
	/// Share of the stake that votes, per billion.
	pub stake_share: u64,
	/// Share of the vote that the stored row pulls, less `stake_share`, per billion: units × stake share ÷ their sum,
	/// minus stake share. With renormalization it is zero for everybody.
	pub distortion: i64,
}

impl<T: Config> Pallet<T> {
	/// What a block's emission would be if the root epoch ran now, with or without renormalization.
	pub fn preview_emission(reading: RowReading) -> Vec<(u16, u64)> {
		let snapshot = Self::present_snapshot();
		let parts = split(T::BlockEmission::get(), &snapshot.shares(reading));
		snapshot.netuids.into_iter().zip(parts).collect()
	}

	/// Every root validator with its row as stored.
	pub fn stored_votes() -> Vec<StoredVote<T::AccountId>> {
		let votes = Self::present_snapshot().votes.into_iter();
		votes.map(|(validator, row)| (validator.uid, validator.hotkey, validator.stake, row)).collect()
	}

	/// Every root validator with its row as the epoch reads it.
	pub fn read_votes() -> Vec<ReadVote<T::AccountId>> {
		let RootSnapshot { netuids, votes, .. } = Self::present_snapshot();
		let read = |row: &[(u16, u16)]| {
			let row = NormalizedRow::from_stored(row, &netuids);
			row.shares().filter_map(|(index, share)| Some((*netuids.get(index)?, share))).collect::<Vec<_>>()
		};
		votes.into_iter().map(|(v, row)| (v.uid, v.hotkey, v.stake, read(&row))).collect()
	}

	/// How far each root validator's power would be from its stake without renormalization: what a chain asks of its live
	/// state before it enables the fix.
	pub fn vote_distortions() -> Vec<VoteDistortion<T::AccountId>> {
		let snapshot = Self::present_snapshot();
		let found = distortions(&snapshot.netuids, &snapshot.votes());
		let of_validator = |((validator, _), of_vote): ((crate::RootValidator<T::AccountId>, StoredRow), _)| {
			let yuma_consensus::distortion::Distortion { units, stake_share, distortion } = of_vote;
			VoteDistortion { uid: validator.uid, hotkey: validator.hotkey, units, stake_share, distortion }
		};
		snapshot.votes.into_iter().zip(found).map(of_validator).collect()
	}

	/// The block of the next root epoch, after the present one; `None` if it never runs.
	pub fn next_epoch_block() -> Option<u64> {
		let now: u64 = frame_system::Pallet::<T>::block_number().unique_saturated_into();
		let next = now.saturating_add(1);
		if EpochDue::<T>::exists() {
			return Some(next);
		}
		let wait = blocks_until_epoch(next, ROOT_NETUID, T::RootParams::tempo())?;
		Some(next.saturating_add(wait))
	}

	fn present_snapshot() -> RootSnapshot<T::AccountId> {
		Self::root_snapshot(T::RootParams::get())
	}
}
