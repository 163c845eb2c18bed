// SPDX-License-Identifier: Apache-2.0
//! What each call and each part of a block costs, at its worst. `cargo test` runs them natively.
//!
//! The cost of an epoch is a sum of lines, each of them measured where everything but one number stands still; see
//! [`crate::epoch::EpochSize`]. Whether the sum is true of whole blocks is for [`blocks`] to say.

use alloc::{vec, vec::Vec};

use frame_benchmarking::{account, v2::*};
use frame_support::traits::{
	fungible::{Inspect, Mutate},
	Get,
};
use frame_system::RawOrigin;
use pallet_root_weights::{EmissionShares, PlainVec, RootParameter, RootParams};

use crate::{
	BlocksSinceLastStep, Bonds, Call, Config, ImmunityPeriod, Keys, LastUpdate, MaxAllowedUids, MaxAllowedValidators,
	NetworksAdded, Owner, Pallet, PendingEmission, Stake, SubnetworkN, Tempo, TotalIssuance, Uids, ValidatorPermit,
	Weights, ROOT_NETUID,
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
		}
	}
	Pallet::<T>::subnet_netuids()
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
		TotalIssuance::<T>::mutate(|issuance| *issuance += self.pending);
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

		assert_eq!(Stake::<T>::get((hotkey, coldkey, NETUID)), 2 * STAKE);
	}

	#[benchmark]
	fn remove_stake() {
		add_subnets::<T>(1);
		let (hotkey, coldkey) = add_neuron::<T>(NETUID, STAKE);

		#[extrinsic_call]
		_(RawOrigin::Signed(coldkey.clone()), hotkey.clone(), NETUID, STAKE);

		assert_eq!(Stake::<T>::get((hotkey, coldkey, NETUID)), 0);
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

	#[benchmark]
	fn create_network() {
		let last = add_subnets::<T>(T::MaxSubnets::get() - 1).len() as u16 + 1;

		#[extrinsic_call]
		_(RawOrigin::Root, last, 99);

		assert!(NetworksAdded::<T>::get(last));
	}

	#[benchmark]
	fn remove_network() {
		create_crowd::<T>();

		#[extrinsic_call]
		_(RawOrigin::Root, NETUID);

		assert!(!NetworksAdded::<T>::get(NETUID));
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
			Pallet::<T>::run_due_epochs(netuids, 1u32.into());
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

	/// An epoch that pays `p` neurons.
	#[benchmark]
	fn epoch_paid(p: Linear<0, UIDS>) {
		Subnet { validators: 0, staked: p, pending: 1_000 * STAKE, ..Subnet::SILENT }.create::<T>();

		#[block]
		{
			Pallet::<T>::run_epoch(NETUID, BLOCK.into());
		}

		assert_eq!(crate::Emission::<T>::get(NETUID).iter().filter(|paid| **paid > 0).count(), p as usize);
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
