// SPDX-License-Identifier: Apache-2.0
//! Keeps votes that would fail out of the transaction pool.
//!
//! Votes are free of charge, and a call that fails is as free as one that succeeds. So what the call would refuse is
//! refused before it gets into a block, where it costs the chain no more than the check.

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

use crate::{Call, Config, Error, Pallet, Vote, WeightInfo};

/// The number by which the pool refuses for the first error of the pallet.
///
/// A pool tells a number alone, and clients of the Bittensor family translate subtensor's own, 0 to 27 and 255: a refusal
/// among those would read as something else.
pub const FIRST_REFUSAL: u8 = 200;

/// Tells whether a call is a vote.
pub trait FindVote<T: Config> {
	/// The vote that `call` casts, if it does.
	fn find(call: &T::RuntimeCall) -> Option<Vote<'_, T::AccountId>>;
}

/// Votes are this pallet's own calls. A chain where other calls forward to them says so by a type of its own.
pub struct OwnCalls;

impl<T: Config<RuntimeCall: IsSubType<Call<T>>>> FindVote<T> for OwnCalls {
	fn find(call: &T::RuntimeCall) -> Option<Vote<'_, T::AccountId>> {
		call.is_sub_type()?.as_vote()
	}
}

/// Refuses, in the pool and when a block is made, a vote that its call would refuse, and lets one vote of a validator wait
/// at a time. Nothing is signed for it: it takes no room in a transaction.
///
/// The number in `InvalidTransaction::Custom` is [`FIRST_REFUSAL`] and the index of the error in the pallet's metadata.
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
#[scale_info(skip_type_params(T, Find))]
pub struct CheckRootVote<T, Find = OwnCalls>(PhantomData<(T, Find)>);

impl<T, Find> CheckRootVote<T, Find> {
	/// Says that a vote comes from `hotkey`, to a pool that holds one transaction for each such tag.
	const TAG: &'static str = "RootVote";

	/// The extension.
	pub fn new() -> Self {
		Self(PhantomData)
	}
}

impl<T: Config + Send + Sync, Find> TransactionExtension<T::RuntimeCall> for CheckRootVote<T, Find>
where
	Find: FindVote<T> + Send + Sync + 'static,
{
	const IDENTIFIER: &'static str = "CheckRootVote";
	type Implicit = ();
	type Val = ();
	type Pre = ();

	fn weight(&self, call: &T::RuntimeCall) -> Weight {
		Find::find(call).map_or(Weight::zero(), |vote| T::WeightInfo::check_vote(vote.entries()))
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
		let Some((coldkey, vote)) = origin.as_signer().zip(Find::find(call)) else {
			return Ok((ValidTransaction::default(), (), origin));
		};
		Pallet::<T>::check_vote(coldkey, &vote).map_err(refusal)?;
		let valid = ValidTransaction::with_tag_prefix(Self::TAG).and_provides(vote.hotkey()).build()?;
		Ok((valid, (), origin))
	}

	impl_tx_ext_default!(T::RuntimeCall; prepare);
}

/// How the pool tells of a refusal: the number of the error's kind, counted from [`FIRST_REFUSAL`].
pub fn refusal<T>(error: Error<T>) -> InvalidTransaction {
	let index = error.encode().first().copied().unwrap_or(u8::MAX);
	InvalidTransaction::Custom(FIRST_REFUSAL.saturating_add(index))
}
