// SPDX-License-Identifier: Apache-2.0
//! Keeps free calls that would fail out of the transaction pool: those that set weights or announce an address.
//!
//! A call that fails is as free as one that succeeds. So what the call would refuse is refused before it gets into a block,
//! where it costs the chain no more than the check.

use alloc::{vec, vec::Vec};
use core::marker::PhantomData;

use codec::{Decode, DecodeWithMemTracking, Encode};
use frame_support::{
	ensure,
	pallet_prelude::{TransactionSource, Weight},
	traits::{IsSubType, OriginTrait},
	CloneNoBound, DebugNoBound, DefaultNoBound, EqNoBound, PartialEqNoBound,
};
use scale_info::TypeInfo;
use sp_core::H256;
use sp_runtime::{
	impl_tx_ext_default,
	traits::{DispatchInfoOf, DispatchOriginOf, TransactionExtension, ValidateResult},
	transaction_validity::{InvalidTransaction, ValidTransaction},
	DispatchResult,
};

use crate::{
	commit_reveal::{unpack_commits, unpack_reveals, Reveal},
	set_weights::SentRow,
	AxonInfo, Call, Config, Error, Pallet, PrometheusInfo, WeightInfo,
};

/// What a free call asks for.
pub(crate) enum FreeRequest {
	/// To set rows in the open.
	Set(Vec<SentRow>),
	/// To promise rows by their hash.
	Commit(Vec<(u16, H256)>),
	/// To set rows of one subnet that were promised.
	Reveal(u16, Vec<Reveal>),
	/// To say where an axon is served on a subnet.
	Axon(u16, AxonInfo),
	/// To say where metrics are served on a subnet.
	Prometheus(u16, PrometheusInfo),
}

impl FreeRequest {
	/// What of a neuron it is about, one transaction at a time.
	fn tags<AccountId: Clone>(&self, hotkey: &AccountId) -> Vec<(u8, u16, AccountId)> {
		let tag = |kind: u8, netuid: &u16| (kind, *netuid, hotkey.clone());
		match self {
			Self::Set(rows) => rows.iter().map(|row| tag(0, &row.netuid)).collect(),
			Self::Commit(commits) => commits.iter().map(|(netuid, _)| tag(1, netuid)).collect(),
			Self::Reveal(netuid, _) => vec![tag(2, netuid)],
			Self::Axon(netuid, _) => vec![tag(3, netuid)],
			Self::Prometheus(netuid, _) => vec![tag(4, netuid)],
		}
	}
}

impl<T: Config> Call<T> {
	/// What the call asks for, if it is a free one and one can tell.
	pub(crate) fn as_free(&self) -> Option<Result<FreeRequest, Error<T>>> {
		let request = match self {
			Self::set_weights { netuid, dests, weights, version_key } => {
				Pallet::<T>::request_to_set(0, *netuid, dests, weights, *version_key)
			},
			Self::set_mechanism_weights { netuid, mecid, dests, weights, version_key } => {
				Pallet::<T>::request_to_set(*mecid, *netuid, dests, weights, *version_key)
			},
			Self::batch_set_weights { netuids, weights, version_keys } => {
				SentRow::unpack(netuids, weights, version_keys).map(FreeRequest::Set)
			},
			Self::commit_weights { netuid, commit_hash } => Pallet::<T>::request_to_commit(0, *netuid, *commit_hash),
			Self::commit_mechanism_weights { netuid, mecid, commit_hash } => {
				Pallet::<T>::request_to_commit(*mecid, *netuid, *commit_hash)
			},
			Self::batch_commit_weights { netuids, commit_hashes } => {
				unpack_commits(netuids, commit_hashes).map(FreeRequest::Commit)
			},
			Self::reveal_weights { netuid, uids, values, salt, version_key } => {
				Pallet::<T>::request_to_reveal(0, *netuid, uids, values, salt, *version_key)
			},
			Self::reveal_mechanism_weights { netuid, mecid, uids, values, salt, version_key } => {
				Pallet::<T>::request_to_reveal(*mecid, *netuid, uids, values, salt, *version_key)
			},
			Self::batch_reveal_weights { netuid, uids_list, values_list, salts_list, version_keys } => {
				unpack_reveals(*netuid, uids_list, values_list, salts_list, version_keys)
					.map(|reveals| FreeRequest::Reveal(*netuid, reveals))
			},
			Self::serve_axon { netuid, version, ip, port, ip_type, protocol, placeholder1, placeholder2 } => {
				Ok(FreeRequest::Axon(
					*netuid,
					AxonInfo {
						block: Pallet::<T>::block(),
						version: *version,
						ip: *ip,
						port: *port,
						ip_type: *ip_type,
						protocol: *protocol,
						placeholder1: *placeholder1,
						placeholder2: *placeholder2,
					},
				))
			},
			Self::serve_prometheus { netuid, version, ip, port, ip_type } => Ok(FreeRequest::Prometheus(
				*netuid,
				PrometheusInfo {
					block: Pallet::<T>::block(),
					version: *version,
					ip: *ip,
					port: *port,
					ip_type: *ip_type,
				},
			)),
			_ => return None,
		};
		Some(request)
	}

