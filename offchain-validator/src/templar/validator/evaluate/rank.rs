// SPDX-License-Identifier: Apache-2.0

//! Ranks the miners of a window by what was measured, and goes on measuring as long as the sequential rule wants.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use futures::stream;
use mechanisms::ranking::{Measurement, Outcome, PageLoss, Ranking, Recorded};
use mechanisms::templar::scores::{Judgement, Losses, Scores};
use mechanisms::templar::Verdict;
use mechanisms::Uid;
use tracing::{debug, warn};

use super::bench::{Bench, Ready};
use super::measure::{read, Text};
use super::{NodeError, Verdicts};
use crate::model::{Batch, Device};
use crate::shared_model::mean;
use crate::templar::engine::{Engine, EngineError};

/// What is known of one miner.
pub(super) struct Looked {
	/// Mean loss on its own pages, before and after.
	pub own: (f64, f64),
	/// On each sequence of random text.
	pub pages: Vec<PageLoss>,
	/// What it takes to measure more, if more may be wanted.
	pub ready: Option<Arc<Ready>>,
}

/// The further sequences that one miner is to be measured on.
type Task = (Uid, Arc<Ready>, Range<u32>);

/// Orders the miners and judges them.
pub(super) async fn rank(bench: &Bench, mut miners: BTreeMap<Uid, Looked>) -> Result<(Verdicts, Outcome), NodeError> {
	let mut ranking = bench.baseline.sampler.ranking(miners.keys().copied());
	for (uid, looked) in &miners {
		record(&mut ranking, *uid, 0, &looked.pages);
	}
	let mut text = bench.baseline.shared.clone();
	let mut failed = Verdicts::new();
	// A window's time may end before the rule is content.
	while bench.budget.may_begin() {
		let round = ranking.next_round();
		let Some(last) = round.last() else { break };
		if let Err(error) = extend(bench, &mut text, last.page.saturating_add(1)).await? {
			warn!(window = bench.window, "no more pages to rank on: {}", crate::one_line(&error));
			break;
		}
		for (uid, first, pages) in further(bench, &text, tasks(&round, &miners)).await? {
			match (pages, miners.get_mut(&uid)) {
				(Some(pages), Some(looked)) => {
					record(&mut ranking, uid, first, &pages);
					looked.pages.extend(pages);
				},
				_ => {
					ranking.withdraw(uid);
					failed.insert(uid, Verdict::Unjudged);
				},
			}
		}
	}
	let outcome = ranking.outcome();
	let mut verdicts: Verdicts = miners.iter().map(|(uid, looked)| (*uid, verdict(*uid, looked, &outcome))).collect();
	verdicts.extend(failed);
	debug!(window = bench.window, ?outcome, "ranked");
	Ok((verdicts, outcome))
}

/// Hands in the losses from page `first` on. Who has one that is refused is out; why, [`Losses::judge`] finds, too.
fn record(ranking: &mut Ranking, uid: Uid, first: u32, pages: &[PageLoss]) {
	for (page, loss) in (first..).zip(pages) {
		if !matches!(ranking.record(Measurement { uid, page }, *loss), Ok(Recorded::Kept)) {
			return ranking.withdraw(uid);
		}
	}
}

/// Has so many sequences of text, and the model's losses on them.
async fn extend(bench: &Bench, text: &mut Text, wanted: u32) -> Result<Result<(), EngineError>, NodeError> {
	let there = u32::try_from(text.before.len()).unwrap_or(u32::MAX);
	if there >= wanted {
		return Ok(Ok(()));
	}
	Ok(read(&bench.devices, &bench.baseline.sampler, there..wanted).await?.map(|more| {
		text.sequences = Arc::new(text.sequences.iter().chain(&*more.sequences).cloned().collect());
		text.before.extend(more.before);
	}))
}

/// A round by miner: the pages of each follow one another.
fn tasks(round: &[Measurement], miners: &BTreeMap<Uid, Looked>) -> Vec<Task> {
	let mut pages: BTreeMap<Uid, Range<u32>> = BTreeMap::new();
	for at in round {
		pages.entry(at.uid).or_insert(at.page..at.page).end = at.page.saturating_add(1);
	}
	let task = |(uid, pages)| Some((uid, miners.get(&uid)?.ready.clone()?, pages));
	pages.into_iter().filter_map(task).collect()
}

