// SPDX-License-Identifier: Apache-2.0
//! Setting a row.

use yuma_consensus::{
	max_upscale,
	row_check::{check_lengths, root_row, subnet_row, RowError, RowLimits},
	NormalizedRow,
};

fn limits(min_entries: u16, max_weight: u16) -> RowLimits {
	RowLimits { min_entries, max_weight }
}

#[test]
fn r6_a_root_uid_is_no_netuid_so_the_limit_spares_nobody() {
	// No uid is asked for: the row [(3, 1)] is over the limit for the validator of uid 3 as for any other.
	assert_eq!(root_row(&[1, 2, 3], limits(0, 6_553), &[3], &[1]), Err(RowError::OverLimit(3)));
	assert_eq!(root_row(&[1, 2, 3], limits(0, 65_535), &[3], &[1]), Ok(vec![(3, 65_535)]));
}

#[test]
fn w5_a_root_limit_below_an_even_vote_counts_as_an_even_vote() {
	for limit in [0, 655, 21_845] {
		assert!(root_row(&[1, 2, 3], limits(0, limit), &[1, 2, 3], &[5; 3]).is_ok(), "{limit}");
		assert_eq!(
			root_row(&[1, 2, 3], limits(0, limit), &[1, 2, 3], &[6, 5, 5]),
			Err(RowError::OverLimit(1)),
			"{limit}"
		);
		assert!(root_row(&[3], limits(0, limit), &[3], &[1]).is_ok(), "{limit}");
	}
}

#[test]
fn r7_the_minimum_length_of_a_root_row_is_bounded_by_the_number_of_subnets() {
	let netuids = [1, 2, 3, 4]; // However many validators there are.
	assert!(root_row(&netuids, limits(8, 65_535), &netuids, &[1; 4]).is_ok());
	assert_eq!(root_row(&netuids, limits(8, 65_535), &[1, 2, 3], &[1; 3]), Err(RowError::TooFewEntries { minimum: 4 }));
}

#[test]
fn r11_netuid_zero_cannot_be_voted_for() {
	for netuids in [&[1, 2][..], &[0, 1, 2]] {
		assert_eq!(root_row(netuids, RowLimits::NONE, &[0, 1], &[1, 1]), Err(RowError::UnknownId(0)));
	}
}

#[test]
fn w1_the_limit_is_checked_before_rounding() {
	for (weights, limit, expected) in [([4, 3, 3], 26_214, true), ([6, 1, 1], 49_151, false)] {
		let limits = limits(0, limit);
		assert_eq!(subnet_row(9, 10, limits, &[1, 2, 3], &weights).is_ok(), expected, "{weights:?}");
		assert_eq!(root_row(&[1, 2, 3], limits, &[1, 2, 3], &weights).is_ok(), expected, "{weights:?}");
	}
}

#[test]
fn w2_upscaling_rounds_half_up_at_every_maximum() {
	assert_eq!(max_upscale(&[3_277, 32_770]), [6_554, 65_535]);
	for max in [1, 2, 3, 32_767, 32_768, 32_770, 40_000, 65_534, 65_535] {
		let row: Vec<u16> = (0..=max).collect();
		for (value, upscaled) in (0u64..).zip(max_upscale(&row)) {
			let max = u64::from(max);
			assert_eq!(u64::from(upscaled), (2 * value * 65_535 + max) / (2 * max), "{value} of {max}");
		}
	}
}

#[test]
fn w3_no_length_overflows() {
	for n in [32_768usize, 32_769, 65_534] {
		let ids: Vec<u16> = (0..=u16::MAX).take(n).collect();
		let weights = vec![u16::MAX; n];
		let row = subnet_row(0, u16::MAX, limits(0, 1), &ids, &weights);
		assert!(matches!(row, Err(RowError::OverLimit(_))), "{n}");
		assert!(subnet_row(0, u16::MAX, limits(0, 2), &ids, &weights).is_ok(), "{n}");
		let row: Vec<(u16, u16)> = ids.iter().copied().zip(weights).collect();
		let sum: u128 = NormalizedRow::from_stored(&row, &ids).shares().map(|(_, share)| u128::from(share)).sum();
		assert!((1 << 64) - sum <= n as u128, "{n}");
	}
}

#[test]
fn w4_a_root_row_without_weight_is_refused_and_a_subnet_row_votes_for_nobody() {
	assert_eq!(root_row(&[1, 2], RowLimits::NONE, &[], &[]), Err(RowError::NoWeights));
	assert_eq!(root_row(&[1, 2], RowLimits::NONE, &[1, 2], &[0, 0]), Err(RowError::NoWeights));
	assert_eq!(subnet_row(0, 3, RowLimits::NONE, &[], &[]), Ok(vec![]));
	let zeros = subnet_row(0, 3, RowLimits::NONE, &[1, 2], &[0, 0]).unwrap();
	assert_eq!(NormalizedRow::from_stored(&zeros, &[0, 1, 2]), NormalizedRow::from_stored(&[], &[0, 1, 2]));
	assert_eq!(subnet_row(0, 3, limits(1, 65_535), &[], &[]), Err(RowError::TooFewEntries { minimum: 1 }));
}

#[test]
fn m1_length_is_bounded_before_anything_loops_and_duplicates_are_found_by_sorting() {
	let endless = vec![1; 1 << 20];
	assert_eq!(check_lengths(&endless, &endless, 64), Err(RowError::TooManyEntries));
	assert_eq!(subnet_row(0, 64, RowLimits::NONE, &endless, &endless), Err(RowError::TooManyEntries));
	assert_eq!(root_row(&[1], RowLimits::NONE, &endless, &endless), Err(RowError::TooManyEntries));
	let repeated = vec![1; 65_535]; // Compared in pairs these would be two thousand million.
	assert_eq!(subnet_row(0, u16::MAX, RowLimits::NONE, &repeated, &repeated), Err(RowError::DuplicateId(1)));
}
