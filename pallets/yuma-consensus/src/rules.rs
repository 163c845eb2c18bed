// SPDX-License-Identifier: Apache-2.0
//! The forms of the epoch that live networks use now, each of them a switch.
//!
//! Source: subtensor 14bc6f9f9 (2026-06), `epoch/run_epoch.rs`. Where that one depends on the order of a stored row, or on
//! whether a zero is stored, it is not followed: a row means the same however it is written.

/// What a subnet's epoch does otherwise than the first form. By default nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rules {
	/// Rao below which a uid's stake counts as none. The owner's always counts.
	pub stake_threshold: u64,
	/// Whether only uids with stake have permits, and not simply the first by stake.
	pub permits_need_stake: bool,
	/// Uid of the subnet's owner, who has a permit above the number of the others and whose weight on itself counts.
	pub owner: Option<u16>,
	/// The block after which no uid may have been registered for the bonds on it to count; that of the last epoch. `None`:
	/// bonds count where weights do that were set by the validator's last update.
	pub last_epoch: Option<u64>,
	/// How far weights above consensus are cut to it before they buy bonds, per 65535: all the way by default.
	pub bonds_penalty: u16,
	/// What a bond is.
	pub bonds: BondForm,
}

impl Default for Rules {
	fn default() -> Self {
		Self {
			stake_threshold: 0,
			permits_need_stake: false,
			owner: None,
			last_epoch: None,
			bonds_penalty: u16::MAX,
			bonds: BondForm::Yuma2,
		}
	}
}

/// What a bond is, and how it becomes dividends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum BondForm {
	/// A share of a server, bought by stake. Every server's bonds sum to one.
	#[default]
	Yuma2,
	/// A moving average of the validator's own weight on the server; stake enters when dividends are paid. With liquid
	/// alpha the average moves at a pace of its own for each pair of validator and server.
	Yuma3(Option<LiquidAlpha>),
}

/// How fast a bond follows its weight, by how far the weight is above consensus, or the bond above the weight:
/// `α = low + (high − low)·σ(steepness/100 · (distance − ½))`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LiquidAlpha {
	/// Least part of a bond that is renewed, per 65535.
	pub low: u16,
	/// Largest part of a bond that is renewed, per 65535; one below `low` counts as that.
	pub high: u16,
	/// Of the sigmoid, in hundredths. A negative one turns it around.
	pub steepness: i16,
}
