// SPDX-License-Identifier: Apache-2.0
//! Scores of an evaluation.

use golden::{cases, recording, Tally};
use mechanisms::templar::scores::{final_score, moving_average, Judgement, Losses};
use serde::Deserialize;

use crate::Float;

#[derive(Deserialize)]
struct Evaluation {
	own_before: Float,
	own_after: Float,
	random_before: Float,
	random_after: Float,
	alpha: f64,
	previous_bma: f32,
	result: EvaluationResult,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum EvaluationResult {
	Raised {
		#[serde(rename = "RAISES")]
		_error: String,
	},
	Scored {
		gradient_score: Float,
		improvement_own: Float,
		improvement_random: Float,
		binary: i8,
		binary_moving_average: Float,
	},
}

const FILE: &str = "mechanisms/eval_scores.json";

/// The reference goes on with NaN and infinite losses. We tell whose doing they are, and score neither.
#[test]
fn finite_losses_are_scored_as_in_the_reference() {
	let mut tally = Tally::default();
	for case in cases::<Evaluation>(FILE) {
		let losses = Losses {
			own_before: case.own_before.0,
			own_after: case.own_after.0,
			random_before: case.random_before.0,
			random_after: case.random_after.0,
		};
		let has_baseline = losses.own_before.is_finite() && losses.random_before.is_finite();
		let has_result = losses.own_after.is_finite() && losses.random_after.is_finite();
		match (case.result, losses.judge()) {
			(EvaluationResult::Raised { .. }, judgement) => assert_eq!(judgement, Judgement::NoBaseline),
			(_, judgement) if !has_baseline => {
				assert_eq!(judgement, Judgement::NoBaseline);
				tally.under("without a finite baseline");
			},
			(_, judgement) if !has_result => {
				assert_eq!(judgement, Judgement::Exploded);
				tally.under("without a finite result");
			},
			(
				EvaluationResult::Scored {
					gradient_score,
					improvement_own,
					improvement_random,
					binary,
					binary_moving_average,
				},
				Judgement::Scored(scores),
			) => {
				let at = format!("{losses:?}");
				tally.close("gradient score", (scores.gradient_score.into(), gradient_score.0), 1e-6, &at);
				tally.close("own improvement", (scores.own_improvement, improvement_own.0), 1e-12, &at);
				tally.close("random improvement", (scores.random_improvement, improvement_random.0), 1e-12, &at);
				assert_eq!(scores.binary(), binary);
				let average = moving_average(case.previous_bma, scores.binary(), case.alpha);
				tally.close("moving average", (average.into(), binary_moving_average.0), 1e-6, &at);
				tally.compared();
			},
			(_, judgement) => panic!("{losses:?}: {judgement:?}"),
		}
	}
	tally.finish(FILE, 11);
}

#[derive(Deserialize)]
struct Averages {
	binary_ema: Vec<Averaged>,
	final_score: Vec<Final>,
}

#[derive(Deserialize)]
struct Averaged {
	alpha: f64,
	indicators: Vec<i8>,
	bma: Vec<f64>,
}

#[derive(Deserialize)]
struct Final {
	ordinal: f64,
	bma: f32,
	sync_score: f32,
	final_score: f64,
}

#[test]
fn moving_averages_and_final_scores_are_those_of_the_reference() {
	let Some(Averages { binary_ema, final_score: finals }) = recording(FILE) else { return };
	let mut tally = Tally::default();
	for case in &binary_ema {
		let mut average = 0.0;
		for (indicator, recorded) in case.indicators.iter().zip(&case.bma) {
			average = moving_average(average, *indicator, case.alpha);
			// In f32 the sum of two terms may cancel, so the error is measured against those.
			tally.close_for("moving average", (average.into(), *recorded), 1.0, 1e-6, "a run of indicators");
			tally.compared();
		}
	}
	for case in &finals {
		let score = final_score(case.ordinal, case.bma, case.sync_score);
		tally.close("final score", (score.into(), case.final_score), 1e-6, case.ordinal);
		tally.compared();
	}
	tally.finish(FILE, 128);
}
