// SPDX-License-Identifier: Apache-2.0
//! Who overlaps with whom, and whose fault it is.

use proptest::prelude::*;

use super::*;

/// A submission with one parameter of chunks of four indices.
fn submission(uid: Uid, uploaded_ms: u64, binary_average: f32, indices: &[u16]) -> Submission<'_> {
	Submission {
		uid,
		uploaded_ms: Some(uploaded_ms),
		binary_average,
		parameters: vec![ParameterIndices { per_chunk: 4, indices }],
	}
}

#[track_caller]
fn check_share(first: &[u16], second: &[u16], expected: f64) {
	let both = [submission(1, 0, 0.0, first), submission(2, 0, 0.0, second)];
	assert_eq!(overlaps(&both), Ok(vec![Overlap { first: 1, second: 2, share: expected }]));
}

/// Two equal submissions by uids 1 and 2, each uploaded at a time and with a moving average.
#[track_caller]
fn check_offender(first: (u64, f32), second: (u64, f32), offender: Uid) {
	let same = [1, 2, 3, 4];
	let both = [submission(1, first.0, first.1, &same), submission(2, second.0, second.1, &same)];
	let reversed = [both[1].clone(), both[0].clone()];
	for submissions in [both, reversed] {
		let found = copies(&submissions, 0.4, Policy::Corrected).unwrap();
		assert_eq!(found, [Copied { offender, original: 3 - offender, share: 1.0 }]);
	}
}

#[test]
fn order_within_a_chunk_is_no_difference() {
	check_share(&[1, 2, 3, 4], &[4, 3, 2, 1], 1.0);
}

#[test]
fn indices_count_within_their_chunk_only() {
	check_share(&[1, 2, 3, 4, 5, 6, 7, 8], &[5, 6, 7, 8, 1, 2, 3, 4], 0.0);
	check_share(&[1, 2, 3, 4, 5, 6, 7, 8], &[1, 2, 30, 40, 5, 60, 70, 80], 0.375);
}

#[test]
fn a_repeated_index_counts_once() {
	check_share(&[0, 0, 0, 0], &[0, 1, 2, 3], 0.25);
	check_share(&[0, 1, 2, 3], &[0, 0, 0, 0], 0.25);
}

#[test]
fn every_index_of_sixteen_bits_is_told_apart() {
	check_share(&[0, 63, 64, u16::MAX], &[0, 63, 64, u16::MAX], 1.0);
	check_share(&[0, 63, 64, u16::MAX], &[1, 62, 65, u16::MAX - 1], 0.0);
}

#[test]
fn the_later_upload_is_the_copy() {
	check_offender((1_000, -1.0), (1_001, 1.0), 2);
	check_offender((1_001, 1.0), (1_000, -1.0), 1);
}

#[test]
fn a_tie_in_time_goes_against_the_lower_average_then_the_higher_uid() {
	check_offender((1_000, 0.1), (1_000, 0.2), 1);
	check_offender((1_000, 0.2), (1_000, 0.1), 2);
	check_offender((1_000, 0.2), (1_000, 0.2), 2);
}

#[test]
fn the_threshold_itself_is_a_copy() {
	let both = [submission(1, 0, 0.0, &[1, 2, 3, 4]), submission(2, 1, 0.0, &[1, 2, 30, 40])];
	assert_eq!(copies(&both, 0.5, Policy::Corrected).unwrap().len(), 1);
	assert_eq!(copies(&both, 0.51, Policy::Corrected), Ok(Vec::new()));
}

#[test]
fn an_upload_without_a_time_blames_nobody_and_blamed_the_other_as_published() {
	let same = [1, 2, 3, 4];
	let undated = Submission { uploaded_ms: None, ..submission(1, 0, 0.0, &same) };
	let both = [undated, submission(2, 5, 0.0, &same)];
	assert_eq!(copies(&both, 0.4, Policy::Corrected), Ok(Vec::new()));
	assert_eq!(copies(&both, 0.4, Policy::AsPublished).unwrap()[0].offender, 2);
}

#[test]
fn a_tie_in_time_went_against_the_first_in_the_list_as_published() {
	let same = [1, 2, 3, 4];
	let both = [submission(1, 5, 0.0, &same), submission(2, 5, 0.0, &same)];
	assert_eq!(copies(&both, 0.4, Policy::Corrected).unwrap()[0].offender, 2);
	assert_eq!(copies(&both, 0.4, Policy::AsPublished).unwrap()[0].offender, 1);
}

#[test]
fn of_several_copies_the_worst_counts_and_as_published_the_last() {
	let copied = [0.9, 0.45].map(|share| Copied { offender: 3, original: 1, share });
	assert_eq!(offenders(&copied, Policy::Corrected), [(3, 0.9)].into());
	assert_eq!(offenders(&copied, Policy::AsPublished), [(3, 0.45)].into());
}

#[test]
fn a_share_that_is_none_has_no_level() {
	assert_eq!([-0.01, 1.01, f64::NAN].map(Level::of), [None; 3]);
}

#[test]
fn an_original_copied_twice_is_blamed_for_neither() {
	let same = [1, 2, 3, 4];
	let all = [submission(1, 30, 0.0, &same), submission(2, 10, 0.0, &same), submission(3, 20, 0.0, &same)];
	let offenders: Vec<Uid> =
		copies(&all, 0.4, Policy::Corrected).unwrap().iter().map(|copied| copied.offender).collect();
	assert_eq!(offenders, [1, 1, 3]);
}

#[test]
fn nobody_overlaps_with_nobody() {
	assert_eq!(overlaps(&[]), Ok(Vec::new()));
	assert_eq!(overlaps(&[submission(1, 0, 0.0, &[1, 2, 3, 4])]), Ok(Vec::new()));
	check_share(&[], &[], 0.0);
}

#[test]
fn what_was_never_validated_is_refused() {
	let good = submission(1, 0, 0.0, &[1, 2, 3, 4]);
	let ragged = submission(2, 0, 0.0, &[1, 2, 3]);
	assert_eq!(overlaps(&[good.clone(), ragged]), Err(OverlapError::RaggedChunks { uid: 2, parameter: 0 }));
	let longer = submission(2, 0, 0.0, &[0; 8]);
	assert_eq!(overlaps(&[good.clone(), longer]), Err(OverlapError::LayoutsDiffer { first: 1, second: 2 }));
	let mut empty = good;
	empty.parameters[0] = ParameterIndices { per_chunk: 0, indices: &[] };
	assert_eq!(overlaps(&[empty]), Err(OverlapError::RaggedChunks { uid: 1, parameter: 0 }));
}

proptest! {
	#[test]
	fn the_count_is_that_of_common_elements(
		chunks in prop::collection::vec(prop::collection::vec(prop::collection::vec(0u16..40, 4), 3), 2..6),
	) {
		let flat: Vec<Vec<u16>> = chunks.iter().map(|chunks| chunks.concat()).collect();
		let submissions: Vec<_> =
			(0..).zip(&flat).map(|(uid, indices)| submission(uid, 0, 0.0, indices)).collect();
		for overlap in overlaps(&submissions).unwrap() {
			let (first, second) = (&chunks[usize::from(overlap.first)], &chunks[usize::from(overlap.second)]);
			let common = first.iter().zip(second).map(|(a, b)| {
				let distinct: std::collections::BTreeSet<_> = a.iter().collect();
				distinct.into_iter().filter(|index| b.contains(index)).count()
			});
			prop_assert_eq!(overlap.share, common.sum::<usize>() as f64 / 12.0);
		}
	}
}
