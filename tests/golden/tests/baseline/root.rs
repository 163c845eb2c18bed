// SPDX-License-Identifier: Apache-2.0
//! Root consensus.

use golden::{
	cases,
	epochs::{self, RootEpoch, RootOutput},
	plain, Tally,
};
use substrate_fixed::types::I64F64;

use crate::{
	baseline::root::{root_epoch, RootInput},
	PANIC,
};

fn check(name: &str, input: &epochs::RootInput, renormalize: bool, recorded: &RootOutput, tally: &mut Tally) {
	if recorded.status.starts_with("panic") {
		return tally.under(PANIC);
	}
	let output = root_epoch(&RootInput {
		total_networks: input.total_networks.into(),
		netuids: input.netuids.clone(),
		stake: plain(&input.stake),
		rows: input.stored_weights.clone(),
		block_emission: input.block_emission.0,
		kappa: input.kappa,
		rho: input.rho,
		renormalize,
	});
	tally.compared();
	let output = match output {
		Ok(output) => output,
		Err(error) => return assert_eq!(recorded.status, format!("err: {error}"), "{name}"),
	};
	assert_eq!(recorded.status, "ok", "{name}");
	assert_eq!(output.emission, plain(&recorded.emission), "{name}");
	let steps = [
		("ranks", output.ranks, &recorded.ranks),
		("trust", output.trust, &recorded.trust),
		("consensus", output.consensus, &recorded.consensus),
		("weighted emission", output.weighted_emission, &recorded.weighted_emission),
	];
	for (what, computed, recorded) in steps {
		let computed: Vec<i128> = computed.into_iter().map(I64F64::to_bits).collect();
		let recorded = recorded.as_ref().unwrap_or_else(|| panic!("{name} lacks {what}"));
		assert_eq!(computed, plain(&recorded.bits), "{name}: {what}");
	}
}

#[test]
fn the_plain_root_epoch_is_the_reference_bit_for_bit() {
	const FILE: &str = "chain/root_epoch.json";
	let mut tally = Tally::default();
	for RootEpoch { name, input, normalized, unnormalized } in cases(FILE) {
		check(&name, &input, true, &normalized, &mut tally);
		check(&name, &input, false, &unnormalized, &mut tally);
	}
	tally.finish(FILE, 186);
}
