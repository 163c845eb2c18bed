// SPDX-License-Identifier: Apache-2.0

//! Who takes part in a window, by what the chain says after one block. Pure.
//!
//! The reference lets the validator with the most stake post the list of peers. Here the chain is the list: the miners
//! with the most incentive. Every node reads the same from the same block, and there is no leader to trust.

use std::collections::{BTreeMap, BTreeSet};

use mechanisms::templar::peers::{initial, Limits};
use mechanisms::Uid;

use super::hparams;
use crate::bucket::BucketAddress;
use crate::participant::{rao, WindowView};

/// The miners of a subnet, and where they keep their objects.
#[derive(Clone, Debug)]
pub struct Peers {
	/// The miners, and where their objects are.
	pub miners: BTreeMap<Uid, BucketAddress>,
	/// The miners whose gradients make the outer step, ascending. Empty if there are too few.
	pub gather: Vec<Uid>,
}

impl Peers {
	/// The peers of a window. A miner is a neuron that has published a bucket and has no more stake than the limit.
	pub fn of(view: &WindowView, params: &hparams::Peers) -> Self {
		let miners =
			view.miners(rao(params.eval_stake_limit_tao), |commitment| BucketAddress::parse(&commitment.bytes));
		let all: BTreeSet<Uid> = miners.keys().copied().collect();
		let incentive = |uid| view.neurons.get(&uid).map_or(0.0, |neuron| neuron.incentive.into());
		let limits = Limits { max_topk_peers: params.max_topk_peers, minimum_peers: params.minimum_peers };
		let gather = initial(&all, incentive, limits).unwrap_or_default().into_iter().collect();
		Self { miners, gather }
	}
}

#[cfg(test)]
mod tests {
	use mechanisms::templar::freshness::OpenSpan;

	use super::*;
	use crate::chain::metagraph::{Commitment, Neuron};
	use crate::chain::{AccountId, BlockId};

	const PARAMS: hparams::Peers =
		hparams::Peers { max_topk_peers: 3, minimum_peers: 2, recent_windows: 5, eval_stake_limit_tao: 20_000 };

	fn neuron(uid: u16, stake_tao: u64, incentive: u16) -> Neuron {
		let hotkey = AccountId::from([uid as u8; 32]);
		let stake = rao(stake_tao);
		Neuron { uid, hotkey, stake, permit: true, incentive, validator_trust: 0, emission: 0, last_update: 0 }
	}

	fn check_gather(neurons: &[Neuron], published: &[(u16, &str)], expected: &[u16]) {
		let commitment = |(uid, text): &(u16, &str)| {
			(AccountId::from([*uid as u8; 32]), Commitment { block: 1, bytes: (*text).into() })
		};
		let view = WindowView {
			window: 1,
			open: OpenSpan::after(0, 0),
			sync: BlockId::new(1, [0; 32]),
			neurons: neurons.iter().map(|neuron| (neuron.uid, neuron.clone())).collect(),
			commitments: published.iter().map(commitment).collect(),
		};
		assert_eq!(Peers::of(&view, &PARAMS).gather, expected);
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
}
