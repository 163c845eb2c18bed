// SPDX-License-Identifier: Apache-2.0
//! Who stays away, what that costs, and what a reset leaves.

use std::collections::{BTreeMap, BTreeSet};

use super::Step;
use crate::{
	templar::{
		params::Copies,
		peers,
		state::{Peer, SlashReason},
	},
	Uid, Window,
};

impl Step<'_> {
	/// Starts or ends inactivity and applies what it costs.
	pub(super) fn note_activity(&mut self) {
		if self.is_corrected() {
			self.note_levels();
		} else {
			self.note_edges();
		}
	}

	/// By level: whoever is known and not active is inactive, however it came about. Both ends of the time counted are
	/// windows scored, so that a validator that lags behind the chain resets nobody early.
	fn note_levels(&mut self) {
		if self.seen.active.is_empty() {
			return; // That all miners stopped at once is less likely than that we lost sight of them.
		}
		for uid in &self.seen.active {
			let peer = self.peer(*uid);
			peer.inactive_since = None;
			peer.waiting.get_or_insert(1);
		}
		let absent: Vec<Uid> = self.state.peers.keys().filter(|uid| !self.seen.active.contains(uid)).copied().collect();
		for uid in absent {
			self.peer(uid).waiting = None;
			if !self.seen.excused.contains(&uid) {
				let window = self.seen.window;
				let since = *self.peer(uid).inactive_since.get_or_insert(window);
				self.inactive(uid, since, window);
			}
		}
	}

	/// By edge, as published: inactive is who was a candidate at the look before and is not active now, and it stays so
	/// until it is a candidate again. The time is counted from the window scored to the one that the chain is in.
	fn note_edges(&mut self) {
		for active in &self.seen.refreshed {
			self.refresh(active);
		}
		for uid in self.refresh(&self.seen.active) {
			let window = self.seen.window;
			self.peer(uid).inactive_since.get_or_insert(window);
		}
		let found = |(uid, peer): (&Uid, &Peer)| Some((*uid, peer.inactive_since?));
		let found: Vec<(Uid, Window)> = self.state.peers.iter().filter_map(found).collect();
		for (uid, since) in found {
			let peer = self.peer(uid);
			if peer.waiting.is_some() {
				peer.inactive_since = None;
			} else {
				self.inactive(uid, since, self.seen.current_window);
			}
		}
	}

	/// Remakes the candidates; returns those that were and are not active.
	fn refresh(&mut self, active: &BTreeSet<Uid>) -> BTreeSet<Uid> {
		let waiting = |(uid, peer): (&Uid, &Peer)| Some((*uid, peer.waiting?));
		let waiting: BTreeMap<Uid, u32> = self.state.peers.iter().filter_map(waiting).collect();
		let excused = &self.seen.excused;
		let published = active.union(excused).copied().collect();
		let refreshed = peers::refresh(&waiting, &published, |uid| !excused.contains(&uid));
		self.state.peers.values_mut().for_each(|peer| peer.waiting = None);
		for (uid, windows) in refreshed.waiting {
			self.peer(uid).waiting = Some(windows);
		}
		refreshed.inactive
	}

	fn inactive(&mut self, uid: Uid, since: Window, now: Window) {
		if now.saturating_sub(since) > self.params.reset_inactivity_windows {
			self.reset(uid);
		} else {
			self.slash(uid, SlashReason::Inactive);
		}
	}

	/// Forgets what is known of a uid.
	///
	/// As published the uid stays evaluated, and in the form that knows no copies its rating stays as well, and a score that
	/// it carries. In the other form such a score was left without a rating, and the next match failed.
	pub(super) fn reset(&mut self, uid: Uid) {
		let Some(before) = self.state.peers.remove(&uid) else { return };
		let had_scores = before.rating.is_some();
		if !self.is_corrected() {
			let left = Peer { evaluated: before.evaluated, ..Peer::default() };
			let left = match self.params.copies {
				Copies::Zero => Peer { rating: before.rating, carried_score: before.carried_score, ..left },
				Copies::Levels { .. } => left,
			};
			self.state.peers.insert(uid, left);
		}
		if had_scores {
			self.outcome.resets.push(uid);
		}
	}
}
