// SPDX-License-Identifier: Apache-2.0
//! What each call and each part of the root epoch costs, at its worst. `cargo test` runs them natively.

use alloc::{vec, vec::Vec};

use frame_benchmarking::v2::*;
use frame_support::traits::Get;
use frame_system::{pallet_prelude::BlockNumberFor, RawOrigin};
use sp_runtime::traits::One;

use crate::{
	Ballot, BenchmarkHelper, Call, Commit, Commits, Config, EmissionShares, EpochsRun, LastVote, Pallet, RootParameter,
	RootParams, RootRows, RootValidators, Vote, MAX_SALT, ROOT_NETUID,
};

const STAKE: u64 = 1_000_000_000_000;

/// A voter in a chain that has all the validators and subnets it can have.
struct Voter<AccountId> {
	hotkey: AccountId,
	coldkey: AccountId,
	uid: u16,
	dests: Vec<u16>,
	weights: Vec<u16>,
	salt: Vec<u16>,
}

impl<AccountId> Voter<AccountId> {
	fn ballot(&self) -> Ballot<'_> {
		Ballot { netuid: ROOT_NETUID, dests: &self.dests, weights: &self.weights, version_key: u64::MAX }
	}
}

/// A voter who has voted before, and names `entries` subnets in the order that is longest to sort.
fn voter<T: Config>(entries: u32) -> Voter<T::AccountId> {
	let netuids = T::BenchmarkHelper::add_subnets(T::MaxSubnets::get());
	let mut validators = (0..T::MaxValidators::get()).map(|_| T::BenchmarkHelper::add_validator(STAKE));
	let (hotkey, coldkey) = validators.by_ref().last().expect("there can be validators");
	let uid = T::RootValidators::uid_of(&hotkey).expect("it is a validator");
	T::RootRows::put(uid, full_row(&netuids));
	LastVote::<T>::insert(uid, BlockNumberFor::<T>::one());
	frame_system::Pallet::<T>::set_block_number(u32::from(RootParameter::LONGEST_WAIT).saturating_mul(2).into());
	let dests: Vec<u16> = netuids.into_iter().rev().take(entries as usize).collect();
	let weights = (1..=entries as u16).collect();
	Voter { hotkey, coldkey, uid, dests, weights, salt: vec![u16::MAX; MAX_SALT as usize] }
}

/// A voter who has promised its row and may reveal it now.
fn promiser<T: Config>(entries: u32) -> Voter<T::AccountId> {
	let voter = voter::<T>(entries);
	T::RootParams::set(RootParameter::CommitReveal(true));
	let hash = Pallet::<T>::commitment(&voter.hotkey, voter.ballot(), &voter.salt);
	Commits::<T>::insert(voter.uid, Commit { hash, epoch: 0 });
	EpochsRun::<T>::put(1);
	voter
}

fn full_row(netuids: &[u16]) -> Vec<(u16, u16)> {
	netuids.iter().map(|netuid| (*netuid, u16::MAX)).collect()
}

/// `entries` of rows over all of `netuids`, spread evenly over `validators`.
fn spread_rows<T: Config>(netuids: &[u16], validators: u32, entries: u32) {
	let up_to = |validator: u32| (u64::from(entries) * u64::from(validator) / u64::from(validators.max(1))) as usize;
	for validator in 0..validators {
		let (hotkey, _) = T::BenchmarkHelper::add_validator(STAKE);
		let uid = T::RootValidators::uid_of(&hotkey).expect("it is a validator");
		let length = up_to(validator + 1) - up_to(validator);
		T::RootRows::put(uid, full_row(&netuids[..length]));
	}
}

/// A block in which the root epoch is due, or one in which it is not.
fn block<T: Config>(is_due: bool) -> BlockNumberFor<T> {
	T::RootParams::set(RootParameter::Tempo(9));
	let block = if is_due { 8u32 } else { 7 }; // The epoch's block is the last but one of ten, for netuid 0.
	frame_system::Pallet::<T>::set_block_number(block.into());
	block.into()
}

#[benchmarks]
mod benchmarks {
	use super::*;

