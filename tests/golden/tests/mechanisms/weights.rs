// SPDX-License-Identifier: Apache-2.0
//! From scores to shares.

use std::collections::{BTreeMap, BTreeSet};

use golden::{cases, Tally};
use mechanisms::{
	templar::{
		params::WeightCurve,
		state::{Gather, Observations, Peer, State},
		weights::{min_power_shares, piecewise_shares},
		Params,
	},
	Policy, Uid,
};
use serde::Deserialize;
use serde_json::Value;

use crate::{ladder, params, Float, SEED_PARAMS};

#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMany {
	Many(Vec<Float>),
	One(Float),
}

#[derive(Deserialize)]
struct Curve {
	input: OneOrMany,
	power: f64,
	output: Vec<Float>,
}

/// The reference's own callers pass positive scores only; of others it makes weights, overflows or NaN, we nothing.
#[test]
fn the_share_of_a_positive_score_is_that_of_the_reference() {
	const FILE: &str = "mechanisms/min_power_normalization.json";
	let mut tally = Tally::default();
	for case in cases::<Curve>(FILE) {
		let input = match case.input {
			OneOrMany::Many(values) => values,
			OneOrMany::One(value) => vec![value],
		};
		let scores: Vec<f32> = input.iter().map(|score| score.0 as f32).collect();
		let shares = min_power_shares(&scores, case.power);
		assert_eq!(shares.len(), case.output.len());
		let is_representable = |score: &f32| *score >= 0.0 && score.powf(case.power as f32).is_finite();
		if scores.iter().all(is_representable) {
			for (share, recorded) in shares.iter().zip(&case.output) {
				tally.close("share", ((*share).into(), recorded.0), 2e-6, format_args!("{scores:?}"));
			}
			tally.compared();
		} else {
			tally.under("with scores that make no weights");
			assert!(shares.iter().all(|share| (0.0..=1.0).contains(share)), "{scores:?}: {shares:?}");
		}
	}
	tally.finish(FILE, 22);
}

#[derive(Deserialize)]
struct SeedWeights {
	final_scores: BTreeMap<Uid, Float>,
	evaluated_uids: BTreeSet<Uid>,
	power: f64,
	weights: BTreeMap<Uid, f64>,
}

/// A state holds finite scores only.
#[test]
fn only_evaluated_uids_with_a_positive_score_have_a_share() {
	const FILE: &str = "mechanisms/templar_seed_weights.json";
	let mut tally = Tally::default();
	for case in cases::<SeedWeights>(FILE) {
		if case.final_scores.values().any(|score| !score.0.is_finite()) {
			tally.under("with scores that are not finite");
			continue;
		}
		let peer = |(uid, score): (&Uid, &Float)| {
			let evaluated = case.evaluated_uids.contains(uid);
			(*uid, Peer { final_score: score.0 as f32, evaluated, ..Peer::default() })
		};
		let peers: BTreeMap<Uid, Peer> = case.final_scores.iter().map(peer).collect();
		let mut saved = serde_json::to_value(State::default()).expect("a state is JSON");
		saved["peers"] = serde_json::to_value(peers).expect("peers are JSON");
		let mut state: State = serde_json::from_value(saved).expect("a state");
		let weight_curve = WeightCurve::MinPower { power_normalisation: case.power };
		let params = Params { weight_curve, ..SEED_PARAMS };
		let seen = Observations { window: 1, gather: Some(Gather::default()), ..Observations::default() };
		state.window(&params, &seen).expect("the first window");
		let shares: BTreeMap<Uid, f32> = state.shares().into_iter().collect();
		assert!(shares.keys().eq(case.weights.keys()), "{shares:?}");
		for (uid, share) in shares {
			tally.close("share", (share.into(), case.weights[&uid]), 2e-6, uid);
		}
		tally.compared();
	}
	tally.finish(FILE, 12);
}

#[derive(Deserialize)]
struct HeadWeights {
	final_scores: BTreeMap<Uid, f32>,
	evaluated_uids: BTreeSet<Uid>,
	hparams: Value,
	burn_uid: Uid,
	weights: BTreeMap<Uid, f64>,
}

/// Under both policies, but for a burn uid with a score, which takes no place under ours. A burn rate above one is refused,
/// and counts as one.
#[test]
fn the_ladder_pays_as_in_the_reference() {
	const FILE: &str = "mechanisms/templar_head_weights.json";
	let mut tally = Tally::default();
	for case in cases::<HeadWeights>(FILE) {
		let ladder = ladder(&case.hparams, case.burn_uid);
		assert_eq!(params(&case.hparams).check().is_err(), ladder.burn_rate > 1.0);
		let evaluated = |(uid, _): &(Uid, f32)| case.evaluated_uids.contains(uid);
		let scores: Vec<(Uid, f32)> = case.final_scores.into_iter().filter(evaluated).collect();
		for policy in [Policy::AsPublished, Policy::Corrected] {
			let shares = piecewise_shares(&scores, &ladder, policy);
			if policy == Policy::Corrected && scores.iter().any(|(uid, score)| *uid == ladder.burn_uid && *score > 0.0)
			{
				tally.under("with a burn uid that has a score");
				continue;
			}
			assert!(shares.keys().eq(case.weights.keys()), "{shares:?}");
			for (uid, share) in shares {
				tally.close("share", (share.into(), case.weights[&uid]), 5e-6, uid);
			}
			tally.compared();
		}
	}
	tally.finish(FILE, 31);
}
