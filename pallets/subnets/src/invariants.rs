// SPDX-License-Identifier: Apache-2.0
//! What must hold of the storage between blocks.
#![cfg(any(feature = "std", feature = "try-runtime"))]

use alloc::{
	collections::{BTreeMap, BTreeSet},
	vec::Vec,
};

use frame_support::{ensure, traits::fungible::Inspect};
use sp_runtime::TryRuntimeError;

use crate::{
	Alpha, Axons, BlockAtRegistration, Bonds, Config, DueEpochs, Keys, LastUpdate, NetworkRegisteredAt, NetworksAdded,
	Pallet, PendingEmission, PendingOwnerCut, Prometheus, RemovedNetworks, ReturnCursor, StakedHotkeys, SubnetAlphaOut,
	SubnetOwner, SubnetOwnerHotkey, SubnetworkN, Tempo, TotalHotkeyAlpha, TotalHotkeyShares, TotalHotkeyStake,
	TotalIssuance, TotalStake, Uids, ValidatorPermit, WeightCommits, Weights, ROOT_NETUID,
};

impl<T: Config> Pallet<T> {
	/// Checks everything that must hold of the storage between blocks.
	pub fn do_try_state() -> Result<(), TryRuntimeError> {
		Self::check_issuance()?;
		Self::check_stake()?;
		Self::check_shares()?;
		for (netuid, _) in NetworksAdded::<T>::iter() {
			Self::check_neurons(netuid)?;
			ensure!(
				LastUpdate::<T>::get(netuid).len() == usize::from(SubnetworkN::<T>::get(netuid)),
				"not one last update a uid"
			);
			Self::check_rows(netuid)?;
		}
		Self::check_queue()?;
		Self::check_removed_networks()?;
		Self::check_nothing_is_left_behind()
	}

	/// Every rao is in a balance, staked or pending.
	pub(crate) fn check_issuance() -> Result<(), TryRuntimeError> {
		let pending = PendingEmission::<T>::iter_values().chain(PendingOwnerCut::<T>::iter_values());
		let issuance = T::Currency::total_issuance() + TotalStake::<T>::get() + pending.sum::<u64>();
		ensure!(TotalIssuance::<T>::get() == issuance, "issuance is not balances plus stake plus pending emission");
		Ok(())
	}

	fn check_stake() -> Result<(), TryRuntimeError> {
		let (mut of_hotkeys, mut on_subnets) = (BTreeMap::<_, u64>::new(), BTreeMap::<_, u64>::new());
		for (hotkey, netuid, stake) in TotalHotkeyAlpha::<T>::iter() {
			*of_hotkeys.entry(hotkey).or_default() += stake;
			*on_subnets.entry(netuid).or_default() += stake;
		}
		of_hotkeys.retain(|_, stake| *stake > 0);
		ensure!(of_hotkeys.values().sum::<u64>() == TotalStake::<T>::get(), "stakes do not sum to the total");
		let totals: BTreeMap<_, u64> = TotalHotkeyStake::<T>::iter().collect();
		ensure!(of_hotkeys == totals, "a hotkey's stakes on all subnets do not sum to its total");
		on_subnets.retain(|_, stake| *stake > 0);
		let totals: BTreeMap<_, u64> = SubnetAlphaOut::<T>::iter().collect();
		ensure!(on_subnets == totals, "the stakes kept on a subnet do not sum to its total");
		Ok(())
	}

	/// Holders own all of a pool, to the last bit, and read as owning all but a part of a rao each.
	fn check_shares() -> Result<(), TryRuntimeError> {
		let mut pools = BTreeMap::<_, (u128, u64, u64)>::new();
		let mut staked = BTreeMap::new();
		for ((hotkey, coldkey, netuid), share) in Alpha::<T>::iter() {
			ensure!(share.to_bits() > 0, "a share of nothing");
			let value = Self::stake_of(&hotkey, &coldkey, netuid);
			staked.insert((coldkey, hotkey.clone()), ());
			let (shares, values, holders) = pools.entry((hotkey, netuid)).or_default();
			*shares += share.to_bits();
			*values += value;
			*holders += 1;
		}
		for (hotkey, netuid, shares) in TotalHotkeyShares::<T>::iter() {
			let (held, values, holders) = pools.remove(&(hotkey.clone(), netuid)).unwrap_or_default();
			let total = TotalHotkeyAlpha::<T>::get(&hotkey, netuid);
			ensure!(held == shares.to_bits(), "not all shares of a pool are held, or more than all");
			ensure!(values <= total && total - values < holders.max(1), "a pool is not worth what its holdings are");
		}
		ensure!(pools.is_empty(), "shares of no pool");
		let index: BTreeMap<_, ()> =
			StakedHotkeys::<T>::iter().map(|(coldkey, hotkey, ())| ((coldkey, hotkey), ())).collect();
		ensure!(staked == index, "the hotkeys a coldkey has staked on are others than those listed");
		Ok(())
	}

