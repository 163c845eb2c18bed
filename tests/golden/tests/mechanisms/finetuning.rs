// SPDX-License-Identifier: Apache-2.0
//! Models are compared, and paid for it, as in the published finetuning validator.

mod models;

use std::collections::BTreeMap;

use golden::{recording, Tally};
use mechanisms::{
	finetuning::{
		competition::Competition,
		digest::Digest,
		duplicates::{copies, Claim},
		params::Form,
		state::{Model, Observations, Standing, State, Verdict},
		weights::{moving_average, softmax},
		wins::{records, Entrant},
		Block, Params,
	},
	Policy, Uid,
};
use serde::Deserialize;

use crate::Float;

const FILE: &str = "mechanisms/finetuning.json";
/// Shares are recorded as f32.
const TOLERANCE: f64 = 1e-6;

fn published_params() -> Params {
	let competition = Competition {
		competition_id: "l3".to_owned(),
		reward_percentage: 1.0,
		max_model_parameter_size: 8 << 30,
		tokenizer: String::new(),
		base_model: String::new(),
	};
	Params {
		form: Form::Coded,
		policy: Policy::AsPublished,
		alpha: 0.9,
		temperature: 0.08,
		timestamp_epsilon: 0.01,
		copy_epsilon: 0.0,
		sample_min: 5,
		blocks_per_epoch: 100,
		max_hugging_face_bytes: 15 << 30,
		norm_eps_soft: 200.0,
		norm_eps_soft_percent_threshold: 0.15,
		norm_eps_hard: 1_000.0,
		competitions: vec![competition],
	}
}

/// An infinite block is one that is not known: later than all.
fn block(recorded: Float) -> Block {
	if recorded.0.is_finite() {
		recorded.0 as Block
	} else {
		Block::MAX
	}
}

#[derive(Deserialize)]
struct Comparisons {
	iswin: Vec<Comparison>,
}

#[derive(Deserialize)]
struct Comparison {
	loss_i: Float,
	loss_j: Float,
	block_i: Float,
	block_j: Float,
	win: bool,
}

#[test]
fn a_comparison_is_won_as_published() {
	let Some(Comparisons { iswin }) = recording(FILE) else { return };
	let mut tally = Tally::default();
	for case in &iswin {
		let entrant = |at, loss: Float| Entrant { block: block(at), losses: vec![loss.0] };
		let field = [entrant(case.block_i, case.loss_i), entrant(case.block_j, case.loss_j)];
		assert_eq!(records(&field, 0.01)[0].wins, u64::from(case.win), "{field:?}");
		tally.compared();
	}
	tally.finish(FILE, 17);
}

#[derive(Deserialize)]
struct Steps {
	cases: Vec<RecordedStep>,
}

#[derive(Deserialize)]
struct RecordedStep {
	uids: Vec<Uid>,
	losses: BTreeMap<Uid, Vec<Float>>,
	blocks: BTreeMap<Uid, Float>,
	wins: BTreeMap<Uid, u64>,
	win_rate: BTreeMap<Uid, f64>,
	step_weights: BTreeMap<Uid, f64>,
	uids_to_eval_next_sample_min_5: Vec<Uid>,
}

#[test]
fn a_step_is_scored_as_published() {
	let Some(Steps { cases }) = recording(FILE) else { return };
	let mut tally = Tally::default();
	for case in &cases {
		let verdict = |uid: &Uid| {
			let own = Digest::of(uid.to_string());
			let model = Model { block: block(case.blocks[uid]), committed: own, content: own };
			(*uid, Verdict::Evaluated(model, case.losses[uid].iter().map(|loss| loss.0).collect()))
		};
		let verdicts = case.uids.iter().map(verdict).collect();
		let seen = Observations { step: 0, neurons: 256, baseline: Vec::new(), verdicts };
		let outcome = State::default().step(&published_params(), &seen).expect("the first step");
		for uid in &case.uids {
			let Standing::Ranked(record) = outcome.standings[uid] else { panic!("uid {uid} was not ranked") };
			assert_eq!(record.wins, case.wins[uid]);
			tally.close("win rate", (record.win_rate(), case.win_rate[uid]), 0.0, uid);
			tally.close("share of a step", (outcome.shares[uid], case.step_weights[uid]), TOLERANCE, uid);
		}
		assert_eq!(outcome.kept, case.uids_to_eval_next_sample_min_5);
		tally.compared();
	}
	tally.finish(FILE, 6);
}

#[derive(Deserialize)]
struct Averages {
	moving_average: Vec<Season>,
}

#[derive(Deserialize)]
struct Season {
	alpha: f64,
	temperature: f64,
	steps: Vec<AverageStep>,
}

#[derive(Deserialize)]
struct AverageStep {
	uids: Vec<Uid>,
	win_rate: BTreeMap<Uid, f64>,
	metagraph_n: usize,
	scale: f64,
	weights: Vec<f64>,
}

#[test]
fn averages_move_as_published() {
	let Some(Averages { moving_average: seasons }) = recording(FILE) else { return };
	let mut tally = Tally::default();
	for season in &seasons {
		let mut weights = Vec::new();
		for step in &season.steps {
			weights.resize(step.metagraph_n, 0.0);
			let rates: Vec<f64> = step.uids.iter().map(|uid| step.win_rate[uid]).collect();
			let parts: BTreeMap<Uid, f64> =
				step.uids.iter().copied().zip(softmax(&rates, season.temperature)).collect();
			for ((uid, weight), recorded) in (0..).zip(&mut weights).zip(&step.weights) {
				let earned = parts.get(&uid).map_or(0.0, |part| part * step.scale);
				*weight = moving_average(*weight, earned, season.alpha);
				tally.close("average", (*weight, *recorded), TOLERANCE, uid);
			}
			assert_eq!(weights.len(), step.weights.len());
			tally.compared();
		}
	}
	tally.finish(FILE, 20);
}

#[derive(Deserialize)]
struct Duplicates {
	duplicates: Vec<DuplicateCase>,
}

#[derive(Deserialize)]
struct DuplicateCase {
	uids_in_order: Vec<Uid>,
	metadata: BTreeMap<Uid, Option<Metadata>>,
	kept: Vec<Uid>,
}

#[derive(Deserialize)]
struct Metadata {
	hash: String,
	block: Block,
}

/// In the recorded order, the models kept are those recorded. By uid they are too, unless two are of one block.
#[test]
fn of_equal_hashes_the_same_one_stays() {
	let Some(Duplicates { duplicates }) = recording(FILE) else { return };
	let mut tally = Tally::default();
	for case in &duplicates {
		let claim = |uid: &Uid| {
			let Metadata { hash, block } = case.metadata[uid].as_ref()?;
			Some(Claim { uid: *uid, block: *block, hashes: vec![Digest::of(hash)] })
		};
		let kept = |claims: &[Claim]| -> Vec<Uid> {
			let copies = copies(claims);
			claims.iter().map(|claim| claim.uid).filter(|uid| !copies.contains_key(uid)).collect()
		};
		let mut claims: Vec<Claim> = case.uids_in_order.iter().filter_map(claim).collect();
		assert_eq!(kept(&claims), case.kept);
		tally.compared();

		claims.sort_by_key(|claim| claim.uid);
		let is_tied = |one: &Claim| claims.iter().any(|two| one.uid != two.uid && one.block == two.block);
		if claims.iter().any(is_tied) {
			tally.under("with a tie that goes by uid");
		} else {
			let mut recorded = case.kept.clone();
			recorded.sort_unstable();
			assert_eq!(kept(&claims), recorded);
		}
	}
	tally.finish(FILE, 4);
}
