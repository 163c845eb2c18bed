// SPDX-License-Identifier: Apache-2.0
//! Subnet epochs, one by one and in a row.

use golden::{cases, dense_rows, plain, Decimal, RowList, Tally};
use serde::Deserialize;

use crate::{
	baseline::epoch::{epoch, EpochInput},
	PANIC,
};

#[derive(Deserialize)]
struct Input {
	current_block: Decimal<u64>,
	activity_cutoff: u64,
	last_update: Vec<Decimal<u64>>,
	block_at_registration: Vec<Decimal<u64>>,
	stake: Vec<Decimal<u64>>,
	/// Of a first epoch, as are the bonds.
	#[serde(default)]
	validator_permits: Vec<bool>,
	max_allowed_validators: usize,
	weights: RowList,
	#[serde(default)]
	bonds: RowList,
	kappa: u16,
	bonds_moving_average: Decimal<u64>,
	rao_emission: Decimal<u64>,
}

#[derive(Deserialize)]
struct Recorded {
	status: String,
	#[serde(default)]
	active: Vec<bool>,
	#[serde(default)]
	validator_permit: Vec<bool>,
	#[serde(default)]
	rank: Vec<u16>,
	#[serde(default)]
	trust: Vec<u16>,
	#[serde(default)]
	consensus: Vec<u16>,
	#[serde(default)]
	incentive: Vec<u16>,
	#[serde(default)]
	dividends: Vec<u16>,
	#[serde(default)]
	pruning_scores: Vec<u16>,
	#[serde(default)]
	validator_trust: Vec<u16>,
	#[serde(default)]
	server_emission: Vec<Decimal<u64>>,
	#[serde(default)]
	validator_emission: Vec<Decimal<u64>>,
	#[serde(default)]
	emission: Vec<Decimal<u64>>,
	#[serde(default)]
	bonds_after: RowList,
}

/// Permits and bonds that an epoch starts from.
#[derive(Deserialize)]
struct Before {
	#[serde(rename = "validator_permits")]
	permits: Vec<bool>,
	bonds: RowList,
}

fn check(name: &str, input: &Input, before: &Before, recorded: &Recorded, tally: &mut Tally) {
	if recorded.status.starts_with("panic") {
		return tally.under(PANIC);
	}
	assert_eq!(recorded.status, "ok", "{name}");
	let n = input.stake.len();
	let bonds = dense_rows(&before.bonds, n);
	let out = epoch(&EpochInput {
		block: input.current_block.0,
		activity_cutoff: input.activity_cutoff,
		last_update: plain(&input.last_update),
		registered_at: plain(&input.block_at_registration),
		stake: plain(&input.stake),
		permits: before.permits.clone(),
		max_validators: input.max_allowed_validators,
		weights: dense_rows(&input.weights, n),
		bonds: bonds.clone(),
		kappa: input.kappa,
		bonds_moving_average: input.bonds_moving_average.0,
		emission: input.rao_emission.0,
	});
	let columns = [
		("rank", &out.rank, &recorded.rank),
		("trust", &out.trust, &recorded.trust),
		("consensus", &out.consensus, &recorded.consensus),
		("incentive", &out.incentive, &recorded.incentive),
		("dividends", &out.dividends, &recorded.dividends),
		("pruning scores", &out.pruning_scores, &recorded.pruning_scores),
		("validator trust", &out.validator_trust, &recorded.validator_trust),
	];
	for (what, computed, recorded) in columns {
		assert_eq!(computed, recorded, "{name}: {what}");
	}
	assert_eq!((&out.active, &out.permits), (&recorded.active, &recorded.validator_permit), "{name}");
	assert_eq!(out.server_emission, plain(&recorded.server_emission), "{name}: server emission");
	assert_eq!(out.validator_emission, plain(&recorded.validator_emission), "{name}: validator emission");
	assert_eq!(out.emission, plain(&recorded.emission), "{name}: emission");
	let after: Vec<_> = out.bonds.into_iter().zip(bonds).map(|(row, before)| row.unwrap_or(before)).collect();
	assert_eq!(after, dense_rows(&recorded.bonds_after, n), "{name}: bonds");
	tally.compared();
}

#[test]
fn the_plain_subnet_epoch_is_the_reference() {
	#[derive(Deserialize)]
	struct Case {
		name: String,
		input: Input,
		output: Recorded,
	}
	const FILE: &str = "chain/yuma_epoch.json";
	let mut tally = Tally::default();
	for Case { name, input, output } in cases(FILE) {
		let before = Before { permits: input.validator_permits.clone(), bonds: input.bonds.clone() };
		check(&name, &input, &before, &output, &mut tally);
	}
	tally.finish(FILE, 80);
}

#[test]
fn plain_epochs_in_a_row_are_the_reference() {
	#[derive(Deserialize)]
	struct Sequence {
		name: String,
		initial: Before,
		steps: Vec<Step>,
	}
	#[derive(Deserialize)]
	struct Step {
		input: Input,
		output: Recorded,
	}
	const FILE: &str = "chain/yuma_sequence.json";
	let mut tally = Tally::default();
	for Sequence { name, initial, steps } in cases(FILE) {
		let mut before = initial;
		for (index, Step { input, output }) in steps.into_iter().enumerate() {
			check(&format!("{name} step {index}"), &input, &before, &output, &mut tally);
			before = Before { permits: output.validator_permit, bonds: output.bonds_after };
		}
	}
	tally.finish(FILE, 16);
}
