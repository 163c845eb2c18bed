// SPDX-License-Identifier: Apache-2.0
//! Whose submissions make the outer step: the list of gathered peers, how it changes, and who stands in.
//!
//! Lists are sets of uids, so no order in which peers were found counts. Where chance decides, the caller draws: `draw(n)`
//! is uniform below `n`. Let it come from the hash of the first block after the deadline for uploads: then all validators
//! draw alike, anybody can check them, and no miner knows the draw while it can still upload.

use std::collections::{BTreeMap, BTreeSet};

use super::sampling::largest_first;
use crate::{Policy, Uid};

/// Bounds of a list of gathered peers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
	/// Most peers on a list.
	pub max_topk_peers: usize,
	/// A list of fewer peers is none.
	pub minimum_peers: usize,
}

/// The first list: the active uids with the most incentive, and if there is room the others, the lowest uid first.
///
/// `None` when fewer than `minimum_peers` are active. Equal incentives rank by uid.
pub fn initial(active: &BTreeSet<Uid>, incentive: impl Fn(Uid) -> f64, limits: Limits) -> Option<BTreeSet<Uid>> {
	let list: BTreeSet<Uid> = ranked(active, incentive).into_iter().take(limits.max_topk_peers).collect();
	(list.len() >= limits.minimum_peers).then_some(list)
}

/// A list that peers take turns on.
#[derive(Clone, Copy, Debug)]
pub struct Rotation<'a> {
	/// The list so far.
	pub current: &'a BTreeSet<Uid>,
	/// Uids that published lately.
	pub active: &'a BTreeSet<Uid>,
	/// Uids with a share.
	pub paid: &'a BTreeSet<Uid>,
	/// Bounds of the list.
	pub limits: Limits,
	/// Most peers of a full list that make room for others at a time, though active and paid.
	pub peers_to_replace: usize,
	/// Whose rules hold.
	pub policy: Policy,
}

impl Rotation<'_> {
	/// The list that follows.
	///
	/// Candidates are the active and paid that are not on the list. They take first the places that are free or an inactive
	/// peer's, and then, as far as they last, those of unpaid peers, and of up to `peers_to_replace` that were on the list
	/// before. Free places that are left go to unpaid active peers.
	///
	/// `None` when the list stays: nobody can join, or too few are active for a list. As published, who is on the list
	/// already may be drawn for a free place, which then stays free, and counts twice towards `minimum_peers`.
	pub fn next(&self, draw: impl FnMut(usize) -> usize) -> Option<BTreeSet<Uid>> {
		let on_list: BTreeSet<Uid> = self.current.intersection(self.active).copied().collect();
		let candidates: BTreeSet<Uid> = self.active.intersection(self.paid).copied().collect();
		let candidates: BTreeSet<Uid> = candidates.difference(self.current).copied().collect();
		let free = self.limits.max_topk_peers.saturating_sub(on_list.len());
		let mut turn = Turn { list: on_list, candidates, draw };
		if turn.candidates.len() <= free {
			return if free > 0 { self.fill(turn, free) } else { None };
		}
		turn.join(free);
		let unpaid: BTreeSet<Uid> = turn.list.difference(self.paid).copied().collect();
		turn.swap(&unpaid, unpaid.len());
		let originals = turn.list.intersection(self.current).copied().collect();
		turn.swap(&originals, self.peers_to_replace);
		Some(turn.list)
	}

	/// All candidates join, and as many others as there are places.
	fn fill(&self, mut turn: Turn<impl FnMut(usize) -> usize>, free: usize) -> Option<BTreeSet<Uid>> {
		let may_join = |uid: &&Uid| match self.policy {
			Policy::Corrected => !turn.list.contains(uid),
			Policy::AsPublished => true,
		};
		let others: BTreeSet<Uid> = self.active.difference(&turn.candidates).filter(may_join).copied().collect();
		let wanted = free.saturating_sub(turn.candidates.len());
		let reachable = turn.list.len().saturating_add(turn.candidates.len()).saturating_add(others.len());
		if wanted > 0 && reachable < self.limits.minimum_peers {
			return None;
		}
		turn.join(free);
		turn.candidates = others;
		turn.join(wanted);
		Some(turn.list)
	}
}

