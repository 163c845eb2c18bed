// SPDX-License-Identifier: Apache-2.0

//! The calls we make, one function each. Arguments go by name, so a chain that means something else refuses them.

use subxt::dynamic::Value;
use subxt::ext::scale_value::Composite;
use subxt::transactions::DynamicPayload;

use super::AccountId;

/// A call that has not been signed yet.
#[derive(Clone, Debug)]
pub struct Call {
	pallet: &'static str,
	name: &'static str,
	arguments: Vec<(&'static str, Value)>,
}

impl Call {
	fn new<const N: usize>(pallet: &'static str, name: &'static str, arguments: [(&'static str, Value); N]) -> Self {
		Self { pallet, name, arguments: arguments.into() }
	}

	/// `Pallet.call`, as used in messages.
	pub fn path(&self) -> String {
		format!("{}.{}", self.pallet, self.name)
	}

	/// The pallet whose errors a node numbers when it refuses the call as invalid; none where the number means nothing.
	pub(super) fn refusing_pallet(&self) -> Option<&'static str> {
		let is_root_vote = self.pallet == "RootWeights" || self.name == "set_root_weights";
		is_root_vote.then_some("RootWeights")
	}

	pub(super) fn payload(&self) -> DynamicPayload<Composite<()>> {
		DynamicPayload::new(self.pallet, self.name, Composite::named(self.arguments.clone()))
	}

	fn into_value(self) -> Value {
		self.payload().into_value()
	}
}

/// Runs `call` with root origin; signed by the chain's sudo key.
pub fn sudo(call: Call) -> Call {
	Call::new("Sudo", "sudo", [("call", call.into_value())])
}

/// Runs `calls` in order, all of them or none.
pub fn batch_all(calls: Vec<Call>) -> Call {
	let calls = calls.into_iter().map(Call::into_value);
	Call::new("Utility", "batch_all", [("calls", Value::unnamed_composite(calls))])
}

/// Opens the subnet `netuid` with an epoch every `tempo` blocks; root origin.
pub fn create_network(netuid: u16, tempo: u16) -> Call {
	let arguments = [("netuid", number(netuid)), ("tempo", number(tempo))];
	Call::new("SubtensorModule", "create_network", arguments)
}

/// Makes `hotkey` a root validator owned by the signing coldkey.
pub fn root_register(hotkey: AccountId) -> Call {
	Call::new("SubtensorModule", "root_register", [("hotkey", account(hotkey))])
}

/// Registers `hotkey` on a subnet; the signing coldkey pays.
pub fn burned_register(netuid: u16, hotkey: AccountId) -> Call {
	let arguments = [("netuid", number(netuid)), ("hotkey", account(hotkey))];
	Call::new("SubtensorModule", "burned_register", arguments)
}

/// Stakes `rao` of the signing coldkey on `hotkey`.
pub fn add_stake(hotkey: AccountId, netuid: u16, rao: u64) -> Call {
	let arguments = [("hotkey", account(hotkey)), ("netuid", number(netuid)), ("amount_staked", number(rao))];
	Call::new("SubtensorModule", "add_stake", arguments)
}

/// Sets the signing hotkey's weights on the uids of a subnet.
pub fn set_weights(netuid: u16, dests: &[u16], weights: &[u16], version_key: u64) -> Call {
	let arguments = [
		("netuid", number(netuid)),
		("dests", numbers(dests)),
		("weights", numbers(weights)),
		("version_key", number(version_key)),
	];
	Call::new("SubtensorModule", "set_weights", arguments)
}

/// Sets `hotkey`'s root weights on subnets; signed by the coldkey that owns it.
pub fn set_root_weights(netuid: u16, hotkey: AccountId, dests: &[u16], weights: &[u16], version_key: u64) -> Call {
	let arguments = [
		("netuid", number(netuid)),
		("hotkey", account(hotkey)),
		("dests", numbers(dests)),
		("weights", numbers(weights)),
		("version_key", number(version_key)),
	];
	Call::new("RootWeights", "set_root_weights", arguments)
}

/// Publishes `text` for the signing hotkey on a subnet; at most 128 bytes.
pub fn set_commitment(netuid: u16, text: &str) -> Call {
	// The chain's type has one variant for each length.
	let field = Value::unnamed_variant(format!("Raw{}", text.len()), [Value::from_bytes(text)]);
	let info = Value::named_composite([("fields", Value::unnamed_composite([field]))]);
	Call::new("Commitments", "set_commitment", [("netuid", number(netuid)), ("info", info)])
}

fn number(value: impl Into<u64>) -> Value {
	Value::u128(value.into().into())
}

fn numbers(values: &[u16]) -> Value {
	Value::unnamed_composite(values.iter().map(|value| number(*value)))
}

fn account(account: AccountId) -> Value {
	Value::from_bytes(account.0)
}
