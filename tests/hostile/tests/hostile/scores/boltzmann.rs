// SPDX-License-Identifier: Apache-2.0

//! The scores of Boltzmann.

use hostile::OFFENDER;
use mechanisms::boltzmann::{Observations, Params, State, Verdict};
use mechanisms::Uid;
use offchain_validator::boltzmann::Hparams;
use offchain_validator::hparams::Hparams as _;

use super::{assert_close, file, parts, HONEST};

/// Whether the others are as they would be had the offender never been.
pub fn check(verdict: Verdict) {
	let (params, mut with) = (params(), seasoned());
	let mut without = with.clone();
	without.reset_uid(OFFENDER);
	let alone = window(&without, &HONEST);
	let mut seen = alone.clone();
	seen.verdicts.insert(OFFENDER, verdict);
	with.window(&params, &seen).expect("it can be scored");
	without.window(&params, &alone).expect("it can be scored");
	let average = |state: &State, uid: Uid| state.peer(uid).map(|peer| (peer.score, peer.average));
	assert_eq!(HONEST.map(|uid| average(&with, uid)), HONEST.map(|uid| average(&without, uid)));
	assert_close(parts(HONEST.map(|uid| share(&with, uid))), parts(HONEST.map(|uid| share(&without, uid))));
}

fn params() -> Params {
	Hparams::read(&file("hparams/boltzmann.json")).expect("our own parameters are sound").scoring
}

/// A state in which everybody earns, the offender too.
fn seasoned() -> State {
	let (params, mut state) = (params(), State::default());
	let all: Vec<Uid> = HONEST.into_iter().chain([OFFENDER]).collect();
	for _ in 0..8 {
		let seen = window(&state, &all);
		state.window(&params, &seen).expect("it can be scored");
	}
	assert!(all.iter().all(|uid| share(&state, *uid) > 0.0), "{:?}", state.shares());
	state
}

/// The next window, in which `uids` do their part.
fn window(state: &State, uids: &[Uid]) -> Observations {
	let window = state.last_window().map_or(1, |last| last + 1);
	let scored = |uid: Uid| (uid, Verdict::Scored(0.4 + 0.1 * f64::from(uid)));
	Observations { window, verdicts: uids.iter().map(|uid| scored(*uid)).collect() }
}

fn share(state: &State, uid: Uid) -> f32 {
	state.peer(uid).map_or(0.0, |peer| peer.share)
}
