// SPDX-License-Identifier: Apache-2.0
//! What a chain team relies on.

use frame_support::{assert_noop, assert_ok, weights::Weight};
use sp_runtime::DispatchResult;

use crate::{mock::*, EmissionShares, Error, Event, RootRows, RowReading};

const TEN: [u16; 10] = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];

fn set(uid: u16, dests: &[u16], weights: &[u16]) -> DispatchResult {
	let origin = RuntimeOrigin::signed(coldkey(uid));
	RootWeights::set_root_weights(origin, 0, hotkey(uid), dests.to_vec(), weights.to_vec(), 0)
}

fn set_example_votes() {
	assert_ok!(set(0, &[1, 2, 3, 4], &[25; 4]));
	assert_ok!(set(1, &TEN, &[10; 10]));
	assert_ok!(set(2, &[1, 2, 3], &[65_535, 17_476, 4_369]));
}

#[track_caller]
fn check_emission(emission: Vec<(u16, u64)>, expected: [u64; 10]) {
	assert_eq!(emission.iter().map(|(_, part)| part).sum::<u64>(), BlockEmission::get());
	for ((netuid, part), expected) in emission.into_iter().zip(expected) {
		assert!(part.abs_diff(expected) <= 1, "subnet {netuid} earns {part}, not {expected}");
	}
}

const NORMALIZED: [u64; 10] = [
	450_385_397,
	225_192_698,
	163_776_508,
	121_351_381,
	6_549_002,
	6_549_002,
	6_549_002,
	6_549_002,
	6_549_002,
	6_549_002,
];

#[test]
fn the_example_earns_what_stake_allows() {
	execute(&[1_000; 3], TEN, || {
		set_example_votes();
		run_root_epoch();
		check_emission(RootWeights::split_emission(BlockEmission::get()), NORMALIZED);
	});
}

#[test]
fn the_preview_shows_both_readings_of_the_same_state() {
	execute(&[1_000; 3], TEN, || {
		set_example_votes();
		check_emission(RootWeights::preview_emission(RowReading::Normalized), NORMALIZED);
		let unnormalized = [
			300_401_089,
			226_969_711,
			206_942_972,
			169_588_074,
			16_016_358,
			16_016_358,
			16_016_358,
			16_016_358,
			16_016_358,
			16_016_358,
		];
		check_emission(RootWeights::preview_emission(RowReading::AsStored), unnormalized);
	});
}

#[test]
fn a_row_is_stored_upscaled_and_sorted() {
	execute(&[1], [1, 2, 3], || {
		assert_ok!(set(0, &[3, 1, 2], &[1, 4, 0]));
		assert_eq!(RootRows::<Test>::get(0).into_inner(), [(1, 65_535), (3, 16_384)]);
		System::assert_last_event(Event::RootWeightsSet { uid: 0, hotkey: hotkey(0) }.into());
		let read: Vec<_> = RootWeights::read_votes().into_iter().flat_map(|(.., row)| row).collect();
		assert_eq!(read.iter().map(|(netuid, _)| *netuid).collect::<Vec<_>>(), [1, 3]);
		assert!(read.iter().map(|(_, share)| u128::from(*share)).sum::<u128>() >= u128::from(u64::MAX) - 2);
	});
}

#[test]
fn bad_input_is_named_and_changes_nothing() {
	execute(&[1, 1], [1, 2], || {
		let call = |who, netuid, key, dests: &[u16], weights: &[u16]| {
			RootWeights::set_root_weights(RuntimeOrigin::signed(who), netuid, key, dests.to_vec(), weights.to_vec(), 0)
		};
		let (cold, hot) = (coldkey(0), hotkey(0));
		assert_ok!(call(cold, 0, hot, &[1], &[1]));
		assert_noop!(call(cold, 0, hot, &[1, 9], &[1, 1]), Error::<Test>::UnknownNetuid);
		assert_noop!(call(cold, 0, hot, &[0], &[1]), Error::<Test>::UnknownNetuid);
		assert_noop!(call(cold, 0, hot, &[1, 2], &[1]), Error::<Test>::UnequalLengths);
		assert_noop!(call(cold, 0, hot, &[1; 17], &[1; 17]), Error::<Test>::TooManyEntries);
		assert_noop!(call(cold, 0, hot, &[1, 1], &[1, 2]), Error::<Test>::DuplicateNetuid);
		assert_noop!(call(cold, 0, hot, &[1], &[0]), Error::<Test>::NoWeights);
		assert_noop!(call(cold, 0, hot, &[], &[]), Error::<Test>::NoWeights);
		assert_noop!(call(cold, 1, hot, &[1], &[1]), Error::<Test>::NotRootNetwork);
		assert_noop!(call(cold, 0, hotkey(1), &[1], &[1]), Error::<Test>::NotHotkeyOwner);
		assert_noop!(call(cold, 0, 7, &[1], &[1]), Error::<Test>::NotHotkeyOwner);
	});
}

