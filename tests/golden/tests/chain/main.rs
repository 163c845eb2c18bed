// SPDX-License-Identifier: Apache-2.0
//! The chain's maths against the reference chain's recorded results.
//!
//! Where the reference is broken, a rule over the input says so. Rules bear the ids of its defects (R of root consensus,
//! W of weights set, Y of a subnet epoch), and each test prints how many results fell under which.

mod root;
mod rows;
mod subnet;

use golden::{cases, recording, Decimal, Tally};
use serde::Deserialize;
use yuma_consensus::{issuance::block_emission, schedule::blocks_until_epoch};

#[derive(Deserialize)]
struct BlockEmission {
	issuance: Decimal<u64>,
	emission: Decimal<u64>,
}

#[test]
fn block_emission_halves_where_the_reference_does() {
	const FILE: &str = "chain/block_emission.json";
	let mut tally = Tally::default();
	for case in cases::<BlockEmission>(FILE) {
		assert_eq!(block_emission(case.issuance.0), case.emission.0, "issuance {}", case.issuance.0);
		tally.compared();
	}
	tally.finish(FILE, 221);
}

/// Beside the calendar the file holds the owner's cut of a subnet's emission, which this chain does not have.
#[derive(Deserialize)]
struct Miscellaneous {
	cases: Sections,
}

#[derive(Deserialize)]
struct Sections {
	blocks_until_next_epoch: Vec<Calendar>,
}

#[derive(Deserialize)]
struct Calendar {
	netuid: u16,
	tempo: u16,
	block: Decimal<u64>,
	blocks_until_next_epoch: Decimal<u64>,
}

#[test]
fn epochs_run_in_the_blocks_of_the_reference() {
	/// What the reference says of a subnet whose epoch never runs.
	const NEVER: u64 = 1_000;
	const FILE: &str = "chain/misc.json";
	let mut tally = Tally::default();
	if let Some(Miscellaneous { cases }) = recording(FILE) {
		for case in cases.blocks_until_next_epoch {
			let blocks = blocks_until_epoch(case.block.0, case.netuid, case.tempo);
			let what = format!("netuid {}, tempo {}, block {}", case.netuid, case.tempo, case.block.0);
			assert_eq!(blocks.unwrap_or(NEVER), case.blocks_until_next_epoch.0, "{what}");
			tally.compared();
		}
	}
	tally.finish(FILE, 9);
}

/// The reference holds stakes and amounts in signed fixed point with 63 whole bits.
fn overflows_the_reference(amounts: impl IntoIterator<Item = u64>) -> bool {
	amounts.into_iter().map(u128::from).sum::<u128>() >= 1 << 63
}
