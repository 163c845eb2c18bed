// SPDX-License-Identifier: Apache-2.0
//! Votes that are promised first: nobody can read one before it counts, or bring another than was promised.

use frame_support::{assert_noop, assert_ok, dispatch::DispatchResultWithPostInfo, traits::UnfilteredDispatchable};

use super::set;
use crate::{mock::*, Call, Commits, Error, Event, Rows};

fn submit(uid: u16, call: Call<Test>) -> DispatchResultWithPostInfo {
	call.dispatch_bypass_filter(RuntimeOrigin::signed(coldkey(uid)))
}

fn execute_with_promises(test: impl FnOnce()) {
	execute(&[1, 1], [1, 2], || {
		Params::mutate(|params| params.commit_reveal = true);
		test();
	});
}

#[test]
fn a_promised_row_counts_once_it_is_revealed() {
	execute_with_promises(|| {
		assert_ok!(submit(0, promise(0, &[2, 1], &[1, 4])));
		assert!(Rows::<Test>::get(0).is_empty());
		run_root_epoch();
		assert_ok!(submit(0, reveal(0, &[2, 1], &[1, 4])));
		System::assert_last_event(Event::RootWeightsSet { uid: 0, hotkey: hotkey(0) }.into());
		assert_eq!(Rows::<Test>::get(0).into_inner(), [(1, 65_535), (2, 16_384)]);
		assert_noop!(submit(0, reveal(0, &[2, 1], &[1, 4])), Error::<Test>::NothingCommitted);
	});
}

#[test]
fn it_is_revealed_after_one_epoch_neither_sooner_nor_later() {
	execute_with_promises(|| {
		assert_ok!(submit(0, promise(0, &[1], &[1])));
		assert_noop!(submit(0, reveal(0, &[1], &[1])), Error::<Test>::RevealTooEarly);
		run_root_epoch();
		run_root_epoch();
		assert_noop!(submit(0, reveal(0, &[1], &[1])), Error::<Test>::CommitExpired);
		assert_ok!(submit(0, promise(0, &[2], &[1])));
		assert_eq!(Commits::<Test>::get(0).map(|commit| commit.epoch), Some(2));
	});
}

#[test]
fn neither_another_row_nor_another_validator_can_use_a_promise() {
	execute_with_promises(|| {
		assert_ok!(submit(0, promise(0, &[1], &[1])));
		let Call::commit_root_weights { commit_hash, .. } = promise(0, &[1], &[1]) else { panic!("a promise") };
		assert_ok!(submit(1, Call::commit_root_weights { hotkey: hotkey(1), commit_hash }));
		run_root_epoch();
		assert_noop!(submit(0, reveal(0, &[2], &[1])), Error::<Test>::NotWhatWasCommitted);
		assert_noop!(submit(1, reveal(1, &[1], &[1])), Error::<Test>::NotWhatWasCommitted);
		assert_noop!(submit(1, reveal(0, &[1], &[1])), Error::<Test>::NotHotkeyOwner);
		assert_ok!(submit(0, reveal(0, &[1], &[1])));
	});
}

#[test]
fn a_salt_is_of_bounded_length() {
	execute_with_promises(|| {
		let salted = |salt: usize| Call::reveal_root_weights {
			hotkey: hotkey(0),
			dests: vec![1],
			weights: vec![1],
			salt: vec![0; salt],
			version_key: 0,
		};
		assert_noop!(submit(0, salted(65)), Error::<Test>::SaltTooLong);
		assert_noop!(submit(0, salted(64)), Error::<Test>::NothingCommitted);
	});
}

#[test]
fn the_switch_decides_which_way_a_row_is_set() {
	execute(&[1], [1], || {
		assert_noop!(submit(0, promise(0, &[1], &[1])), Error::<Test>::CommitRevealDisabled);
		assert_noop!(submit(0, reveal(0, &[1], &[1])), Error::<Test>::CommitRevealDisabled);
		Params::mutate(|params| params.commit_reveal = true);
		assert_noop!(set(0, &[1], &[1]), Error::<Test>::CommitRevealEnabled);
	});
}

#[test]
fn a_promise_is_a_vote_to_the_rate_limit_and_its_reveal_is_not_another() {
	execute_with_promises(|| {
		Params::mutate(|params| params.rate_limit = 50);
		assert_ok!(submit(0, promise(0, &[1], &[1])));
		assert_noop!(submit(0, promise(0, &[2], &[1])), Error::<Test>::VotingTooSoon { blocks_left: 50 });
		run_root_epoch();
		assert_ok!(submit(0, reveal(0, &[1], &[1])));
	});
}

#[test]
fn who_takes_a_uid_takes_no_promise_with_it() {
	execute_with_promises(|| {
		assert_ok!(submit(0, promise(0, &[1], &[1])));
		RootWeights::clear_validator(0);
		run_root_epoch();
		assert_noop!(submit(0, reveal(0, &[1], &[1])), Error::<Test>::NothingCommitted);
	});
}

#[test]
fn a_change_of_tempo_spoils_no_promise() {
	execute_with_promises(|| {
		assert_ok!(submit(0, promise(0, &[1], &[1])));
		Params::mutate(|params| params.tempo = 17);
		run_root_epoch();
		Params::mutate(|params| params.tempo = 2);
		assert_ok!(submit(0, reveal(0, &[1], &[1])));
	});
}
