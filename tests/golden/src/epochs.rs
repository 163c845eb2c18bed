// SPDX-License-Identifier: Apache-2.0
//! Recorded epochs: what one started from, and what the reference made of it.

use serde::Deserialize;

use crate::{cases, Decimal, RowList};

/// What a subnet epoch started from, but for permits and bonds.
#[derive(Deserialize)]
#[allow(missing_docs, reason = "the names are the recordings', described beside them")]
pub struct SubnetInput {
	pub current_block: Decimal<u64>,
	pub activity_cutoff: u16,
	pub last_update: Vec<Decimal<u64>>,
	pub block_at_registration: Vec<Decimal<u64>>,
	pub stake: Vec<Decimal<u64>>,
	/// Of a first epoch, as are the bonds.
	#[serde(default)]
	validator_permits: Vec<bool>,
	pub max_allowed_validators: u16,
	pub weights: RowList,
	#[serde(default)]
	bonds: RowList,
	pub kappa: u16,
	pub bonds_moving_average: Decimal<u64>,
	pub rao_emission: Decimal<u64>,
}

/// What a subnet epoch came to.
#[derive(Deserialize)]
#[allow(missing_docs, reason = "the names are the recordings', described beside them")]
pub struct SubnetOutput {
	pub status: String,
	#[serde(default)]
	pub active: Vec<bool>,
	#[serde(default)]
	pub validator_permit: Vec<bool>,
	#[serde(default)]
	pub rank: Vec<u16>,
	#[serde(default)]
	pub trust: Vec<u16>,
	#[serde(default)]
	pub consensus: Vec<u16>,
	#[serde(default)]
	pub incentive: Vec<u16>,
	#[serde(default)]
	pub dividends: Vec<u16>,
	#[serde(default)]
	pub pruning_scores: Vec<u16>,
	#[serde(default)]
	pub validator_trust: Vec<u16>,
	#[serde(default)]
	pub server_emission: Vec<Decimal<u64>>,
	#[serde(default)]
	pub validator_emission: Vec<Decimal<u64>>,
	#[serde(default)]
	pub emission: Vec<Decimal<u64>>,
	#[serde(default)]
	pub bonds_after: RowList,
}

/// Permits and bonds that an epoch starts from.
#[derive(Deserialize)]
pub struct Before {
	/// By uid.
	#[serde(rename = "validator_permits")]
	pub permits: Vec<bool>,
	/// By uid.
	pub bonds: RowList,
}

/// One recorded subnet epoch.
pub struct SubnetEpoch {
	/// For a message.
	pub name: String,
	/// What it started from.
	pub input: SubnetInput,
	/// What else it started from.
	pub before: Before,
	/// What it came to.
	pub output: SubnetOutput,
}

/// The epochs of `chain/yuma_epoch.json`, each by itself.
pub fn single_epochs(file: &str) -> Vec<SubnetEpoch> {
	#[derive(Deserialize)]
	struct Case {
		name: String,
		input: SubnetInput,
		output: SubnetOutput,
	}
	let epoch = |Case { name, input, output }| {
		let before = Before { permits: input.validator_permits.clone(), bonds: input.bonds.clone() };
		SubnetEpoch { name, input, before, output }
	};
	cases(file).into_iter().map(epoch).collect()
}

/// The epochs of `chain/yuma_sequence.json`, each of which starts from what the one before it came to.
pub fn epochs_in_a_row(file: &str) -> Vec<SubnetEpoch> {
	#[derive(Deserialize)]
	struct Sequence {
		name: String,
		initial: Before,
		steps: Vec<Step>,
	}
	#[derive(Deserialize)]
	struct Step {
		input: SubnetInput,
		output: SubnetOutput,
	}
	let epochs = |Sequence { name, initial, steps }: Sequence| {
		let mut next = initial;
		let epoch = |(index, Step { input, output }): (usize, Step)| {
			let after = Before { permits: output.validator_permit.clone(), bonds: output.bonds_after.clone() };
			let before = std::mem::replace(&mut next, after);
			SubnetEpoch { name: format!("{name} step {index}"), input, before, output }
		};
		steps.into_iter().enumerate().map(epoch).collect::<Vec<_>>()
	};
	cases(file).into_iter().flat_map(epochs).collect()
}

/// One recorded root epoch.
#[derive(Deserialize)]
pub struct RootEpoch {
	/// For a message.
	pub name: String,
	/// What it started from.
	pub input: RootInput,
	/// What it came to with rows renormalized as they are read.
	pub normalized: RootOutput,
	/// What it came to with rows as stored.
	pub unnormalized: RootOutput,
}

/// What a root epoch started from.
#[derive(Deserialize)]
#[allow(missing_docs, reason = "the names are the recordings', described beside them")]
pub struct RootInput {
	pub total_networks: u16,
	pub netuids: Vec<u16>,
	pub stake: Vec<Decimal<u64>>,
	pub stored_weights: RowList,
	pub block_emission: Decimal<u64>,
	pub kappa: u16,
	pub rho: u16,
}

/// What a root epoch came to, step by step; a step that was not reached has no numbers.
#[derive(Deserialize)]
#[allow(missing_docs, reason = "the names are the recordings', described beside them")]
pub struct RootOutput {
	pub status: String,
	pub ranks: Option<Bits>,
	pub trust: Option<Bits>,
	pub consensus: Option<Bits>,
	pub weighted_emission: Option<Bits>,
	#[serde(default)]
	pub emission: Vec<Decimal<u64>>,
}

/// Fixed-point numbers as their raw integers.
#[derive(Deserialize)]
pub struct Bits {
	/// One a number.
	pub bits: Vec<Decimal<i128>>,
}
