// SPDX-License-Identifier: Apache-2.0

//! All that these programs use of a chain, by name and type, and which of it each role uses.
//!
//! Reads and calls take nothing but what is declared here, so that a chain can be asked at the start whether it has all of
//! it: a program that trains for an hour before it finds out that the chain has another call has wasted the hour.

mod need;

use std::fmt;

use subxt::dynamic::Value;

use super::metagraph::NeuronInfoLite;
use super::read::AccountInfo;
use super::root::{Distortion, ReadRow, StoredRow};
use super::AccountId;

pub(super) use need::{missing, CallShape};
pub use need::{Arity, Item, Method, Need};

/// The pallet that holds subnets, by the name of its instance.
const SUBNETS: &str = "SubtensorModule";
/// The runtime calls about root votes.
const ROOT_API: &str = "RootWeightsApi";

/// Runs another call with root origin.
pub(super) const SUDO: CallShape = CallShape::new("Sudo", "sudo", &["call"]);
/// Runs other calls, all of them or none.
pub(super) const BATCH_ALL: CallShape = CallShape::new("Utility", "batch_all", &["calls"]);
/// Replaces the runtime.
pub(super) const SET_CODE: CallShape = CallShape::new("System", "set_code", &["code"]);
/// Opens a subnet.
pub(super) const CREATE_NETWORK: CallShape = CallShape::new(SUBNETS, "create_network", &["netuid", "tempo"]);
/// Makes a hotkey a root validator.
pub(super) const ROOT_REGISTER: CallShape = CallShape::new(SUBNETS, "root_register", &["hotkey"]);
/// Sets a parameter of a subnet.
pub(super) const SET_HYPERPARAMETER: CallShape =
	CallShape::new(SUBNETS, "set_hyperparameter", &["netuid", "parameter"]);
/// Registers a hotkey on a subnet.
pub(super) const BURNED_REGISTER: CallShape = CallShape::new(SUBNETS, "burned_register", &["netuid", "hotkey"]);
/// Stakes on a hotkey.
pub(super) const ADD_STAKE: CallShape = CallShape::new(SUBNETS, "add_stake", &["hotkey", "netuid", "amount_staked"]);
/// Sets a hotkey's row on a subnet.
pub(super) const SET_WEIGHTS: CallShape =
	CallShape::new(SUBNETS, "set_weights", &["netuid", "dests", "weights", "version_key"]);
/// Sets a hotkey's rows on several subnets.
pub(super) const BATCH_SET_WEIGHTS: CallShape =
	CallShape::new(SUBNETS, "batch_set_weights", &["netuids", "weights", "version_keys"]);
/// Sets a hotkey's row on the root network.
pub(super) const SET_ROOT_WEIGHTS: CallShape =
	CallShape::new("RootWeights", "set_root_weights", &["netuid", "hotkey", "dests", "weights", "version_key"]);
/// Publishes something for a hotkey.
pub(super) const SET_COMMITMENT: CallShape = CallShape::new("Commitments", "set_commitment", &["netuid", "info"]);

/// When the block was made, in milliseconds since 1970.
pub(super) const NOW: Item<(), u64> = Item::new("Timestamp", "Now");
/// An account and its balance.
pub(super) const ACCOUNT: Item<(AccountId,), AccountInfo> = Item::new("System", "Account");
/// Which subnets there are, the root network among them.
pub const NETWORKS_ADDED: Item<(u16,), bool> = Item::new(SUBNETS, "NetworksAdded");
/// The uid of a hotkey on a subnet.
pub const UIDS: Item<(u16, AccountId), u16> = Item::new(SUBNETS, "Uids");
/// The row of a uid of a subnet: weight by uid.
pub const WEIGHTS: Item<(u16, u16), Vec<(u16, u16)>> = Item::new(SUBNETS, "Weights");
/// When the last epoch of a subnet was.
pub const LAST_EPOCH_BLOCK: Item<(u16,), u64> = Item::new(SUBNETS, "LastEpochBlock");
/// What each uid of a subnet earned in that epoch, in rao.
pub const LAST_EMISSION: Item<(u16,), Vec<u64>> = Item::new(SUBNETS, "Emission");
/// What a hotkey has published on a subnet.
pub(super) const COMMITMENT_OF: Item<(u16, AccountId), Value> = Item::new("Commitments", "CommitmentOf");
/// Everything there is, in rao.
pub const TOTAL_ISSUANCE: Item<(), u64> = Item::new(SUBNETS, "TotalIssuance");
/// What is in accounts, in rao.
pub const BALANCES_ISSUANCE: Item<(), u64> = Item::new("Balances", "TotalIssuance");
/// What is staked, in rao.
pub const TOTAL_STAKE: Item<(), u64> = Item::new(SUBNETS, "TotalStake");
/// What a subnet has earned and not handed out yet, in rao.
pub const PENDING_EMISSION: Item<(u16,), u64> = Item::new(SUBNETS, "PendingEmission");

