// SPDX-License-Identifier: Apache-2.0
//! The chain's maths against the reference chain's recorded results.
//!
//! Where the reference is broken, a rule over the input says so. Rules bear the ids of its defects (R of root consensus,
//! W and M of weights set, Y of a subnet epoch, C of the owner's cut), and each test prints how many results fell under
//! which.

mod root;
mod row_checks;
mod rows;
mod set_weights;
mod subnet;
mod today;

use std::collections::BTreeMap;

use golden::{cases, recording, Decimal, Tally};
use serde::{de::DeserializeOwned, Deserialize};
use serde_json::Value;
use yuma_consensus::{cut_for_owner, issuance::block_emission, schedule::blocks_until_epoch, OwnerCut};

/// The cases of one section of a recording that has several; none where another's folder lacks it.
fn section<Case: DeserializeOwned>(file: &str, name: &str) -> Vec<Case> {
	#[derive(Deserialize)]
	struct Recording {
		cases: BTreeMap<String, Vec<Value>>,
	}
	let Some(Recording { mut cases }) = recording(file) else { return Vec::new() };
	let read = |case: Value| Case::deserialize(&case).unwrap_or_else(|error| panic!("{file}, {name}: {error}: {case}"));
	cases.remove(name).unwrap_or_default().into_iter().map(read).collect()
}

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
	for case in section::<Calendar>(FILE, "blocks_until_next_epoch") {
		let blocks = blocks_until_epoch(case.block.0, case.netuid, case.tempo);
		let what = format!("netuid {}, tempo {}, block {}", case.netuid, case.tempo, case.block.0);
		assert_eq!(blocks.unwrap_or(NEVER), case.blocks_until_next_epoch.0, "{what}");
		tally.compared();
	}
	tally.finish("chain/misc.json, blocks_until_next_epoch", 9);
}

/// What becomes of a subnet's emission; a subnet without an owner has no cut.
#[derive(Deserialize)]
struct Cut {
	emission: Decimal<u64>,
	owner_cut: Option<u16>,
	minted_to_owner: Decimal<u64>,
	added_to_pending: Decimal<u64>,
	lost: Decimal<u64>,
}

/// C1: the reference cuts `cut / 65535` to 64 fractional bits and rounds the owner's part and the rest down apart. Unless
/// the owner's part is then whole, a rao is lost.
fn c1_loses_a_rao(emission: u64, cut: u16) -> bool {
	let cut = (u128::from(cut) << 64) / 65_535; // Of a whole cut, 2⁶⁴.
	cut < 1 << 64 && u128::from(emission) * cut % (1 << 64) > 0
}

#[test]
fn the_owner_of_a_subnet_gets_the_cut_of_the_reference() {
	const FILE: &str = "chain/misc.json";
	let mut tally = Tally::default();
	for Cut { emission, owner_cut, minted_to_owner, added_to_pending, lost } in section(FILE, "owner_cut") {
		let (emission, cut) = (emission.0, owner_cut.unwrap_or(0));
		let OwnerCut { owner, rest } = cut_for_owner(emission, cut);
		let what = format!("{cut} of {emission}: {owner} and {rest}");
		assert_eq!(u128::from(owner) + u128::from(rest), u128::from(emission), "{what}");
		if overflows_the_reference([emission]) {
			tally.under("R13: amounts of 2^63 overflow");
			continue;
		}
		tally.compared();
		let more = [owner.checked_sub(minted_to_owner.0), rest.checked_sub(added_to_pending.0)];
		if more == [Some(0); 2] {
			assert_eq!(lost.0, 0, "{what}");
			continue;
		}
		let is_one = lost.0 == 1 && (more == [Some(1), Some(0)] || more == [Some(0), Some(1)]);
		let recorded = [minted_to_owner, added_to_pending];
		assert!(is_one && c1_loses_a_rao(emission, cut), "{what} are not {recorded:?}");
		tally.under("of those C1: owner and rest are rounded apart, and a rao is lost");
	}
	tally.finish("chain/misc.json, owner_cut", 30);
}

/// The reference holds stakes and amounts in signed fixed point with 63 whole bits.
fn overflows_the_reference(amounts: impl IntoIterator<Item = u64>) -> bool {
	amounts.into_iter().map(u128::from).sum::<u128>() >= 1 << 63
}
