// SPDX-License-Identifier: Apache-2.0
//! Weights that are promised by their hash and shown when nobody can copy them any more.
//!
//! The clock is the count of epochs that ran, so that neither a change of tempo nor a delay spoils a promise.

use alloc::{collections::VecDeque, vec::Vec};

use codec::Compact;
use frame_support::{ensure, pallet_prelude::*};
use sp_core::H256;
use sp_runtime::traits::{BlakeTwo256, Hash};
use yuma_consensus::{row_check::check_lengths, StoredRow};

use crate::{
	registration::set_at,
	set_weights::{ensure_batch, ensure_distinct, SentRow},
	BlockAtRegistration, CommitRevealWeightsEnabled, Config, Error, Event, LastUpdate, Pallet, RevealPeriodEpochs,
	SubnetEpochIndex, SubnetworkN, WeightCommits, Weights, MAX_BATCH, MAX_SALT,
};

/// Hash, epoch and block of a promise, and the epoch at which alone it can be revealed.
type Commit = (H256, u64, u64, u64);

/// A row and the salt that it was promised with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Reveal {
	pub row: SentRow,
	pub salt: Vec<u16>,
}

/// A promise that passed every check.
pub(crate) struct AcceptedCommit {
	netuid: u16,
	uid: u16,
	hash: H256,
	/// What waits for its reveal from now on.
	waiting: VecDeque<Commit>,
}

/// Reveals that passed every check.
pub(crate) struct AcceptedReveals {
	uid: u16,
	/// The row of the last.
	row: StoredRow,
	hashes: Vec<H256>,
	/// What still waits for its reveal.
	waiting: VecDeque<Commit>,
}

/// The promises of a batch as clients send it, one for each of `netuids`.
pub(crate) fn unpack_commits<T: Config>(
	netuids: &[Compact<u16>],
	hashes: &[H256],
) -> Result<Vec<(u16, H256)>, Error<T>> {
	ensure!(netuids.len() == hashes.len(), Error::<T>::InputLengthsUnequal);
	ensure_batch::<T>(netuids.len(), T::MaxSubnets::get())?;
	Ok(netuids.iter().map(|netuid| netuid.0).zip(hashes.iter().copied()).collect())
}

/// The reveals of a batch as clients send it.
pub(crate) fn unpack_reveals<T: Config>(
	netuid: u16,
	dests: &[Vec<u16>],
	weights: &[Vec<u16>],
	salts: &[Vec<u16>],
	version_keys: &[u64],
) -> Result<Vec<Reveal>, Error<T>> {
	let lengths = [weights.len(), salts.len(), version_keys.len()];
	ensure!(lengths.iter().all(|length| *length == dests.len()), Error::<T>::InputLengthsUnequal);
	ensure_batch::<T>(dests.len(), MAX_BATCH)?;
	let reveals =
		dests.iter().zip(weights).zip(salts).zip(version_keys).map(|(((dests, weights), salt), key)| Reveal {
			row: SentRow { netuid, dests: dests.clone(), weights: weights.clone(), version_key: *key },
			salt: salt.clone(),
		});
	Ok(reveals.collect())
}

impl<T: Config> Pallet<T> {
	/// What `hotkey` has to commit to before it reveals these weights with `salt`; the form is upstream's.
	pub fn commitment(
		hotkey: &T::AccountId,
		netuid: u16,
		uids: &[u16],
		weights: &[u16],
		salt: &[u16],
		version_key: u64,
	) -> H256 {
		BlakeTwo256::hash_of(&(hotkey, netuid, uids, weights, salt, version_key))
	}

	/// Notes all of `commits` of `hotkey`, or none.
	pub(crate) fn do_commit_weights(hotkey: &T::AccountId, commits: &[(u16, H256)]) -> DispatchResult {
		for AcceptedCommit { netuid, uid, hash, waiting } in Self::accept_commits(hotkey, commits)? {
			WeightCommits::<T>::insert(netuid, hotkey, waiting);
			LastUpdate::<T>::mutate(netuid, |column| set_at(column, uid, Self::block()));
			Self::deposit_event(Event::WeightsCommitted { netuid, hotkey: hotkey.clone(), hash });
		}
		Ok(())
	}

