// SPDX-License-Identifier: Apache-2.0
//! Subnet epochs, one by one and in a row.

use golden::{
	dense_rows,
	epochs::{epochs_in_a_row, single_epochs, SubnetEpoch},
	plain, Tally,
};

use crate::{
	baseline::epoch::{epoch, EpochInput},
	PANIC,
};

fn check(SubnetEpoch { name, input, before, output: recorded }: SubnetEpoch, tally: &mut Tally) {
	if recorded.status.starts_with("panic") {
		return tally.under(PANIC);
	}
	assert_eq!(recorded.status, "ok", "{name}");
	let n = input.stake.len();
	let bonds = dense_rows(&before.bonds, n);
	let out = epoch(&EpochInput {
		block: input.current_block.0,
		activity_cutoff: input.activity_cutoff.into(),
		last_update: plain(&input.last_update),
		registered_at: plain(&input.block_at_registration),
		stake: plain(&input.stake),
		permits: before.permits.clone(),
		max_validators: input.max_allowed_validators.into(),
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
	const FILE: &str = "chain/yuma_epoch.json";
	let mut tally = Tally::default();
	single_epochs(FILE).into_iter().for_each(|epoch| check(epoch, &mut tally));
	tally.finish(FILE, 80);
}

#[test]
fn plain_epochs_in_a_row_are_the_reference() {
	const FILE: &str = "chain/yuma_sequence.json";
	let mut tally = Tally::default();
	epochs_in_a_row(FILE).into_iter().for_each(|epoch| check(epoch, &mut tally));
	tally.finish(FILE, 16);
}
