// SPDX-License-Identifier: Apache-2.0
//! Votes: every check, in one place for the call and for the transaction pool, and what an accepted vote changes.

use alloc::vec::Vec;

use frame_support::{ensure, pallet_prelude::*};
use frame_system::pallet_prelude::BlockNumberFor;
use sp_core::H256;
use sp_runtime::traits::{BlakeTwo256, Hash, Saturating, UniqueSaturatedInto};
use yuma_consensus::row_check::{check_lengths, root_row, RowError, RowLimits};

use crate::{
	Commit, Commits, Config, EpochsRun, Error, Event, LastVote, Pallet, RootParameters, RootParams, RootRows,
	RootValidators, Subnets, MAX_SALT, ROOT_NETUID,
};

/// A row as it is sent.
#[derive(Clone, Copy, Debug)]
pub struct Ballot<'a> {
	/// Must be 0.
	pub netuid: u16,
	/// Subnets that are voted for.
	pub dests: &'a [u16],
	/// Their weights, in any scale.
	pub weights: &'a [u16],
	/// Version of the validator's software.
	pub version_key: u64,
}

/// What a transaction asks for on behalf of a root validator.
#[derive(Clone, Copy, Debug)]
pub enum Vote<'a, AccountId> {
	/// To set a row in the open.
	Set(&'a AccountId, Ballot<'a>),
	/// To promise a row by its hash.
	Commit(&'a AccountId, H256),
	/// To set the row that was promised.
	Reveal(&'a AccountId, Ballot<'a>, &'a [u16]),
}

impl<AccountId> Vote<'_, AccountId> {
	/// The validator.
	pub fn hotkey(&self) -> &AccountId {
		match self {
			Self::Set(hotkey, ..) | Self::Commit(hotkey, ..) | Self::Reveal(hotkey, ..) => hotkey,
		}
	}

	/// Entries of the row, none for a promise.
	pub fn entries(&self) -> u32 {
		match self {
			Self::Set(_, ballot) | Self::Reveal(_, ballot, _) => ballot.dests.len() as u32,
			Self::Commit(..) => 0,
		}
	}
}

/// What a vote that passed every check changes.
enum Accepted {
	Row(u16, Vec<(u16, u16)>),
	Promise(u16, H256),
	Reveal(u16, Vec<(u16, u16)>),
}

impl<T: Config> Pallet<T> {
	/// Whether `vote`, signed by `coldkey`, would be accepted now. Changes nothing; a refusal costs little, for what is
	/// cheap to check comes first and no loop is longer than a row may be.
	pub fn check_vote(coldkey: &T::AccountId, vote: &Vote<T::AccountId>) -> Result<(), Error<T>> {
		Self::accept(coldkey, vote).map(|_| ())
	}

	/// Accepts `vote`, signed by `coldkey`, or refuses it and changes nothing. Other pallets forward their historic call
	/// to this.
	pub fn do_vote(coldkey: &T::AccountId, vote: &Vote<T::AccountId>) -> DispatchResult {
		let hotkey = vote.hotkey().clone();
		let event = match Self::accept(coldkey, vote)? {
			Accepted::Row(uid, row) => {
				T::RootRows::put(uid, row);
				LastVote::<T>::insert(uid, Self::now());
				Event::RootWeightsSet { uid, hotkey }
			},
			Accepted::Promise(uid, hash) => {
				Commits::<T>::insert(uid, Commit { hash, epoch: EpochsRun::<T>::get() });
				LastVote::<T>::insert(uid, Self::now());
				Event::RootWeightsCommitted { uid, hotkey, hash }
			},
			Accepted::Reveal(uid, row) => {
				T::RootRows::put(uid, row);
				Commits::<T>::remove(uid);
				Event::RootWeightsSet { uid, hotkey }
			},
		};
		Self::deposit_event(event);
		Ok(())
	}

	/// Forgets all that the validator of `uid` has voted; for the chain to call whenever another hotkey takes the uid,
	/// which must not vote with its predecessor's row, or wait for its predecessor's sake.
	pub fn clear_validator(uid: u16) {
		T::RootRows::remove(uid);
		Commits::<T>::remove(uid);
		LastVote::<T>::remove(uid);
	}

	/// What a validator has to commit to before it reveals `ballot` with `salt`; the form is upstream's.
	pub fn commitment(hotkey: &T::AccountId, ballot: Ballot, salt: &[u16]) -> H256 {
		let Ballot { netuid, dests, weights, version_key } = ballot;
		BlakeTwo256::hash_of(&(hotkey, netuid, dests, weights, salt, version_key))
	}

