// SPDX-License-Identifier: Apache-2.0
//! All that a validator remembers of the uids it scores, and how one window changes it.
//!
//! Saved whole after each window, so that a restart neither forgets an average nor counts a score twice.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::params::Params;
use crate::{Policy, Uid, Window};

/// The scoring state of a validator. [`Default`] is that of one that has seen nothing.
///
/// To be saved in a format that gives each `f64` back exactly: `serde_json` does so only with its feature
/// `float_roundtrip`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct State {
	last_window: Option<Window>,
	peers: BTreeMap<Uid, Peer>,
}

/// What is remembered of one uid.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Peer {
	/// The last score.
	pub score: f64,
	/// Moving average of the scores, which starts at zero; finite.
	pub average: f64,
	/// Its part of the weights as of the last window: `[0, 1]`, but of any size and sign under [`Policy::AsPublished`].
	pub share: f32,
}

/// What a validator found out in one window.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Observations {
	/// The window that was scored.
	pub window: Window,
	/// What is to be held of the uids that were looked at. A uid left out keeps its average.
	pub verdicts: BTreeMap<Uid, Verdict>,
}

/// What is to be held of a uid's slice.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum Verdict {
	/// It was compared with our gradient; see [`scores::judge`](super::scores::judge).
	Scored(f64),
	/// There is none in time.
	Missing,
	/// It fails the checks.
	Invalid,
	/// It repeats another's.
	Copied,
	/// We could not tell, by our own fault. Changes nothing.
	Unjudged,
}

/// Why a window is not scored: to score it again would count its scores twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("window {window} is not after window {last}, which is scored already")]
pub struct AlreadyScored {
	/// The window asked for.
	pub window: Window,
	/// The last one scored.
	pub last: Window,
}

impl State {
	/// Scores one window. Returns [`Self::shares`] if it is one to submit weights in and there are any.
	///
	/// `params` are [`Params::check`]ed. Windows may be left out, but not repeated: then the state is unchanged.
	pub fn window(&mut self, params: &Params, seen: &Observations) -> Result<Option<Vec<(Uid, f32)>>, AlreadyScored> {
		if let Some(last) = self.last_window.filter(|last| seen.window <= *last) {
			return Err(AlreadyScored { window: seen.window, last });
		}
		self.last_window = Some(seen.window);
		for (uid, verdict) in &seen.verdicts {
			self.apply(*uid, *verdict, params);
		}
		match params.policy {
			Policy::Corrected => self.share(params.average_floor),
			Policy::AsPublished => self.share_as_published(),
		}
		let shares = self.shares();
		Ok((seen.window.is_multiple_of(params.windows_per_weights.get()) && !shares.is_empty()).then_some(shares))
	}

	/// Takes a verdict into the average. One who publishes nothing scores zero, else it would live on its past for ever;
	/// one who tries to deceive or to do harm starts anew.
	fn apply(&mut self, uid: Uid, verdict: Verdict, params: &Params) {
		let kept = params.validator_moving_alpha;
		let (score, kept) = match (verdict, params.policy) {
			(Verdict::Scored(score), _) if score.is_finite() => (score, kept),
			(Verdict::Missing, Policy::Corrected) => (0.0, kept),
			(Verdict::Invalid | Verdict::Copied, Policy::Corrected) => (0.0, 0.0),
			_ => return,
		};
		let peer = self.peers.entry(uid).or_default();
		*peer = Peer { score, average: kept * peer.average + (1.0 - kept) * score, ..*peer };
	}

	/// Divides among the positive averages above the part `floor` of the best one.
	fn share(&mut self, floor: f64) {
		let best = self.peers.values().map(|peer| peer.average).fold(0.0, f64::max);
		// In units of the best, so that no sum overflows.
		let earned = |peer: &Peer| if peer.average > floor * best { peer.average / best } else { 0.0 };
		let sum: f64 = self.peers.values().map(earned).sum();
		for peer in self.peers.values_mut() {
			peer.share = if sum > 0.0 { (earned(peer) / sum) as f32 } else { 0.0 };
		}
	}

	/// As in the reference, where the weights of a zero average stay, and where a sum below zero pays who scores badly.
	fn share_as_published(&mut self) {
		let sum = self.peers.values().map(|peer| peer.average).sum::<f64>() + 1e-8;
		for peer in self.peers.values_mut().filter(|peer| peer.average != 0.0) {
			let share = (peer.average / sum) as f32;
			if share.is_finite() {
				peer.share = share;
			}
		}
	}

	/// The positive shares by uid, made to sum to one; empty if nobody has any.
	pub fn shares(&self) -> Vec<(Uid, f32)> {
		let earned = || self.peers().map(|(uid, peer)| (uid, f64::from(peer.share.max(0.0))));
		let sum: f64 = earned().map(|(_, share)| share).sum();
		earned().map(|(uid, share)| (uid, (share / sum) as f32)).filter(|(_, share)| *share > 0.0).collect()
	}

	/// Forgets everything about `uid`: its slot went to another miner, which must not inherit an average.
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
}

#[cfg(test)]
mod tests;
