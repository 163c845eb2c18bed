// SPDX-License-Identifier: Apache-2.0

//! The scores of finetuning.

use hostile::decoders::model_files::scoring;
use hostile::OFFENDER;
use mechanisms::finetuning::digest::Digest;
use mechanisms::finetuning::state::Model;
use mechanisms::finetuning::{Observations, Params, State, Verdict};
use mechanisms::Uid;

use super::{assert_close, parts, HONEST};

/// Whether the others are as they would be had the offender never been.
pub fn check(verdict: &Verdict) {
	let (params, mut with) = (scoring(), seasoned());
	let mut without = with.clone();
	without.reset_uid(OFFENDER);
	let alone = step(&without, &HONEST);
	let mut seen = alone.clone();
	seen.verdicts.push((OFFENDER, verdict.clone()));
	with.step(&params, &seen).expect("it can be scored");
	without.step(&params, &alone).expect("it can be scored");
	assert_eq!(HONEST.map(|uid| with.miner(uid).cloned()), HONEST.map(|uid| without.miner(uid).cloned()));
	assert_close(parts(shares(&with, &params)), parts(shares(&without, &params)));
}

/// A state in which everybody earns, the offender too.
fn seasoned() -> State {
	let (params, mut state) = (scoring(), State::default());
	let all: Vec<Uid> = HONEST.into_iter().chain([OFFENDER]).collect();
	for _ in 0..8 {
		let seen = step(&state, &all);
		state.step(&params, &seen).expect("it can be scored");
	}
	assert!(all.iter().all(|uid| state.miner(*uid).is_some_and(|miner| miner.weight > 0.0)));
	state
}

/// The next step, in which the models of `uids` are evaluated.
fn step(state: &State, uids: &[Uid]) -> Observations {
	let evaluated = |uid: Uid| {
		let digest = Digest::of(format!("model {uid}"));
		let model = Model { block: uid.into(), committed: digest, content: digest };
		// Each is the best on some samples.
		let loss = |sample: u16| 1.0 + 0.1 * f64::from((sample + uid) % 4);
		(uid, Verdict::Evaluated(model, (0..8).map(loss).collect()))
	};
	Observations {
		step: state.last_step().map_or(0, |last| last + 1),
		neurons: 8,
		baseline: vec![],
		verdicts: uids.iter().map(|uid| evaluated(*uid)).collect(),
	}
}

fn shares(state: &State, params: &Params) -> [f32; 3] {
	let shares = state.shares(params);
	HONEST.map(|uid| shares.iter().find(|(owner, _)| *owner == uid).map_or(0.0, |(_, share)| *share))
}
