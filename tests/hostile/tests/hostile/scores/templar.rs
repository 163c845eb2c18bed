// SPDX-License-Identifier: Apache-2.0

//! The scores of Templar.

use hostile::OFFENDER;
use mechanisms::templar::scores::Losses;
use mechanisms::templar::state::{Gather, Peer};
use mechanisms::templar::sync::{compare, SyncVerdict};
use mechanisms::templar::{Observations, Params, State, Verdict};
use mechanisms::Uid;
use offchain_validator::hparams::Hparams as _;
use offchain_validator::templar::Hparams;

use super::{assert_close, file, parts, HONEST};

/// Whether the others are as they would be had the offender never been.
pub fn check(found: impl FnOnce(&mut Observations)) {
	let (params, mut with) = (params(), seasoned());
	let mut without = with.clone();
	without.reset_uid(OFFENDER);
	let alone = window(&without, &HONEST);
	let mut seen = alone.clone();
	found(&mut seen);
	with.window(&params, &seen).expect("it can be scored");
	without.window(&params, &alone).expect("it can be scored");
	assert_eq!(HONEST.map(|uid| without_share(&with, uid)), HONEST.map(|uid| without_share(&without, uid)));
	assert_close(parts(HONEST.map(|uid| share(&with, uid))), parts(HONEST.map(|uid| share(&without, uid))));
}

/// A gradient that was to be part of the step and to be evaluated.
pub fn submitted(seen: &mut Observations, verdict: Verdict) {
	take_part(seen);
	seen.gather.iter_mut().for_each(|gather| _ = gather.skipped.insert(OFFENDER));
	seen.verdicts.insert(OFFENDER, verdict);
}

/// A model that was held against ours.
pub fn compared(seen: &mut Observations, verdict: &SyncVerdict) {
	take_part(seen);
	seen.sync.insert(OFFENDER, verdict.clone());
}

/// A miner that is none any more.
pub fn withdrew(seen: &mut Observations) {
	seen.excused.insert(OFFENDER);
}

fn take_part(seen: &mut Observations) {
	seen.active.insert(OFFENDER);
	seen.gather.iter_mut().for_each(|gather| _ = gather.peers.insert(OFFENDER));
}

fn params() -> Params {
	Hparams::read(&file("hparams.json")).expect("our own parameters are sound").scoring
}

/// A state in which everybody earns, the offender too.
fn seasoned() -> State {
	let (params, mut state) = (params(), State::default());
	let all: Vec<Uid> = HONEST.into_iter().chain([OFFENDER]).collect();
	for _ in 0..60 {
		let seen = window(&state, &all);
		state.window(&params, &seen).expect("it can be scored");
	}
	assert!(all.iter().all(|uid| share(&state, *uid) > 0.0), "{:?}", state.shares());
	state
}

/// The next window, in which `uids` do their part.
fn window(state: &State, uids: &[Uid]) -> Observations {
	let window = state.last_window().map_or(1, |last| last + 1);
	let verdict = |uid: Uid| {
		// Each is the best when its turn comes.
		let gain = 0.1 + 0.02 * f64::from((u32::from(uid) + window) % 4);
		let losses = Losses { own_before: 1.0, own_after: 0.9 - gain, random_before: 1.0, random_after: 1.0 - gain };
		losses.judge().into()
	};
	Observations {
		window,
		current_window: window,
		global_step: 100,
		active: uids.iter().copied().collect(),
		gather: Some(Gather { peers: uids.iter().copied().collect(), ..Gather::default() }),
		sync: uids.iter().map(|uid| (*uid, SyncVerdict::Compared(compare([(0.0, 0.0)], 1.0)))).collect(),
		verdicts: uids.iter().map(|uid| (*uid, verdict(*uid))).collect(),
		..Observations::default()
	}
}

fn share(state: &State, uid: Uid) -> f32 {
	state.peer(uid).map_or(0.0, |peer| peer.share)
}

fn without_share(state: &State, uid: Uid) -> Option<Peer> {
	state.peer(uid).map(|peer| Peer { share: 0.0, ..peer.clone() })
}
