// SPDX-License-Identifier: Apache-2.0

//! Measures submissions: what each does to the loss on its own pages and on pages nobody could know.
//!
//! All chance comes from the hash of the first block after the time for uploads. So nobody can fit an upload to the pages
//! it will be judged on, every validator draws the same, and anybody can check afterwards.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroU64;
use std::sync::Arc;

use mechanisms::numpy::Generator;
use mechanisms::templar::{State, Verdict};
use mechanisms::{Policy, Uid};
use tracing::{debug, warn};

use super::{Node, NodeError, Submission, View};
use crate::chain::BlockId;
use crate::clock::Window;
use crate::data::{assigned, Batch, Seed};
use crate::gradient::{CompressedGradient, Limits};
use crate::participant::all_unreachable;
use crate::templar::engine::{Engine, EngineError};
use crate::templar::gather::verdict;
use crate::templar::Hparams;

/// What is to be held of each submission that was looked at.
pub(super) type Verdicts = BTreeMap<Uid, Verdict>;

/// Draws the miners of this window and measures them.
pub(super) async fn evaluate(
	node: &Node,
	scores: &State,
	view: &View,
	after: BlockId,
	submissions: &BTreeMap<Uid, Submission>,
	active: &BTreeSet<Uid>,
	copied: &BTreeMap<Uid, f64>,
) -> Result<Verdicts, NodeError> {
	let scoring = &node.hparams.scoring;
	// A copy competes with nobody, so a look at it would be lost.
	let competes = |uid: &&Uid| scoring.policy == Policy::AsPublished || !copied.contains_key(*uid);
	let candidates = active.iter().filter(competes).copied().collect();
	let draws = draws(after, scoring.uids_per_window.saturating_add(1)); // One for the bin.
	let mut verdicts = Verdicts::new();
	let unreachable = all_unreachable(submissions);
	let mut gradients = Vec::new();
	for uid in scores.sample(scoring, &candidates, &draws) {
		match submissions.get(&uid) {
			Some(Submission::Content { content, .. }) => gradients.push(content.clone()),
			Some(Submission::Unreachable(_)) if unreachable => _ = verdicts.insert(uid, Verdict::Unjudged),
			other => {
				let verdict = other.and_then(verdict).unwrap_or(Verdict::Missing);
				verdicts.insert(uid, verdict);
			},
		}
	}
	let limits = limits(node, view, submissions);
	verdicts.extend(measure(node, view.at.window, after, gradients, limits).await?);
	Ok(verdicts)
}

/// How long gradients are taken at most: as those that make the step.
fn limits(node: &Node, view: &View, submissions: &BTreeMap<Uid, Submission>) -> Limits {
	let stepping = view.stepping(submissions);
	let gradients = stepping.iter().filter_map(|uid| submissions.get(uid).and_then(Submission::content));
	Limits::of(&node.layouts, &gradients.collect::<Vec<_>>())
}

/// So many numbers in [0, 1).
fn draws(after: BlockId, count: u32) -> Vec<f64> {
	let mut random = Generator::new(Seed::of_block(&after.hash_bytes(), "miners").get());
	(0..count).map(|_| (random.next_u64() >> 11) as f64 / (1u64 << 53) as f64).collect()
}

