// SPDX-License-Identifier: Apache-2.0

//! Whose word counts for whatever nodes must agree on and the chain does not tell. Pure.

use std::cmp::Reverse;

use mechanisms::Uid;

use crate::bucket::BucketAddress;
use crate::participant::{rao, WindowView};
use crate::templar::hparams::Peers;

/// The validators with a bucket, the one with the most stake first; of equal ones the lower uid.
///
/// A validator has a permit and more stake than a miner may have.
pub fn validators(view: &WindowView, params: &Peers) -> Vec<(Uid, BucketAddress)> {
	let most_of_miners = rao(params.eval_stake_limit_tao);
	let found = view.published(
		|neuron| neuron.permit && neuron.stake > most_of_miners,
		|commitment| BucketAddress::parse(&commitment.bytes),
	);
	let mut found: Vec<_> = found.into_iter().collect();
	found.sort_by_key(|(uid, _)| Reverse(view.neurons.get(uid).map_or(0, |neuron| neuron.stake)));
	found
}

/// The validator that publishes lists of peers, if there is one.
pub fn leader(view: &WindowView, params: &Peers) -> Option<(Uid, BucketAddress)> {
	validators(view, params).into_iter().next()
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::chain::metagraph::Neuron;
	use crate::templar::peers::tests::{neuron, view, PARAMS};

	#[track_caller]
	fn check(neurons: &[Neuron], published: &[(u16, &str)], expected: &[Uid]) {
		let view = view(neurons, published);
		let found = validators(&view, &PARAMS);
		assert_eq!(found.iter().map(|(uid, _)| *uid).collect::<Vec<_>>(), expected);
		assert_eq!(leader(&view, &PARAMS), found.into_iter().next());
	}

	#[test]
	fn the_most_stake_leads_and_of_equal_ones_the_lower_uid() {
		let neurons = [neuron(1, 30_000, 0), neuron(2, 40_000, 0), neuron(3, 40_000, 0), neuron(4, 0, 9)];
		let published = [(1, "local:a"), (2, "local:b"), (3, "local:c"), (4, "local:d")];
		check(&neurons, &published, &[2, 3, 1]);
		check(&neurons, &published[3..], &[]);
	}

	#[test]
	fn without_a_bucket_a_permit_or_enough_stake_nobody_leads() {
		let no_permit = Neuron { permit: false, ..neuron(3, 90_000, 0) };
		let neurons = [neuron(1, 20_000, 0), neuron(2, 80_000, 0), no_permit, neuron(4, 20_001, 0)];
		check(&neurons, &[(1, "local:a"), (2, "nowhere"), (3, "local:c"), (4, "local:d")], &[4]);
	}
}
