// SPDX-License-Identifier: Apache-2.0

//! The neurons of a subnet, what they publish, and the rows they have set.

use std::collections::BTreeMap;

use subxt::dynamic::{At as _, Value};
use subxt::ext::scale_decode::DecodeAsType;
use subxt::ext::scale_value::{Composite, Primitive, ValueDef, Variant};

use super::{surface, AccountId, AtBlock, ChainError};

/// One registered hotkey, as the last epoch left it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Neuron {
	/// Its slot; reused after it is gone.
	pub uid: u16,
	/// Who holds the slot.
	pub hotkey: AccountId,
	/// All stake on the hotkey, in rao.
	pub stake: u64,
	/// Whether its row counts.
	pub permit: bool,
	/// Share of what miners earn, in 65535ths of the largest.
	pub incentive: u16,
	/// How far its row agrees with the consensus, in 65535ths.
	pub validator_trust: u16,
	/// Paid at the last epoch, in rao.
	pub emission: u64,
	/// Block of its last row.
	pub last_update: u64,
}

/// What is read of the chain's `NeuronInfoLite`; its other fields are skipped by name.
#[derive(DecodeAsType)]
#[decode_as_type(crate_path = "subxt::ext::scale_decode")]
pub(super) struct NeuronInfoLite {
	hotkey: AccountId,
	uid: u16,
	stake: Vec<(AccountId, u64)>,
	emission: u64,
	incentive: u16,
	validator_trust: u16,
	last_update: u64,
	validator_permit: bool,
}

/// All neurons of a subnet, by uid.
pub async fn metagraph(at: &AtBlock, netuid: u16) -> Result<BTreeMap<u16, Neuron>, ChainError> {
	let infos = at.call(&surface::NEURONS, (netuid,)).await?;
	let neuron = |info: NeuronInfoLite| Neuron {
		uid: info.uid,
		hotkey: info.hotkey,
		stake: info.stake.iter().fold(0, |sum, (_, rao)| sum.saturating_add(*rao)),
		permit: info.validator_permit,
		incentive: info.incentive,
		validator_trust: info.validator_trust,
		emission: info.emission,
		last_update: info.last_update,
	};
	Ok(infos.into_iter().map(|info| (info.uid, neuron(info))).collect())
}

/// The neuron of `hotkey` on `netuid`; none if it is not registered there.
pub async fn neuron(at: &AtBlock, netuid: u16, hotkey: AccountId) -> Result<Option<Neuron>, ChainError> {
	Ok(metagraph(at, netuid).await?.into_values().find(|neuron| neuron.hotkey == hotkey))
}

/// The uid of `hotkey` on `netuid`; none if it is not registered there.
pub async fn uid(at: &AtBlock, netuid: u16, hotkey: AccountId) -> Result<Option<u16>, ChainError> {
	at.find(&surface::UIDS, (netuid, hotkey)).await
}

/// The row that `uid` has set, as stored: weight by uid.
pub async fn row(at: &AtBlock, netuid: u16, uid: u16) -> Result<BTreeMap<u16, u16>, ChainError> {
	Ok(at.value(&surface::WEIGHTS, (netuid, uid)).await?.into_iter().collect())
}

/// What a hotkey has published.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Commitment {
	/// In which block.
	pub block: u32,
	/// Its first field. Anyone may publish anything.
	pub bytes: Vec<u8>,
}

/// What each hotkey of `netuid` has published.
pub async fn commitments(at: &AtBlock, netuid: u16) -> Result<BTreeMap<AccountId, Commitment>, ChainError> {
	let found = at.map(&surface::COMMITMENT_OF, (netuid,)).await?;
	Ok(found.into_iter().filter_map(|((_, hotkey), value)| Some((hotkey, commitment(&value)?))).collect())
}

fn commitment(registration: &Value) -> Option<Commitment> {
	let block = registration.at("block")?.as_u128()?.try_into().ok()?;
	Some(Commitment { block, bytes: first_field(registration)? })
}

/// The first field of a commitment, if it is raw bytes. Hashed fields say nothing we could read.
fn first_field(registration: &Value) -> Option<Vec<u8>> {
	let field = first_variant(registration.at("info")?.at("fields")?)?;
	let mut bytes = Vec::new();
	if field.name.starts_with("Raw") {
		collect_bytes(&field.values, &mut bytes)?;
		return Some(bytes);
	}
	None
}

/// A bounded list is a struct around its items or the items themselves, as the chain's metadata has it.
fn first_variant(value: &Value) -> Option<&Variant<()>> {
	match &value.value {
		ValueDef::Variant(variant) => Some(variant),
		ValueDef::Composite(composite) => first_variant(composite.values().next()?),
		_ => None,
	}
}

fn collect_bytes(composite: &Composite<()>, bytes: &mut Vec<u8>) -> Option<()> {
	for value in composite.values() {
		match &value.value {
			ValueDef::Composite(inner) => collect_bytes(inner, bytes)?,
			ValueDef::Primitive(Primitive::U128(byte)) => bytes.push(u8::try_from(*byte).ok()?),
			_ => return None,
		}
	}
	Some(())
}

#[cfg(test)]
mod tests {
	use super::*;

	fn registration(field: Value) -> Value {
		let fields = Value::unnamed_composite([Value::unnamed_composite([field])]);
		let info = Value::named_composite([("fields", fields)]);
		Value::named_composite([("deposit", Value::u128(0)), ("info", info)])
	}

	#[test]
	fn raw_bytes_are_read_however_the_list_is_wrapped() {
		let field = Value::unnamed_variant("Raw3", [Value::from_bytes("abc")]);
		assert_eq!(first_field(&registration(field)), Some(b"abc".to_vec()));
		let empty = Value::unnamed_variant("Raw0", [Value::from_bytes("")]);
		assert_eq!(first_field(&registration(empty)), Some(Vec::new()));
	}

	#[test]
	fn hashed_and_missing_fields_say_nothing() {
		let hashed = Value::unnamed_variant("Sha256", [Value::from_bytes([7; 32])]);
		assert_eq!(first_field(&registration(hashed)), None);
		assert_eq!(first_field(&Value::named_composite([("info", Value::u128(1))])), None);
	}
}
