// SPDX-License-Identifier: Apache-2.0
//! What evaluation found, and the match that follows from it.

use super::Step;
use crate::{
	openskill::{self, Rating},
	templar::{
		scores::{final_score, moving_average, Scores},
		state::{SlashReason, Verdict, WindowError},
		sync::SyncVerdict,
	},
	Uid,
};

/// Gradient scores of a uid whose sign is remembered.
const HISTORY: usize = 20;

impl Step<'_> {
	/// Whoever was judged starts waiting anew; all other candidates have waited a window longer.
	pub(super) fn count_waiting(&mut self) {
		let copied = if self.is_corrected() { Some(self.copied) } else { None };
		for (uid, peer) in &mut self.state.peers {
			let has_verdict = !matches!(self.seen.verdicts.get(uid), None | Some(Verdict::Unjudged));
			let was_judged = has_verdict || copied.is_some_and(|copied| copied.contains_key(uid));
			peer.waiting = peer.waiting.map(|waiting| if was_judged { 1 } else { waiting.saturating_add(1) });
		}
	}

	pub(super) fn apply_verdicts(&mut self) {
		for (uid, verdict) in &self.seen.verdicts {
			if self.is_barred(*uid) {
				continue;
			}
			match verdict {
				Verdict::Scored(scores) => self.score(*uid, scores),
				Verdict::Missing => self.slash(*uid, SlashReason::Missing),
				Verdict::Invalid => self.slash(*uid, SlashReason::Invalid),
				Verdict::Unjudged => continue,
			}
			self.peer(*uid).evaluated = true;
		}
	}

	fn score(&mut self, uid: Uid, scores: &Scores) {
		let (alpha, sync) = (self.params.binary_score_ma_alpha, self.seen.sync.get(&uid));
		let peer = self.peer(uid);
		peer.gradient_score = scores.gradient_score;
		peer.carried_score = Some(scores.gradient_score);
		peer.negative_history.push_back(scores.gradient_score < 0.0);
		if peer.negative_history.len() > HISTORY {
			peer.negative_history.pop_front();
		}
		peer.binary = scores.binary();
		peer.binary_average = moving_average(peer.binary_average, peer.binary, alpha);
		peer.rating.get_or_insert_default();
		match sync {
			Some(SyncVerdict::Compared(compared)) => peer.sync_score = compared.score() as f32,
			Some(SyncVerdict::Failed(_)) => peer.sync_score = 0.0,
			Some(SyncVerdict::Unjudged) | None => {},
		}
	}

	/// Rates all uids with a score that has not competed yet, and remakes their final scores. One alone goes on waiting
	/// for an opponent.
	pub(super) fn rate(&mut self) -> Result<(), WindowError> {
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
			let peer = self.peer(uid);
			peer.rating = Some(rating);
			peer.carried_score = None;
			peer.final_score = final_score(rating.ordinal(), peer.binary_average, peer.sync_score);
			self.outcome.rated.push(uid);
		}
		Ok(())
	}
}
