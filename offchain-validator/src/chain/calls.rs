// SPDX-License-Identifier: Apache-2.0

//! The calls we make, one function each. Arguments go by name, so a chain that means something else refuses them.

use std::collections::BTreeMap;

use subxt::dynamic::Value;
use subxt::ext::scale_value::Composite;
use subxt::transactions::DynamicPayload;

use super::surface::{self, CallShape};
use super::AccountId;

/// A call that has not been signed yet.
#[derive(Clone, Debug)]
pub struct Call {
	shape: &'static CallShape,
	/// One for each argument of the shape, in its order.
	values: Vec<Value>,
	/// The calls among its arguments, and those among theirs.
	within: Vec<&'static CallShape>,
}

/// A parameter of a subnet and its new value; as the chain has them, of which there are more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hyperparameter {
	/// How far weights above consensus are cut to it before they buy bonds, per 65535.
	BondsPenalty(u16),
	/// Whether a bond is the moving average of a weight.
	Yuma3On(bool),
	/// Whether each bond moves at a pace of its own.
	LiquidAlphaOn(bool),
	/// The slowest and the fastest of those paces, per 65535.
	AlphaValues {
		/// The slowest.
		low: u16,
		/// The fastest.
		high: u16,
	},
}

impl Hyperparameter {
	fn into_value(self) -> Value {
		match self {
			Self::BondsPenalty(penalty) => Value::unnamed_variant("BondsPenalty", [number(penalty)]),
			Self::Yuma3On(on) => Value::unnamed_variant("Yuma3On", [Value::bool(on)]),
			Self::LiquidAlphaOn(on) => Value::unnamed_variant("LiquidAlphaOn", [Value::bool(on)]),
			Self::AlphaValues { low, high } => {
				Value::named_variant("AlphaValues", [("low", number(low)), ("high", number(high))])
			},
		}
	}
}

impl Call {
	fn new<const N: usize>(shape: &'static CallShape, values: [Value; N]) -> Self {
		debug_assert_eq!(shape.arguments.len(), N, "{shape:?}");
		Self { shape, values: values.into(), within: Vec::new() }
	}

	/// `Pallet.call`, as used in messages.
	pub fn path(&self) -> String {
		format!("{}.{}", self.shape.pallet, self.shape.name)
	}

	/// The shape of this call and of those within it.
	pub(super) fn shapes(&self) -> impl Iterator<Item = &'static CallShape> + '_ {
		std::iter::once(self.shape).chain(self.within.iter().copied())
	}

	pub(super) fn payload(&self) -> DynamicPayload<Composite<()>> {
		let arguments = self.shape.arguments.iter().copied().zip(self.values.iter().cloned());
		DynamicPayload::new(self.shape.pallet, self.shape.name, Composite::named(arguments))
	}

	fn into_value(self) -> Value {
		self.payload().into_value()
	}
}

/// Runs `call` with root origin; signed by the chain's sudo key.
pub fn sudo(call: Call) -> Call {
	let within = call.shapes().collect();
	Call { within, ..Call::new(&surface::SUDO, [call.into_value()]) }
}

/// Runs `calls` in order, all of them or none.
pub fn batch_all(calls: Vec<Call>) -> Call {
	let within = calls.iter().flat_map(Call::shapes).collect();
	let calls = Value::unnamed_composite(calls.into_iter().map(Call::into_value));
	Call { within, ..Call::new(&surface::BATCH_ALL, [calls]) }
}

/// Replaces the runtime by the wasm `code`, from the next block on; root origin.
pub fn set_code(code: &[u8]) -> Call {
	Call::new(&surface::SET_CODE, [Value::from_bytes(code)])
}

/// Opens the subnet `netuid` with an epoch every `tempo` blocks; root origin.
pub fn create_network(netuid: u16, tempo: u16) -> Call {
	Call::new(&surface::CREATE_NETWORK, [number(netuid), number(tempo)])
}

/// Sets a parameter of the subnet `netuid`; root origin.
pub fn set_hyperparameter(netuid: u16, parameter: Hyperparameter) -> Call {
	Call::new(&surface::SET_HYPERPARAMETER, [number(netuid), parameter.into_value()])
}

/// Makes `hotkey` a root validator owned by the signing coldkey.
pub fn root_register(hotkey: AccountId) -> Call {
	Call::new(&surface::ROOT_REGISTER, [account(hotkey)])
}

/// Registers `hotkey` on a subnet; the signing coldkey pays.
pub fn burned_register(netuid: u16, hotkey: AccountId) -> Call {
	Call::new(&surface::BURNED_REGISTER, [number(netuid), account(hotkey)])
}

/// Stakes `rao` of the signing coldkey on `hotkey`.
pub fn add_stake(hotkey: AccountId, netuid: u16, rao: u64) -> Call {
	Call::new(&surface::ADD_STAKE, [account(hotkey), number(netuid), number(rao)])
}

/// Sets the signing hotkey's weights on the uids of a subnet.
pub fn set_weights(netuid: u16, dests: &[u16], weights: &[u16], version_key: u64) -> Call {
	let values = [number(netuid), numbers(dests), numbers(weights), number(version_key)];
	Call::new(&surface::SET_WEIGHTS, values)
}

/// Sets the signing hotkey's weights on the uids of several subnets, all of them or none: weight by uid, by netuid.
pub fn batch_set_weights(rows: &BTreeMap<u16, BTreeMap<u16, u16>>, version_key: u64) -> Call {
	let entry = |(uid, weight): (&u16, &u16)| Value::unnamed_composite([number(*uid), number(*weight)]);
	let netuids = rows.keys().map(|netuid| number(*netuid));
	let weights = rows.values().map(|row| Value::unnamed_composite(row.iter().map(entry)));
	let version_keys = rows.keys().map(|_| number(version_key));
	let values =
		[Value::unnamed_composite(netuids), Value::unnamed_composite(weights), Value::unnamed_composite(version_keys)];
	Call::new(&surface::BATCH_SET_WEIGHTS, values)
}

/// Sets `hotkey`'s root weights on subnets; signed by the coldkey that owns it.
pub fn set_root_weights(netuid: u16, hotkey: AccountId, dests: &[u16], weights: &[u16], version_key: u64) -> Call {
	let values = [number(netuid), account(hotkey), numbers(dests), numbers(weights), number(version_key)];
	Call::new(&surface::SET_ROOT_WEIGHTS, values)
}

/// Publishes `text` for the signing hotkey on a subnet; at most 128 bytes.
pub fn set_commitment(netuid: u16, text: &str) -> Call {
	// The chain's type has one variant for each length.
	let field = Value::unnamed_variant(format!("Raw{}", text.len()), [Value::from_bytes(text)]);
	let info = Value::named_composite([("fields", Value::unnamed_composite([field]))]);
	Call::new(&surface::SET_COMMITMENT, [number(netuid), info])
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

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn a_call_within_others_is_among_what_is_used() {
		let call = sudo(batch_all(vec![create_network(1, 9), root_register(AccountId::from([1; 32]))]));
		let expected = [&surface::SUDO, &surface::BATCH_ALL, &surface::CREATE_NETWORK, &surface::ROOT_REGISTER];
		assert_eq!(call.shapes().collect::<Vec<_>>(), expected);
	}
}