	fn check_neurons(netuid: u16) -> Result<(), TryRuntimeError> {
		let n = SubnetworkN::<T>::get(netuid);
		ensure!(Keys::<T>::iter_prefix(netuid).count() == usize::from(n), "not one hotkey a uid");
		ensure!(Uids::<T>::iter_prefix(netuid).count() == usize::from(n), "not one uid a hotkey");
		for (uid, hotkey) in Keys::<T>::iter_prefix(netuid) {
			ensure!(uid < n && Uids::<T>::get(netuid, &hotkey) == Some(uid), "keys and uids disagree");
			ensure!(frame_system::Pallet::<T>::sufficients(&hotkey) > 0, "a registered hotkey that cannot sign");
		}
		let is_registered = |hotkey: T::AccountId| Uids::<T>::contains_key(netuid, hotkey);
		ensure!(Axons::<T>::iter_key_prefix(netuid).all(is_registered), "an axon of nobody");
		ensure!(Prometheus::<T>::iter_key_prefix(netuid).all(is_registered), "metrics of nobody");
		ensure!(WeightCommits::<T>::iter_key_prefix(netuid).all(is_registered), "a promise of nobody");
		Ok(())
	}

	/// Rows are ascending and about uids that there are; of bonds, only who has a permit has any.
	fn check_rows(netuid: u16) -> Result<(), TryRuntimeError> {
		if netuid == ROOT_NETUID {
			return Ok(()); // Those are `pallet-root-weights`'.
		}
		let n = SubnetworkN::<T>::get(netuid);
		let permits = ValidatorPermit::<T>::get(netuid);
		let is_row = |row: &Vec<(u16, u16)>| {
			row.windows(2).all(|pair| pair[0].0 < pair[1].0) && row.iter().all(|(uid, _)| *uid < n)
		};
		for (uid, row) in Weights::<T>::iter_prefix(netuid) {
			ensure!(uid < n && is_row(&row), "a weight row of nobody, on nobody or unsorted");
		}
		for (uid, row) in Bonds::<T>::iter_prefix(netuid) {
			ensure!(uid < n && is_row(&row), "a bond row of nobody, on nobody or unsorted");
			let may = row.is_empty() || permits.get(usize::from(uid)) == Some(&true);
			ensure!(may, "bonds of who has no permit");
		}
		Ok(())
	}

	/// Only subnets that there are wait for their epoch, each once.
	fn check_queue() -> Result<(), TryRuntimeError> {
		let due = DueEpochs::<T>::get();
		let distinct: BTreeSet<_> = due.iter().collect();
		ensure!(distinct.len() == due.len(), "a subnet waits for its epoch twice");
		let is_subnet = |netuid: &u16| *netuid != ROOT_NETUID && NetworksAdded::<T>::get(netuid);
		ensure!(due.iter().all(is_subnet), "the epoch of no subnet is due");
		Ok(())
	}

	/// Of removed subnets the first is being cleared, the others have everything still; none has anything pending.
	fn check_removed_networks() -> Result<(), TryRuntimeError> {
		let leaving = RemovedNetworks::<T>::get();
		let distinct: BTreeSet<_> = leaving.iter().collect();
		ensure!(distinct.len() == leaving.len(), "a subnet is removed twice");
		for (place, netuid) in leaving.iter().enumerate() {
			ensure!(!NetworksAdded::<T>::get(netuid), "a removed subnet is there");
			Self::check_neurons(*netuid)?;
			let has_records = NetworkRegisteredAt::<T>::contains_key(netuid);
			ensure!(has_records || place == 0, "subnets are not cleared in the order of their removal");
			ensure!(has_records || !SubnetworkN::<T>::contains_key(netuid), "neurons of a subnet without records");
			ensure!(
				!(has_records && place == 0 && ReturnCursor::<T>::exists()),
				"stake is returned before records are gone"
			);
		}
		Ok(())
	}

	/// A subnet that is gone has left nothing but what is being cleared.
	fn check_nothing_is_left_behind() -> Result<(), TryRuntimeError> {
		let pending = PendingEmission::<T>::iter_keys().chain(PendingOwnerCut::<T>::iter_keys());
		ensure!({ pending }.all(NetworksAdded::<T>::get), "what is pending is no subnet's");
		let leaving = RemovedNetworks::<T>::get();
		let has_home = |netuid| NetworksAdded::<T>::get(netuid) || leaving.contains(&netuid);
		let has_records = |netuid| {
			let is_leaving = leaving.contains(&netuid) && NetworkRegisteredAt::<T>::contains_key(netuid);
			NetworksAdded::<T>::get(netuid) || is_leaving
		};
		let netuids = Tempo::<T>::iter_keys()
			.chain(SubnetworkN::<T>::iter_keys())
			.chain(LastUpdate::<T>::iter_keys())
			.chain(SubnetOwner::<T>::iter_keys())
			.chain(SubnetOwnerHotkey::<T>::iter_keys())
			.chain(NetworkRegisteredAt::<T>::iter_keys());
		ensure!({ netuids }.all(has_records), "a record of no subnet");
		let of_neurons = Keys::<T>::iter_keys()
			.chain(Weights::<T>::iter_keys())
			.chain(Bonds::<T>::iter_keys())
			.chain(BlockAtRegistration::<T>::iter_keys());
		ensure!({ of_neurons }.all(|(netuid, _)| has_records(netuid)), "a neuron of no subnet");
		ensure!(Alpha::<T>::iter_keys().all(|(.., netuid)| has_home(netuid)), "stake kept on no subnet");
		Ok(())
	}
}
