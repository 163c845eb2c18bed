// SPDX-License-Identifier: Apache-2.0
//! Scores of an evaluation, and the comparison of models.

use std::collections::BTreeMap;

use golden::{cases, recording, Tally};
use mechanisms::templar::{
	scores::{final_score, moving_average, Judgement, Losses},
	sync::{self, Comparison, Samples, SyncVerdict},
};
use serde::Deserialize;
use serde_json::Value;

use crate::{check_close, Float};

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

/// The reference goes on with NaN and infinite losses. We tell whose doing they are, and score neither.
#[test]
fn finite_losses_are_scored_as_in_the_reference() {
	const FILE: &str = "mechanisms/eval_scores.json";
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
				check_close(scores.gradient_score.into(), gradient_score.0, 1e-6, "gradient score");
				check_close(scores.own_improvement, improvement_own.0, 1e-12, "own improvement");
				check_close(scores.random_improvement, improvement_random.0, 1e-12, "random improvement");
				assert_eq!(scores.binary(), binary);
				let average = moving_average(case.previous_bma, scores.binary(), case.alpha);
				check_close(average.into(), binary_moving_average.0, 1e-6, "moving average");
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
	let Some(Averages { binary_ema, final_score: finals }) = recording("mechanisms/eval_scores.json") else { return };
	for case in &binary_ema {
		let mut average = 0.0;
		for (indicator, recorded) in case.indicators.iter().zip(&case.bma) {
			average = moving_average(average, *indicator, case.alpha);
			// In f32 the sum of two terms may cancel, so the error is measured against those.
			assert!((f64::from(average) - recorded).abs() <= 1e-6, "{average} is not {recorded}");
		}
	}
	for case in &finals {
		check_close(final_score(case.ordinal, case.bma, case.sync_score).into(), case.final_score, 1e-6, "final score");
	}
	assert!(!binary_ema.is_empty() && !finals.is_empty());
}

#[derive(Deserialize)]
struct Sync {
	label: String,
	lr: f64,
	index_range: (usize, usize),
	params: BTreeMap<String, Vec<f32>>,
	debug: Option<BTreeMap<String, Value>>,
	result: Value,
}

impl Sync {
	/// The peer's lists of numbers, by parameter; what else it publishes holds no samples. `None`: nothing published.
	///
	/// Where the reference counts no parameter although lists are recorded, those were tuples, which JSON does not have.
	fn peer(&self) -> Option<Samples> {
		let is_list = self.result["param_count"] != 0;
		let samples = self.debug.as_ref()?.iter().filter(|_| is_list).filter_map(|(key, value)| {
			let values: Vec<Float> = serde_json::from_value(value.clone()).ok()?;
			Some((key.strip_suffix("_debug")?.to_owned(), values.iter().map(|value| value.0 as f32).collect()))
		});
		Some(samples.collect())
	}

	/// The slice that the reference compares, which ends early in a small parameter.
	fn own(&self, name: &str) -> &[f32] {
		let parameter = &self.params[name];
		&parameter[self.index_range.0.min(parameter.len())..self.index_range.1.min(parameter.len())]
	}
}

fn check_comparison(compared: &Comparison, recorded: &Value, label: &str) {
	let field = |name: &str| serde_json::from_value::<Float>(recorded[name].clone()).expect(name).0;
	check_close(compared.l2_norm, field("l2_norm"), 1e-5, label);
	check_close(compared.avg_l2_norm, field("avg_l2_norm"), 1e-5, label);
	check_close(compared.avg_abs_diff, field("avg_abs_diff"), 1e-5, label);
	check_close(compared.max_diff, field("max_diff"), 1e-5, label);
	check_close(compared.avg_steps_behind, field("avg_steps_behind"), 1e-5, label);
	check_close(compared.max_steps_behind, field("max_steps_behind"), 1e-5, label);
	check_close(compared.score(), field("sync_score"), 1e-5, label);
	assert_eq!(Some(compared.param_count as u64), recorded["param_count"].as_u64(), "{label}");
}

/// Where the reference compares lists of finite numbers, the numbers are equal; it repeats a list of one.
#[test]
fn distances_between_models_are_those_of_the_reference() {
	const FILE: &str = "mechanisms/sync_seed.json";
	let mut tally = Tally::default();
	for case in cases::<Sync>(FILE) {
		let Some(peer) = case.peer() else { continue };
		let is_finite = peer.values().flatten().all(|value| value.is_finite());
		if case.result.get("RAISES").is_some() || !is_finite {
			continue;
		}
		let pairs =
			peer.iter().flat_map(|(name, theirs)| case.own(name).iter().copied().zip(theirs.iter().copied().cycle()));
		check_comparison(&sync::compare(pairs, case.lr), &case.result, &case.label);
		tally.compared();
	}
	tally.finish(FILE, 16);
}

/// Complete and finite samples are judged by their distance. All others fail, also where the reference takes them, raises
/// or compares NaN; and without a learning rate of our own nothing is judged.
#[test]
fn incomplete_samples_count_as_out_of_sync() {
	for case in cases::<Sync>("mechanisms/sync_seed.json") {
		assert_eq!(sync::SAMPLED, case.index_range.0..case.index_range.1);
		let sampled =
			case.params.iter().filter_map(|(name, values)| Some((name.clone(), sync::sample(values)?.to_vec())));
		let own: Samples = sampled.collect();
		let peer = case.peer();
		let is_complete = peer.as_ref().is_some_and(|peer| {
			let is_whole = |list: &[f32]| list.iter().all(|value| value.is_finite());
			own.iter().all(|(name, own)| peer.get(name).is_some_and(|list| list.len() == own.len() && is_whole(list)))
		});
		match sync::judge(&own, peer.as_ref(), case.lr) {
			SyncVerdict::Unjudged => assert!(case.lr == 0.0 || own.is_empty(), "{}", case.label),
			SyncVerdict::Failed(_) => assert!(!is_complete, "{}", case.label),
			SyncVerdict::Compared(compared) => {
				assert!(is_complete, "{}", case.label);
				if own.len() == case.params.len() {
					check_comparison(&compared, &case.result, &case.label);
				}
			},
		}
	}
}

#[derive(Deserialize)]
struct ScoreTable {
	score_table: Vec<(Float, f64)>,
}

#[test]
fn the_sync_score_is_that_of_the_reference() {
	let Some(ScoreTable { score_table }) = recording("mechanisms/sync_seed.json") else { return };
	for (steps, score) in &score_table {
		check_close(sync::score(steps.0), *score, 1e-5, steps.0);
	}
	assert!(!score_table.is_empty());
}
