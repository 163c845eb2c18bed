// SPDX-License-Identifier: Apache-2.0
//! What a chain team relies on.

mod commit_reveal;
mod emission;
mod epoch;
mod parameters;
mod pool;
mod rows;
mod state_machine;
mod view;
mod vote;

use frame_support::assert_ok;
use sp_runtime::DispatchResult;

use crate::mock::*;

/// The netuids of the published example.
const TEN: [u16; 10] = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];

fn set(uid: u16, dests: &[u16], weights: &[u16]) -> DispatchResult {
	let origin = RuntimeOrigin::signed(coldkey(uid));
	RootWeights::set_root_weights(origin, 0, hotkey(uid), dests.to_vec(), weights.to_vec(), 0)
}

/// The votes of the published example, by three validators of equal stake.
fn set_example_votes() {
	assert_ok!(set(0, &[1, 2, 3, 4], &[25; 4]));
	assert_ok!(set(1, &TEN, &[10; 10]));
	assert_ok!(set(2, &[1, 2, 3], &[65_535, 17_476, 4_369]));
}
