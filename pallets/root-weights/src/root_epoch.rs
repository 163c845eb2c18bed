// SPDX-License-Identifier: Apache-2.0
//! What a block does: run the root epoch when due, and split emission by its result.

use alloc::vec::Vec;

use frame_support::{traits::Get, weights::Weight};
use frame_system::pallet_prelude::BlockNumberFor;
use sp_runtime::traits::UniqueSaturatedInto;
use yuma_consensus::{
	root::{emission_shares, emission_shares_without_renormalization},
	schedule::is_epoch_block,
	split, RootVote, StoredRow,
};

use crate::{
	Config, EmissionShares, EpochDue, EpochsRun, Event, Pallet, PlainVec, RootParameters, RootParams, RootRows,
	RootValidator, RootValidators, Subnets, WeightInfo, ROOT_NETUID,
};

/// Whether rows are renormalized as they are read. Only a preview may say no.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RowReading {
	/// Each row sums to one.
	Normalized,
	/// Each row as stored: what the pallet exists to prevent.
	AsStored,
}

/// State that a root epoch starts from.
pub(crate) struct RootSnapshot<AccountId> {
	pub netuids: Vec<u16>,
	pub votes: Vec<(RootValidator<AccountId>, StoredRow)>,
	pub params: RootParameters,
}

impl<AccountId> RootSnapshot<AccountId> {
	/// The votes as the maths takes them, in the same order.
	pub fn votes(&self) -> Vec<RootVote<'_>> {
		self.votes.iter().map(|(validator, row)| RootVote { stake: validator.stake, row }).collect()
	}

	/// The share of each of `netuids`, in their order.
	pub fn shares(&self, reading: RowReading) -> Vec<u64> {
		let params = yuma_consensus::RootParams { kappa: self.params.kappa, rho: self.params.rho };
		match reading {
			RowReading::Normalized => emission_shares(&self.netuids, &self.votes(), params),
			RowReading::AsStored => emission_shares_without_renormalization(&self.netuids, &self.votes(), params),
		}
	}

	fn entries(&self) -> u32 {
		self.votes.iter().fold(0, |sum: u32, (_, row)| sum.saturating_add(row.len() as u32))
	}
}

impl<T: Config> Pallet<T> {
	/// Runs the root epoch if it is due, in this block or since an earlier one, and if it fits the budget; says what that
	/// cost. An epoch that does not fit waits, and is the one that runs next, on the state it then finds.
	pub(crate) fn root_epoch_if_due(block: BlockNumberFor<T>) -> Weight {
		let is_due = is_epoch_block(block.unique_saturated_into(), ROOT_NETUID, T::RootParams::tempo());
		let Some(due) = EpochDue::<T>::get().or(is_due.then_some(block)) else { return T::WeightInfo::idle() };

		if Self::largest_epoch_weight().all_lte(T::EpochBudget::get()) {
			EpochDue::<T>::kill();
			return Self::run_epoch(T::RootParams::get());
		}
		if due == block {
			EpochDue::<T>::put(due);
			Self::deposit_event(Event::EpochDeferred { due });
		}
		T::WeightInfo::idle()
	}

	/// What a root epoch costs at the most.
	pub(crate) fn largest_epoch_weight() -> Weight {
		let (validators, subnets) = (T::MaxValidators::get(), T::MaxSubnets::get());
		Self::epoch_weight(validators, subnets, validators.saturating_mul(subnets))
	}

	/// What a root epoch costs that reads `validators` rows with `entries` entries in all, over `subnets` subnets.
	///
	/// Each of the three benchmarks is a whole block in which one of these grows; what does not grow counts once.
	pub fn epoch_weight(validators: u32, subnets: u32, entries: u32) -> Weight {
		let of_subnets = T::WeightInfo::epoch_subnets(subnets).saturating_sub(T::WeightInfo::epoch_subnets(0));
		let of_entries = T::WeightInfo::epoch_entries(entries).saturating_sub(T::WeightInfo::epoch_entries(0));
		T::WeightInfo::epoch_validators(validators).saturating_add(of_subnets).saturating_add(of_entries)
	}

	/// Turns rows and stake into shares.
	fn run_epoch(params: RootParameters) -> Weight {
		let snapshot = Self::root_snapshot(params);
		let shares = snapshot.shares(RowReading::Normalized);
		let weight = Self::epoch_weight(snapshot.votes.len() as u32, snapshot.netuids.len() as u32, snapshot.entries());
		Self::put_shares(snapshot.netuids, shares);
		EpochsRun::<T>::mutate(|epochs| *epochs = epochs.saturating_add(1));
		weight
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

	pub(crate) fn root_snapshot(params: RootParameters) -> RootSnapshot<T::AccountId> {
		let votes = T::RootValidators::all().into_iter().map(|validator| {
			let row = T::RootRows::get(validator.uid);
			(validator, row)
		});
		RootSnapshot { netuids: T::Subnets::netuids(), votes: votes.collect(), params }
	}

	fn put_shares(netuids: Vec<u16>, shares: Vec<u64>) {
		let earning = netuids.into_iter().zip(shares).filter(|(_, share)| *share > 0).collect();
		let earning = PlainVec::truncate_from(earning); // `Subnets` promises no more than there is room for.
		Self::deposit_event(match earning.len() as u32 {
			0 => Event::NoValidRootVote,
			subnets => Event::EmissionSharesSet { subnets },
		});
		EmissionShares::<T>::put(earning);
	}
}