/// A change of the list under way.
struct Turn<Draw> {
	list: BTreeSet<Uid>,
	candidates: BTreeSet<Uid>,
	draw: Draw,
}

impl<Draw: FnMut(usize) -> usize> Turn<Draw> {
	/// Up to `most` candidates join the list.
	fn join(&mut self, most: usize) {
		let joining = choose(&self.candidates, most, &mut self.draw);
		self.candidates.retain(|uid| !joining.contains(uid));
		self.list.extend(joining);
	}

	/// Up to `most` of `leaving` make room, each for one candidate.
	fn swap(&mut self, leaving: &BTreeSet<Uid>, most: usize) {
		let places = leaving.len().min(most).min(self.candidates.len());
		let leaving = choose(leaving, places, &mut self.draw);
		self.list.retain(|uid| !leaving.contains(uid));
		self.join(places);
	}
}

/// Up to `most` of `pool`, by draw if they are not all.
fn choose(pool: &BTreeSet<Uid>, most: usize, draw: &mut impl FnMut(usize) -> usize) -> BTreeSet<Uid> {
	let mut left: Vec<Uid> = pool.iter().copied().collect();
	if most >= left.len() {
		return pool.clone();
	}
	let one = |_| {
		let last = left.len().saturating_sub(1);
		left.remove(draw(left.len()).min(last))
	};
	(0..most).map(one).collect()
}

/// Peers to gather from and, in the order in which they stand in for those that fail, peers in reserve.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Gathering {
	/// The uids with the largest shares, the largest first.
	pub gather: Vec<Uid>,
	/// Those that follow.
	pub reserve: Vec<Uid>,
}

/// The list by `share` alone, of `candidates`, which are active and not barred for copying. Equal shares rank by uid.
///
/// `None` when fewer than `minimum_peers` are candidates.
pub fn gather_and_reserve(
	candidates: &BTreeSet<Uid>,
	share: impl Fn(Uid) -> f64,
	gather_peer_count: usize,
	reserve_peer_count: usize,
	minimum_peers: usize,
) -> Option<Gathering> {
	if candidates.len() < minimum_peers {
		return None;
	}
	let mut ranked = ranked(candidates, share).into_iter();
	let gather = ranked.by_ref().take(gather_peer_count).collect();
	Some(Gathering { gather, reserve: ranked.take(reserve_peer_count).collect() })
}

/// `uids`, the one with the most of something first. Of equal ones the lower uid comes first.
fn ranked(uids: &BTreeSet<Uid>, of: impl Fn(Uid) -> f64) -> Vec<Uid> {
	let mut ranked: Vec<(Uid, f64)> = uids.iter().map(|uid| (*uid, of(*uid))).collect();
	ranked.sort_by(|(_, a), (_, b)| largest_first(*a, *b));
	ranked.into_iter().map(|(uid, _)| uid).collect()
}

/// What one look at who is active changes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Refresh {
	/// Candidates for evaluation, and how many windows each has waited; a new one starts at 1.
	pub waiting: BTreeMap<Uid, u32>,
	/// Candidates until now that are not active. The next look does not find them again.
	pub inactive: BTreeSet<Uid>,
}

/// The reference's look at who is `active`, after which `waiting` is a candidate for evaluation.
///
/// When nobody is active the candidates stay. An active uid that may be no candidate any more, having too much stake say, is
/// dropped and yet not inactive.
pub fn refresh(
	waiting: &BTreeMap<Uid, u32>,
	active: &BTreeSet<Uid>,
	may_be_candidate: impl Fn(Uid) -> bool,
) -> Refresh {
	let inactive = waiting.keys().filter(|uid| !active.contains(uid)).copied().collect();
	if active.is_empty() {
		return Refresh { waiting: waiting.clone(), inactive };
	}
	let candidates = active.iter().copied().filter(|uid| may_be_candidate(*uid));
	let windows = |uid| (uid, waiting.get(&uid).copied().unwrap_or(1));
	Refresh { waiting: candidates.map(windows).collect(), inactive }
}

#[cfg(test)]
mod tests;