/// The neurons of a subnet.
pub(super) const NEURONS: Method<(u16,), Vec<NeuronInfoLite>> = Method::new("NeuronInfoRuntimeApi", "get_neurons_lite");
/// New rao per block.
pub(super) const BLOCK_EMISSION: Method<(), u64> = Method::new(ROOT_API, "block_emission");
/// What each subnet earns.
pub(super) const EMISSION: Method<(), Vec<(u16, u64)>> = Method::new(ROOT_API, "emission");
/// What each subnet would earn, with rows renormalized or not.
pub(super) const EMISSION_PREVIEW: Method<(bool,), Vec<(u16, u64)>> = Method::new(ROOT_API, "emission_preview");
/// When the root epoch runs.
pub(super) const NEXT_EPOCH_BLOCK: Method<(), Option<u32>> = Method::new(ROOT_API, "next_epoch_block");
/// Root votes as stored.
pub const ROWS_AS_STORED: Method<(), Vec<StoredRow>> = Method::new(ROOT_API, "rows_as_stored");
/// Root votes as read.
pub(super) const ROWS_AS_READ: Method<(), Vec<ReadRow>> = Method::new(ROOT_API, "rows_as_read");
/// What stored scale would do.
pub(super) const VOTE_DISTORTIONS: Method<(), Vec<Distortion>> = Method::new(ROOT_API, "vote_distortions");

/// All about root votes, for whoever looks at them.
const ROOT_VOTES: [Need; 7] = [
	BLOCK_EMISSION.need(),
	EMISSION.need(),
	EMISSION_PREVIEW.need(),
	NEXT_EPOCH_BLOCK.need(),
	ROWS_AS_STORED.need(),
	ROWS_AS_READ.need(),
	VOTE_DISTORTIONS.need(),
];
/// What validators and miners both do.
const PARTICIPATION: [Need; 5] =
	[UIDS.need(), NOW.need(), NEURONS.need(), COMMITMENT_OF.need(), Need::Call(&SET_COMMITMENT)];
const VALIDATION: [Need; 2] = [WEIGHTS.need(), Need::Call(&SET_WEIGHTS)];
const REGISTRATION: [Need; 3] = [NEURONS.need(), Need::Call(&BURNED_REGISTER), Need::Call(&ADD_STAKE)];
/// What a localnet sends for its root votes and training, and how it looks at what became of that.
const REHEARSAL: [Need; 11] = [
	Need::Call(&SUDO),
	Need::Call(&BATCH_ALL),
	Need::Call(&CREATE_NETWORK),
	Need::Call(&ROOT_REGISTER),
	Need::Call(&SET_ROOT_WEIGHTS),
	NOW.need(),
	NETWORKS_ADDED.need(),
	TOTAL_ISSUANCE.need(),
	BALANCES_ISSUANCE.need(),
	TOTAL_STAKE.need(),
	PENDING_EMISSION.need(),
];
/// What an experiment on a localnet uses besides.
const EXPERIMENT: [Need; 4] =
	[Need::Call(&SET_HYPERPARAMETER), Need::Call(&BATCH_SET_WEIGHTS), LAST_EPOCH_BLOCK.need(), LAST_EMISSION.need()];

/// What a program is to a chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
	/// Publishes where its objects are, and looks at its peers.
	Miner,
	/// A miner's, and sets weights.
	Validator,
	/// Registers a hotkey and stakes on it.
	Registrar,
	/// Looks at root votes.
	RootObserver,
	/// Sets up a chain of its own and looks at all of it.
	Localnet,
}

impl Role {
	/// All of a chain that this role uses.
	pub fn needs(self) -> Vec<Need> {
		let parts: &[&[Need]] = match self {
			Self::Miner => &[&PARTICIPATION],
			Self::Validator => &[&PARTICIPATION, &VALIDATION],
			Self::Registrar => &[&REGISTRATION],
			Self::RootObserver => &[&ROOT_VOTES],
			Self::Localnet => &[&REHEARSAL, &REGISTRATION, &VALIDATION, &ROOT_VOTES, &EXPERIMENT],
		};
		parts.concat()
	}
}

impl fmt::Display for Role {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		f.write_str(match self {
			Self::Miner => "a miner",
			Self::Validator => "a validator",
			Self::Registrar => "registration",
			Self::RootObserver => "a look at root votes",
			Self::Localnet => "a localnet",
		})
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn what_validators_and_miners_use_does_not_hang_on_root_weights() {
		let of_root = |need: &Need| match need {
			Need::Call(CallShape { pallet, .. }) | Need::Item { pallet, .. } => pallet.starts_with("RootWeights"),
			Need::Method { api, .. } => api.starts_with("RootWeights"),
		};
		for role in [Role::Miner, Role::Validator, Role::Registrar] {
			assert!(!role.needs().iter().any(of_root), "{role} would not run on subtensor");
		}
	}
}
