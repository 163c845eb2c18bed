// SPDX-License-Identifier: Apache-2.0

//! Measures submissions: what each does to the loss on its own pages and on pages nobody could know.
//!
//! All chance comes from the hash of the first block after the time for uploads. So nobody can fit an upload to the pages
//! it will be judged on, every validator draws the same, and anybody can check afterwards.

mod bench;
mod budget;
mod measure;
mod pages;
mod rank;

use std::collections::{BTreeMap, BTreeSet};

use mechanisms::numpy::Generator;
use mechanisms::ranking::Outcome;
use mechanisms::templar::{State, Verdict};
use mechanisms::{Policy, Uid};

use super::{Node, NodeError, Submission, View};
use crate::chain::BlockId;
use crate::data::Seed;
use crate::gradient::{CompressedGradient, Limits};
use crate::participant::all_unreachable;
use crate::templar::gather::verdict;

pub(super) use measure::{baseline, Baseline};

/// What is to be held of each submission that was looked at.
pub(super) type Verdicts = BTreeMap<Uid, Verdict>;

/// What became of the miners that were drawn.
#[derive(Clone, Debug, Default)]
pub(super) struct Evaluated {
	/// What is to be held of them.
	pub verdicts: Verdicts,
	/// Whose turn comes in a later window, as there was no time left in this one.
	pub left_out: Vec<Uid>,
	/// Their order by what each does to the loss, and how surely it is known.
	pub ranking: Outcome,
}

/// Draws the miners of this window and measures them. Who has waited longest comes first, so that whoever there is no time
/// for is one who was measured lately.
pub(super) async fn evaluate(
	node: &Node,
	scores: &State,
	(view, after): (&View, BlockId),
	baseline: Option<Baseline>,
	submissions: &BTreeMap<Uid, Submission>,
	active: &BTreeSet<Uid>,
	copied: &BTreeMap<Uid, f64>,
) -> Result<Evaluated, NodeError> {
	let scoring = &node.hparams.scoring;
	// A copy competes with nobody, so a look at it would be lost.
	let competes = |uid: &&Uid| scoring.policy == Policy::AsPublished || !copied.contains_key(*uid);
	let candidates = active.iter().filter(competes).copied().collect();
	let draws = draws(after, scoring.uids_per_window.saturating_add(1)); // One for the bin.
	let drawn = longest_waiting_first(scores.sample(scoring, &candidates, &draws), scores);
	let mut evaluated = Evaluated::default();
	let unreachable = all_unreachable(submissions);
	let mut gradients: Vec<CompressedGradient> = Vec::new();
	for uid in drawn {
		let verdict = match submissions.get(&uid) {
			Some(Submission::Content { content, .. }) => {
				gradients.push(content.clone());
				continue;
			},
			Some(Submission::Unreachable(_)) if unreachable => Verdict::Unjudged,
			other => other.and_then(verdict).unwrap_or(Verdict::Missing),
		};
		evaluated.verdicts.insert(uid, verdict);
	}
	let limits = limits(node, view, submissions);
	let measured = measure::measure(node, view.at.window, baseline, gradients, limits).await?;
	evaluated.verdicts.extend(measured.verdicts);
	Ok(Evaluated { verdicts: evaluated.verdicts, ..measured })
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

/// Of those who have waited equally long, who was drawn first comes first.
fn longest_waiting_first(mut drawn: Vec<Uid>, scores: &State) -> Vec<Uid> {
	let waiting = |uid: &Uid| scores.peer(*uid).and_then(|peer| peer.waiting).unwrap_or(1);
	drawn.sort_by_key(|uid| std::cmp::Reverse(waiting(uid)));
	drawn
}
