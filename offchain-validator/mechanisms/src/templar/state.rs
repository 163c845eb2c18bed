// SPDX-License-Identifier: Apache-2.0
//! All that a validator remembers of the uids it scores, and how one window changes it.
//!
//! Saved whole after each window, so that a restart neither forgets a slash nor rates a window twice. Scores are `f32`, as
//! the mechanism defines them; ratings are `f64`.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{params::Params, sampling, scores::Scores, sync::SyncVerdict};
use crate::{
	openskill::{Rating, RatingError},
	Uid, Window,
};

mod step;

/// The scoring state of a validator. [`Default`] is that of one that has seen nothing.
///
/// To be saved in a format that gives each `f64` back exactly, else every restart moves the ratings: `serde_json` does so
/// only with its feature `float_roundtrip`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct State {
	last_window: Option<Window>,
	peers: BTreeMap<Uid, Peer>,
}

/// What is remembered of one uid.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Peer {
	/// What shares are made of. Negative for a uid rated low; each new rating overwrites it, so that a slash lasts only
	/// through [`Self::binary_average`].
	pub final_score: f32,
	/// Moving average of the binary indicator, `[-1, 1]`: how surely the uid trains on the pages assigned to it.
	pub binary_average: f32,
	/// The last binary indicator, `+1` or `-1`; 0 before the first.
	pub binary: i8,
	/// The last gradient score.
	pub gradient_score: f32,
	/// The sync score at the last evaluation, `[0, 1]`.
	pub sync_score: f32,
	/// Its part of the weights, `[0, 1]`; as of the last window with an evaluation.
	pub share: f32,
	/// Skill at lowering the loss; `None` before the first evaluation.
	pub rating: Option<Rating>,
	/// Whether it was ever judged. Who was not has no share.
	pub evaluated: bool,
	/// The window in which it was first found inactive; `None` while it is active.
	pub inactive_since: Option<Window>,
	/// Windows since it was last evaluated, counted from 1; `None` when it is no candidate.
	pub waiting: Option<u32>,
	/// A gradient score that found no opponent yet and competes in the next match.
	pub carried_score: Option<f32>,
}

/// What a validator found out in one window.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Observations {
	/// The window that was scored.
	pub window: Window,
	/// Uids that published in one of the recent windows and may be evaluated. When it is empty, the search is taken to
	/// have failed, and nobody's activity changes.
	pub active: BTreeSet<Uid>,
	/// Uids that are not to be found inactive though not active: no candidates any more, or the search for them failed.
	pub excused: BTreeSet<Uid>,
	/// How the gather went; `None` when we could not gather, which is nobody's fault. With no verdicts either, nobody waits
	/// longer for it, and shares stay.
	pub gather: Option<Gather>,
	/// Sync of the gathered and the evaluated peers. One left out is unjudged.
	pub sync: BTreeMap<Uid, SyncVerdict>,
	/// What became of the uids drawn for evaluation, and of gathered ones that copied. Empty when none was evaluated.
	pub verdicts: BTreeMap<Uid, Verdict>,
}

/// The submissions that make up the window's update.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Gather {
	/// All peers asked.
	pub peers: BTreeSet<Uid>,
	/// Those whose submission is missing, early, late or invalid. Not those that we failed to fetch.
	pub skipped: BTreeSet<Uid>,
}

/// What is to be held of a uid's submission.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum Verdict {
	/// It was evaluated.
	Scored(Scores),
	/// There is none in time.
	Missing,
	/// It is malformed, or makes the model useless.
	Invalid,
	/// It repeats another's.
	Copied,
	/// We could not tell, by our own fault. Changes nothing; the uid goes on waiting.
	Unjudged,
}

/// What one window changed, for the record and for the chain.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Outcome {
	/// Cuts of final scores, in the order made.
	pub slashes: Vec<Slash>,
	/// Uids that lost their scores by staying away.
	pub resets: Vec<Uid>,
	/// Uids whose rating changed.
	pub rated: Vec<Uid>,
	/// Positive shares by uid, if this is a window to submit weights in and there are any.
	pub submission: Option<Vec<(Uid, f32)>>,
}

/// A cut of a final score. Only a positive one can be cut: cutting a negative one would reward.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Slash {
	/// Whose score.
	pub uid: Uid,
	/// What for.
	pub reason: SlashReason,
	/// The score before.
	pub before: f32,
	/// The score after.
	pub after: f32,
}

/// What a score is cut for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum SlashReason {
	/// It published nothing for a while.
	Inactive,
	/// Its model is too far from ours, or it does not tell.
	OutOfSync,
	/// Its submission could not be part of the update.
	SkippedInGather,
	/// It was to be evaluated, and nothing was there.
	Missing,
	/// Its submission is useless.
	Invalid,
	/// Its submission is another's.
	Copied,
}

/// Why a window cannot be scored.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum WindowError {
	/// Scoring it again would rate its matches twice.
	#[error("window {window} comes after window {last}, which is scored already")]
	AlreadyScored {
		/// The window asked for.
		window: Window,
		/// The last one scored.
		last: Window,
	},
	/// The state or the parameters hold what no window can have brought about.
	#[error("a match cannot be rated")]
	Rating(#[from] RatingError),
}

impl State {
	/// Scores one window. On an error the state is unchanged.
	///
	/// In this order: inactivity, sync of gathered peers, gaps in the gather, verdicts, ratings and final scores, shares.
	/// `params` are [`Params::check`]ed. Windows may be left out, but not repeated.
	pub fn window(&mut self, params: &Params, seen: &Observations) -> Result<Outcome, WindowError> {
		if let Some(last) = self.last_window.filter(|last| seen.window <= *last) {
			return Err(WindowError::AlreadyScored { window: seen.window, last });
		}
		let (next, outcome) = step::Step::new(self.clone(), params, seen).run()?;
		*self = next;
		Ok(outcome)
	}

	/// Draws `uids_per_window` of the `active` uids to evaluate in the window that comes, the longer one has waited the
	/// likelier; one of `draws` for each, uniform in `[0, 1)`. See [`sampling::sample`].
	pub fn sample(&self, params: &Params, active: &BTreeSet<Uid>, draws: &[f64]) -> Vec<Uid> {
		let waiting = |uid: &Uid| self.peer(*uid).and_then(|peer| peer.waiting).unwrap_or(1);
		let candidates: Vec<(Uid, u32)> = active.iter().map(|uid| (*uid, waiting(uid))).collect();
		let wanted = usize::try_from(params.uids_per_window).unwrap_or(usize::MAX);
		sampling::sample(&candidates, draws.get(..wanted).unwrap_or(draws))
	}

	/// Forgets everything about `uid`: its slot went to another miner, which must inherit neither scores nor slashes.
	pub fn reset_uid(&mut self, uid: Uid) {
		self.peers.remove(&uid);
	}

	/// What is remembered of `uid`.
	pub fn peer(&self, uid: Uid) -> Option<&Peer> {
		self.peers.get(&uid)
	}

	/// All that is remembered, by uid.
	pub fn peers(&self) -> impl Iterator<Item = (Uid, &Peer)> {
		self.peers.iter().map(|(uid, peer)| (*uid, peer))
	}

	/// The last window scored.
	pub fn last_window(&self) -> Option<Window> {
		self.last_window
	}

	/// The positive shares by uid, to submit again should a submission fail.
	pub fn shares(&self) -> Vec<(Uid, f32)> {
		self.peers().filter(|(_, peer)| peer.share > 0.0).map(|(uid, peer)| (uid, peer.share)).collect()
	}
}

#[cfg(test)]
mod tests;