	/// Sets the weights that `reveals` show, in their order, all of them or none. Older promises are void.
	pub(crate) fn do_reveal_weights(hotkey: &T::AccountId, netuid: u16, reveals: &[Reveal]) -> DispatchResult {
		let AcceptedReveals { uid, row, hashes, waiting } = Self::accept_reveals(hotkey, netuid, reveals)?;
		Weights::<T>::insert(netuid, uid, row);
		if waiting.is_empty() {
			WeightCommits::<T>::remove(netuid, hotkey);
		} else {
			WeightCommits::<T>::insert(netuid, hotkey, waiting);
		}
		for hash in hashes {
			Self::deposit_event(Event::WeightsRevealed { netuid, hotkey: hotkey.clone(), hash });
		}
		Ok(())
	}

	/// Whether `hotkey` may make these promises now, one a subnet.
	pub(crate) fn accept_commits(
		hotkey: &T::AccountId,
		commits: &[(u16, H256)],
	) -> Result<Vec<AcceptedCommit>, Error<T>> {
		ensure_distinct::<T>(commits.iter().map(|(netuid, _)| *netuid))?;
		commits.iter().map(|(netuid, hash)| Self::accept_commit(hotkey, *netuid, *hash)).collect()
	}

	fn accept_commit(hotkey: &T::AccountId, netuid: u16, hash: H256) -> Result<AcceptedCommit, Error<T>> {
		let uid = Self::committing_uid(hotkey, netuid)?;
		Self::ensure_not_too_fast(netuid, uid)?;
		let epoch = SubnetEpochIndex::<T>::get(netuid);
		let mut waiting = WeightCommits::<T>::get(netuid, hotkey).unwrap_or_default();
		waiting.retain(|(.., reveal_at)| *reveal_at >= epoch); // The others have expired.
		ensure!(waiting.len() < MAX_BATCH as usize, Error::<T>::TooManyUnrevealedCommits);
		let reveal_at = epoch.saturating_add(RevealPeriodEpochs::<T>::get(netuid));
		waiting.push_back((hash, epoch, Self::block(), reveal_at));
		Ok(AcceptedCommit { netuid, uid, hash, waiting })
	}

	/// Whether `hotkey` has promised these rows, may show them now, and may set them.
	pub(crate) fn accept_reveals(
		hotkey: &T::AccountId,
		netuid: u16,
		reveals: &[Reveal],
	) -> Result<AcceptedReveals, Error<T>> {
		let uid = Self::committing_uid(hotkey, netuid)?;
		let waiting = WeightCommits::<T>::get(netuid, hotkey).ok_or(Error::<T>::NoWeightsCommitFound)?;
		let mut accepted = AcceptedReveals { uid, row: StoredRow::new(), hashes: Vec::new(), waiting };
		for Reveal { row, salt } in reveals {
			check_lengths(&row.dests, &row.weights, SubnetworkN::<T>::get(netuid).into())?; // Before all of it is hashed.
			ensure!(salt.len() <= MAX_SALT as usize, Error::<T>::SaltTooLong);
			let hash = Self::commitment(hotkey, netuid, &row.dests, &row.weights, salt, row.version_key);
			let place = accepted.waiting.iter().position(|(promised, ..)| *promised == hash);
			let place = place.ok_or(Error::<T>::NoWeightsCommitFound)?;
			let Some((.., block, reveal_at)) = accepted.waiting.drain(..=place).next_back() else {
				return Err(Error::<T>::NoWeightsCommitFound);
			};
			Self::ensure_its_time(netuid, reveal_at)?;
			accepted.row = Self::row_to_store(uid, row)?;
			// A promise was not meant for who took a uid over since.
			accepted.row.retain(|(uid, _)| BlockAtRegistration::<T>::get(netuid, uid) < block);
			accepted.hashes.push(hash);
		}
		Ok(accepted)
	}

	fn committing_uid(hotkey: &T::AccountId, netuid: u16) -> Result<u16, Error<T>> {
		Self::ensure_subnet(netuid)?;
		ensure!(CommitRevealWeightsEnabled::<T>::get(netuid), Error::<T>::CommitRevealDisabled);
		Self::uid_of_neuron(hotkey, netuid)
	}

	fn ensure_its_time(netuid: u16, reveal_at: u64) -> Result<(), Error<T>> {
		let epoch = SubnetEpochIndex::<T>::get(netuid);
		let epochs_left = u16::try_from(reveal_at.saturating_sub(epoch)).unwrap_or(u16::MAX);
		ensure!(epochs_left == 0, Error::<T>::RevealTooEarly { epochs_left });
		ensure!(epoch == reveal_at, Error::<T>::ExpiredWeightCommit);
		Ok(())
	}
}
