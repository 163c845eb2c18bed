// SPDX-License-Identifier: Apache-2.0
//! Recorded epochs of today's form.

use serde::Deserialize;

use crate::{epochs::Before, recording, Decimal, RowList};

/// Epoch and block of weights that are promised by their hash.
pub type HashPromise = (Decimal<u64>, Decimal<u64>);
/// Uid and block of weights that are promised by time-lock.
pub type TimedPromise = (u16, Decimal<u64>);

/// What an epoch started from, but for permits and bonds.
#[derive(Deserialize)]
#[allow(missing_docs, reason = "the names are the recordings', described beside them")]
pub struct Input {
	pub n: u16,
	pub current_block: Decimal<u64>,
	pub last_mechanism_step_block: Decimal<u64>,
	pub tempo: u16,
	pub activity_cutoff_factor_milli: u32,
	pub last_update: Vec<Decimal<u64>>,
	pub block_at_registration: Vec<Decimal<u64>>,
	pub alpha_stake: Vec<Decimal<u64>>,
	pub tao_stake: Vec<Decimal<u64>>,
	pub tao_weight: Decimal<u64>,
	pub stake_threshold: Decimal<u64>,
	pub owner_uid: Option<u16>,
	#[serde(default)]
	validator_permits: Vec<bool>,
	pub max_allowed_validators: u16,
	pub weights: RowList,
	#[serde(default)]
	bonds: RowList,
	pub commit_reveal_enabled: bool,
	pub current_epoch: Decimal<u64>,
	pub reveal_period: Decimal<u64>,
	/// By uid, in the order of the queue.
	pub commits_v2: Vec<(u16, Vec<HashPromise>)>,
	/// By epoch.
	pub commits_v4: Vec<(Decimal<u64>, Vec<TimedPromise>)>,
	pub kappa: u16,
	pub bonds_penalty: u16,
	pub bonds_moving_average: Decimal<u64>,
	pub yuma3_on: bool,
	pub liquid_alpha_on: bool,
	pub alpha_low: u16,
	pub alpha_high: u16,
	pub alpha_sigmoid_steepness: i16,
	pub rao_emission: Decimal<u64>,
}

/// What an epoch came to.
#[derive(Deserialize)]
#[allow(missing_docs, reason = "the names are the recordings', described beside them")]
pub struct Output {
	pub active: Vec<bool>,
	pub validator_permit: Vec<bool>,
	pub stake_weight: Vec<u16>,
	pub consensus: Vec<u16>,
	pub incentive: Vec<u16>,
	pub dividends: Vec<u16>,
	pub validator_trust: Vec<u16>,
	pub emission: Vec<Decimal<u64>>,
	pub server_emission: Vec<Decimal<u64>>,
	pub validator_emission: Vec<Decimal<u64>>,
	pub bonds_after: RowList,
}

/// One recorded epoch.
pub struct Epoch {
	/// For a message.
	pub name: String,
	/// What it started from.
	pub input: Input,
	/// What else it started from.
	pub before: Before,
	/// What it came to.
	pub output: Output,
}

/// The epochs of `chain/yuma_today.json`: those by themselves, and those of which each starts from what the one before it
/// came to.
pub fn epochs(file: &str) -> Vec<Epoch> {
	#[derive(Deserialize)]
	struct Recording {
		cases: Vec<Case>,
		sequences: Vec<Sequence>,
	}
	#[derive(Deserialize)]
	struct Case {
		name: String,
		input: Input,
		output: Output,
	}
	#[derive(Deserialize)]
	struct Sequence {
		name: String,
		initial: Before,
		steps: Vec<Step>,
	}
	#[derive(Deserialize)]
	struct Step {
		input: Input,
		output: Output,
	}
	let Some(Recording { cases, sequences }) = recording(file) else { return Vec::new() };
	let mut epochs = Vec::new();
	for Case { name, input, output } in cases {
		let before = Before { permits: input.validator_permits.clone(), bonds: input.bonds.clone() };
		epochs.push(Epoch { name, input, before, output });
	}
	for Sequence { name, initial, steps } in sequences {
		let mut before = initial;
		for (index, Step { input, output }) in steps.into_iter().enumerate() {
			let after = Before { permits: output.validator_permit.clone(), bonds: output.bonds_after.clone() };
			epochs.push(Epoch { name: format!("{name} step {index}"), input, before, output });
			before = after;
		}
	}
	epochs
}

/// One recorded epoch of several mechanisms.
#[derive(Deserialize)]
#[allow(missing_docs, reason = "the names are the recordings', described beside them")]
pub struct MechanismsEpoch {
	pub name: String,
	pub n: u16,
	pub split: Option<Vec<u16>>,
	pub rao_emission: Decimal<u64>,
	pub alpha_stake: Vec<Decimal<u64>>,
	pub validator_permits: Vec<bool>,
	pub yuma3_on: bool,
	pub liquid_alpha_on: bool,
	pub mechanisms: Vec<Mechanism>,
	pub aggregated: Aggregated,
}

/// One of the mechanisms: what it started from, and what it came to by itself.
#[derive(Deserialize)]
#[allow(missing_docs, reason = "the names are the recordings', described beside them")]
pub struct Mechanism {
	pub last_update: Vec<Decimal<u64>>,
	pub weights: RowList,
	pub bonds: RowList,
	pub emission_part: Decimal<u64>,
	pub incentive: Vec<u16>,
	pub bonds_after: RowList,
}

/// What all of them came to.
#[derive(Deserialize)]
#[allow(missing_docs, reason = "the names are the recordings', described beside them")]
pub struct Aggregated {
	pub active: Vec<bool>,
	pub validator_permit: Vec<bool>,
	pub stake_weight: Vec<u16>,
	pub consensus: Vec<u16>,
	pub dividends: Vec<u16>,
	pub validator_trust: Vec<u16>,
	pub server_emission: Vec<Decimal<u64>>,
	pub validator_emission: Vec<Decimal<u64>>,
}
