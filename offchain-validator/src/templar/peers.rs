// SPDX-License-Identifier: Apache-2.0

//! Who takes part in a window. Pure, but for finding the lists that validators publish.
//!
//! The validator with the most stake publishes every few windows whose gradients make the outer step, before that holds.
//! Where it has not done so, in time and in the right form, the chain is the list: the miners with the most incentive.
//! Every node decides that alike, by the chain and by when the list was uploaded.

pub mod cadence;
pub mod leader;
pub mod list;
#[cfg(feature = "torch")]
mod lists;
pub mod next;

use std::collections::{BTreeMap, BTreeSet};

use mechanisms::templar::peers::{initial, Limits};
use mechanisms::Uid;

use super::hparams;
use crate::bucket::BucketAddress;
use crate::participant::{rao, WindowView};

pub use cadence::Cadence;
pub use leader::{leader, validators};
pub use list::PeerList;
#[cfg(feature = "torch")]
pub(super) use lists::Lists;

/// The miners of a subnet, and where they keep their objects.
#[derive(Clone, Debug)]
pub struct Peers {
	/// The miners, and where their objects are.
	pub miners: BTreeMap<Uid, BucketAddress>,
	/// The miners whose gradients make the outer step, ascending. Empty if there are too few.
	pub gather: Vec<Uid>,
	/// Miners that stand in for those, in this order.
	pub reserve: Vec<Uid>,
}

impl Peers {
	/// The peers of a window by the chain alone. A miner is a neuron that has published a bucket and has no more stake than
	/// the limit.
	pub fn of(view: &WindowView, params: &hparams::Peers) -> Self {
		let miners =
			view.miners(rao(params.eval_stake_limit_tao), |commitment| BucketAddress::parse(&commitment.bytes));
		let all: BTreeSet<Uid> = miners.keys().copied().collect();
		let incentive = |uid| view.neurons.get(&uid).map_or(0.0, |neuron| neuron.incentive.into());
		let gather = initial(&all, incentive, limits(params)).unwrap_or_default().into_iter().collect();
		Self { miners, gather, reserve: Vec::new() }
	}

	/// The same miners, gathered by `list`. Who is no miner any more is left out; if too few are left, the chain's word stays.
	#[must_use]
	pub fn by_list(self, list: &PeerList, params: &hparams::Peers) -> Self {
		let miners_of = |uids: &[Uid]| uids.iter().copied().filter(|uid| self.miners.contains_key(uid)).collect();
		let (gather, reserve): (Vec<Uid>, Vec<Uid>) = (miners_of(&list.peers), miners_of(&list.reserve_peers));
		if gather.len() < params.minimum_peers {
			return self;
		}
		Self { gather, reserve, ..self }
	}

	/// Whose gradients make the step, ascending: all gathered that have one, and for each that has none the next in reserve.
	pub fn stepping(&self, has_gradient: impl Fn(Uid) -> bool) -> Vec<Uid> {
		let mut stepping: Vec<Uid> = self.gather.iter().copied().filter(|uid| has_gradient(*uid)).collect();
		let failed = self.gather.len().saturating_sub(stepping.len());
		stepping.extend(self.reserve.iter().copied().filter(|uid| has_gradient(*uid)).take(failed));
		stepping.sort_unstable();
		stepping
	}
}

fn limits(params: &hparams::Peers) -> Limits {
	Limits { max_topk_peers: params.max_topk_peers, minimum_peers: params.minimum_peers }
}

#[cfg(test)]
pub(super) mod tests {
	use mechanisms::templar::freshness::OpenSpan;

	use super::*;
	use crate::chain::metagraph::{Commitment, Neuron};
	use crate::chain::{AccountId, BlockId};
	use crate::templar::hparams::Selection;

	pub(in crate::templar) const PARAMS: hparams::Peers = hparams::Peers {
		max_topk_peers: 3,
		minimum_peers: 2,
		peer_replacement_frequency: 5,
		peer_list_window_margin: 2,
		selection: Selection::Rotation { peers_to_replace: 1 },
		recent_windows: 5,
		eval_stake_limit_tao: 20_000,
	};

