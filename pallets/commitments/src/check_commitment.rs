// SPDX-License-Identifier: Apache-2.0
//! Keeps commitments that would be refused out of the transaction pool: they are free of charge, and would be so when they
//! fail.

use core::marker::PhantomData;

use codec::{Decode, DecodeWithMemTracking, Encode};
use frame_support::{
	pallet_prelude::{TransactionSource, Weight},
	traits::{IsSubType, OriginTrait},
	CloneNoBound, DebugNoBound, DefaultNoBound, EqNoBound, PartialEqNoBound,
};
use scale_info::TypeInfo;
use sp_runtime::{
	impl_tx_ext_default,
	traits::{DispatchInfoOf, DispatchOriginOf, TransactionExtension, ValidateResult},
	transaction_validity::{InvalidTransaction, ValidTransaction},
};

use crate::{Call, Config, Error, Pallet, WeightInfo};

/// Refuses, in the pool and when a block is made, a commitment that its call would refuse, and lets one of a hotkey on a
/// subnet wait at a time. Nothing is signed for it: it takes no room in a transaction.
///
/// The number in `InvalidTransaction::Custom` is [`FIRST_REFUSAL`] plus the index of the pallet's error in the metadata.
#[derive(
	Encode,
	Decode,
	DecodeWithMemTracking,
	CloneNoBound,
	DebugNoBound,
	DefaultNoBound,
	EqNoBound,
	PartialEqNoBound,
	TypeInfo,
)]
#[scale_info(skip_type_params(T))]
pub struct CheckCommitment<T>(PhantomData<T>);

impl<T> CheckCommitment<T> {
	/// Says that a call is about a hotkey's commitment, to a pool that holds one transaction for each such tag.
	const TAG: &'static str = "Commitment";

	/// The extension.
	pub fn new() -> Self {
		Self(PhantomData)
	}
}

impl<T> TransactionExtension<T::RuntimeCall> for CheckCommitment<T>
where
	T: Config<RuntimeCall: IsSubType<Call<T>>> + Send + Sync,
{
	const IDENTIFIER: &'static str = "CheckCommitment";
	type Implicit = ();
	type Val = ();
	type Pre = ();

	fn weight(&self, call: &T::RuntimeCall) -> Weight {
		if committing_on::<T>(call).is_some() {
			T::WeightInfo::check_commitment()
		} else {
			Weight::zero()
		}
	}

	fn validate(
		&self,
		origin: DispatchOriginOf<T::RuntimeCall>,
		call: &T::RuntimeCall,
		_: &DispatchInfoOf<T::RuntimeCall>,
		_: usize,
		_: (),
		_: &impl Encode,
		_: TransactionSource,
	) -> ValidateResult<(), T::RuntimeCall> {
		let Some((hotkey, netuid)) = origin.as_signer().zip(committing_on::<T>(call)) else {
			return Ok((ValidTransaction::default(), (), origin));
		};
		Pallet::<T>::ensure_may_commit(hotkey, netuid).map_err(refusal)?;
		let valid = ValidTransaction::with_tag_prefix(Self::TAG).and_provides((hotkey, netuid)).build()?;
		Ok((valid, (), origin))
	}

	impl_tx_ext_default!(T::RuntimeCall; prepare);
}

/// The subnet on which `call` publishes a commitment, if it does.
fn committing_on<T: Config<RuntimeCall: IsSubType<Call<T>>>>(call: &T::RuntimeCall) -> Option<u16> {
	match call.is_sub_type()? {
		Call::set_commitment { netuid, .. } => Some(*netuid),
		_ => None,
	}
}

/// The number by which the pool tells of the pallet's first error; subtensor's own numbers, which SDKs translate, are
/// below 100, and 255.
pub const FIRST_REFUSAL: u8 = 190;

/// How the pool tells of a refusal.
pub fn refusal<T>(error: Error<T>) -> InvalidTransaction {
	let index = error.encode().first().copied().unwrap_or(u8::MAX);
	InvalidTransaction::Custom(FIRST_REFUSAL.saturating_add(index))
}