	#[benchmark]
	fn set_root_weights(e: Linear<1, { T::MaxSubnets::get() }>) {
		let Voter { hotkey, coldkey, uid, dests, weights, .. } = voter::<T>(e);

		#[extrinsic_call]
		_(RawOrigin::Signed(coldkey), ROOT_NETUID, hotkey, dests, weights, u64::MAX);

		assert_eq!(T::RootRows::get(uid).len(), e as usize);
	}

	#[benchmark]
	fn commit_root_weights() {
		let voter = promiser::<T>(1);
		let hash = Pallet::<T>::commitment(&voter.hotkey, voter.ballot(), &[]);

		#[extrinsic_call]
		_(RawOrigin::Signed(voter.coldkey), voter.hotkey, hash);

		assert_eq!(Commits::<T>::get(voter.uid), Some(Commit { hash, epoch: 1 }));
	}

	#[benchmark]
	fn reveal_root_weights(e: Linear<1, { T::MaxSubnets::get() }>) {
		let Voter { hotkey, coldkey, uid, dests, weights, salt } = promiser::<T>(e);

		#[extrinsic_call]
		_(RawOrigin::Signed(coldkey), hotkey, dests, weights, salt, u64::MAX);

		assert_eq!(T::RootRows::get(uid).len(), e as usize);
	}

	#[benchmark]
	fn set_parameter() {
		#[extrinsic_call]
		_(RawOrigin::Root, RootParameter::RateLimit(7));

		assert_eq!(T::RootParams::get().rate_limit, 7);
	}

	/// What the pool spends on a vote: a reveal, which is the longest to check.
	#[benchmark]
	fn check_vote(e: Linear<1, { T::MaxSubnets::get() }>) {
		let voter = promiser::<T>(e);
		let vote = Vote::Reveal(&voter.hotkey, voter.ballot(), &voter.salt);
		let checked;

		#[block]
		{
			checked = Pallet::<T>::check_vote(&voter.coldkey, &vote);
		}

		assert!(checked.is_ok());
	}

	/// A block in which no epoch is due.
	#[benchmark]
	fn idle() {
		let block = block::<T>(false);

		#[block]
		{
			Pallet::<T>::root_epoch_if_due(block);
		}

		assert_eq!(EpochsRun::<T>::get(), 0);
	}

	/// A root epoch of `v` validators that all vote for the only subnet.
	#[benchmark]
	fn epoch_validators(v: Linear<0, { T::MaxValidators::get() }>) {
		let netuids = T::BenchmarkHelper::add_subnets(1);
		spread_rows::<T>(&netuids, v, v);
		let block = block::<T>(true);

		#[block]
		{
			Pallet::<T>::root_epoch_if_due(block);
		}

		assert_eq!((EpochsRun::<T>::get(), EmissionShares::<T>::get().len()), (1, 1.min(v) as usize));
	}

	/// A root epoch of one validator that votes for all of `s` subnets.
	#[benchmark]
	fn epoch_subnets(s: Linear<0, { T::MaxSubnets::get() }>) {
		let netuids = T::BenchmarkHelper::add_subnets(s);
		spread_rows::<T>(&netuids, 1, s);
		let block = block::<T>(true);

		#[block]
		{
			Pallet::<T>::root_epoch_if_due(block);
		}

		assert_eq!((EpochsRun::<T>::get(), EmissionShares::<T>::get().len()), (1, s as usize));
	}

	/// A root epoch of all the validators and subnets there can be, with `e` entries in all rows together.
	#[benchmark]
	fn epoch_entries(e: Linear<0, { T::MaxValidators::get() * T::MaxSubnets::get() }>) {
		let netuids = T::BenchmarkHelper::add_subnets(T::MaxSubnets::get());
		spread_rows::<T>(&netuids, T::MaxValidators::get(), e);
		let block = block::<T>(true);

		#[block]
		{
			Pallet::<T>::root_epoch_if_due(block);
		}

		assert_eq!(EpochsRun::<T>::get(), 1);
	}

	impl_benchmark_test_suite!(Pallet, crate::mock::externalities(), crate::mock::Test);
}
