// SPDX-License-Identifier: Apache-2.0
//! The price of stake, which is fixed: a rao for a rao, without a fee.

use alloc::vec::Vec;

use codec::{Decode, Encode};
use scale_info::TypeInfo;

use crate::{Config, NetworksAdded, Pallet, ALPHA_PRICE};

/// What a change of balance into stake or back would move, in rao; upstream's record, field for field.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
#[allow(missing_docs, reason = "the names are those of upstream's record, which clients know")]
pub struct SimSwapResult {
	pub tao_amount: u64,
	pub alpha_amount: u64,
	pub tao_fee: u64,
	pub alpha_fee: u64,
	pub tao_slippage: u64,
	pub alpha_slippage: u64,
}

/// The price of stake on a subnet, per 10⁹; upstream's record, field for field.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
#[allow(missing_docs, reason = "the names are those of upstream's record, which clients know")]
pub struct SubnetPrice {
	pub netuid: u16,
	pub price: u64,
}

impl<T: Config> Pallet<T> {
	/// The price of stake on a network, per 10⁹; 0 if there is no such network.
	pub fn alpha_price(netuid: u16) -> u64 {
		if NetworksAdded::<T>::get(netuid) {
			ALPHA_PRICE
		} else {
			0
		}
	}

	/// The price of stake on every network, root first.
	pub fn alpha_prices() -> Vec<SubnetPrice> {
		Self::network_netuids().into_iter().map(|netuid| SubnetPrice { netuid, price: ALPHA_PRICE }).collect()
	}

	/// What changing `amount` rao into stake on a network, or back, would move; nothing if there is no such network.
	pub fn simulate_swap(netuid: u16, amount: u64) -> SimSwapResult {
		let moved = if NetworksAdded::<T>::get(netuid) { amount } else { 0 };
		SimSwapResult {
			tao_amount: moved,
			alpha_amount: moved,
			tao_fee: 0,
			alpha_fee: 0,
			tao_slippage: 0,
			alpha_slippage: 0,
		}
	}
}
