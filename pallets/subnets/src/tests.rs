// SPDX-License-Identifier: Apache-2.0
//! What validators, miners and the chain's money rely on.

mod commit_reveal;
mod deferral;
mod dividends;
mod emission;
mod exact;
mod hyperparameters;
mod networks;
mod pool;
mod registration;
mod removal;
mod scale;
mod serving;
mod simulation;
mod stake;
mod today;
mod views;
mod weights;
mod yuma;

use frame_support::assert_ok;
use sp_runtime::DispatchResult;

use crate::{mock::*, Hyperparameter, PendingEmission, TotalIssuance};

/// Hotkey number `n` of a coldkey.
fn hotkey(coldkey: u64, n: u64) -> u64 {
	coldkey * 100 + n
}

fn signed(who: u64) -> RuntimeOrigin {
	RuntimeOrigin::signed(who)
}

/// Registers a hotkey; what it has cost is of no interest.
fn burned_register(origin: RuntimeOrigin, netuid: u16, hotkey: u64) -> DispatchResult {
	Subnets::burned_register(origin, netuid, hotkey).map(|_| ()).map_err(|refused| refused.error)
}

/// Registers the coldkey's first hotkey on a subnet, with stake.
fn join(netuid: u16, coldkey: u64, stake: u64) -> u64 {
	let hotkey = hotkey(coldkey, 1);
	assert_ok!(burned_register(signed(coldkey), netuid, hotkey));
	if stake > 0 {
		assert_ok!(Subnets::add_stake(signed(coldkey), hotkey, netuid, stake));
	}
	hotkey
}

/// Registers the coldkey's second hotkey on root, with stake, voting for the given subnets evenly.
fn join_root(coldkey: u64, stake: u64, votes: &[u16]) -> u64 {
	let hotkey = hotkey(coldkey, 2);
	assert_ok!(Subnets::root_register(signed(coldkey), hotkey));
	assert_ok!(Subnets::add_stake(signed(coldkey), hotkey, 0, stake));
	let weights = vec![1; votes.len()];
	assert_ok!(Subnets::set_root_weights(signed(coldkey), 0, hotkey, votes.to_vec(), weights, 0));
	hotkey
}

/// Mints `amount` rao that the neurons of a subnet have earned.
fn mint_pending(netuid: u16, amount: u64) {
	PendingEmission::<Test>::mutate(netuid, |pending| *pending += amount);
	TotalIssuance::<Test>::mutate(|issuance| *issuance += amount);
}

/// Runs the epoch of a subnet, which has `amount` rao more to pay.
fn run_epoch(netuid: u16, amount: u64) {
	mint_pending(netuid, amount);
	Subnets::run_epoch(netuid, System::block_number());
}

/// Sets a parameter of subnet 1, as root does.
#[track_caller]
fn set(parameter: Hyperparameter) {
	assert_ok!(Subnets::set_hyperparameter(RuntimeOrigin::root(), 1, parameter));
}

/// The result of `test`, which leaves no trace.
fn tried<Result>(test: impl FnOnce() -> Result) -> Result {
	use sp_runtime::{DispatchError, TransactionOutcome::Rollback};
	let result = frame_support::storage::with_transaction(|| Rollback(Ok::<_, DispatchError>(test())));
	result.expect("it is within the limit of nested transactions")
}

/// Every event of this pallet since the last call, the oldest first.
fn new_events() -> Vec<crate::Event<Test>> {
	let events = System::read_events_for_pallet::<crate::Event<Test>>();
	System::reset_events();
	events
}
