// SPDX-License-Identifier: Apache-2.0

//! Measures deltas: how far each goes along our own gradient on the pages that were its miner's to train on.
//!
//! All chance comes from the hash of the first block after the time for uploads. So nobody knows whose step is measured,
//! or on what, and anybody can check afterwards.

use std::collections::{BTreeMap, BTreeSet};

use futures::stream;
use mechanisms::boltzmann::{State, Verdict};
use mechanisms::numpy::Generator;
use mechanisms::Uid;
use tracing::{debug, warn};

use super::{Node, NodeError, Round, Verdicts, View};
use crate::boltzmann::acceptance::{accepted, Finding};
use crate::boltzmann::engine::{Engine, EngineError};
use crate::boltzmann::gather::Submission;
use crate::chain::BlockId;
use crate::data::{assigned, Batch, Seed};
use crate::model::{Device, DeviceStopped};
use crate::participant::all_unreachable;

/// What was measured in a window.
#[derive(Debug)]
pub(super) struct Measured {
	/// What is to be held of the miners whose turn it was.
	pub verdicts: Verdicts,
	/// Whether the time of a window was over before all was measured.
	pub ran_out: bool,
}

/// Draws the miners of this window and measures their steps on the part `rate` of their batches.
pub(super) async fn measure(
	node: &Node,
	view: &View,
	after: BlockId,
	round: &Round,
	rate: f64,
) -> Result<Measured, NodeError> {
	let (window, hash) = (view.at.window, after.hash_bytes());
	let (pages_per_window, n_pages) = (node.hparams.data.pages_per_window, node.dataset.n_train_pages());
	let clock = &node.participant.clock;
	let last = clock.window()?.max(window.saturating_add(node.hparams.windows.validator_offset));
	let drawn = drawn(&hash, &accepted(&round.findings), node.hparams.evaluation.uids_per_window);
	let judge = async |device: Device<Engine>, uid: Uid| {
		let pages = assigned(Seed::of_uid(uid), window, pages_per_window, n_pages);
		let (selection, deltas) = (view.selection.clone(), round.deltas.clone());
		// One job each, so that nothing else waits for the device longer than one miner takes.
		let job = move |engine: &mut Engine| {
			let Some(delta) = deltas.get(&uid).and_then(Submission::content) else { return Ok(None) };
			let batches = sample(engine.batches(&pages)?, rate, &hash, uid);
			Ok::<_, EngineError>(Some(engine.judge(&selection, delta, &batches)?))
		};
		Ok::<_, DeviceStopped>(match device.try_run(job).await? {
			Ok(judgement) => {
				debug!(uid, window, ?judgement, "measured");
				(uid, judgement.map_or(Verdict::Unjudged, Verdict::from))
			},
			Err(error) => {
				warn!(uid, window, "not judged: {}", crate::one_line(&error));
				(uid, Verdict::Unjudged)
			},
		})
	};
	let in_time = || clock.window().is_ok_and(|window| window <= last); // Without a chain the next question to it tells.
	let verdicts: Verdicts =
		node.device.share(stream::iter(drawn.iter().copied()), in_time, judge).await?.into_iter().collect();
	Ok(Measured { ran_out: verdicts.len() < drawn.len(), verdicts })
}

/// What the slices alone tell of the miners: of all but those whose delta is accepted, which is to be measured. Who has an
/// average and no bucket any more is missing, too.
pub(in crate::boltzmann) fn of_slices(
	deltas: &BTreeMap<Uid, Submission>,
	findings: &BTreeMap<Uid, Finding>,
	scores: &State,
) -> Verdicts {
	if all_unreachable(deltas) {
		return deltas.keys().map(|uid| (*uid, Verdict::Unjudged)).collect(); // The fault is ours.
	}
	let missing = scores.peers().map(|(uid, _)| (uid, Verdict::Missing)).filter(|(uid, _)| !deltas.contains_key(uid));
	let verdict = |(uid, submission): (&Uid, &Submission)| {
		let verdict = match (submission, findings.get(uid)) {
			(_, Some(Finding::Accepted)) => return None,
			(_, Some(Finding::Copied(_))) => Verdict::Copied,
			(_, Some(Finding::Invalid(_))) | (Submission::Invalid(_) | Submission::TooLarge { .. }, None) => {
				Verdict::Invalid
			},
			(_, None) => Verdict::Missing,
		};
		Some((*uid, verdict))
	};
	missing.chain(deltas.iter().filter_map(verdict)).collect()
}

