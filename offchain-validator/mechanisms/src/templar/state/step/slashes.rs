// SPDX-License-Identifier: Apache-2.0
//! Cuts for what a peer did to the update of the window.

use std::cmp::Ordering;

use super::Step;
use crate::{
	templar::{
		overlap::Level,
		params::{Copies, Params},
		state::{Gather, Slash, SlashReason},
		sync::SyncVerdict,
	},
	Policy, Uid,
};

impl Step<'_> {
	pub(super) fn slash_copies(&mut self) {
		match self.params.copies {
			Copies::Zero => self.copied.keys().for_each(|uid| self.slash(*uid, SlashReason::Copied)),
			Copies::Levels { naughty_peer_timeout, .. } => self.punish_levels(naughty_peer_timeout),
		}
		if self.is_corrected() {
			for uid in self.copied.keys() {
				let peer = self.peer(*uid);
				// Else a score left from before would remake the final score in this window's match.
				peer.carried_score = None;
				peer.evaluated = true;
			}
		}
	}

	/// Punishes whoever copied, and in each window anew whoever is barred for it, so that it gains nothing meanwhile.
	fn punish_levels(&mut self, naughty_peer_timeout: u32) {
		let barred = self.state.naughty.keys().filter(|uid| !self.copied.contains_key(uid));
		for uid in barred.copied().collect::<Vec<Uid>>() {
			self.punish(uid, Level::Max);
		}
		for (uid, share) in self.copied {
			let Some(level) = Level::of(*share) else { continue };
			if level == Level::Mega {
				self.state.naughty.insert(*uid, naughty_peer_timeout);
			}
			self.punish(*uid, level);
		}
		// One window of the time is over. It ends for nobody by staying away.
		self.state.naughty.retain(|_, windows| {
			*windows = windows.saturating_sub(1);
			*windows > 0
		});
	}

	fn punish(&mut self, uid: Uid, level: Level) {
		self.slash(uid, SlashReason::CopiedPart(level));
		if level >= Level::Max {
			self.reset(uid);
		}
	}

	/// An update is only as good as the model it was computed on, so those who take part in the gather are held to ours.
	pub(super) fn slash_out_of_sync(&mut self) {
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

	pub(super) fn slash_skipped(&mut self) {
		let Some(gather) = &self.seen.gather else { return };
		let has_failed = self.success_rate(gather) < self.params.gather_peers_slash_threshold;
		let reason = if has_failed { SlashReason::FailedGather } else { SlashReason::SkippedInGather };
		for uid in &gather.skipped {
			self.slash(*uid, reason);
			self.peer(*uid).evaluated = true;
		}
	}

	/// Part of the gather list that arrived. As published those who stood in count as arrived, and hide who failed.
	fn success_rate(&self, gather: &Gather) -> f64 {
		let stand_ins = if self.is_corrected() { 0 } else { gather.stand_ins.len() };
		let arrived = gather.peers.difference(&gather.skipped).count().saturating_add(stand_ins);
		if gather.peers.is_empty() {
			1.0
		} else {
			arrived as f64 / gather.peers.len() as f64
		}
	}

	/// Cuts the scores that an offence costs. Only positive ones: a part of a negative one would be a gain.
	pub(super) fn slash(&mut self, uid: Uid, reason: SlashReason) {
		let Params { policy, score_zero_threshold, .. } = *self.params;
		let (of_score, of_average) = reason.kept(self.params);
		let is_copy = matches!(reason, SlashReason::Copied | SlashReason::CopiedPart(_));
		let is_gap = matches!(reason, SlashReason::SkippedInGather | SlashReason::Missing);
		let peer = self.peer(uid);
		let before = peer.final_score;
		let cuts_average = match policy {
			// A weak rating excuses a gap, but no copy.
			Policy::Corrected => peer.binary_average > 0.0 && (before > 0.0 || is_copy),
			Policy::AsPublished => before > 0.0,
		};
		if cuts_average {
			peer.binary_average = (f64::from(peer.binary_average) * of_average) as f32;
		}
		if before > 0.0 {
			let left = f64::from(before) * of_score;
			let after = if is_gap && left < score_zero_threshold { 0.0 } else { left as f32 };
			peer.final_score = after;
			self.outcome.slashes.push(Slash { uid, reason, before, after });
		}
	}
}
