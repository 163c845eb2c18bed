// SPDX-License-Identifier: Apache-2.0
//! The comparison of models.

use std::{collections::BTreeMap, iter};

use golden::{cases, recording, Tally};
use mechanisms::{
	templar::sync::{self, Comparison, Samples, Steps, SyncVerdict},
	Policy,
};
use serde::Deserialize;
use serde_json::Value;

use crate::Float;

#[derive(Deserialize)]
struct Sync {
	label: String,
	lr: f64,
	index_range: (usize, usize),
	params: BTreeMap<String, Vec<f32>>,
	debug: Option<BTreeMap<String, Value>>,
	#[serde(default)]
	param_avg_change: Option<Samples>,
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

	/// What our elements move in a step, where it is recorded.
	fn changes(&self) -> Samples {
		self.param_avg_change.clone().unwrap_or_default()
	}

	/// The elements that the reference compares, each with what it moves in a step; it repeats a list of one. `None` where
	/// it compares none, or what is not finite.
	fn elements(&self) -> Option<Vec<((f32, f32), f64)>> {
		let (peer, changes) = (self.peer()?, self.changes());
		if self.result.get("RAISES").is_some() || !peer.values().flatten().all(|value| value.is_finite()) {
			return None;
		}
		let of_parameter = |(name, theirs): (&String, &Vec<f32>)| {
			let pairs = self.own(name).iter().copied().zip(theirs.iter().copied().cycle()).collect::<Vec<_>>();
			let known = changes.get(name).cloned().unwrap_or_default();
			pairs.into_iter().zip(known.into_iter().map(f64::from).chain(iter::repeat(self.lr)))
		};
		Some(peer.iter().flat_map(of_parameter).collect())
	}
}

#[track_caller]
fn check_comparison(tally: &mut Tally, compared: &Comparison, recorded: &Value, label: &str) {
	let numbers = [
		("l2_norm", compared.l2_norm),
		("avg_l2_norm", compared.avg_l2_norm),
		("avg_abs_diff", compared.avg_abs_diff),
		("max_diff", compared.max_diff),
		("avg_steps_behind", compared.avg_steps_behind),
		("max_steps_behind", compared.max_steps_behind),
		("sync_score", compared.score()),
	];
	for (name, actual) in numbers {
		let recorded: Float = serde_json::from_value(recorded[name].clone()).expect(name);
		tally.close(name, (actual, recorded.0), 1e-5, label);
	}
	assert_eq!(Some(compared.param_count as u64), recorded["param_count"].as_u64(), "{label}");
}

/// Wherever the reference compares finite numbers.
#[test]
fn distances_between_models_are_those_of_the_reference() {
	const FILE: &str = "mechanisms/sync_seed.json";
	let mut tally = Tally::default();
	for case in cases::<Sync>(FILE) {
		let Some(elements) = case.elements() else { continue };
		let compared = sync::compare(elements.into_iter().map(|(pair, _)| pair), case.lr);
		check_comparison(&mut tally, &compared, &case.result, &case.label);
		tally.compared();
	}
	tally.finish(FILE, 16);
}

/// As published. Ours is never further from the mark of a bad model than that.
#[test]
fn distances_by_the_median_are_those_of_the_reference() {
	const FILE: &str = "mechanisms/sync_head.json";
	let mut tally = Tally::default();
	for case in cases::<Sync>(FILE) {
		let Some(elements) = case.elements() else { continue };
		let published = sync::compare_measured(elements.clone(), case.lr, Policy::AsPublished);
		check_comparison(&mut tally, &published, &case.result, &case.label);
		let corrected = sync::compare_measured(elements, case.lr, Policy::Corrected);
		assert!(corrected.avg_steps_behind >= published.avg_steps_behind);
		tally.compared();
	}
	tally.finish(FILE, 16);
}

/// Trap 8. Complete and finite samples are judged by their distance. All others fail, also where the reference takes them,
/// raises or compares NaN; and without a learning rate of our own nothing is judged.
#[track_caller]
fn check_judgement(tally: &mut Tally, case: &Sync, steps: Steps) {
	assert_eq!(sync::SAMPLED, case.index_range.0..case.index_range.1);
	let sampled = case.params.iter().filter_map(|(name, values)| Some((name.clone(), sync::sample(values)?.to_vec())));
	let own: Samples = sampled.collect();
	let peer = case.peer();
	let is_complete = peer.as_ref().is_some_and(|peer| {
		let is_whole = |list: &[f32]| list.iter().all(|value| value.is_finite());
		own.iter().all(|(name, own)| peer.get(name).is_some_and(|list| list.len() == own.len() && is_whole(list)))
	});
	match sync::judge(&own, peer.as_ref(), steps) {
		SyncVerdict::Unjudged => assert!(case.lr == 0.0 || own.is_empty(), "{}", case.label),
		SyncVerdict::Failed(_) => assert!(!is_complete, "{}", case.label),
		SyncVerdict::Compared(compared) => {
			assert!(is_complete, "{}", case.label);
			if own.len() == case.params.len() {
				check_comparison(tally, &compared, &case.result, &case.label);
				tally.compared();
			}
		},
	}
}

#[test]
fn incomplete_samples_count_as_out_of_sync() {
	const SEED: &str = "mechanisms/sync_seed.json";
	let mut tally = Tally::default();
	for case in cases::<Sync>(SEED) {
		check_judgement(&mut tally, &case, Steps::Even { learning_rate: case.lr });
	}
	tally.finish(SEED, 10);
	const HEAD: &str = "mechanisms/sync_head.json";
	let mut tally = Tally::default();
	for case in cases::<Sync>(HEAD) {
		let (learning_rate, changes) = (case.lr, &case.changes());
		check_judgement(&mut tally, &case, Steps::Measured { learning_rate, changes, policy: Policy::AsPublished });
	}
	tally.finish(HEAD, 10);
}

#[derive(Deserialize)]
struct ScoreTable {
	score_table: Vec<(Float, f64)>,
}

#[test]
fn the_sync_score_is_that_of_the_reference() {
	const FILE: &str = "mechanisms/sync_seed.json";
	let Some(ScoreTable { score_table }) = recording(FILE) else { return };
	let mut tally = Tally::default();
	for (steps, score) in &score_table {
		tally.close("sync_score", (sync::score(steps.0), *score), 1e-5, steps.0);
		tally.compared();
	}
	tally.finish(FILE, 20);
}
