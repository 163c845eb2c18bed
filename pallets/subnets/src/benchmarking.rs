// SPDX-License-Identifier: Apache-2.0
//! What each call and each part of a block costs, at its worst. `cargo test` runs them natively.
//!
//! The cost of an epoch is a sum of lines, each of them measured where everything but one number stands still; see
//! [`crate::epoch::EpochSize`]. Whether the sum is true of whole blocks is for [`blocks`] to say.

use alloc::{collections::VecDeque, vec, vec::Vec};

use frame_benchmarking::{account, v2::*};
use frame_support::traits::{
	fungible::{Inspect, Mutate},
	Get,
};
use frame_system::RawOrigin;
use pallet_root_weights::{EmissionShares, PlainVec, RootParameter, RootParams};
use sp_core::H256;
use yuma_consensus::EpochOutput;

use crate::{
	check_free_calls::FreeRequest, stake::Holding, Alpha, AxonInfo, Axons, BlocksSinceLastStep, Bonds, Burn, Call,
	CommitRevealWeightsEnabled, Config, Delegates, Hyperparameter, ImmunityPeriod, Keys, LastTakeChange, LastUpdate,
	MaxAllowedUids, MaxAllowedValidators, NetworkMinLockCost, NetworksAdded, Owner, Pallet, PendingEmission,
	PendingOwnerCut, Prometheus, PrometheusInfo, RegistrationsThisBlock, RegistrationsThisInterval, RemovedNetworks,
	SubnetEpochIndex, SubnetOwner, SubnetOwnerCut, SubnetOwnerHotkey, SubnetworkN, Tempo, TotalIssuance, Uids,
	ValidatorPermit, WeightCommits, Weights, MAX_BATCH, MAX_DELEGATE_TAKE, MAX_SALT, ROOT_NETUID,
};

pub(crate) mod blocks;

/// The subnet that is worked on.
const NETUID: u16 = 1;
/// The block in which its epoch is due, for a tempo of [`TEMPO`].
const BLOCK: u32 = 97;
/// Of subnet 1.
const TEMPO: u16 = 99;
/// Uids of a subnet, unless it says otherwise.
const UIDS: u32 = 256;
/// Uids with a permit, unless a subnet says otherwise.
const VALIDATORS: u32 = 64;
/// Most entries of all weight rows of a subnet together, and of all bond rows.
const ENTRIES: u32 = VALIDATORS * UIDS;
/// Rao on each hotkey.
const STAKE: u64 = 1_000_000_000;

/// Gives new rao to `coldkey`, as much as it may stake.
fn fund<T: Config>(coldkey: &T::AccountId, amount: u64) {
	let amount = amount.saturating_add(T::Currency::minimum_balance());
	T::Currency::mint_into(coldkey, amount).expect("the supply is not reached");
	TotalIssuance::<T>::mutate(|issuance| *issuance += amount);
}

/// Puts a new hotkey with `stake` rao on the next uid, or without on a taken one. Returns it and its coldkey.
fn add_neuron<T: Config>(netuid: u16, stake: u64) -> (T::AccountId, T::AccountId) {
	let uid = SubnetworkN::<T>::get(netuid);
	let hotkey: T::AccountId = account("hotkey", netuid.into(), uid.into());
	let coldkey: T::AccountId = account("coldkey", netuid.into(), uid.into());
	Pallet::<T>::put_neuron(netuid, uid, &coldkey, &hotkey);
	if stake > 0 {
		fund::<T>(&coldkey, stake);
		Pallet::<T>::do_add_stake(coldkey.clone(), hotkey.clone(), netuid, stake).expect("it can pay");
	}
	(hotkey, coldkey)
}

/// Registers one more root validator with `stake` rao.
fn add_validator<T: Config>(stake: u64) -> (T::AccountId, T::AccountId) {
	if !NetworksAdded::<T>::get(ROOT_NETUID) {
		Pallet::<T>::init_root_network(0);
	}
	add_neuron::<T>(ROOT_NETUID, stake)
}

/// Creates subnets until there are `count`.
fn add_subnets<T: Config>(count: u32) -> Vec<u16> {
	for netuid in 1..=count as u16 {
		if !NetworksAdded::<T>::get(netuid) {
			Pallet::<T>::do_create_network(netuid, 0).expect("there is room for it");
			give_owner::<T>(netuid);
		}
	}
	Pallet::<T>::subnet_netuids()
}

