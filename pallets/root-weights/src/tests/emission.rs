// SPDX-License-Identifier: Apache-2.0
//! What subnets earn: by stake alone, to the last rao, whatever happens between two epochs.

use frame_support::assert_ok;

use super::{set, set_example_votes, TEN};
use crate::{mock::*, EmissionShares, Event};

/// What each netuid of the example earns of 1 TAO.
pub const NORMALIZED: [u64; 10] = [
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

#[track_caller]
pub fn check_emission(emission: Vec<(u16, u64)>, expected: [u64; 10]) {
	assert_eq!(emission.iter().map(|(_, part)| part).sum::<u64>(), BlockEmission::get());
	for ((netuid, part), expected) in emission.into_iter().zip(expected) {
		assert!(part.abs_diff(expected) <= 1, "subnet {netuid} earns {part}, not {expected}");
	}
}

#[test]
fn the_example_earns_what_stake_allows() {
	execute(&[1_000; 3], TEN, || {
		set_example_votes();
		run_root_epoch();
		check_emission(RootWeights::split_emission(BlockEmission::get()), NORMALIZED);
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
fn without_a_root_validator_nothing_is_minted() {
	execute(&[], [1, 2], || {
		run_root_epoch();
		System::assert_last_event(Event::NoValidRootVote.into());
		assert_eq!(RootWeights::split_emission(1_000), [(1, 0), (2, 0)]);
	});
}

#[test]
fn without_a_subnet_nothing_is_minted() {
	execute(&[1], [], || {
		run_root_epoch();
		System::assert_last_event(Event::NoValidRootVote.into());
		assert_eq!(RootWeights::split_emission(1_000), []);
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
fn a_vote_whose_stake_is_gone_mints_nothing() {
	execute(&[1, 1], [1, 2], || {
		assert_ok!(set(0, &[2], &[1]));
		Validators::mutate(|validators| validators.iter_mut().for_each(|validator| validator.2 = 0));
		run_root_epoch();
		System::assert_last_event(Event::NoValidRootVote.into());
	});
}

#[test]
fn a_cleared_validator_votes_no_more() {
	execute(&[1, 1], [1, 2], || {
		Params::mutate(|params| params.rate_limit = 100);
		assert_ok!(set(0, &[1], &[1]));
		assert_ok!(set(1, &[2], &[1]));
		RootWeights::clear_validator(0);
		run_root_epoch();
		assert_eq!(RootWeights::split_emission(10), [(1, 0), (2, 10)]);
		assert_ok!(set(0, &[1], &[1])); // Whoever has the uid now need not wait.
	});
}
