// SPDX-License-Identifier: Apache-2.0
//! All that a validator remembers of the uids it scores, and how one window changes it.
//!
//! Saved whole after each window, so that a restart neither forgets a slash nor rates a window twice. Scores are `f32`, as
//! the mechanism defines them; ratings are `f64`.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use serde::{Deserialize, Serialize};

use super::{params::Params, sampling};
use crate::{openskill::Rating, Uid, Window};

mod observations;
mod outcome;
mod step;

pub use observations::{Gather, Observations, Verdict};
pub use outcome::{Outcome, Slash, SlashReason, WindowError};

/// The scoring state of a validator. [`Default`] is that of one that has seen nothing.
///
/// To be saved in a format that gives each `f64` back exactly, else every restart moves the ratings: `serde_json` does so
/// only with its feature `float_roundtrip`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct State {
	last_window: Option<Window>,
	peers: BTreeMap<Uid, Peer>,
	/// For how many windows more a uid is barred for copying. Outlives a reset, or staying away would end it.
	naughty: BTreeMap<Uid, u32>,
	/// The uid whose emission is burned, and its share.
	burned: Option<(Uid, f32)>,
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
	/// Whether each of the last gradient scores was negative, 20 at most, the oldest first. Nothing is decided by it.
	pub negative_history: VecDeque<bool>,
	/// The sync score at the last evaluation, `[0, 1]`.
	pub sync_score: f32,
	/// Its part of the weights, `[0, 1]`; as of the last window with an evaluation. Without what is burned.
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

impl State {
	/// Scores one window. On an error the state is unchanged.
	///
	/// In this order: inactivity, copies, sync of gathered peers, gaps in the gather, verdicts, ratings and final scores,
	/// shares. `params` are [`Params::check`]ed. Windows may be left out, but not repeated.
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
	///
	/// Who is barred is not drawn. Where the uids fill more than one bin, they come from one, which the first of `draws`
	/// chooses: so one more draw is needed than uids.
	pub fn sample(&self, params: &Params, active: &BTreeSet<Uid>, draws: &[f64]) -> Vec<Uid> {
		let ordinal = |uid: &Uid| self.peer(*uid).and_then(|peer| peer.rating).map_or(0.0, Rating::ordinal);
		let free = active.iter().filter(|uid| !self.is_naughty(**uid));
		let candidates: Vec<(Uid, f64)> = free.map(|uid| (*uid, ordinal(uid))).collect();
		let bins = sampling::bins(&candidates, params.num_evaluation_bins, params.uids_per_window);
		let (bin, draws) = match (bins.as_slice(), draws) {
			([bin], draws) => (Some(bin), draws),
			(bins, [first, rest @ ..]) => (bins.get((first * bins.len() as f64) as usize).or(bins.last()), rest),
			(_, []) => (None, draws),
		};
		let waiting = |uid: &Uid| (*uid, self.peer(*uid).and_then(|peer| peer.waiting).unwrap_or(1));
		let candidates: Vec<(Uid, u32)> = bin.into_iter().flatten().map(waiting).collect();
		sampling::sample(&candidates, draws.get(..params.uids_per_window as usize).unwrap_or(draws))
	}

	/// Forgets everything about `uid`: its slot went to another miner, which must inherit neither scores nor slashes.
	pub fn reset_uid(&mut self, uid: Uid) {
		self.peers.remove(&uid);
		self.naughty.remove(&uid);
	}

	/// What is remembered of `uid`.
	pub fn peer(&self, uid: Uid) -> Option<&Peer> {
		self.peers.get(&uid)
	}

	/// All that is remembered, by uid.
	pub fn peers(&self) -> impl Iterator<Item = (Uid, &Peer)> {
		self.peers.iter().map(|(uid, peer)| (*uid, peer))
	}

	/// Whether `uid` is barred from evaluation and gathering for having copied.
	pub fn is_naughty(&self, uid: Uid) -> bool {
		self.naughty.contains_key(&uid)
	}

	/// For how many windows more each uid is barred.
	pub fn naughty(&self) -> &BTreeMap<Uid, u32> {
		&self.naughty
	}

	/// The last window scored.
	pub fn last_window(&self) -> Option<Window> {
		self.last_window
	}

	/// The positive shares by uid, to submit again should a submission fail. With what is burned.
	pub fn shares(&self) -> Vec<(Uid, f32)> {
		let earned = self.peers().map(|(uid, peer)| (uid, peer.share));
		let shares: BTreeMap<Uid, f32> = earned.chain(self.burned).filter(|(_, share)| *share > 0.0).collect();
		shares.into_iter().collect()
	}
}

#[cfg(test)]
mod tests;