/// Measures each gradient on the device. What fails on our side leaves its miner unjudged.
async fn measure(
	node: &Node,
	window: Window,
	after: BlockId,
	gradients: Vec<CompressedGradient>,
	limits: Limits,
) -> Result<Verdicts, NodeError> {
	let limits = Arc::new(limits);
	let hash = after.hash_bytes();
	let learning_rate = node.learning_rate(window);
	let (hparams, n_pages) = (node.hparams.clone(), node.dataset.n_train_pages());
	let sampler = Arc::new(Sampler { hparams, n_pages, window, hash });
	let random = {
		let sampler = sampler.clone();
		node.device.run(move |engine| sampler.random(engine)).await?
	};
	let (random, random_before) = match random {
		Ok((batches, loss)) => (Arc::new(batches), loss),
		Err(error) => {
			warn!(window, "no pages to judge on: {}", crate::one_line(&error));
			return Ok(gradients.iter().map(|gradient| (gradient.header().uid, Verdict::Unjudged)).collect());
		},
	};
	let mut verdicts = Verdicts::new();
	for gradient in gradients {
		let uid = gradient.header().uid;
		let (sampler, random, limits) = (sampler.clone(), random.clone(), limits.clone());
		// One job each, so that nothing else waits for the device longer than one miner takes.
		let job = move |engine: &mut Engine| {
			let own = sampler.own(engine, uid)?;
			engine.evaluate(&gradient, &limits, &own, &random, random_before, learning_rate)
		};
		let verdict = match node.device.run(job).await? {
			Ok(losses) => {
				debug!(uid, window, ?losses, "measured");
				losses.judge().into()
			},
			Err(error) => {
				warn!(uid, window, "not judged: {}", crate::one_line(&error));
				Verdict::Unjudged
			},
		};
		verdicts.insert(uid, verdict);
	}
	Ok(verdicts)
}

/// Draws the batches that losses are measured on.
struct Sampler {
	hparams: Arc<Hparams>,
	n_pages: u64,
	window: Window,
	hash: [u8; 32],
}

impl Sampler {
	/// Batches of random pages, and the model's loss on them.
	fn random(&self, engine: &Engine) -> Result<(Vec<Batch>, f64), EngineError> {
		let batches = self.batches(engine, Seed::of_block(&self.hash, "pages"), "random batches")?;
		let loss = engine.loss(&batches)?;
		Ok((batches, loss))
	}

	/// Batches of the pages that were assigned to `uid`.
	fn own(&self, engine: &Engine, uid: Uid) -> Result<Vec<Batch>, EngineError> {
		self.batches(engine, Seed::of_uid(uid), &format!("batches of {uid}"))
	}

	fn batches(&self, engine: &Engine, pages: Seed, domain: &str) -> Result<Vec<Batch>, EngineError> {
		let pages = assigned(pages, self.window, self.hparams.data.pages_per_window, self.n_pages);
		let batches = engine.batches(&pages)?;
		let mut random = Generator::new(Seed::of_block(&self.hash, domain).get());
		Ok(sample(batches, self.hparams.evaluation.validator_sample_rate, &mut random))
	}
}

/// A part `rate` of the batches, at least one, in their order. Rounded down, as the reference does.
fn sample(mut batches: Vec<Batch>, rate: f64, random: &mut Generator) -> Vec<Batch> {
	let wanted = ((batches.len() as f64 * rate) as usize).max(1);
	while batches.len() > wanted {
		let Some(bound) = NonZeroU64::new(batches.len() as u64) else { break };
		batches.remove(random.integers(bound) as usize);
	}
	batches
}

#[cfg(test)]
mod tests {
	use super::*;

	fn batches(n: i64) -> Vec<Batch> {
		(0..n).map(|token| Batch { tokens: vec![token], rows: 1, columns: 1 }).collect()
	}

	fn drawn(n: i64, rate: f64, seed: u32) -> Vec<i64> {
		let sampled = sample(batches(n), rate, &mut Generator::new(seed));
		sampled.iter().flat_map(|batch| batch.tokens.clone()).collect()
	}

	#[test]
	fn a_part_of_the_batches_is_drawn_in_their_order_and_the_same_for_everybody() {
		assert_eq!(drawn(40, 0.1, 7).len(), 4);
		assert_eq!(drawn(40, 0.1, 7), drawn(40, 0.1, 7));
		assert!(drawn(40, 0.5, 3).is_sorted());
		assert_ne!(drawn(40, 0.1, 7), drawn(40, 0.1, 8));
	}

	#[test]
	fn there_is_always_a_batch_unless_there_is_none_at_all() {
		assert_eq!(drawn(3, 0.1, 1).len(), 1);
		assert_eq!(drawn(3, 1.0, 1), [0, 1, 2]);
		assert!(drawn(0, 0.5, 1).is_empty());
	}
}