#[test]
fn an_outdated_version_key_is_refused() {
	execute(&[1], [1], || {
		Params::mutate(|params| params.version_key = 3);
		assert_noop!(set(0, &[1], &[1]), Error::<Test>::OutdatedVersionKey);
		Params::mutate(|params| params.version_key = 0);
	});
}

#[test]
fn a_hotkey_that_is_owned_but_not_on_root_is_refused() {
	execute(&[1], [1], || {
		OffRoot::set(vec![(7, 8)]);
		let call = RootWeights::set_root_weights(RuntimeOrigin::signed(8), 0, 7, vec![1], vec![1], 0);
		assert_noop!(call, Error::<Test>::NotRootValidator);
	});
}

#[test]
fn shares_hold_in_every_block_after_a_halving_and_a_removal() {
	execute(&[1_000; 3], TEN, || {
		set_example_votes();
		run_root_epoch();
		for amount in [0, 1, 500_000_000, u64::MAX] {
			let parts = RootWeights::split_emission(amount);
			assert_eq!(parts.iter().map(|(_, part)| u128::from(*part)).sum::<u128>(), u128::from(amount));
		}
		Netuids::mutate(|netuids| netuids.retain(|netuid| *netuid != 1));
		let parts = RootWeights::split_emission(500_000_000);
		assert_eq!(parts.iter().map(|(_, part)| *part).sum::<u64>(), 500_000_000);
		assert!(parts.iter().all(|(netuid, part)| *netuid != 1 && *part > 0));
	});
}

#[test]
fn without_a_valid_vote_nothing_is_minted_and_an_event_says_so() {
	execute(&[1, 1], [1, 2], || {
		run_root_epoch();
		System::assert_last_event(Event::NoValidRootVote.into());
		assert_eq!(RootWeights::split_emission(1_000), [(1, 0), (2, 0)]);

		assert_ok!(set(0, &[2], &[1]));
		run_root_epoch();
		System::assert_last_event(Event::EmissionSharesSet { subnets: 1 }.into());
		assert_eq!(RootWeights::split_emission(1_000), [(1, 0), (2, 1_000)]);

		Netuids::set(vec![1]);
		assert_eq!(RootWeights::split_emission(1_000), [(1, 0)]);
		run_root_epoch();
		assert!(EmissionShares::<Test>::get().is_empty());
	});
}

#[test]
fn a_cleared_row_votes_no_more() {
	execute(&[1, 1], [1, 2], || {
		assert_ok!(set(0, &[1], &[1]));
		assert_ok!(set(1, &[2], &[1]));
		RootWeights::clear_row(0);
		run_root_epoch();
		assert_eq!(RootWeights::split_emission(10), [(1, 0), (2, 10)]);
	});
}

#[test]
fn the_epoch_runs_once_a_tempo_and_never_at_tempo_zero() {
	use frame_support::traits::Hooks;
	execute(&[1], [1], || {
		let runs = |blocks: core::ops::Range<u64>| {
			let before = System::event_count();
			blocks.for_each(|block| assert_eq!(RootWeights::on_initialize(block), Weight::zero()));
			System::event_count() - before
		};
		assert_eq!(runs(1..51), 10);
		Params::mutate(|params| params.tempo = 0);
		assert_eq!(runs(51..151), 0);
		assert_eq!(RootWeights::next_epoch_block(), None);
		Params::mutate(|params| params.tempo = 4);
	});
}