	pub(in crate::templar) fn neuron(uid: u16, stake_tao: u64, incentive: u16) -> Neuron {
		let hotkey = AccountId::from([uid as u8; 32]);
		let stake = rao(stake_tao);
		Neuron { uid, hotkey, stake, permit: true, incentive, validator_trust: 0, emission: 0, last_update: 0 }
	}

	pub(in crate::templar) fn view(neurons: &[Neuron], published: &[(u16, &str)]) -> WindowView {
		let commitment = |(uid, text): &(u16, &str)| {
			(AccountId::from([*uid as u8; 32]), Commitment { block: 1, bytes: (*text).into() })
		};
		WindowView {
			window: 1,
			open: OpenSpan::after(0, 0),
			sync: BlockId::new(1, [0; 32]),
			neurons: neurons.iter().map(|neuron| (neuron.uid, neuron.clone())).collect(),
			commitments: published.iter().map(commitment).collect(),
		}
	}

	#[track_caller]
	fn check_gather(neurons: &[Neuron], published: &[(u16, &str)], expected: &[u16]) {
		assert_eq!(Peers::of(&view(neurons, published), &PARAMS).gather, expected);
	}

	/// Four miners, of which the chain pays the first three.
	fn four() -> Peers {
		let neurons = [neuron(1, 0, 9), neuron(2, 0, 9), neuron(3, 0, 9), neuron(4, 0, 0)];
		Peers::of(&view(&neurons, &[(1, "local:a"), (2, "local:b"), (3, "local:c"), (4, "local:d")]), &PARAMS)
	}

	fn listed(peers: &[Uid], reserve_peers: &[Uid]) -> Peers {
		let list = PeerList {
			peers: peers.into(),
			reserve_peers: reserve_peers.into(),
			sync_window: 1,
			first_effective_window: 5,
			initial_selection: false,
		};
		four().by_list(&list, &PARAMS)
	}

	#[test]
	fn the_best_paid_miners_make_the_step_in_the_order_of_their_uids() {
		let neurons = [neuron(1, 0, 5), neuron(2, 0, 0), neuron(3, 0, 9), neuron(4, 0, 7)];
		check_gather(&neurons, &[(1, "local:a"), (2, "local:b"), (3, "local:c"), (4, "local:d")], &[1, 3, 4]);
	}

	#[test]
	fn before_anybody_is_paid_the_lowest_uids_make_the_step() {
		let neurons: Vec<_> = (0..5).map(|uid| neuron(uid, 0, 0)).collect();
		check_gather(&neurons, &[(4, "local:e"), (1, "local:b"), (3, "local:d"), (2, "local:c")], &[1, 2, 3]);
	}

	#[test]
	fn validators_and_hotkeys_without_a_bucket_are_no_miners() {
		let neurons = [neuron(0, 20_001, 9), neuron(1, 20_000, 0), neuron(2, 0, 0), neuron(3, 0, 0), neuron(4, 0, 0)];
		let published = [(0, "local:v"), (1, "local:a"), (2, "local:../b"), (4, "local:d")];
		check_gather(&neurons, &published, &[1, 4]);
	}

	#[test]
	fn too_few_miners_make_no_step() {
		check_gather(&[neuron(1, 0, 0), neuron(2, 0, 0)], &[(1, "local:a")], &[]);
	}

	#[test]
	fn a_list_holds_instead_of_the_chains_word_but_for_those_who_left() {
		assert_eq!(listed(&[1, 2, 4], &[]).gather, [1, 2, 4]);
		assert_eq!(listed(&[1, 4, 9], &[8, 2]).gather, [1, 4]);
		assert_eq!(listed(&[1, 4, 9], &[8, 2]).reserve, [2]);
		assert_eq!(listed(&[1, 8, 9], &[2]).gather, [1, 2, 3]);
	}

	#[test]
	fn reserves_stand_in_for_those_that_failed_in_the_order_of_the_list() {
		let peers = listed(&[1, 3], &[4, 2]);
		assert_eq!(peers.stepping(|_| true), [1, 3]);
		assert_eq!(peers.stepping(|uid| uid != 1), [3, 4]);
		assert_eq!(peers.stepping(|uid| uid != 1 && uid != 4), [2, 3]);
		assert_eq!(peers.stepping(|uid| uid > 3 || uid == 2), [2, 4]);
		assert!(peers.stepping(|_| false).is_empty());
	}
}
