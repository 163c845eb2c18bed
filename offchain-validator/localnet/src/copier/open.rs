// SPDX-License-Identifier: Apache-2.0

//! Makes the subnets and puts the same neurons on each.

use offchain_validator::chain::{calls, Chain, ChainError, Signer, Submission};

use super::scenario::{members, Stage, PERIOD};
use crate::votes::{Vote, Votes, COLDKEYS};

/// The development account that owns all hotkeys here.
const COLDKEY: &str = "//Ferdie";
/// Where stake is kept: on the root network, as it weighs on every subnet alike.
const KEPT_ON: u16 = 0;
/// Stake of the root validator, in rao; any will do for the only one.
const ROOT_STAKE: u64 = 10_000_000_000_000;

/// Opens the subnets with their parameters, all or none.
pub async fn open(chain: &Chain, stages: &[Stage]) -> Result<(), ChainError> {
	let calls = stages.iter().flat_map(|stage| {
		let set = |parameter| calls::set_hyperparameter(stage.netuid, parameter);
		let parameters = stage.parameters().into_iter().map(set);
		std::iter::once(calls::create_network(stage.netuid, PERIOD - 1)).chain(parameters)
	});
	let call = calls::sudo(calls::batch_all(calls.collect()));
	chain.submit(call, &Signer::from_uri("//Alice")?).await.map(|_| ())
}

/// Registers everybody on every subnet in the same order, so that uids are known, and has the validators staked.
pub async fn register(chain: &Chain, stages: &[Stage]) -> Result<(), ChainError> {
	let signer = Signer::from_uri(COLDKEY)?;
	let mut submissions = Vec::new();
	for member in members() {
		let hotkey = member.account()?;
		let mut calls: Vec<_> = stages.iter().map(|stage| calls::burned_register(stage.netuid, hotkey)).collect();
		if member.stake() > 0 {
			calls.push(calls::add_stake(hotkey, KEPT_ON, member.stake()));
		}
		// A batch each: all of them in one would be more than fits into a block.
		submissions.push(Submission { call: calls::batch_all(calls), signer: signer.clone() });
	}
	chain.submit_all(submissions).await.map(|_| ())
}

/// One root validator that gives every subnet the same.
pub fn even_votes(stages: &[Stage]) -> Votes {
	let weights = stages.iter().map(|stage| (stage.netuid, u16::MAX)).collect();
	let vote = Vote { coldkey: COLDKEYS[0], hotkey: "//root/1".into(), stake: ROOT_STAKE, weights };
	Votes { subnets: stages.iter().map(|stage| stage.netuid).collect(), validators: vec![vote] }
}
