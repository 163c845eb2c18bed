// SPDX-License-Identifier: Apache-2.0
//! One window of [`State`], stage by stage.

use std::cmp::Ordering;

use super::{Observations, Outcome, Peer, Slash, SlashReason, State, Verdict, WindowError};
use crate::{
	openskill::{self, Rating},
	templar::{
		params::Params,
		scores::{final_score, moving_average, Scores},
		sync::SyncVerdict,
		weights::min_power_shares,
	},
	Uid, Window,
};

/// A window under way: what is known, and what has come of it so far.
pub(super) struct Step<'a> {
	state: State,
	params: &'a Params,
	seen: &'a Observations,
	outcome: Outcome,
}

impl<'a> Step<'a> {
	pub(super) fn new(state: State, params: &'a Params, seen: &'a Observations) -> Self {
		Self { state, params, seen, outcome: Outcome::default() }
	}

	pub(super) fn run(mut self) -> Result<(State, Outcome), WindowError> {
		self.note_activity();
		self.slash_out_of_sync();
		self.slash_skipped();
		// Without a gather there is no evaluation, unless the caller says otherwise.
		if self.seen.gather.is_some() || !self.seen.verdicts.is_empty() {
			self.count_waiting();
			self.apply_verdicts();
			self.rate()?;
			self.share();
		}
		self.state.last_window = Some(self.seen.window);
		self.outcome.submission = self.submission();
		Ok((self.state, self.outcome))
	}

	/// Starts or ends inactivity and applies what it costs.
	///
	/// Goes by level: whoever is known and not active is inactive, however it came about. Both ends of the time counted
	/// are windows scored, so that a validator that lags behind the chain resets nobody early.
	fn note_activity(&mut self) {
		if self.seen.active.is_empty() {
			return; // That all miners stopped at once is less likely than that we lost sight of them.
		}
		for uid in &self.seen.active {
			let peer = self.state.peers.entry(*uid).or_default();
			peer.inactive_since = None;
			peer.waiting.get_or_insert(1);
		}
		let absent: Vec<Uid> = self.state.peers.keys().filter(|uid| !self.seen.active.contains(uid)).copied().collect();
		for uid in absent {
			let peer = self.state.peers.entry(uid).or_default();
			peer.waiting = None;
			if !self.seen.excused.contains(&uid) {
				self.inactive(uid);
			}
		}
	}

	fn inactive(&mut self, uid: Uid) {
		let window = self.seen.window;
		let peer = self.state.peers.entry(uid).or_default();
		let since: Window = *peer.inactive_since.get_or_insert(window);
		if window.saturating_sub(since) > self.params.reset_inactivity_windows {
			if reset(peer) {
				self.outcome.resets.push(uid);
			}
		} else {
			self.slash(uid, SlashReason::Inactive);
		}
	}

	/// An update is only as good as the model it was computed on, so those who take part in the gather are held to ours.
	fn slash_out_of_sync(&mut self) {
		for uid in self.seen.gather.iter().flat_map(|gather| &gather.peers) {
			let is_out_of_sync = match self.seen.sync.get(uid) {
				Some(SyncVerdict::Compared(compared)) => compared
					.avg_steps_behind
					.partial_cmp(&self.params.sync_max_steps_behind)
					.is_none_or(Ordering::is_gt), // NaN is above no limit, and yet no distance.
				Some(SyncVerdict::Failed(_)) => true,
				Some(SyncVerdict::Unjudged) | None => false,
			};
			if is_out_of_sync {
				self.slash(*uid, SlashReason::OutOfSync);
			}
		}
	}

	fn slash_skipped(&mut self) {
		for uid in self.seen.gather.iter().flat_map(|gather| &gather.skipped) {
			self.slash(*uid, SlashReason::SkippedInGather);
			self.state.peers.entry(*uid).or_default().evaluated = true;
		}
	}

	/// Whoever was judged starts waiting anew; all other candidates have waited a window longer.
	fn count_waiting(&mut self) {
		for (uid, peer) in &mut self.state.peers {
			let was_judged = !matches!(self.seen.verdicts.get(uid), None | Some(Verdict::Unjudged));
			peer.waiting = peer.waiting.map(|waiting| if was_judged { 1 } else { waiting.saturating_add(1) });
		}
	}

	fn apply_verdicts(&mut self) {
		for (uid, verdict) in &self.seen.verdicts {
			match verdict {
				Verdict::Scored(scores) => self.score(*uid, scores),
				Verdict::Missing => self.slash(*uid, SlashReason::Missing),
				Verdict::Invalid => self.slash(*uid, SlashReason::Invalid),
				Verdict::Copied => self.slash(*uid, SlashReason::Copied),
				Verdict::Unjudged => continue,
			}
			self.state.peers.entry(*uid).or_default().evaluated = true;
		}
	}