/// Has somebody own the subnet, who is not in it.
fn give_owner<T: Config>(netuid: u16) {
	let (coldkey, hotkey): (T::AccountId, T::AccountId) = (account("owner", 0, 0), account("owner", 1, 0));
	Owner::<T>::insert(&hotkey, &coldkey);
	Pallet::<T>::do_set_subnet_owner(netuid, coldkey, hotkey).expect("the subnet is there");
}

/// So many neurons with stake, on a new subnet that has as much to pay for each.
fn stakers<T: Config>(count: u32) -> Vec<(T::AccountId, T::AccountId)> {
	add_subnets::<T>(1);
	let neurons = (0..count).map(|_| add_neuron::<T>(NETUID, STAKE)).collect();
	let amount = STAKE * u64::from(count);
	PendingEmission::<T>::insert(NETUID, amount);
	TotalIssuance::<T>::mutate(|issuance| *issuance += amount);
	neurons
}

/// What a subnet's epoch has to work on.
#[derive(Clone, Copy)]
struct Subnet {
	neurons: u32,
	/// Those with a permit, the last uids; they keep it.
	validators: u32,
	/// Entries of all weight rows of validators together.
	weights: u32,
	/// Entries of all their bond rows together.
	bonds: u32,
	/// Those with stake, from the first uid on.
	staked: u32,
	/// Rao that are pending.
	pending: u64,
}

impl Subnet {
	/// Everything there can be, but nothing that is paid.
	const FULL: Self =
		Self { neurons: UIDS, validators: VALIDATORS, weights: ENTRIES, bonds: ENTRIES, staked: UIDS, pending: 0 };
	/// A full subnet with permits, in which nobody has ever set weights.
	const SILENT: Self = Self { weights: 0, bonds: 0, ..Self::FULL };

	/// Creates it as subnet 1, all of whose weights are newer than all neurons, and its epoch due in [`BLOCK`].
	fn create<T: Config>(self) {
		add_subnets::<T>(1);
		for uid in 0..self.neurons {
			add_neuron::<T>(NETUID, if uid < self.staked { STAKE } else { 0 });
		}
		let first = self.neurons - self.validators;
		LastUpdate::<T>::insert(NETUID, vec![2u64; self.neurons as usize]);
		ValidatorPermit::<T>::insert(NETUID, (0..self.neurons).map(|uid| uid >= first).collect::<Vec<_>>());
		MaxAllowedValidators::<T>::insert(NETUID, self.validators as u16);
		for (uid, (weights, bonds)) in
			(first as u16..).zip(spread(self.weights, self.validators).zip(spread(self.bonds, self.validators)))
		{
			Weights::<T>::insert(NETUID, uid, row(uid, weights));
			Bonds::<T>::insert(NETUID, uid, row(uid, bonds));
		}
		PendingEmission::<T>::insert(NETUID, self.pending);
		PendingOwnerCut::<T>::insert(NETUID, STAKE);
		TotalIssuance::<T>::mutate(|issuance| *issuance += self.pending + STAKE);
		Tempo::<T>::insert(NETUID, TEMPO);
		frame_system::Pallet::<T>::set_block_number(BLOCK.into());
	}
}

/// Parts of `entries`, as even as can be.
fn spread(entries: u32, rows: u32) -> impl Iterator<Item = u32> {
	let up_to = move |row: u32| (u64::from(entries) * u64::from(row) / u64::from(rows.max(1))) as u32;
	(0..rows).map(move |row| up_to(row + 1) - up_to(row))
}

/// A row on the first `length` uids, in whose columns no order is to be found.
fn row(uid: u16, length: u32) -> Vec<(u16, u16)> {
	let weight = |column: u16| (u32::from(uid) * 257 + u32::from(column)).wrapping_mul(0x9E37_79B1) >> 16;
	(0..length as u16).map(|column| (column, weight(column) as u16 | 1)).collect()
}

/// A full subnet, all of whose neurons have weights and bonds on all.
fn create_crowd<T: Config>() {
	Subnet::FULL.create::<T>();
	for uid in 0..UIDS as u16 {
		Weights::<T>::insert(NETUID, uid, row(uid, UIDS));
		Bonds::<T>::insert(NETUID, uid, row(uid, UIDS));
	}
}