/// Some of the `candidates`, as many as there are at most.
pub(in crate::boltzmann) fn drawn(hash: &[u8; 32], candidates: &[Uid], count: usize) -> Vec<Uid> {
	let places = choice(hash, "miners", candidates.len(), count);
	places.into_iter().filter_map(|place| candidates.get(place).copied()).collect()
}

/// The part `rate` of the batches of `uid`, at least one, in their order.
pub(in crate::boltzmann) fn sample(batches: Vec<Batch>, rate: f64, hash: &[u8; 32], uid: Uid) -> Vec<Batch> {
	let wanted = ((batches.len() as f64 * rate) as usize).max(1);
	let places: BTreeSet<usize> =
		choice(hash, &format!("batches of {uid}"), batches.len(), wanted).into_iter().collect();
	batches.into_iter().enumerate().filter(|(place, _)| places.contains(place)).map(|(_, batch)| batch).collect()
}

/// So many different numbers below `n`, or all of them, by a block's hash; `domain` says what for.
fn choice(hash: &[u8; 32], domain: &str, n: usize, count: usize) -> Vec<usize> {
	let mut random = Generator::new(Seed::of_block(hash, domain).get());
	random.choice(n, count.min(n)).unwrap_or_default() // No more are drawn than there are.
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::boltzmann::hparams::tests::localnet;
	use mechanisms::boltzmann::copies::Copied;
	use mechanisms::boltzmann::{InvalidSlice, Observations};

	#[test]
	fn everybody_draws_the_same_miners_and_batches() {
		let all = [3, 5, 9, 11];
		assert_eq!(drawn(&[7; 32], &all, 2), drawn(&[7; 32], &all, 2));
		assert_eq!(drawn(&[7; 32], &all, 9).into_iter().collect::<BTreeSet<_>>(), all.into());
		assert!(drawn(&[7; 32], &[], 2).is_empty());
		let batches = |n| (0..n).map(|token| Batch { tokens: vec![token], rows: 1, columns: 1 }).collect::<Vec<_>>();
		let sampled = |rate| sample(batches(40), rate, &[7; 32], 3);
		assert_eq!((sampled(0.1).len(), sampled(0.0001).len(), sampled(1.0)), (4, 1, batches(40)));
		assert_eq!(sampled(0.5), sampled(0.5));
		assert!(sampled(0.5).is_sorted_by_key(|batch| batch.tokens[0]));
		assert!(sample(Vec::new(), 0.5, &[7; 32], 3).is_empty());
	}

	#[test]
	fn slices_alone_tell_of_all_but_the_accepted() {
		let content = || Submission::Content { content: vec![], uploaded_ms: 0 };
		let deltas = BTreeMap::from([
			(1, content()),
			(2, content()),
			(3, content()),
			(4, Submission::TooLarge { size: 9 }),
			(5, Submission::TooLate),
			(6, Submission::Unreachable("gone".into())),
		]);
		let findings = BTreeMap::from([
			(1, Finding::Accepted),
			(2, Finding::Invalid(InvalidSlice::NotFinite { parameter: 0 })),
			(3, Finding::Copied(Copied { offender: 3, original: 1, similarity: 1.0 })),
		]);
		let mut state = State::default();
		let seen = Observations { window: 1, verdicts: [(9, Verdict::Scored(1.0))].into() };
		state.window(&localnet().scoring, &seen).expect("the first window");
		let expected = BTreeMap::from([
			(2, Verdict::Invalid),
			(3, Verdict::Copied),
			(4, Verdict::Invalid),
			(5, Verdict::Missing),
			(6, Verdict::Missing),
			(9, Verdict::Missing),
		]);
		assert_eq!(of_slices(&deltas, &findings, &state), expected);
	}

	#[test]
	fn nobody_loses_by_our_own_fault() {
		let deltas = BTreeMap::from([1, 2].map(|uid| (uid, Submission::Unreachable("no network".into()))));
		let expected = BTreeMap::from([1, 2].map(|uid| (uid, Verdict::Unjudged)));
		assert_eq!(of_slices(&deltas, &BTreeMap::new(), &State::default()), expected);
	}
}