	fn score(&mut self, uid: Uid, scores: &Scores) {
		let peer = self.state.peers.entry(uid).or_default();
		peer.gradient_score = scores.gradient_score;
		peer.carried_score = Some(scores.gradient_score);
		peer.binary = scores.binary();
		peer.binary_average = moving_average(peer.binary_average, peer.binary, self.params.binary_score_ma_alpha);
		peer.rating.get_or_insert_default();
		match self.seen.sync.get(&uid) {
			Some(SyncVerdict::Compared(compared)) => peer.sync_score = compared.score() as f32,
			Some(SyncVerdict::Failed(_)) => peer.sync_score = 0.0,
			Some(SyncVerdict::Unjudged) | None => {},
		}
	}

	/// Rates all uids with a score that has not competed yet, and remakes their final scores. One alone goes on waiting
	/// for an opponent.
	fn rate(&mut self) -> Result<(), WindowError> {
		let entrants =
			self.state.peers.iter().filter_map(|(uid, peer)| Some((*uid, peer.rating?, peer.carried_score?)));
		let entrants: Vec<(Uid, Rating, f32)> = entrants.collect();
		if entrants.len() < 2 {
			return Ok(());
		}
		let players: Vec<(Rating, f64)> =
			entrants.iter().map(|(_, rating, score)| (*rating, (*score).into())).collect();
		let ratings = openskill::rate(&players, self.params.openskill_beta, self.params.openskill_tau)?;
		for ((uid, ..), rating) in entrants.into_iter().zip(ratings) {
			let peer = self.state.peers.entry(uid).or_default();
			peer.rating = Some(rating);
			peer.carried_score = None;
			peer.final_score = final_score(rating.ordinal(), peer.binary_average, peer.sync_score);
			self.outcome.rated.push(uid);
		}
		Ok(())
	}

	/// Remakes all shares from the final scores.
	fn share(&mut self) {
		let earns = |peer: &Peer| if peer.evaluated { peer.final_score } else { 0.0 };
		let scores: Vec<f32> = self.state.peers.values().map(earns).collect();
		let shares = min_power_shares(&scores, self.params.power_normalisation);
		for (peer, share) in self.state.peers.values_mut().zip(shares) {
			peer.share = share;
		}
	}

	fn submission(&self) -> Option<Vec<(Uid, f32)>> {
		let is_due = self.seen.window.is_multiple_of(self.params.windows_per_weights);
		let shares = self.state.shares();
		(is_due && !shares.is_empty()).then_some(shares)
	}

	fn slash(&mut self, uid: Uid, reason: SlashReason) {
		let peer = self.state.peers.entry(uid).or_default();
		let before = peer.final_score;
		cut(peer, reason, self.params);
		if before > 0.0 {
			self.outcome.slashes.push(Slash { uid, reason, before, after: peer.final_score });
		}
	}
}

/// Cuts the scores that an offence costs. Only positive ones: a part of a negative one would be a gain.
fn cut(peer: &mut Peer, reason: SlashReason, params: &Params) {
	let (of_score, of_average) = match reason {
		SlashReason::Inactive => (1.0 - params.inactivity_slash_rate, 1.0),
		SlashReason::OutOfSync => (params.sync_score_slash_rate, params.sync_score_slash_rate),
		SlashReason::SkippedInGather | SlashReason::Missing => {
			(params.missing_gradient_slash_rate, params.missing_gradient_slash_rate)
		},
		SlashReason::Invalid => (0.0, 1.0),
		SlashReason::Copied => (0.0, params.missing_gradient_slash_rate),
	};
	let is_copy = reason == SlashReason::Copied;
	// A weak rating excuses a gap, but no copy.
	if peer.binary_average > 0.0 && (peer.final_score > 0.0 || is_copy) {
		peer.binary_average = (f64::from(peer.binary_average) * of_average) as f32;
	}
	if peer.final_score > 0.0 {
		peer.final_score = (f64::from(peer.final_score) * of_score) as f32;
	}
	if is_copy {
		peer.carried_score = None; // Else a score left from before would remake the final score in this window's match.
	}
}

/// What staying away costs in the end: all scores; whether there were any. The rating stays, for skill outlasts a pause.
fn reset(peer: &mut Peer) -> bool {
	let Peer { rating, evaluated, carried_score, .. } = *peer;
	let left = Peer { rating, evaluated, carried_score, ..Peer::default() };
	let before = std::mem::replace(peer, left);
	before != Peer { inactive_since: before.inactive_since, ..peer.clone() }
}