/// Measures each miner on the sequences of its task, on whichever device is free. None where that fails.
async fn further(
	bench: &Bench,
	text: &Text,
	tasks: Vec<Task>,
) -> Result<Vec<(Uid, u32, Option<Vec<PageLoss>>)>, NodeError> {
	let job = |device: Device<Engine>, (uid, miner, pages): Task| async move {
		let (sequences, learning_rate) = (text.sequences.clone(), bench.learning_rate);
		let places = pages.start as usize..pages.end as usize;
		let after = {
			let places = places.clone();
			move |engine: &mut Engine| {
				let batches: Vec<&Batch> = sequences.iter().take(places.end).skip(places.start).collect();
				engine.losses_after(&miner.update, learning_rate, &batches)
			}
		};
		let losses = match device.try_run(after).await? {
			Ok(after) => {
				let before = text.before.iter().take(places.end).skip(places.start);
				Some(before.zip(after).map(|(before, after)| PageLoss { before: *before, after }).collect())
			},
			Err(error) => bench.unjudged(uid, &error),
		};
		Ok::<_, NodeError>((uid, pages.start, losses))
	};
	bench.devices.share(stream::iter(tasks), || true, job).await
}

/// What is to be held of a miner. Its score is the one that its place in the order has.
fn verdict(uid: Uid, looked: &Looked, outcome: &Outcome) -> Verdict {
	let of = |loss: fn(&PageLoss) -> f64| mean(&looked.pages.iter().map(loss).collect::<Vec<_>>());
	let (own_before, own_after) = looked.own;
	let losses =
		Losses { own_before, own_after, random_before: of(|loss| loss.before), random_after: of(|loss| loss.after) };
	debug!(uid, ?losses, "measured");
	match (losses.judge(), outcome.miners.get(&uid)) {
		(Judgement::Scored(scores), Some(estimate)) => {
			Verdict::Scored(Scores { gradient_score: estimate.score as f32, ..scores })
		},
		(judgement, _) => judgement.into(),
	}
}

#[cfg(test)]
mod tests {
	use mechanisms::ranking::Sampling;

	use super::*;

	fn looked(pages: &[f64]) -> Looked {
		let page = |after: &f64| PageLoss { before: 4.0, after: *after };
		Looked { own: (4.0, 3.0), pages: pages.iter().map(page).collect(), ready: None }
	}

	fn judged(miners: &[(Uid, &[f64])]) -> (Verdicts, Outcome) {
		let miners: BTreeMap<Uid, Looked> = miners.iter().map(|(uid, pages)| (*uid, looked(pages))).collect();
		let mut ranking = Ranking::new(Sampling::Shared, 2, miners.keys().copied());
		for (uid, looked) in &miners {
			record(&mut ranking, *uid, 0, &looked.pages);
		}
		let outcome = ranking.outcome();
		(miners.iter().map(|(uid, looked)| (*uid, verdict(*uid, looked, &outcome))).collect(), outcome)
	}

	#[test]
	fn a_verdict_has_the_score_of_the_place() {
		let (verdicts, outcome) = judged(&[(1, &[3.0, 3.5]), (2, &[2.0, 3.0])]);
		assert_eq!(outcome.order, [2, 1]);
		let score = |uid| match verdicts[&uid] {
			Verdict::Scored(scores) => scores.gradient_score,
			other => panic!("{other:?}"),
		};
		assert_eq!((score(1), score(2)), (0.1875, 0.375));
	}

	#[test]
	fn an_explosion_is_the_miners_doing_and_out_of_the_order() {
		for bad in [f64::NAN, f64::INFINITY] {
			let (verdicts, outcome) = judged(&[(1, &[3.0, bad]), (2, &[2.0, 3.0])]);
			assert_eq!(verdicts[&1], Verdict::Invalid);
			assert_eq!(outcome.order, [2]);
		}
	}
}
