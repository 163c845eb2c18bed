// SPDX-License-Identifier: Apache-2.0
//! What validators, miners and the chain's money rely on.

mod emission;
mod exact;
mod registration;
mod simulation;
mod views;
mod weights;

use frame_support::assert_ok;

use crate::mock::*;

/// Hotkey number `n` of a coldkey.
fn hotkey(coldkey: u64, n: u64) -> u64 {
	coldkey * 100 + n
}

fn signed(who: u64) -> RuntimeOrigin {
	RuntimeOrigin::signed(who)
}

/// Registers the coldkey's first hotkey on a subnet, with stake.
fn join(netuid: u16, coldkey: u64, stake: u64) -> u64 {
	let hotkey = hotkey(coldkey, 1);
	assert_ok!(Subnets::burned_register(signed(coldkey), netuid, hotkey));
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