/// All the subnets there can be, of which `count` earn.
fn share_emission<T: Config>(netuids: &[u16], count: u32) {
	let part = u64::MAX / u64::from(count.max(1));
	let mut shares: Vec<(u16, u64)> = netuids.iter().take(count as usize).map(|netuid| (*netuid, part)).collect();
	if let Some((_, last)) = shares.last_mut() {
		*last += u64::MAX % u64::from(count);
	}
	EmissionShares::<T>::put(PlainVec::truncate_from(shares));
}

/// A newcomer's coldkey, who can pay for anything, and hotkey.
fn newcomer<T: Config>() -> (T::AccountId, T::AccountId) {
	let coldkey: T::AccountId = account("newcomer", 0, 0);
	fund::<T>(&coldkey, 1_000 * STAKE);
	(coldkey, account("newcomer", 1, 0))
}

/// A row of `e` entries in the order that is longest to sort, and the longest salt.
fn promised_row(e: u32) -> (Vec<u16>, Vec<u16>, Vec<u16>) {
	let dests = (0..UIDS as u16).rev().take(e as usize).collect();
	let weights = row(1, e).into_iter().map(|(_, weight)| weight).collect();
	(dests, weights, vec![7; MAX_SALT as usize])
}

/// A full subnet where weights are promised, and a hotkey that has promised as many rows as it may, the last of them one
/// of `e` entries that it may reveal now.
fn promise_rows<T: Config>(e: u32) -> T::AccountId {
	Subnet::FULL.create::<T>();
	CommitRevealWeightsEnabled::<T>::insert(NETUID, true);
	let hotkey = Keys::<T>::get(NETUID, UIDS as u16 - 1).expect("the subnet is full");
	let (dests, weights, salt) = promised_row(e);
	let hash = Pallet::<T>::commitment(&hotkey, NETUID, &dests, &weights, &salt, 0);
	let mut waiting: VecDeque<_> = (1..MAX_BATCH as u8).map(|n| (H256::repeat_byte(n), 0, BLOCK.into(), 1)).collect();
	waiting.push_back((hash, 0, BLOCK.into(), 1));
	WeightCommits::<T>::insert(NETUID, &hotkey, waiting);
	SubnetEpochIndex::<T>::insert(NETUID, 1);
	hotkey
}

#[cfg(feature = "runtime-benchmarks")]
impl<T: Config> pallet_root_weights::BenchmarkHelper<T::AccountId> for Pallet<T> {
	fn add_validator(stake: u64) -> (T::AccountId, T::AccountId) {
		add_validator::<T>(stake)
	}

	fn add_subnets(count: u32) -> Vec<u16> {
		add_subnets::<T>(count)
	}
}

#[benchmarks]
mod benchmarks {
	use super::*;

	/// By a validator that has set weights before, in the order that is longest to sort.
	#[benchmark]
	fn set_weights(e: Linear<1, UIDS>) {
		Subnet::FULL.create::<T>();
		let uid = UIDS as u16 - 1;
		let hotkey = Keys::<T>::get(NETUID, uid).expect("the subnet is full");
		let dests: Vec<u16> = (0..UIDS as u16).rev().take(e as usize).collect();
		let weights = row(uid, e).into_iter().map(|(_, weight)| weight).collect();

		#[extrinsic_call]
		_(RawOrigin::Signed(hotkey), NETUID, dests, weights, u64::MAX);

		assert_eq!(Weights::<T>::get(NETUID, uid).len(), e as usize);
	}

	#[benchmark]
	fn add_stake() {
		add_subnets::<T>(1);
		let (hotkey, coldkey) = add_neuron::<T>(NETUID, STAKE);
		fund::<T>(&coldkey, STAKE);

		#[extrinsic_call]
		_(RawOrigin::Signed(coldkey.clone()), hotkey.clone(), NETUID, STAKE);

		assert_eq!(Pallet::<T>::stake_of(&hotkey, &coldkey, NETUID), 2 * STAKE);
	}

	#[benchmark]
	fn remove_stake() {
		add_subnets::<T>(1);
		let (hotkey, coldkey) = add_neuron::<T>(NETUID, STAKE);

		#[extrinsic_call]
		_(RawOrigin::Signed(coldkey.clone()), hotkey.clone(), NETUID, STAKE);

		assert_eq!(Pallet::<T>::stake_of(&hotkey, &coldkey, NETUID), 0);
	}

