// SPDX-License-Identifier: Apache-2.0
//! Random calls and blocks on a small chain. After every step: each invariant holds, the parts of an emission sum to it,
//! and the pool has let in just what the call then accepted.
//!
//! A case is a hundred steps. `PROPTEST_CASES` sets ten times the number of cases: 25 by default, and in
//! `scripts/nightly.sh` a thousand.

use frame_support::{
	dispatch::GetDispatchInfo,
	traits::{Hooks, UnfilteredDispatchable},
	weights::Weight,
};
use proptest::{collection::vec, prelude::*};
use sp_runtime::{traits::DispatchTransaction, transaction_validity::TransactionSource::External};

use crate::{mock::*, Call, CheckRootVote, EmissionShares, RootParameter};

#[derive(Clone, Debug)]
enum Step {
	/// A vote, by a uid that may not exist, for netuids that may not either.
	Set { uid: u16, row: Vec<(u16, u16)> },
	/// A promise of a row.
	Commit { uid: u16, row: Vec<(u16, u16)> },
	/// A row revealed, which may or may not be what was promised.
	Reveal { uid: u16, row: Vec<(u16, u16)> },
	/// Root changes a parameter.
	Parameter(RootParameter),
	/// A validator more, or another in a full network's place.
	Register { uid: u16, stake: u64 },
	/// Stake comes or goes.
	Stake { uid: u16, stake: u64 },
	/// A subnet comes, or goes if it is there.
	Toggle(u16),
	/// Epochs get room, or none.
	Budget(bool),
	/// Blocks go by.
	Blocks(u64),
}

fn row() -> impl Strategy<Value = Vec<(u16, u16)>> {
	// Few distinct rows, so that some promises are kept.
	prop_oneof![
		Just(vec![(1, 1)]),
		Just(vec![(1, 3), (2, 1)]),
		vec((0u16..8, prop_oneof![Just(0), Just(1), Just(u16::MAX), any::<u16>()]), 0..6),
	]
}

fn stake() -> impl Strategy<Value = u64> {
	prop_oneof![Just(0), Just(1), 1u64..1_000_000_000_000, Just(u64::MAX)]
}

fn parameter() -> impl Strategy<Value = RootParameter> {
	prop_oneof![
		(0u16..9).prop_map(RootParameter::Tempo),
		any::<u16>().prop_map(RootParameter::Kappa),
		(0u16..1_100).prop_map(RootParameter::Rho),
		(0u16..4).prop_map(RootParameter::MinAllowedWeights),
		any::<u16>().prop_map(RootParameter::MaxWeightLimit),
		(0u64..4).prop_map(RootParameter::RateLimit),
		(0u64..2).prop_map(RootParameter::VersionKey),
		(0u64..3).prop_map(RootParameter::MinStake),
		any::<bool>().prop_map(RootParameter::CommitReveal),
	]
}

fn step() -> impl Strategy<Value = Step> {
	let uid = || 0u16..6;
	prop_oneof![
		4 => (uid(), row()).prop_map(|(uid, row)| Step::Set { uid, row }),
		4 => (uid(), row()).prop_map(|(uid, row)| Step::Commit { uid, row }),
		4 => (uid(), row()).prop_map(|(uid, row)| Step::Reveal { uid, row }),
		2 => parameter().prop_map(Step::Parameter),
		2 => (uid(), stake()).prop_map(|(uid, stake)| Step::Register { uid, stake }),
		1 => (uid(), stake()).prop_map(|(uid, stake)| Step::Stake { uid, stake }),
		1 => (1u16..8).prop_map(Step::Toggle),
		1 => any::<bool>().prop_map(Step::Budget),
		5 => (1u64..7).prop_map(Step::Blocks),
	]
}

/// Sends a vote through the pool and executes it; the two have to agree.
fn cast(uid: u16, call: Call<Test>) {
	let origin = || RuntimeOrigin::signed(coldkey(uid));
	let (info, outer) = (call.get_dispatch_info(), RuntimeCall::from(call.clone()));
	let pool = CheckRootVote::<Test>::new().validate_only(origin(), &outer, &info, 0, External, 0);
	let executed = call.dispatch_bypass_filter(origin());
	assert_eq!(pool.is_ok(), executed.is_ok(), "pool {pool:?}, call {executed:?}");
}

fn register(uid: u16, stake: u64) {
	let n = Validators::get().len() as u16;
	if uid < n {
		RootWeights::clear_validator(uid);
	}
	Validators::mutate(|validators| {
		let validator = (hotkey(uid.min(n)), coldkey(uid.min(n)), stake);
		match validators.get_mut(usize::from(uid)) {
			Some(slot) => *slot = validator,
			None => validators.push(validator),
		}
	});
}

fn run(step: Step) {
	let unzip = |row: &[(u16, u16)]| -> (Vec<u16>, Vec<u16>) { row.iter().copied().unzip() };
	match step {
		Step::Set { uid, row } => cast(uid, vote(uid, &unzip(&row).0, &unzip(&row).1)),
		Step::Commit { uid, row } => cast(uid, promise(uid, &unzip(&row).0, &unzip(&row).1)),
		Step::Reveal { uid, row } => cast(uid, reveal(uid, &unzip(&row).0, &unzip(&row).1)),
		Step::Parameter(parameter) => drop(RootWeights::set_parameter(RuntimeOrigin::root(), parameter)),
		Step::Register { uid, stake } => register(uid, stake),
		Step::Stake { uid, stake } => Validators::mutate(|validators| {
			if let Some(validator) = validators.get_mut(usize::from(uid)) {
				validator.2 = stake;
			}
		}),
		Step::Toggle(netuid) => Netuids::mutate(|netuids| match netuids.binary_search(&netuid) {
			Ok(index) => drop(netuids.remove(index)),
			Err(index) => netuids.insert(index, netuid),
		}),
		Step::Budget(roomy) => EpochBudget::set(if roomy { ROOMY } else { Weight::zero() }),
		Step::Blocks(blocks) => (0..blocks).for_each(|_| {
			let block = System::block_number() + 1;
			System::set_block_number(block);
			RootWeights::on_initialize(block);
		}),
	}
}

fn check(amount: u64) {
	RootWeights::do_try_state().expect("every invariant holds");
	let paid: u128 = RootWeights::split_emission(amount).iter().map(|(_, part)| u128::from(*part)).sum();
	let shares = EmissionShares::<Test>::get();
	let earns = Netuids::get().iter().any(|netuid| shares.iter().any(|(earning, _)| earning == netuid));
	assert_eq!(paid, if earns { amount.into() } else { 0 });
}

proptest! {
	#![proptest_config(ProptestConfig { cases: ProptestConfig::default().cases.div_ceil(10), ..Default::default() })]

	#[test]
	fn nothing_breaks_whatever_happens(steps in vec((step(), any::<u64>()), 100)) {
		execute(&[1_000, 500], [1, 2], || {
			for (step, amount) in steps {
				run(step);
				check(amount);
			}
		});
	}
}
