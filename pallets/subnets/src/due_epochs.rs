// SPDX-License-Identifier: Apache-2.0
//! Which epochs run in a block: those that are due, the oldest first, as far as the budget goes.
//!
//! An epoch that has become due runs, whatever happens to the tempo since: nothing but running it, or removing its subnet,
//! takes it out of the queue. If it comes due again while it waits, it keeps its place and runs once. As each subnet is in
//! the queue at most once, new ones come last, and at least one epoch runs in every block in which any waits, of `d` epochs
//! that are due the last runs at most `⌈d / f⌉ − 1` blocks later, where `f ≥ 1` of them fit in a block by their bounds; so
//! none ever waits for `MaxSubnets` blocks.

use alloc::vec::Vec;

use frame_support::{traits::Get, weights::Weight, BoundedVec};
use frame_system::pallet_prelude::BlockNumberFor;
use sp_runtime::traits::UniqueSaturatedInto;
use yuma_consensus::schedule::is_epoch_block;

use crate::{BlocksSinceLastStep, Config, DueEpochs, Event, Pallet, RemovedNetworks, Tempo, WeightInfo};

/// [`DueEpochs`] as it is kept.
pub(crate) type Queue<T> = BoundedVec<u16, <T as pallet_root_weights::Config>::MaxSubnets>;

impl<T: Config> Pallet<T> {
	/// Adjusts the prices of registration on `netuids`, which are all subnets, and runs the epochs that are due.
	pub(crate) fn go_through_subnets(netuids: Vec<u16>, block: BlockNumberFor<T>) -> Weight {
		let block: u64 = block.unique_saturated_into();
		let mut consumed = <T as Config>::WeightInfo::idle(netuids.len() as u32);
		let counted = Self::count_registrations_anew();
		// Looking for them is part of idling.
		let counting = <T as Config>::WeightInfo::count_registrations(counted);
		consumed.saturating_accrue(counting.saturating_sub(<T as Config>::WeightInfo::count_registrations(0)));
		let mut due = DueEpochs::<T>::get();
		let waited = due.len();
		for netuid in &netuids {
			if Self::adjust_burn(*netuid, block) {
				consumed.saturating_accrue(<T as Config>::WeightInfo::adjust_burn());
			}
			BlocksSinceLastStep::<T>::mutate(netuid, |blocks| *blocks = blocks.saturating_add(1));
			if is_epoch_block(block, *netuid, Tempo::<T>::get(netuid)) && !due.contains(netuid) {
				let _ = due.try_push(*netuid); // There is room for each subnet once.
			}
		}
		if !due.is_empty() {
			consumed.saturating_accrue(Self::run_due_epochs(due, waited, netuids.len() as u32, block));
		}
		consumed
	}

	/// Runs the epochs of `due`, of which the first `waited` have waited already, until the next one might not fit in what
	/// is left of the budget; the first runs in any case. An epoch fits if it does at the most that it can cost; what it did
	/// cost is what is spent.
	pub(crate) fn run_due_epochs(due: Queue<T>, waited: usize, subnets: u32, block: u64) -> Weight {
		let budget = T::SubnetEpochBudget::get();
		let pools = subnets.saturating_add(RemovedNetworks::<T>::decode_len().unwrap_or(0) as u32);
		let (mut consumed, mut run) = (Weight::zero(), 0usize);
		for netuid in &due {
			let most = Self::epoch_limits(*netuid, pools).weight::<<T as Config>::WeightInfo>();
			if run > 0 && !consumed.saturating_add(most).all_lte(budget) {
				break;
			}
			consumed.saturating_accrue(Self::run_epoch(*netuid, block));
			run = run.saturating_add(1);
		}
		if waited == 0 && run == due.len() {
			return consumed; // There was no queue, and there is none.
		}
		consumed.saturating_add(Self::defer_epochs(due, waited, run))
	}

	/// Keeps of `due` those that come after the first `run`, and tells of those that have not `waited` before.
	pub(crate) fn defer_epochs(due: Queue<T>, waited: usize, run: usize) -> Weight {
		for netuid in due.iter().skip(waited.max(run)) {
			Self::deposit_event(Event::EpochDeferred { netuid: *netuid });
		}
		let left: Queue<T> = BoundedVec::truncate_from(due.into_iter().skip(run).collect());
		let weight = <T as Config>::WeightInfo::defer_epochs(left.len() as u32);
		if left.is_empty() {
			DueEpochs::<T>::kill();
		} else {
			DueEpochs::<T>::put(left);
		}
		weight
	}
}