	/// In place of another, on whom all have weights and bonds.
	#[benchmark]
	fn burned_register() {
		create_crowd::<T>();
		MaxAllowedUids::<T>::insert(NETUID, UIDS as u16);
		ImmunityPeriod::<T>::insert(NETUID, 1);
		let (coldkey, hotkey) = newcomer::<T>();

		#[extrinsic_call]
		_(RawOrigin::Signed(coldkey), NETUID, hotkey.clone());

		assert_eq!(Uids::<T>::get(NETUID, hotkey), Some(0));
	}

	/// In place of another, who has voted.
	#[benchmark]
	fn root_register() {
		let netuids = add_subnets::<T>(T::MaxSubnets::get());
		for _ in 0..T::MaxValidators::get() {
			add_validator::<T>(STAKE);
		}
		let vote = netuids.into_iter().map(|netuid| (netuid, u16::MAX)).collect();
		<T::RootRows as pallet_root_weights::RootRows>::put(0, vote);
		let (coldkey, hotkey) = newcomer::<T>();
		Owner::<T>::insert(&hotkey, &coldkey);
		Pallet::<T>::do_add_stake(coldkey.clone(), hotkey.clone(), ROOT_NETUID, 2 * STAKE).expect("it can pay");

		#[extrinsic_call]
		_(RawOrigin::Signed(coldkey), hotkey.clone());

		assert_eq!(Uids::<T>::get(ROOT_NETUID, hotkey), Some(0));
	}

	/// By a hotkey that moves.
	#[benchmark]
	fn serve_axon() {
		add_subnets::<T>(1);
		let (hotkey, _) = add_neuron::<T>(NETUID, 0);
		Axons::<T>::insert(NETUID, &hotkey, AxonInfo::default());
		frame_system::Pallet::<T>::set_block_number(BLOCK.into());

		#[extrinsic_call]
		_(RawOrigin::Signed(hotkey.clone()), NETUID, 1, 1, 1, 4, 0, 0, 0);

		assert_eq!(Axons::<T>::get(NETUID, hotkey).map(|axon| axon.block), Some(BLOCK.into()));
	}

	/// By a hotkey that moves.
	#[benchmark]
	fn serve_prometheus() {
		add_subnets::<T>(1);
		let (hotkey, _) = add_neuron::<T>(NETUID, 0);
		Prometheus::<T>::insert(NETUID, &hotkey, PrometheusInfo::default());
		frame_system::Pallet::<T>::set_block_number(BLOCK.into());

		#[extrinsic_call]
		_(RawOrigin::Signed(hotkey.clone()), NETUID, 1, 1, 1, 4);

		assert_eq!(Prometheus::<T>::get(NETUID, hotkey).map(|served| served.block), Some(BLOCK.into()));
	}

	/// From as many subnets as there can be, and root.
	#[benchmark]
	fn unstake_all() {
		let netuids = add_subnets::<T>(T::MaxSubnets::get());
		let (hotkey, coldkey) = add_validator::<T>(STAKE);
		for netuid in netuids {
			fund::<T>(&coldkey, STAKE);
			Pallet::<T>::do_add_stake(coldkey.clone(), hotkey.clone(), netuid, STAKE).expect("it can pay");
		}

		#[extrinsic_call]
		_(RawOrigin::Signed(coldkey.clone()), hotkey.clone());

		assert_eq!(Alpha::<T>::iter_prefix((hotkey, coldkey)).count(), 0);
	}

	/// To where there is none yet, and nothing stays.
	#[benchmark]
	fn move_stake() {
		add_subnets::<T>(2);
		let (hotkey, coldkey) = add_neuron::<T>(NETUID, STAKE);
		let to = Holding { hotkey: add_neuron::<T>(2, 0).0, coldkey: coldkey.clone(), netuid: 2 };

		#[extrinsic_call]
		_(RawOrigin::Signed(coldkey), hotkey, to.hotkey.clone(), NETUID, 2, STAKE);

		assert_eq!(Pallet::<T>::stake_of(&to.hotkey, &to.coldkey, to.netuid), STAKE);
	}

	#[benchmark]
	fn decrease_take() {
		add_subnets::<T>(1);
		let (hotkey, coldkey) = add_neuron::<T>(NETUID, 0);

		#[extrinsic_call]
		_(RawOrigin::Signed(coldkey), hotkey.clone(), 1);

		assert_eq!(Delegates::<T>::get(hotkey), 1);
	}

