// SPDX-License-Identifier: Apache-2.0

//! How large a chain is driven.

use clap::ValueEnum;
use serde::Serialize;

/// What can be measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub enum Choice {
	/// One subnet of 64 neurons, all of them validators.
	#[value(name = "64")]
	N64,
	/// One subnet of 256 neurons.
	#[value(name = "256")]
	N256,
	/// One subnet of 1,024 neurons.
	#[value(name = "1024")]
	N1024,
	/// One subnet of 4,096 neurons.
	#[value(name = "4096")]
	N4096,
	/// 64 subnets of 64 neurons, 16 of them validators.
	Subnets,
	/// No chain: what reading, decoding, computing and writing a matrix of 64 full rows takes.
	Matrix,
	/// All of these.
	All,
}

/// A chain: its subnets are all alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Scenario {
	/// As it is asked for.
	pub name: &'static str,
	/// How many subnets there are.
	pub subnets: u16,
	/// Neurons of each.
	pub neurons: u16,
	/// Those of them that set rows, the first ones.
	pub validators: u16,
	/// Blocks between two epochs of a subnet, less one.
	pub tempo: u16,
}

impl Choice {
	/// The chain that is meant, if it is one.
	pub fn scenario(self) -> Option<Scenario> {
		let one = |name, neurons| Scenario { name, subnets: 1, neurons, validators: 64, tempo: 9 };
		match self {
			Self::N64 => Some(one("64", 64)),
			Self::N256 => Some(one("256", 256)),
			Self::N1024 => Some(one("1024", 1_024)),
			Self::N4096 => Some(one("4096", 4_096)),
			// No block has two epochs, and some have none.
			Self::Subnets => Some(Scenario { name: "subnets", subnets: 64, neurons: 64, validators: 16, tempo: 99 }),
			Self::Matrix | Self::All => None,
		}
	}
}

impl Scenario {
	/// From 1 on.
	pub fn netuids(&self) -> std::ops::RangeInclusive<u16> {
		1..=self.subnets
	}

	/// Blocks from one epoch of a subnet to the next.
	pub fn period(&self) -> u32 {
		u32::from(self.tempo) + 1
	}

	/// Rows a block with which every row is new in every epoch.
	pub fn rows_a_block(&self) -> u32 {
		(u32::from(self.subnets) * u32::from(self.validators)).div_ceil(self.period())
	}
}