	/// What it takes to check it; nothing if it is no free call.
	fn weight_of_check(&self) -> Weight {
		let (set, reveal) = (<T as Config>::WeightInfo::check_weights, <T as Config>::WeightInfo::check_reveal);
		match self {
			Self::set_weights { dests, .. } | Self::set_mechanism_weights { dests, .. } => set(dests.len() as u32),
			Self::batch_set_weights { weights, .. } => Pallet::<T>::weight_of_rows(weights.iter().map(Vec::len), set),
			Self::commit_weights { .. } | Self::commit_mechanism_weights { .. } => set(0),
			Self::batch_commit_weights { netuids, .. } => set(0).saturating_mul(netuids.len() as u64),
			Self::reveal_weights { uids, .. } | Self::reveal_mechanism_weights { uids, .. } => {
				reveal(uids.len() as u32)
			},
			Self::batch_reveal_weights { uids_list, .. } => {
				Pallet::<T>::weight_of_rows(uids_list.iter().map(Vec::len), reveal)
			},
			Self::serve_axon { .. } | Self::serve_prometheus { .. } => set(0), // Which reads as much, and more.
			_ => Weight::zero(),
		}
	}
}

impl<T: Config> Pallet<T> {
	pub(crate) fn request_to_set(
		mecid: u8,
		netuid: u16,
		dests: &[u16],
		weights: &[u16],
		version_key: u64,
	) -> Result<FreeRequest, Error<T>> {
		ensure!(mecid == 0, Error::<T>::MechanismDoesNotExist);
		let row = SentRow { netuid, dests: dests.to_vec(), weights: weights.to_vec(), version_key };
		Ok(FreeRequest::Set(vec![row]))
	}

	pub(crate) fn request_to_commit(mecid: u8, netuid: u16, hash: H256) -> Result<FreeRequest, Error<T>> {
		ensure!(mecid == 0, Error::<T>::MechanismDoesNotExist);
		Ok(FreeRequest::Commit(vec![(netuid, hash)]))
	}

	pub(crate) fn request_to_reveal(
		mecid: u8,
		netuid: u16,
		dests: &[u16],
		weights: &[u16],
		salt: &[u16],
		version_key: u64,
	) -> Result<FreeRequest, Error<T>> {
		ensure!(mecid == 0, Error::<T>::MechanismDoesNotExist);
		let row = SentRow { netuid, dests: dests.to_vec(), weights: weights.to_vec(), version_key };
		Ok(FreeRequest::Reveal(netuid, vec![Reveal { row, salt: salt.to_vec() }]))
	}

