// SPDX-License-Identifier: Apache-2.0
//! One window of [`State`], stage by stage.

use std::collections::BTreeMap;

use super::{Observations, Outcome, Peer, State, WindowError};
use crate::{
	templar::{
		params::{Params, WeightCurve},
		weights::{min_power_shares, piecewise_shares},
	},
	Policy, Uid,
};

mod activity;
mod slashes;
mod verdicts;

/// A window under way: what is known, and what has come of it so far.
pub(super) struct Step<'a> {
	state: State,
	params: &'a Params,
	seen: &'a Observations,
	/// The copies that count.
	copied: &'a BTreeMap<Uid, f64>,
	outcome: Outcome,
}

/// What is copied while the model is raw.
static NO_COPIES: BTreeMap<Uid, f64> = BTreeMap::new();

impl<'a> Step<'a> {
	pub(super) fn new(state: State, params: &'a Params, seen: &'a Observations) -> Self {
		let copied = if params.counts_copies(seen.global_step) { &seen.copied } else { &NO_COPIES };
		Self { state, params, seen, copied, outcome: Outcome::default() }
	}

	pub(super) fn run(mut self) -> Result<(State, Outcome), WindowError> {
		let Observations { gather, verdicts, .. } = self.seen;
		self.note_activity();
		if gather.is_some() || self.is_corrected() {
			self.slash_copies();
		}
		self.slash_out_of_sync();
		self.slash_skipped();
		// Without a gather there is no evaluation, unless the caller says otherwise.
		if gather.is_some() || !self.copied.is_empty() || !verdicts.is_empty() {
			self.count_waiting();
			self.apply_verdicts();
			self.rate()?;
			self.share();
		} else if self.is_corrected() && !self.state.shares().is_empty() {
			// What a uid has lost since, cut or reset, goes to the others. As published it goes to nobody.
			self.share();
		}
		self.state.last_window = Some(self.seen.window);
		self.outcome.submission = self.submission();
		Ok((self.state, self.outcome))
	}

	fn is_corrected(&self) -> bool {
		self.params.policy == Policy::Corrected
	}

	/// Whether whatever a uid submitted counts for nothing: it is a copy, or the uid made one lately.
	fn is_barred(&self, uid: Uid) -> bool {
		self.is_corrected() && (self.copied.contains_key(&uid) || self.state.is_naughty(uid))
	}

	fn peer(&mut self, uid: Uid) -> &mut Peer {
		self.state.peers.entry(uid).or_default()
	}

	/// Remakes all shares from the final scores.
	fn share(&mut self) {
		let earns = |peer: &Peer| if peer.evaluated { peer.final_score } else { 0.0 };
		let peers = &mut self.state.peers;
		match &self.params.weight_curve {
			WeightCurve::MinPower { power_normalisation } => {
				let scores: Vec<f32> = peers.values().map(earns).collect();
				let shares = min_power_shares(&scores, *power_normalisation);
				peers.values_mut().zip(shares).for_each(|(peer, share)| peer.share = share);
				self.state.burned = None;
			},
			WeightCurve::Piecewise(piecewise) => {
				let scores: Vec<(Uid, f32)> = peers.iter().map(|(uid, peer)| (*uid, earns(peer))).collect();
				let mut shares = piecewise_shares(&scores, piecewise, self.params.policy);
				self.state.burned = shares.remove_entry(&piecewise.burn_uid);
				peers.iter_mut().for_each(|(uid, peer)| peer.share = shares.get(uid).copied().unwrap_or_default());
			},
		}
	}

	fn submission(&self) -> Option<Vec<(Uid, f32)>> {
		let is_due = self.seen.window.is_multiple_of(self.params.windows_per_weights);
		let shares = self.state.shares();
		(is_due && !shares.is_empty()).then_some(shares)
	}
}
