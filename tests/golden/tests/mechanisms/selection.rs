// SPDX-License-Identifier: Apache-2.0
//! Whose submissions are gathered, and whose are evaluated.

use std::collections::{BTreeMap, BTreeSet};

use golden::{cases, recording, Tally};
use mechanisms::{
	templar::{
		peers::{gather_and_reserve, initial, refresh, Gathering, Limits, Rotation},
		sampling,
	},
	Policy, Uid,
};
use serde::Deserialize;

const FILE: &str = "mechanisms/peer_selection.json";

#[derive(Deserialize)]
struct Selections {
	head_next: Vec<HeadNext>,
	head_bins: Vec<HeadBins>,
	seed_next: Vec<SeedNext>,
	seed_initial: Vec<SeedInitial>,
	update_peers_with_buckets: Vec<Update>,
}

fn selections() -> Option<Selections> {
	recording(FILE)
}

#[derive(Deserialize)]
struct HeadNext {
	active: BTreeSet<Uid>,
	naughty: BTreeSet<Uid>,
	weights: BTreeMap<Uid, f64>,
	hparams: HeadCounts,
	result: Option<HeadLists>,
}

#[derive(Deserialize)]
struct HeadCounts {
	gather_peer_count: usize,
	reserve_peer_count: usize,
	minimum_peers: usize,
}

#[derive(Deserialize)]
struct HeadLists {
	gather: Vec<Uid>,
	reserve: Vec<Uid>,
}

#[test]
fn gathered_and_reserve_peers_are_those_of_the_reference() {
	let Some(Selections { head_next, .. }) = selections() else { return };
	for case in &head_next {
		let candidates = case.active.difference(&case.naughty).copied().collect();
		let HeadCounts { gather_peer_count, reserve_peer_count, minimum_peers } = case.hparams;
		let share = |uid| case.weights.get(&uid).copied().unwrap_or_default();
		let found = gather_and_reserve(&candidates, share, gather_peer_count, reserve_peer_count, minimum_peers);
		let recorded = case.result.as_ref();
		let recorded = recorded
			.map(|HeadLists { gather, reserve }| Gathering { gather: gather.clone(), reserve: reserve.clone() });
		assert_eq!(found, recorded);
	}
	assert!(!head_next.is_empty());
}

#[derive(Deserialize)]
struct HeadBins {
	eval_peers_in_order: Vec<Uid>,
	ordinal_or_0: BTreeMap<Uid, f64>,
	num_bins: u32,
	uids_per_window: u32,
	bins: BTreeMap<usize, Vec<Uid>>,
}

#[test]
fn bins_are_those_of_the_reference() {
	let Some(Selections { head_bins, .. }) = selections() else { return };
	for case in &head_bins {
		let candidates: Vec<_> = case.eval_peers_in_order.iter().map(|uid| (*uid, case.ordinal_or_0[uid])).collect();
		let bins = sampling::bins(&candidates, case.num_bins, case.uids_per_window);
		assert!(bins.iter().enumerate().eq(case.bins.iter().map(|(bin, uids)| (*bin, uids))), "{bins:?}");
	}
	assert!(!head_bins.is_empty());
}

#[derive(Deserialize)]
struct SeedNext {
	old_peers: BTreeSet<Uid>,
	active: BTreeSet<Uid>,
	nonzero_weight_uids: BTreeSet<Uid>,
	max_topk_peers: usize,
	minimum_peers: usize,
	peers_to_replace: usize,
	random_choices: Vec<Choice>,
	result: Option<BTreeSet<Uid>>,
}

/// A draw of several uids at once; each takes one from those that are left.
#[derive(Deserialize)]
struct Choice {
	from: Vec<Uid>,
	size: usize,
	picked: Vec<Uid>,
}

impl Choice {
	/// The number of uids left at each pick, and the position of the one picked.
	fn draws(&self) -> Vec<(usize, usize)> {
		assert_eq!(self.picked.len(), self.size);
		let mut left = self.from.clone();
		let position = |picked: &Uid| {
			let position = left.iter().position(|uid| uid == picked).expect("picked of those left");
			left.remove(position);
			(left.len() + 1, position)
		};
		self.picked.iter().map(position).collect()
	}
}

