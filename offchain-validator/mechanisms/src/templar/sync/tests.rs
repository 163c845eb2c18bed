// SPDX-License-Identifier: Apache-2.0
//! How far a peer is from us, and what is no answer.

use proptest::prelude::*;

use super::*;

/// A step of one half.
const EVEN: Steps = Steps::Even { learning_rate: 0.5 };

fn samples(list: &[(&str, &[f32])]) -> Samples {
	list.iter().map(|(name, values)| ((*name).to_owned(), values.to_vec())).collect()
}

fn own() -> Samples {
	samples(&[("a", &[1.0, 2.0]), ("b", &[3.0, 4.0])])
}

#[track_caller]
fn check_failed(peer: &[(&str, &[f32])], expected: SyncFailure) {
	assert_eq!(judge(&own(), Some(&samples(peer)), EVEN), SyncVerdict::Failed(expected));
}

#[test]
fn distance_is_counted_in_learning_rates() {
	let peer = samples(&[("a", &[1.5, 2.0]), ("b", &[3.0, 2.5]), ("extra", &[f32::NAN])]);
	let SyncVerdict::Compared(compared) = judge(&own(), Some(&peer), EVEN) else { panic!("compared") };
	assert_eq!((compared.avg_abs_diff, compared.avg_steps_behind), (0.5, 1.0));
	assert_eq!((compared.max_diff, compared.max_steps_behind, compared.param_count), (1.5, 3.0, 4));
}

/// Trap 8.
#[test]
fn one_right_parameter_hides_no_other() {
	check_failed(&[("a", &[1.0, 2.0])], SyncFailure::ParameterMissing("b".into()));
	check_failed(&[("a", &[1.0, 2.0]), ("b", &[])], SyncFailure::WrongLength("b".into()));
	check_failed(&[("a", &[1.0, 2.0]), ("b", &[3.0])], SyncFailure::WrongLength("b".into()));
	check_failed(&[("a", &[f32::NAN, 2.0]), ("b", &[3.0, 4.0])], SyncFailure::NotFinite("a".into()));
	check_failed(&[("a", &[1.0, 2.0]), ("b", &[3.0, f32::INFINITY])], SyncFailure::NotFinite("b".into()));
	assert_eq!(judge(&own(), None, EVEN), SyncVerdict::Failed(SyncFailure::NothingPublished));
}

#[test]
fn what_we_cannot_compare_with_accuses_nobody() {
	let broken = samples(&[("a", &[f32::NAN, 2.0])]);
	for (own, learning_rate) in [(own(), 0.0), (own(), f64::NAN), (Samples::new(), 1.0), (broken, 1.0)] {
		assert_eq!(judge(&own, None, Steps::Even { learning_rate }), SyncVerdict::Unjudged);
	}
}

#[test]
fn small_parameters_are_not_sampled() {
	assert_eq!(sample(&[0.0; 11]), None);
	assert_eq!(sample(&[0.0; 12]), Some(&[0.0; 2][..]));
}

#[test]
fn a_distance_that_is_none_scores_zero() {
	assert_eq!((score(f64::NAN), score(f64::INFINITY), score(5.0), score(0.0)), (0.0, 0.0, 0.0, 1.0));
}

/// `differences` of elements of which each moves by one in a step, in steps.
fn measured(differences: &[f32], policy: Policy) -> f64 {
	let elements = differences.iter().map(|difference| ((*difference, 0.0), 1.0));
	compare_measured(elements, 1.0, policy).avg_steps_behind
}

/// Trap 5.
#[test]
fn the_median_of_an_even_number_is_the_lower_one() {
	assert_eq!(measured(&[0.0, 1.0, 2.0, 9.0], Policy::AsPublished), 1.0);
	assert_eq!(measured(&[2.0, 1.0, 0.0], Policy::AsPublished), 1.0);
}

#[test]
fn garbage_in_half_of_the_elements_counts_and_did_not_as_published() {
	let half_garbage = [0.0, 0.0, 1e6, 1e6];
	assert_eq!(measured(&half_garbage, Policy::AsPublished), 0.0);
	assert_eq!(measured(&half_garbage, Policy::Corrected), 5e5);
}

#[test]
fn an_element_that_stands_still_does_not_outweigh_the_others() {
	let elements = [((1e-7, 0.0), 0.0), ((0.5, 0.0), 1.0), ((0.5, 0.0), 1.0)];
	let compared = compare_measured(elements, 1.0, Policy::Corrected);
	assert!((compared.avg_steps_behind - 0.5).abs() < 1e-6);
	assert!(compared.max_steps_behind > 99.0);
}

#[test]
fn elements_that_are_not_measured_move_by_the_learning_rate() {
	let changes = samples(&[("a", &[2.0, 2.0])]);
	let peer = samples(&[("a", &[3.0, 4.0]), ("b", &[4.0, 5.0])]);
	let steps = Steps::Measured { learning_rate: 0.5, changes: &changes, policy: Policy::AsPublished };
	let SyncVerdict::Compared(compared) = judge(&own(), Some(&peer), steps) else { panic!("compared") };
	assert_eq!((compared.avg_steps_behind, compared.max_steps_behind), (1.0, 2.0));
}

proptest! {
	#[test]
	fn a_peer_never_stops_us(
		peer: Option<BTreeMap<String, Vec<f32>>>,
		a: Vec<f32>,
		learning_rate: f64,
		changes: Option<Vec<f32>>,
	) {
		let own = Samples::from([("a".to_owned(), a)]);
		let (is_measured, changes) = (changes.is_some(), changes.map(|changes| ("a".to_owned(), changes)));
		let changes: Samples = changes.into_iter().collect();
		let measured = Steps::Measured { learning_rate, changes: &changes, policy: Policy::Corrected };
		let steps = if is_measured { measured } else { Steps::Even { learning_rate } };
		if let SyncVerdict::Compared(compared) = judge(&own, peer.as_ref(), steps) {
			prop_assert!((0.0..=1.0).contains(&compared.score()));
		}
	}

	#[test]
	fn further_behind_never_scores_more(a in 0.0..10.0, b in 0.0..10.0) {
		prop_assert!(score(f64::max(a, b)) <= score(f64::min(a, b)));
	}
}
