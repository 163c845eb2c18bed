// SPDX-License-Identifier: Apache-2.0

use proptest::prelude::*;

use super::*;
use crate::layout::{Coding, Layouts};
use crate::quantise::Quantiser;

const FOUR_BINS: Coding = Coding::Quantised(Quantiser { bins: 4, range: 6.0 });

/// A parameter `p` of one chunk of 16.
fn codec(topk: usize, coding: Coding) -> Codec {
	Codec::new(Layouts::with_coding(&[("p".into(), vec![4, 4])], 4, topk, coding).unwrap(), 1)
}

fn gradient(seed: usize) -> Vec<f32> {
	(0..16).map(|i| ((seed * 16 + i) as f32 * 0.7).sin()).collect()
}

fn decoded(codec: &Codec, sent: &BTreeMap<String, Compressed>) -> Vec<f32> {
	let mut decoded = vec![0.0; 16];
	codec.decode("p", &sent["p"], None, &mut decoded).unwrap();
	decoded
}

#[track_caller]
fn check_close(found: &[f32], expected: impl Iterator<Item = f32>, tolerance: f32) {
	assert!(found.iter().zip(expected).all(|(found, expected)| (found - expected).abs() < tolerance), "{found:?}");
}

#[test]
fn sums_decay_and_grow() {
	let (mut feedback, one) = (Feedback::new(0.9), gradient(1));
	feedback.add("p", &one, 0.5);
	check_close(feedback.left("p").unwrap(), one.iter().map(|element| 0.5 * element), 1e-7);
	feedback.add("p", &one, 0.5);
	check_close(feedback.left("p").unwrap(), one.iter().map(|element| 0.95 * element), 1e-6);
	assert_eq!(feedback.left("q"), None);
}

#[test]
fn what_is_sent_leaves_the_sums_if_it_is_taken() {
	for coding in [Coding::Dct, FOUR_BINS] {
		let codec = codec(4, coding);
		let mut feedback = Feedback::new(1.0);
		feedback.add("p", &gradient(1), 1.0);
		let before = feedback.left("p").unwrap().to_vec();
		let sent = feedback.send(&codec, false).unwrap();
		assert_eq!(feedback.left("p").unwrap(), before);
		assert_eq!(feedback.send(&codec, true).unwrap(), sent);
		let taken = decoded(&codec, &sent);
		check_close(feedback.left("p").unwrap(), before.iter().zip(&taken).map(|(b, t)| b - t), 1e-6);
	}
}

#[test]
fn without_a_sum_or_for_another_model_nothing_is_sent() {
	let other = || StepError::OtherModel { parameter: "p".into() };
	assert_eq!(Feedback::new(1.0).send(&codec(4, Coding::Dct), true), Err(other()));
	let mut feedback = Feedback::new(1.0);
	feedback.add("p", &[1.0; 15], 1.0);
	assert_eq!(feedback.send(&codec(4, Coding::Dct), true), Err(other()));
}

#[test]
fn a_window_that_is_no_number_spoils_no_other() {
	for coding in [Coding::Dct, FOUR_BINS] {
		for bad in [f32::NAN, f32::INFINITY, f32::MAX] {
			let (codec, mut feedback) = (codec(4, coding), Feedback::new(1.0));
			let mut spoilt = gradient(1);
			spoilt[5] = bad;
			feedback.add("p", &spoilt, 1e9);
			assert_eq!(feedback.send(&codec, true), Err(StepError::NotFinite { parameter: "p".into() }));
			feedback.add("p", &gradient(2), 1.0);
			assert!(feedback.send(&codec, true).is_ok());
		}
	}
}

proptest! {
	/// Nothing is lost: what was sent and what is left are together all there was.
	#[test]
	fn in_the_end_everything_is_sent(topk in 1_usize..16, windows in 1_usize..40) {
		let (codec, mut feedback) = (codec(topk, Coding::Dct), Feedback::new(1.0));
		let mut balance = vec![0.0; 16];
		for window in 0..windows {
			feedback.add("p", &gradient(window), 1.0);
			let sent = decoded(&codec, &feedback.send(&codec, true).unwrap());
			for ((balance, new), sent) in balance.iter_mut().zip(gradient(window)).zip(sent) {
				*balance += new - sent;
			}
		}
		for (left, balance) in feedback.left("p").unwrap().iter().zip(&balance) {
			prop_assert!((left - balance).abs() < 1e-4);
		}
		// Each window sends the largest, so nothing can pile up: a coefficient waits at most until all others have been sent.
		let bound = 16.0 / topk as f32 * 8.0;
		prop_assert!(feedback.left("p").unwrap().iter().all(|left| left.abs() < bound));
	}
}