/// As published all lists are equal. Ours is equal, too, where the reference draws none for a free place that is on the list
/// already; else it is as long as the active allow.
#[test]
fn lists_change_as_in_the_reference() {
	let Some(Selections { seed_next, .. }) = selections() else { return };
	let mut tally = Tally::default();
	for case in &seed_next {
		let limits = Limits { max_topk_peers: case.max_topk_peers, minimum_peers: case.minimum_peers };
		let peers_to_replace = case.peers_to_replace;
		let (current, active, paid) = (&case.old_peers, &case.active, &case.nonzero_weight_uids);
		let published = Rotation { current, active, paid, limits, peers_to_replace, policy: Policy::AsPublished };
		let mut draws = case.random_choices.iter().flat_map(Choice::draws);
		let draw = |left: usize| {
			let (recorded, position) = draws.next().expect("as many draws as recorded");
			assert_eq!(left, recorded);
			position
		};
		assert_eq!(published.next(draw), case.result);
		assert_eq!(draws.next(), None);
		tally.compared();

		let mut draws = case.random_choices.iter().flat_map(Choice::draws);
		let corrected = Rotation { policy: Policy::Corrected, ..published };
		let list = corrected.next(|_| draws.next().map_or(0, |(_, position)| position));
		let is_listed = |choice: &Choice| choice.picked.iter().any(|uid| current.contains(uid) && active.contains(uid));
		if case.random_choices.iter().any(is_listed) || active.len() < case.minimum_peers {
			tally.under("where one is drawn that is listed, or too few are active");
			let length = active.len().min(case.max_topk_peers);
			assert_eq!(list.map(|list| list.len()), (length >= case.minimum_peers).then_some(length));
		} else {
			assert_eq!(list, case.result);
		}
	}
	tally.finish(FILE, 14);
}

#[derive(Deserialize)]
struct SeedInitial {
	incentive: Vec<f64>,
	active: BTreeSet<Uid>,
	result: Option<BTreeSet<Uid>>,
}

#[test]
fn first_lists_are_those_of_the_reference() {
	let Some(Selections { seed_initial, .. }) = selections() else { return };
	let limits = Limits { max_topk_peers: 15, minimum_peers: 5 };
	for case in &seed_initial {
		assert_eq!(initial(&case.active, |uid| case.incentive[usize::from(uid)], limits), case.result);
	}
	assert!(!seed_initial.is_empty());
}

#[derive(Deserialize)]
struct Update {
	stakes: Vec<f64>,
	previous_eval_peers: BTreeMap<Uid, u32>,
	active: BTreeSet<Uid>,
	inactive_peers: BTreeSet<Uid>,
	eval_peers: BTreeMap<Uid, u32>,
}

#[test]
fn candidates_are_those_of_the_reference() {
	let Some(Selections { update_peers_with_buckets, .. }) = selections() else { return };
	for case in &update_peers_with_buckets {
		let may_be = |uid: Uid| case.stakes.get(usize::from(uid)).is_some_and(|stake| *stake <= 20_000.0);
		let found = refresh(&case.previous_eval_peers, &case.active, may_be);
		assert_eq!((found.waiting, found.inactive), (case.eval_peers.clone(), case.inactive_peers.clone()));
	}
	assert!(!update_peers_with_buckets.is_empty());
}

#[derive(Deserialize)]
struct Draw {
	candidates: Vec<Uid>,
	weights: Vec<u32>,
	k: usize,
	uniform01_draws: Vec<f64>,
	selected: Vec<Uid>,
}

#[test]
fn the_uids_drawn_are_those_of_the_reference() {
	const FILE: &str = "mechanisms/weighted_sampling.json";
	let mut tally = Tally::default();
	for case in cases::<Draw>(FILE) {
		let candidates: Vec<_> = case.candidates.iter().copied().zip(case.weights.iter().copied()).collect();
		assert_eq!(case.uniform01_draws.len(), case.k);
		assert_eq!(sampling::sample(&candidates, &case.uniform01_draws), case.selected);
		tally.compared();
	}
	tally.finish(FILE, 1);
}
