// SPDX-License-Identifier: Apache-2.0
//! Paying an epoch's emission as stake: to miners, to validators and all who have stake on them, to the subnet's owner.

use alloc::{vec, vec::Vec};

use yuma_consensus::{cut_for_owner, split, EpochOutput};

use crate::{
	stake::Growth, Config, Delegates, Event, Keys, Owner, Pallet, PendingEmission, PendingOwnerCut, SubnetOwnerHotkey,
	TotalHotkeyAlpha,
};

/// What paying costs depends on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Paid {
	/// Neurons that were paid as miners alone.
	pub miners: u32,
	/// Neurons that were paid as validators alone.
	pub validators: u32,
	/// Neurons that were paid as both, who are looked up once.
	pub both: u32,
	/// Those paid as miners whose owner got new shares for it: mostly those who had no stake.
	pub newcomers: u32,
	/// Pools of stake that validators share with, but for one each.
	pub further_pools: u32,
}

impl<T: Config> Pallet<T> {
	/// Pays each neuron what the epoch gave it; what is not paid stays pending.
	pub(crate) fn pay(netuid: u16, output: &EpochOutput) -> Paid {
		let mut paid = Paid::default();
		// Parts of one emission: what is paid, and what of it stays on this subnet.
		let (mut sum, mut kept) = (0u64, 0u64);
		// First for stake, by the stake that has earned it.
		let crowd = is_crowd(output);
		for (uid, hotkey, owner, amount) in Self::payees(netuid, &output.validator_emission) {
			let has_permit = output.permits.get(usize::from(uid)).copied().unwrap_or(false);
			let pools = Self::pools_to_pay(&hotkey, netuid, has_permit || !crowd);
			kept = kept.saturating_add(Self::pay_validator(&hotkey, &owner, netuid, amount, &pools));
			let pools = pools.len() as u32;
			let count = if is_paid(&output.server_emission, uid) { &mut paid.both } else { &mut paid.validators };
			*count = count.saturating_add(1);
			paid.further_pools = paid.further_pools.saturating_add(pools.saturating_sub(1));
			sum = sum.saturating_add(amount);
		}
		for (uid, hotkey, owner, amount) in Self::payees(netuid, &output.server_emission) {
			let growth = Self::grow_stake(&hotkey, &owner, netuid, 0, amount);
			paid.miners = paid.miners.saturating_add((!is_paid(&output.validator_emission, uid)).into());
			paid.newcomers = paid.newcomers.saturating_add((growth == Growth::OfShares).into());
			(sum, kept) = (sum.saturating_add(amount), kept.saturating_add(amount));
		}
		if kept > 0 {
			Self::add_to_totals(netuid, kept);
		}
		let pending = PendingEmission::<T>::mutate(netuid, |pending| {
			*pending = pending.saturating_sub(sum); // No more is paid than was pending.
			*pending
		});
		Self::deposit_event(Event::EpochRun { netuid, paid: sum, pending });
		paid
	}

	/// Who gets which of `amounts`, which are by uid: uid, hotkey, its owner, rao.
	fn payees(netuid: u16, amounts: &[u64]) -> impl Iterator<Item = (u16, T::AccountId, T::AccountId, u64)> + '_ {
		let amounts = (0u16..).zip(amounts).filter(|(_, amount)| **amount > 0);
		amounts.filter_map(move |(uid, amount)| {
			let hotkey = Keys::<T>::get(netuid, uid)?;
			let owner = Owner::<T>::get(&hotkey)?;
			Some((uid, hotkey, owner, *amount))
		})
	}

	/// The stake on `hotkey`, by where it is kept: everywhere, which is on no more than all subnets, removed ones and root;
	/// or on `netuid` alone.
	fn pools_to_pay(hotkey: &T::AccountId, netuid: u16, everywhere: bool) -> Vec<(u16, u64)> {
		if everywhere {
			TotalHotkeyAlpha::<T>::iter_prefix(hotkey).collect()
		} else {
			vec![(netuid, TotalHotkeyAlpha::<T>::get(hotkey, netuid))]
		}
	}

	/// Pays `amount` for the stake on `hotkey`: the take, rounded down, to its owner on `netuid`, all the rest to who has
	/// stake in `pools`, in proportion, each where its stake is kept. Returns what of it is now kept on `netuid`, whose total is
	/// left to the caller.
	fn pay_validator(
		hotkey: &T::AccountId,
		owner: &T::AccountId,
		netuid: u16,
		amount: u64,
		pools: &[(u16, u64)],
	) -> u64 {
		let stakes: Vec<u64> = pools.iter().map(|(_, stake)| *stake).collect();
		let cut = cut_for_owner(amount, Delegates::<T>::get(hotkey));
		let mut elsewhere = 0u64;
		let mut here = 0u64;
		for ((pool, _), part) in pools.iter().zip(split(cut.rest, &stakes)).filter(|(_, part)| *part > 0) {
			if *pool == netuid {
				here = part;
			} else if Self::earn_stake(hotkey, *pool, part).is_some() {
				elsewhere = elsewhere.saturating_add(part);
			}
		}
		// What nobody has a share of is the owner's.
		let kept = amount.saturating_sub(elsewhere);
		if kept > 0 {
			Self::grow_stake(hotkey, owner, netuid, here, kept.saturating_sub(here));
		}
		kept
	}

	/// Pays the owner of the subnet what is pending for it.
	pub(crate) fn pay_subnet_owner(netuid: u16) {
		let amount = PendingOwnerCut::<T>::get(netuid);
		let hotkey = SubnetOwnerHotkey::<T>::get(netuid).filter(|_| amount > 0);
		let Some((hotkey, coldkey)) = hotkey.and_then(|hotkey| Owner::<T>::get(&hotkey).map(|owner| (hotkey, owner)))
		else {
			return;
		};
		PendingOwnerCut::<T>::remove(netuid);
		Self::increase_stake(&hotkey, &coldkey, netuid, amount);
		Self::deposit_event(Event::OwnerCutPaid { netuid, hotkey, amount });
	}
}

fn is_paid(amounts: &[u64], uid: u16) -> bool {
	amounts.get(usize::from(uid)).is_some_and(|amount| *amount > 0)
}

/// Whether more are paid for their stake than may be validators: nobody's weights count, and all who have stake are.
///
/// Paying each of them wherever stake on it is kept would be more than a block holds, so that those without a permit share
/// what they earn on the subnet itself.
fn is_crowd(output: &EpochOutput) -> bool {
	let payees = output.validator_emission.iter().filter(|amount| **amount > 0).count();
	payees > output.permits.iter().filter(|permit| **permit).count()
}