	/// A second time.
	#[benchmark]
	fn increase_take() {
		add_subnets::<T>(1);
		let (hotkey, coldkey) = add_neuron::<T>(NETUID, 0);
		Delegates::<T>::insert(&hotkey, 1);
		LastTakeChange::<T>::insert(&hotkey, 0);
		let block = T::TakeIncreaseInterval::get() as u32 + 1;
		frame_system::Pallet::<T>::set_block_number(block.into());

		#[extrinsic_call]
		_(RawOrigin::Signed(coldkey), hotkey.clone(), MAX_DELEGATE_TAKE);

		assert_eq!(Delegates::<T>::get(hotkey), MAX_DELEGATE_TAKE);
	}

	/// By who has promised all but one row that it may.
	#[benchmark]
	fn commit_weights() {
		let hotkey = promise_rows::<T>(0);
		WeightCommits::<T>::mutate(NETUID, &hotkey, |waiting| waiting.as_mut().expect("it has promised").pop_back());

		#[extrinsic_call]
		_(RawOrigin::Signed(hotkey.clone()), NETUID, Default::default());

		assert_eq!(WeightCommits::<T>::get(NETUID, hotkey).expect("it has promised").len(), MAX_BATCH as usize);
	}

	/// By who has promised as many rows as it may, of which this is the last.
	#[benchmark]
	fn reveal_weights(e: Linear<1, UIDS>) {
		let hotkey = promise_rows::<T>(e);
		let uid = Uids::<T>::get(NETUID, &hotkey).expect("the subnet is full");
		let (dests, weights, salt) = promised_row(e);

		#[extrinsic_call]
		_(RawOrigin::Signed(hotkey), NETUID, dests, weights, salt, 0);

		assert_eq!(Weights::<T>::get(NETUID, uid).len(), e as usize);
	}

	/// What the transaction extension does for weights in the open.
	#[benchmark]
	fn check_weights(e: Linear<1, UIDS>) {
		Subnet::FULL.create::<T>();
		let hotkey = Keys::<T>::get(NETUID, UIDS as u16 - 1).expect("the subnet is full");
		let (dests, weights, _) = promised_row(e);
		let request = Pallet::<T>::request_to_set(0, NETUID, &dests, &weights, 0);
		let request = request.expect("there is mechanism 0");
		let checked;

		#[block]
		{
			checked = Pallet::<T>::check_free(&hotkey, &request);
		}

		assert!(checked.is_ok());
	}

	/// What the transaction extension does for weights that were promised.
	#[benchmark]
	fn check_reveal(e: Linear<1, UIDS>) {
		let hotkey = promise_rows::<T>(e);
		let (dests, weights, salt) = promised_row(e);
		let request = Pallet::<T>::request_to_reveal(0, NETUID, &dests, &weights, &salt, 0);
		let request = request.expect("there is mechanism 0");
		let checked;

		#[block]
		{
			checked = Pallet::<T>::check_free(&hotkey, &request);
		}

		assert!(checked.is_ok() && matches!(request, FreeRequest::Reveal(..)));
	}

	/// The last subnet that there is room for.
	#[benchmark]
	fn register_network() {
		add_subnets::<T>(T::MaxSubnets::get() - 1);
		NetworkMinLockCost::<T>::put(STAKE);
		let (coldkey, hotkey) = newcomer::<T>();

		#[extrinsic_call]
		_(RawOrigin::Signed(coldkey), hotkey.clone());

		assert_eq!(SubnetOwnerHotkey::<T>::get(T::MaxSubnets::get() as u16), Some(hotkey));
	}

	/// One that changes another value, too.
	#[benchmark]
	fn set_hyperparameter() {
		add_subnets::<T>(1);
		let owner = SubnetOwner::<T>::get(NETUID).expect("it has one");
		Burn::<T>::insert(NETUID, 7 * STAKE);

		#[extrinsic_call]
		_(RawOrigin::Signed(owner), NETUID, Hyperparameter::MaxBurn(STAKE));

		assert_eq!(Burn::<T>::get(NETUID), STAKE);
	}