	/// Does what `request`, signed by `hotkey`, asks for, or refuses it and changes nothing.
	pub(crate) fn do_free(hotkey: &T::AccountId, request: Result<FreeRequest, Error<T>>) -> DispatchResult {
		match request? {
			FreeRequest::Set(rows) => Self::do_set_weights(hotkey, &rows),
			FreeRequest::Commit(commits) => Self::do_commit_weights(hotkey, &commits),
			FreeRequest::Reveal(netuid, reveals) => Self::do_reveal_weights(hotkey, netuid, &reveals),
			FreeRequest::Axon(netuid, axon) => Self::do_serve_axon(hotkey, netuid, axon),
			FreeRequest::Prometheus(netuid, prometheus) => Self::do_serve_prometheus(hotkey, netuid, prometheus),
		}
	}

	/// Whether `request`, signed by `hotkey`, would be done now. Changes nothing.
	pub(crate) fn check_free(hotkey: &T::AccountId, request: &FreeRequest) -> Result<(), Error<T>> {
		match request {
			FreeRequest::Set(rows) => Self::accept_rows(hotkey, rows).map(|_| ()),
			FreeRequest::Commit(commits) => Self::accept_commits(hotkey, commits).map(|_| ()),
			FreeRequest::Reveal(netuid, reveals) => Self::accept_reveals(hotkey, *netuid, reveals).map(|_| ()),
			FreeRequest::Axon(netuid, axon) => Self::ensure_may_serve_axon(hotkey, *netuid, axon),
			FreeRequest::Prometheus(netuid, prometheus) => {
				Self::ensure_may_serve_prometheus(hotkey, *netuid, prometheus)
			},
		}
	}

	/// What as many rows of these lengths cost where one costs `of_one`.
	pub(crate) fn weight_of_rows(lengths: impl IntoIterator<Item = usize>, of_one: fn(u32) -> Weight) -> Weight {
		lengths.into_iter().fold(Weight::zero(), |sum, length| sum.saturating_add(of_one(length as u32)))
	}
}

/// Refuses, in the pool and when a block is made, a free call that would fail, and lets one of each kind of a neuron wait at
/// a time. Nothing is signed for it: it takes no room in a transaction.
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
pub struct CheckFreeCalls<T>(PhantomData<T>);

impl<T> CheckFreeCalls<T> {
	/// Says that a call is about a neuron's weights or addresses, to a pool that holds one transaction for each such tag.
	const TAG: &'static str = "Subnets";

	/// The extension.
	pub fn new() -> Self {
		Self(PhantomData)
	}
}

impl<T> TransactionExtension<T::RuntimeCall> for CheckFreeCalls<T>
where
	T: Config<RuntimeCall: IsSubType<Call<T>>> + Send + Sync,
{
	const IDENTIFIER: &'static str = "CheckFreeCalls";
	type Implicit = ();
	type Val = ();
	type Pre = ();

	fn weight(&self, call: &T::RuntimeCall) -> Weight {
		call.is_sub_type().map_or(Weight::zero(), Call::weight_of_check)
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
		let Some((hotkey, request)) = origin.as_signer().zip(call.is_sub_type().and_then(Call::as_free)) else {
			return Ok((ValidTransaction::default(), (), origin));
		};
		let request = request.map_err(refusal)?;
		Pallet::<T>::check_free(hotkey, &request).map_err(refusal)?;
		let tags = request.tags(hotkey).into_iter();
		let valid = tags.fold(ValidTransaction::with_tag_prefix(Self::TAG), |valid, tag| valid.and_provides(tag));
		Ok((valid.build()?, (), origin))
	}

	impl_tx_ext_default!(T::RuntimeCall; prepare);
}

/// The number by which the pool tells of the pallet's first error; subtensor's own numbers, which SDKs translate, are
/// below 100, and 255.
pub const FIRST_REFUSAL: u8 = 100;

/// How the pool tells of a refusal.
pub fn refusal<T>(error: Error<T>) -> InvalidTransaction {
	let index = error.encode().first().copied().unwrap_or(u8::MAX);
	InvalidTransaction::Custom(FIRST_REFUSAL.saturating_add(index))
}
