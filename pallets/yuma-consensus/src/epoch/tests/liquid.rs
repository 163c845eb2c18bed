// SPDX-License-Identifier: Apache-2.0
//! What liquid alpha is for: who finds a good server first earns more than who copies it.

use super::*;

/// Two servers: validators agree on the first until a better one comes.
const OLD: u16 = 3;
const NEW: u16 = 4;

/// What the three validators of a subnet earn over thirty epochs: the majority of the stake moves from the old server to
/// the new one in the third of them. Of two small validators with the same stake one does so an epoch earlier, and one,
/// who copies what the others have said, an epoch later.
fn earned(rules: Rules) -> [u64; 3] {
	let moves_in = [2, 1, 3];
	let mut input = subnet(&[800, 100, 100, 0, 0], alloc::vec![Vec::new(); 5], 1_000_000_000);
	input.bonds[..3].fill(alloc::vec![(OLD, 65_535)]);
	input.rules = rules;
	let mut earned = [0; 3];
	for epoch in 0..30 {
		for (row, moves_in) in input.weights.iter_mut().zip(moves_in) {
			*row = alloc::vec![(if epoch < moves_in { OLD } else { NEW }, 65_535)];
		}
		let out = run_epoch(&input);
		earned.iter_mut().zip(out.validator_emission).for_each(|(sum, paid)| *sum += paid);
		input.bonds = out.bonds.into_iter().map(|row| row.expect("every row is stored")).collect();
	}
	earned
}

fn rules_of(bonds_penalty: u16, bonds: BondForm) -> Rules {
	Rules { bonds_penalty, last_epoch: Some(1), permits_need_stake: true, bonds, ..Rules::default() }
}

#[test]
fn who_finds_a_server_first_earns_more_than_who_copies() {
	let liquid = BondForm::Yuma3(Some(LiquidAlpha { low: 45_875, high: 58_982, steepness: 1_000 }));
	let [_, early, late] = earned(rules_of(0, liquid));
	let [_, early_and_cut, late_and_cut] = earned(rules_of(u16::MAX, liquid));
	assert!(early > late, "{early} {late}");
	assert!(early_and_cut > late_and_cut, "{early_and_cut} {late_and_cut}");
	// A weight that is not cut to consensus buys bonds before the others come.
	assert!(early - late > early_and_cut - late_and_cut, "{early} {late}, {early_and_cut} {late_and_cut}");
}
