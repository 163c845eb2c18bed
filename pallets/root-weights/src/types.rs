// SPDX-License-Identifier: Apache-2.0
//! What the pallet needs from the chain around it.

use alloc::vec::Vec;

use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;

/// One root validator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RootValidator<AccountId> {
	/// Its slot on the root network.
	pub uid: u16,
	/// Its identity.
	pub hotkey: AccountId,
	/// Stake that its vote carries, in rao.
	pub stake: u64,
}

/// The root network's validators.
pub trait RootValidators<AccountId> {
	/// All of them, at most `MaxValidators`, in any order.
	fn all() -> Vec<RootValidator<AccountId>>;
	/// The uid that `hotkey` holds on the root network.
	fn uid_of(hotkey: &AccountId) -> Option<u16>;
	/// The coldkey that owns `hotkey`.
	fn owner_of(hotkey: &AccountId) -> Option<AccountId>;
	/// Stake that the vote of `hotkey` carries, in rao.
	fn stake_of(hotkey: &AccountId) -> u64;
}

/// The list of subnets that earn emission.
pub trait Subnets {
	/// Their netuids, ascending and without netuid 0, at most `MaxSubnets`.
	fn netuids() -> Vec<u16>;
}

/// Parameters of root consensus, of the root network's calendar, and of what a vote must satisfy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RootParameters {
	/// Blocks between two root epochs, less one; 0 for never.
	pub tempo: u16,
	/// Share of stake, per 65535, that must back a subnet before consensus favours it.
	pub kappa: u16,
	/// Temperature of the consensus sigmoid.
	pub rho: u16,
	/// Fewest entries of a row; where there are fewer subnets than that, all of them.
	pub min_allowed_weights: u16,
	/// Largest part of a row's sum, per 65535, that one entry may have. Tighter than an even vote over all subnets it
	/// never is.
	pub max_weight_limit: u16,
	/// Blocks that must pass between two votes of one validator.
	pub rate_limit: u64,
	/// Oldest version key that is accepted with a vote.
	pub version_key: u64,
	/// Least stake in rao with which a validator may vote; one without stake never may.
	pub min_stake: u64,
	/// Whether votes are committed first and revealed after the next epoch, rather than set in the open.
	pub commit_reveal: bool,
}

/// One of [`RootParameters`] and its new value.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub enum RootParameter {
	/// See [`RootParameters::tempo`]; 1 to [`Self::LONGEST_WAIT`].
	Tempo(u16),
	/// See [`RootParameters::kappa`]; every value has a meaning, from any backing at all to more than all stake.
	Kappa(u16),
	/// See [`RootParameters::rho`]; 1 to [`Self::STEEPEST_RHO`].
	Rho(u16),
	/// See [`RootParameters::min_allowed_weights`]; at most `MaxSubnets`.
	MinAllowedWeights(u16),
	/// See [`RootParameters::max_weight_limit`]; above 0.
	MaxWeightLimit(u16),
	/// See [`RootParameters::rate_limit`]; at most [`Self::LONGEST_WAIT`].
	RateLimit(u64),
	/// See [`RootParameters::version_key`].
	VersionKey(u64),
	/// See [`RootParameters::min_stake`].
	MinStake(u64),
	/// See [`RootParameters::commit_reveal`].
	CommitReveal(bool),
}

impl RootParameter {
	/// Blocks, a day of twelve-second ones: a longer tempo or rate limit takes the vote away from the validators.
	pub const LONGEST_WAIT: u16 = 7_200;
	/// Beyond this the sigmoid is a step, and a rao of stake decides over a subnet.
	pub const STEEPEST_RHO: u16 = 1_000;
}

/// The one home of the root network's parameters.
pub trait RootParams {
	/// Their present values.
	fn get() -> RootParameters;
	/// The present tempo, which alone is asked for in every block.
	fn tempo() -> u16 {
		Self::get().tempo
	}
	/// Keeps a new value, which the pallet has checked.
	fn set(parameter: RootParameter);
}

/// Where rows are kept: [`crate::OwnRows`], or [`crate::RowsInMap`] for a chain that has them in a map of its own.
pub trait RootRows {
	/// The row of `uid` as stored, empty if there is none. Rows that were written by others may be unsorted, name a netuid
	/// twice (the last counts) or name subnets that are gone.
	fn get(uid: u16) -> Vec<(u16, u16)>;
	/// Replaces the row of `uid`.
	fn put(uid: u16, row: Vec<(u16, u16)>);
	/// Forgets the row of `uid`.
	fn remove(uid: u16);
}

/// What the benchmarks ask the chain to set up.
#[cfg(any(test, feature = "runtime-benchmarks"))]
pub trait BenchmarkHelper<AccountId> {
	/// Registers one more root validator with `stake` rao, and returns its hotkey and coldkey.
	fn add_validator(stake: u64) -> (AccountId, AccountId);
	/// Creates subnets until there are `count`, and returns their netuids, ascending.
	fn add_subnets(count: u32) -> Vec<u16>;
}
