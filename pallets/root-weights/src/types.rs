// SPDX-License-Identifier: Apache-2.0
//! What the pallet needs from the chain around it.

use alloc::vec::Vec;

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
}

/// The list of subnets that earn emission.
pub trait Subnets {
	/// Their netuids, ascending and without netuid 0, at most `MaxSubnets`.
	fn netuids() -> Vec<u16>;
}

/// Parameters of root consensus and of the root network's calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EmissionParams {
	/// Blocks between two root epochs, less one; 0 for never.
	pub tempo: u16,
	/// Share of stake, per 65535, that must back a subnet before consensus favours it.
	pub kappa: u16,
	/// Temperature of the consensus sigmoid.
	pub rho: u16,
	/// Oldest version key that is accepted with weights.
	pub version_key: u64,
}

/// The one home of the root network's parameters.
pub trait RootParams {
	/// Their present values.
	fn get() -> EmissionParams;
}
