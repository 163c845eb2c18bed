// SPDX-License-Identifier: Apache-2.0
//! Stands in for a fork: the storage of subtensor that root voting meets, by its names and types, and the adapter over
//! it, which the guide shows.

mod adapter;
#[cfg(test)]
mod tests;

use codec::{Decode, Encode, MaxEncodedLen};
use scale_info::TypeInfo;

pub use adapter::{RootEpochBudget, Subtensor, SubtensorRows};
pub use pallet::*;

/// Subtensor's.
#[derive(Encode, Decode, MaxEncodedLen, TypeInfo, Clone, Copy, Debug, PartialEq, Eq)]
pub struct NetUid(u16);

impl NetUid {
	pub const ROOT: Self = Self(0);
}

impl From<NetUid> for u16 {
	fn from(netuid: NetUid) -> Self {
		netuid.0
	}
}

/// Subtensor's: a subnet and a mechanism of it in one number.
#[derive(Encode, Decode, MaxEncodedLen, TypeInfo, Clone, Copy, Debug, PartialEq, Eq)]
pub struct NetUidStorageIndex(u16);

impl From<u16> for NetUidStorageIndex {
	fn from(index: u16) -> Self {
		Self(index)
	}
}

#[frame_support::pallet]
pub mod pallet {
	use super::*;
	use frame_support::pallet_prelude::*;

	#[pallet::pallet]
	#[pallet::without_storage_info]
	pub struct Pallet<T>(_);

	#[pallet::config]
	pub trait Config: frame_system::Config {}

	/// The account that subtensor answers for a hotkey without an owner.
	#[pallet::type_value]
	pub fn DefaultAccount<T: Config>() -> T::AccountId {
		let nobody = T::AccountId::decode(&mut sp_runtime::traits::TrailingZeroInput::zeroes());
		nobody.expect("zeroes decode into any account; qed")
	}

	#[pallet::storage]
	pub type NetworksAdded<T> = StorageMap<_, Identity, NetUid, bool, ValueQuery>;
	#[pallet::storage]
	pub type Keys<T: Config> =
		StorageDoubleMap<_, Identity, NetUid, Identity, u16, T::AccountId, ValueQuery, DefaultAccount<T>>;
	#[pallet::storage]
	pub type Uids<T: Config> = StorageDoubleMap<_, Identity, NetUid, Blake2_128Concat, T::AccountId, u16, OptionQuery>;
	#[pallet::storage]
	pub type Owner<T: Config> =
		StorageMap<_, Blake2_128Concat, T::AccountId, T::AccountId, ValueQuery, DefaultAccount<T>>;
	/// Not subtensor's: each fork has its own idea of a hotkey's root stake.
	#[pallet::storage]
	pub type Stake<T: Config> = StorageMap<_, Blake2_128Concat, T::AccountId, u64, ValueQuery>;
	#[pallet::storage]
	pub type Weights<T> = StorageDoubleMap<_, Identity, NetUidStorageIndex, Identity, u16, Vec<(u16, u16)>, ValueQuery>;

	#[pallet::storage]
	pub type Tempo<T> = StorageMap<_, Identity, NetUid, u16, ValueQuery>;
	#[pallet::storage]
	pub type Kappa<T> = StorageMap<_, Identity, NetUid, u16, ValueQuery>;
	#[pallet::storage]
	pub type Rho<T> = StorageMap<_, Identity, NetUid, u16, ValueQuery>;
	#[pallet::storage]
	pub type MinAllowedWeights<T> = StorageMap<_, Identity, NetUid, u16, ValueQuery>;
	#[pallet::storage]
	pub type MaxWeightsLimit<T> = StorageMap<_, Identity, NetUid, u16, ValueQuery>;
	#[pallet::storage]
	pub type WeightsSetRateLimit<T> = StorageMap<_, Identity, NetUid, u64, ValueQuery>;
	#[pallet::storage]
	pub type WeightsVersionKey<T> = StorageMap<_, Identity, NetUid, u64, ValueQuery>;
	#[pallet::storage]
	pub type StakeThreshold<T> = StorageValue<_, u64, ValueQuery>;
	#[pallet::storage]
	pub type CommitRevealWeightsEnabled<T> = StorageMap<_, Identity, NetUid, bool, ValueQuery>;
}