	#[benchmark]
	fn set_subnet_owner() {
		add_subnets::<T>(1);
		let (hotkey, coldkey) = add_neuron::<T>(NETUID, 0);

		#[extrinsic_call]
		_(RawOrigin::Root, NETUID, coldkey, hotkey.clone());

		assert_eq!(SubnetOwnerHotkey::<T>::get(NETUID), Some(hotkey));
	}

	#[benchmark]
	fn set_subnet_owner_cut() {
		#[extrinsic_call]
		_(RawOrigin::Root, 1);

		assert_eq!(SubnetOwnerCut::<T>::get(), 1);
	}

	/// Of one subnet, at the end of its interval.
	#[benchmark]
	fn adjust_burn() {
		add_subnets::<T>(1);
		RegistrationsThisInterval::<T>::insert(NETUID, 64);
		let before = Burn::<T>::get(NETUID);
		let adjusted;

		#[block]
		{
			adjusted = Pallet::<T>::adjust_burn(NETUID, u64::from(u32::MAX));
		}

		assert!(adjusted && Burn::<T>::get(NETUID) > before);
	}

	/// After a block in which there were registrations on `r` subnets.
	#[benchmark]
	fn count_registrations(r: Linear<0, { T::MaxSubnets::get() }>) {
		(0..r as u16).for_each(|netuid| RegistrationsThisBlock::<T>::insert(netuid, 1));
		let counted;

		#[block]
		{
			counted = Pallet::<T>::count_registrations_anew();
		}

		assert_eq!(counted, r);
	}

	#[benchmark]
	fn create_network() {
		let last = add_subnets::<T>(T::MaxSubnets::get() - 1).len() as u16 + 1;

		#[extrinsic_call]
		_(RawOrigin::Root, last, 99);

		assert!(NetworksAdded::<T>::get(last));
	}

	#[benchmark]
	fn dissolve_network() {
		create_crowd::<T>();
		let owner = SubnetOwner::<T>::get(NETUID).expect("it has one");

		#[extrinsic_call]
		_(RawOrigin::Root, owner, NETUID);

		assert!(!NetworksAdded::<T>::get(NETUID));
	}

	/// Looking at `k` stakes, all of which go back.
	#[benchmark]
	fn return_stake(k: Linear<0, 1_000>) {
		add_subnets::<T>(1);
		let (hotkey, _) = add_neuron::<T>(NETUID, 0);
		for nominator in 0..k {
			let coldkey: T::AccountId = account("nominator", nominator, 0);
			fund::<T>(&coldkey, STAKE);
			Pallet::<T>::do_add_stake(coldkey, hotkey.clone(), NETUID, STAKE).expect("it can pay");
		}
		let owner = SubnetOwner::<T>::get(NETUID).expect("it has one");
		Pallet::<T>::do_dissolve_network(owner, NETUID).expect("it is there");
		let seen;

		#[block]
		{
			seen = Pallet::<T>::return_stake(NETUID, k + 1);
		}

		assert_eq!((seen, Alpha::<T>::iter_keys().count()), (k, 0));
		assert!(RemovedNetworks::<T>::get().is_empty());
	}

	/// Minting for `s` subnets, all of which earn.
	#[benchmark]
	fn mint_block_emission(s: Linear<0, { T::MaxSubnets::get() }>) {
		let netuids = add_subnets::<T>(s);
		share_emission::<T>(&netuids, s);
		let minted;

		#[block]
		{
			minted = Pallet::<T>::mint_block_emission();
		}

		assert_eq!(minted.0.len(), s as usize);
	}

	/// Looking for epochs that are due among `s` subnets, and there are none.
	#[benchmark]
	fn idle(s: Linear<0, { T::MaxSubnets::get() }>) {
		let netuids = add_subnets::<T>(s);
		netuids.iter().for_each(|netuid| Tempo::<T>::insert(netuid, u16::MAX));

		#[block]
		{
			Pallet::<T>::go_through_subnets(netuids, 1u32.into());
		}

		assert_eq!(BlocksSinceLastStep::<T>::iter_values().sum::<u64>(), u64::from(s));
	}

	/// An epoch of `n` neurons without permits, weights, bonds and pay.
	#[benchmark]
	fn epoch_neurons(n: Linear<0, UIDS>) {
		Subnet { neurons: n, validators: 0, ..Subnet::SILENT }.create::<T>();

		#[block]
		{
			Pallet::<T>::run_epoch(NETUID, BLOCK.into());
		}

		assert_eq!(crate::Rank::<T>::get(NETUID).len(), n as usize);
	}

