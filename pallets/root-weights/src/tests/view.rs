// SPDX-License-Identifier: Apache-2.0
//! What clients are told.

use frame_support::assert_ok;

use super::{
	emission::{check_emission, NORMALIZED},
	set, set_example_votes, TEN,
};
use crate::{mock::*, RowReading};

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
fn the_distortion_tells_who_gains_by_scale() {
	execute(&[1_000; 4], TEN, || {
		set_example_votes(); // The fourth is silent.
		let found = RootWeights::vote_distortions();
		let of_uid = |uid: usize| (found[uid].units, found[uid].stake_share, found[uid].distortion);
		assert_eq!(of_uid(0), (262_140, 333_333_333, -72_463_768));
		assert_eq!(of_uid(1), (655_350, 333_333_333, 318_840_580));
		assert_eq!(of_uid(2), (87_380, 333_333_333, -246_376_812));
		assert_eq!(of_uid(3), (0, 0, 0));
		assert_eq!(found.iter().map(|vote| vote.hotkey).collect::<Vec<_>>(), [100, 101, 102, 103]);
	});
}

#[test]
fn a_row_is_read_over_the_subnets_that_exist() {
	execute(&[1], [1, 2, 3], || {
		assert_ok!(set(0, &[3, 1, 2], &[1, 4, 0]));
		let read = || RootWeights::read_votes().into_iter().flat_map(|(.., row)| row).collect::<Vec<_>>();
		assert_eq!(read().iter().map(|(netuid, _)| *netuid).collect::<Vec<_>>(), [1, 3]);
		assert!(read().iter().map(|(_, share)| u128::from(*share)).sum::<u128>() >= u128::from(u64::MAX) - 2);
		Netuids::set(vec![2, 3]);
		assert_eq!(read(), [(3, u64::MAX)]);
		assert_eq!(RootWeights::stored_votes(), [(0, hotkey(0), 1, vec![(1, 65_535), (3, 16_384)])]);
	});
}