	fn accept(coldkey: &T::AccountId, vote: &Vote<T::AccountId>) -> Result<Accepted, Error<T>> {
		if let Vote::Set(_, ballot) | Vote::Reveal(_, ballot, _) = vote {
			check_lengths(ballot.dests, ballot.weights, T::MaxSubnets::get() as usize)?;
			ensure!(ballot.netuid == ROOT_NETUID, Error::<T>::NotRootNetwork);
		}
		let hotkey = vote.hotkey();
		ensure!(T::RootValidators::owner_of(hotkey).as_ref() == Some(coldkey), Error::<T>::NotHotkeyOwner);
		let uid = T::RootValidators::uid_of(hotkey).ok_or(Error::<T>::NotRootValidator)?;
		let params = T::RootParams::get();
		ensure!(T::RootValidators::stake_of(hotkey) >= params.min_stake.max(1), Error::<T>::NotEnoughStake);
		match *vote {
			Vote::Set(_, ballot) => {
				ensure!(!params.commit_reveal, Error::<T>::CommitRevealEnabled);
				Self::ensure_not_too_soon(uid, &params)?;
				Ok(Accepted::Row(uid, Self::row_of(ballot, &params)?))
			},
			Vote::Commit(_, hash) => {
				ensure!(params.commit_reveal, Error::<T>::CommitRevealDisabled);
				Self::ensure_not_too_soon(uid, &params)?;
				Ok(Accepted::Promise(uid, hash))
			},
			Vote::Reveal(hotkey, ballot, salt) => {
				ensure!(params.commit_reveal, Error::<T>::CommitRevealDisabled);
				ensure!(salt.len() <= MAX_SALT as usize, Error::<T>::SaltTooLong);
				Self::ensure_committed(uid, Self::commitment(hotkey, ballot, salt))?;
				Ok(Accepted::Reveal(uid, Self::row_of(ballot, &params)?))
			},
		}
	}

	fn row_of(ballot: Ballot, params: &RootParameters) -> Result<Vec<(u16, u16)>, Error<T>> {
		ensure!(ballot.version_key >= params.version_key, Error::<T>::OutdatedVersionKey);
		let limits = RowLimits { min_entries: params.min_allowed_weights, max_weight: params.max_weight_limit };
		Ok(root_row(&T::Subnets::netuids(), limits, ballot.dests, ballot.weights)?)
	}

	fn ensure_not_too_soon(uid: u16, params: &RootParameters) -> Result<(), Error<T>> {
		let Some(last) = LastVote::<T>::get(uid) else { return Ok(()) };
		let passed: u64 = Self::now().saturating_sub(last).unique_saturated_into();
		let blocks_left = params.rate_limit.saturating_sub(passed);
		let blocks_left = u16::try_from(blocks_left).unwrap_or(u16::MAX);
		ensure!(blocks_left == 0, Error::<T>::VotingTooSoon { blocks_left });
		Ok(())
	}

	/// Whether `uid` has promised this very row, and the epoch after which it is to be revealed has run, but none since.
	fn ensure_committed(uid: u16, revealed: H256) -> Result<(), Error<T>> {
		let commit = Commits::<T>::get(uid).ok_or(Error::<T>::NothingCommitted)?;
		let epochs = EpochsRun::<T>::get().saturating_sub(commit.epoch);
		ensure!(epochs > 0, Error::<T>::RevealTooEarly);
		ensure!(epochs == 1, Error::<T>::CommitExpired);
		ensure!(commit.hash == revealed, Error::<T>::NotWhatWasCommitted);
		Ok(())
	}

	fn now() -> BlockNumberFor<T> {
		frame_system::Pallet::<T>::block_number()
	}
}

impl<T> From<RowError> for Error<T> {
	fn from(error: RowError) -> Self {
		match error {
			RowError::UnequalLengths => Self::UnequalLengths,
			RowError::TooManyEntries => Self::TooManyEntries,
			RowError::UnknownId(netuid) => Self::UnknownNetuid { netuid },
			RowError::DuplicateId(netuid) => Self::DuplicateNetuid { netuid },
			RowError::TooFewEntries { minimum } => Self::TooFewEntries { minimum },
			RowError::OverLimit(netuid) => Self::MaxWeightExceeded { netuid },
			RowError::NoWeights => Self::NoWeights,
		}
	}
}