	/// An epoch that stores the bonds of `v` validators, which are empty.
	#[benchmark]
	fn epoch_validators(v: Linear<0, VALIDATORS>) {
		Subnet { validators: v, ..Subnet::SILENT }.create::<T>();

		#[block]
		{
			Pallet::<T>::run_epoch(NETUID, BLOCK.into());
		}

		assert_eq!(ValidatorPermit::<T>::get(NETUID).iter().filter(|permit| **permit).count(), v as usize);
	}

	/// Paying `m` miners, who have stake.
	#[benchmark]
	fn pay_miners(m: Linear<0, UIDS>) {
		let neurons = stakers::<T>(m);
		let output = EpochOutput { server_emission: vec![STAKE; m as usize], ..Default::default() };

		#[block]
		{
			Pallet::<T>::pay(NETUID, &output);
		}

		assert!(neurons.iter().all(|(hotkey, owner)| Pallet::<T>::stake_of(hotkey, owner, NETUID) == 2 * STAKE));
	}

	/// Paying `v` validators, who have stake on this subnet alone.
	#[benchmark]
	fn pay_validators(v: Linear<0, UIDS>) {
		let neurons = stakers::<T>(v);
		let output = EpochOutput { validator_emission: vec![STAKE; v as usize], ..Default::default() };

		#[block]
		{
			Pallet::<T>::pay(NETUID, &output);
		}

		assert!(neurons.iter().all(|(hotkey, owner)| Pallet::<T>::stake_of(hotkey, owner, NETUID) == 2 * STAKE));
	}

	/// An epoch that pays one validator, who has stake on `p` other subnets.
	#[benchmark]
	fn epoch_pools(p: Linear<0, { T::MaxSubnets::get() - 1 }>) {
		Subnet { neurons: 1, validators: 0, staked: 1, pending: 1_000 * STAKE, ..Subnet::SILENT }.create::<T>();
		let hotkey = Keys::<T>::get(NETUID, 0).expect("there is one");
		let coldkey = Owner::<T>::get(&hotkey).expect("it has an owner");
		add_subnets::<T>(p + 1);
		for netuid in (1..=p as u16).map(|other| NETUID + other) {
			fund::<T>(&coldkey, STAKE);
			Pallet::<T>::do_add_stake(coldkey.clone(), hotkey.clone(), netuid, STAKE).expect("it can pay");
		}

		#[block]
		{
			Pallet::<T>::run_epoch(NETUID, BLOCK.into());
		}

		assert!(p == 0 || Pallet::<T>::stake_of(&hotkey, &coldkey, NETUID + p as u16) > STAKE);
	}

	/// An epoch on `e` weights, which become as many bonds.
	#[benchmark]
	fn epoch_weights(e: Linear<0, ENTRIES>) {
		Subnet { weights: e, ..Subnet::SILENT }.create::<T>();

		#[block]
		{
			Pallet::<T>::run_epoch(NETUID, BLOCK.into());
		}

		assert_eq!(PendingEmission::<T>::get(NETUID), 0);
	}

	/// An epoch on `e` bonds from earlier epochs, with weights on all.
	#[benchmark]
	fn epoch_bonds(e: Linear<0, ENTRIES>) {
		Subnet { bonds: e, ..Subnet::FULL }.create::<T>();

		#[block]
		{
			Pallet::<T>::run_epoch(NETUID, BLOCK.into());
		}

		assert_eq!(PendingEmission::<T>::get(NETUID), 0);
	}

	/// A block in which a root epoch is due; see [`blocks`].
	#[benchmark(extra)]
	fn root_block(p: Linear<0, { blocks::ROOT.len() as u32 - 1 }>) {
		let run = blocks::ROOT[p as usize].create::<T>();
		let charged;

		#[block]
		{
			charged = run();
		}

		assert!(charged.ref_time() > 0);
	}

	/// A block of this pallet; see [`blocks`].
	#[benchmark(extra)]
	fn subnets_block(p: Linear<0, { blocks::SUBNETS.len() as u32 - 1 }>) {
		let run = blocks::SUBNETS[p as usize].create::<T>();
		let charged;

		#[block]
		{
			charged = run();
		}

		assert!(charged.ref_time() > 0);
	}

	impl_benchmark_test_suite!(Pallet, crate::mock::externalities(), crate::mock::Test);
}
