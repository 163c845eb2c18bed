// SPDX-License-Identifier: Apache-2.0
//! Where rows live, and the type they are stored as.

use alloc::vec::Vec;
use core::{marker::PhantomData, ops::Deref};

use codec::{Decode, Encode, FullCodec, MaxEncodedLen};
use frame_support::{pallet_prelude::*, storage::StorageDoubleMap, BoundedVec, DebugNoBound, DefaultNoBound};
use scale_info::TypeInfo;

use crate::{Config, RootRows, Rows, ROOT_NETUID};

/// A bounded list whose type, to clients that read the metadata, is the plain list that they know from upstream; that of
/// `BoundedVec` is a struct around it, which they decode as another value.
#[derive(Encode, Decode, MaxEncodedLen, CloneNoBound, PartialEqNoBound, EqNoBound, DefaultNoBound, DebugNoBound)]
#[codec(mel_bound(T: MaxEncodedLen))]
pub struct PlainVec<T: Clone + PartialEq + Eq + core::fmt::Debug, S: Get<u32>>(BoundedVec<T, S>);

impl<T: Clone + PartialEq + Eq + core::fmt::Debug, S: Get<u32>> PlainVec<T, S> {
	/// The first entries, as many as there is room for.
	pub fn truncate_from(entries: Vec<T>) -> Self {
		Self(BoundedVec::truncate_from(entries))
	}

	/// All entries.
	pub fn into_inner(self) -> Vec<T> {
		self.0.into_inner()
	}
}

impl<T: Clone + PartialEq + Eq + core::fmt::Debug, S: Get<u32>> Deref for PlainVec<T, S> {
	type Target = [T];

	fn deref(&self) -> &[T] {
		&self.0
	}
}

impl<T, S> TypeInfo for PlainVec<T, S>
where
	T: Clone + PartialEq + Eq + core::fmt::Debug + TypeInfo + 'static,
	S: Get<u32> + 'static,
{
	type Identity = [T]; // As that of `Vec`.

	fn type_info() -> scale_info::Type {
		<[T]>::type_info()
	}
}

/// Rows in the pallet's own storage.
pub struct OwnRows<T>(PhantomData<T>);

impl<T: Config> RootRows for OwnRows<T> {
	fn get(uid: u16) -> Vec<(u16, u16)> {
		Rows::<T>::get(uid).into_inner()
	}

	fn put(uid: u16, row: Vec<(u16, u16)>) {
		Rows::<T>::insert(uid, PlainVec::truncate_from(row)); // A checked row names each subnet once at the most.
	}

	fn remove(uid: u16) {
		Rows::<T>::remove(uid);
	}
}

/// Rows in a map of the chain's own, keyed `(netuid, uid)`: those of netuid 0 are the root rows, where upstream has them.
///
/// `Netuid` is the map's first key, made of a `u16`: `u16` itself, or a newtype such as subtensor's `NetUidStorageIndex`.
pub struct RowsInMap<Map, Netuid = u16>(PhantomData<(Map, Netuid)>);

impl<Map, Netuid> RootRows for RowsInMap<Map, Netuid>
where
	Netuid: FullCodec + From<u16>,
	Map: StorageDoubleMap<Netuid, u16, Vec<(u16, u16)>, Query = Vec<(u16, u16)>>,
{
	fn get(uid: u16) -> Vec<(u16, u16)> {
		Map::get(Netuid::from(ROOT_NETUID), uid)
	}

	fn put(uid: u16, row: Vec<(u16, u16)>) {
		Map::insert(Netuid::from(ROOT_NETUID), uid, row);
	}

	fn remove(uid: u16) {
		Map::remove(Netuid::from(ROOT_NETUID), uid);
	}
}
