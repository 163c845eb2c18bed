// SPDX-License-Identifier: Apache-2.0
//! Today's forms of the epoch. "Recorded" is what the reference gives for the same state.

use yuma_consensus::{
	epoch::run_epoch,
	mechanisms::{run_mechanisms, Mechanism},
	BondForm, EpochInput, LiquidAlpha, Rules,
};

use super::epoch::{subnet, uids, with_bonds, RAO};

const LIQUID: LiquidAlpha = LiquidAlpha { low: 45_875, high: 58_982, steepness: 1_000 };
const FORMS: [BondForm; 3] = [BondForm::Yuma2, BondForm::Yuma3(None), BondForm::Yuma3(Some(LIQUID))];

/// What today's networks switch on, with bonds of this form.
fn today(bonds: BondForm) -> Rules {
	Rules { permits_need_stake: true, last_epoch: Some(1), bonds, ..Rules::default() }
}

fn with_rules(input: EpochInput, rules: Rules) -> EpochInput {
	EpochInput { rules, ..input }
}

/// The bond of `uid` on `server` after an epoch; zero where there is none.
fn bond_after(input: &EpochInput, uid: usize, server: u16) -> u16 {
	let bonds = run_epoch(input).bonds;
	let row = bonds[uid].as_deref().expect("today every row is stored");
	row.iter().find(|(id, _)| *id == server).map_or(0, |(_, bond)| *bond)
}

/// The bond that nothing changes any more, from none at first, of a validator that gives `weight` of 65535.
fn stationary_bond(weight: u16, bonds_moving_average: u64) -> u16 {
	let row: &[(u16, u16)] = &[(1, weight), (2, 65_535 - weight)];
	let rules = Rules { bonds_penalty: 0, ..today(BondForm::Yuma3(None)) };
	let mut input = EpochInput { bonds_moving_average, ..with_rules(subnet(&[5, 0, 0], &[row]), rules) };
	loop {
		let bonds: Vec<_> = run_epoch(&input).bonds.into_iter().flatten().collect();
		if bonds == input.bonds {
			return bonds[0].iter().find(|(id, _)| *id == 1).map_or(0, |(_, bond)| *bond);
		}
		input.bonds = bonds;
	}
}

#[test]
fn t1_the_order_of_a_row_pays_nobody() {
	let rules = today(BondForm::Yuma3(Some(LiquidAlpha { low: 1_638, ..LIQUID })));
	let row: &[(u16, u16)] = &[(3, 65_535), (4, 7_281)];
	let bonds: &[(u16, u16)] = &[(3, 29_491), (4, 3_276)];
	for first in [row, &[(4, 7_281), (3, 65_535)]] {
		let state = with_bonds(subnet(&[400, 300, 300, 0, 0], &[first, row, row]), &[bonds, bonds, bonds]);
		let out = run_epoch(&with_rules(state, rules.clone()));
		// Recorded as 30179, 17677 and 17677 if the first row is upside down.
		assert_eq!(out.dividends, [26_214, 19_660, 19_660, 0, 0]);
		assert_eq!(out.bonds[0], out.bonds[1]);
	}
}

#[test]
fn t2_a_bond_decays_alike_under_a_missing_weight_and_under_a_zero() {
	let bond = |form: BondForm, first: &[(u16, u16)]| {
		let row: &[(u16, u16)] = &[(2, 65_535)];
		let state = with_bonds(subnet(&[5, 5, 0, 0], &[first, row]), &[&[(3, 60_000)]]);
		bond_after(&with_rules(state, Rules { bonds_penalty: 0, ..today(form) }), 0, 3)
	};
	for (form, expected) in [(FORMS[1], 53_999), (FORMS[2], 6_184)] {
		assert_eq!(bond(form, &[(2, 65_535), (3, 0)]), expected);
		assert_eq!(bond(form, &[(2, 65_535)]), expected); // Recorded as none under liquid alpha.
	}
}

#[test]
fn t3_a_bond_decays_also_where_consensus_cuts_its_weight_away() {
	let bond = |form: BondForm, bonds_penalty: u16| {
		let row: &[(u16, u16)] = &[(3, 65_535)];
		let state = subnet(&[5, 5, 5, 0, 0], &[&[(3, 65_535), (4, 65_535)], row, row]);
		let rules = Rules { bonds_penalty, ..today(form) };
		bond_after(&with_rules(with_bonds(state, &[&[(4, 60_000)]]), rules), 0, 4)
	};
	// Recorded as none at the full penalty under liquid alpha.
	assert_eq!([65_535, 65_534, 0].map(|penalty| bond(FORMS[2], penalty)), [6_184, 6_185, 39_299]);
	assert_eq!([65_535, 65_534, 0].map(|penalty| bond(FORMS[1], penalty)), [53_999, 54_000, 57_276]);
}

#[test]
fn t4_a_moving_average_beyond_a_million_is_a_million_in_every_form() {
	for form in FORMS {
		let at = |bonds_moving_average: u64| {
			let row: &[(u16, u16)] = &[(2, 65_535)];
			let state = with_bonds(subnet(&[5, 5, 0], &[row, row]), &[&[(2, 65_535)], &[(2, 21_845)]]);
			run_epoch(&EpochInput { bonds_moving_average, ..with_rules(state, today(form)) })
		};
		for average in [1_000_001, 2_000_000, 1 << 63, u64::MAX] {
			assert_eq!(at(average), at(1_000_000), "{form:?} {average}"); // The second one recorded as all for uid 1.
		}
	}
}

#[test]
fn t5_a_bond_comes_to_rest_below_its_weight() {
	// Bonds have 16 bits, and each epoch rounds them down: a bond no longer grows from 1/α units below its weight.
	assert_eq!([65_535, 256, 100, 40].map(|weight| stationary_bond(weight, 975_000)), [65_495, 216, 60, 0]);
	assert_eq!(stationary_bond(10, 900_000), 0);
}

#[test]
fn t7_what_mechanisms_pay_is_added_and_means_are_floored_at_every_step() {
	let row = vec![(2, 65_535)];
	let mechanism = Mechanism { last_update: vec![2; 3], weights: vec![row; 2], ..Mechanism::default() };
	let (outputs, all) = run_mechanisms(&subnet(&[0, 5, 0], &[]), vec![mechanism.clone(), mechanism], None);
	assert_eq!([outputs[0].paid(), outputs[1].paid()], [RAO / 2; 2]);
	assert_eq!(all.emission, [0, RAO / 2, RAO / 2]); // Recorded, weighted by a half once more, as half of this.
	assert_eq!((outputs[0].dividends[1], outputs[1].dividends[1]), (65_535, 65_535));
	assert_eq!(all.dividends, [0, 65_534, 0]); // As recorded: two times the floor of 32767.5.
}

#[test]
fn t9_the_owners_permit_is_one_more_and_needs_no_stake() {
	let rules = Rules { owner: Some(3), ..today(BondForm::Yuma2) };
	let state = EpochInput { max_validators: 2, ..with_rules(subnet(&[5, 5, 5, 0], &[]), rules) };
	assert_eq!(uids(&run_epoch(&state).permits), [1, 2, 3]);
}

#[test]
fn t10_bonds_without_permit_are_paid_in_the_first_form_once_and_never_in_yuma3() {
	let bonds: &[&[(u16, u16)]] = &[&[(1, 65_535)], &[], &[], &[(1, 65_535)]];
	for (form, expected) in [(FORMS[0], 224_999_999), (FORMS[1], 0), (FORMS[2], 0)] {
		let state = with_bonds(subnet(&[5, 0, 0, 0], &[&[(1, 65_535)]]), bonds);
		let out = run_epoch(&with_rules(state, today(form)));
		assert_eq!(out.validator_emission[3], expected, "{form:?}");
		assert_eq!(out.bonds[3], Some(Vec::new()), "{form:?}"); // So no epoch leaves such a row to the next one.
	}
}

#[test]
fn t11_servers_take_all_where_nobody_holds_bonds() {
	for form in [FORMS[0], FORMS[1]] {
		let state = with_rules(subnet(&[5, 0], &[&[(1, 65_535)]]), today(form));
		let out = run_epoch(&EpochInput { bonds_moving_average: 1_000_000, ..state });
		assert_eq!((out.server_emission, out.validator_emission), (vec![0, RAO], vec![0, 0]), "{form:?}");
	}
}

#[test]
fn t12_a_stake_share_below_2_to_the_minus_32_has_no_permit() {
	let permits = |stake| {
		let state = subnet(&[21_000_000_000_000_000, stake, 0], &[]);
		uids(&run_epoch(&with_rules(state, today(BondForm::Yuma2))).permits)
	};
	assert_eq!((permits(4_000_000), permits(5_000_000)), (vec![0], vec![0, 1]));
}

#[test]
fn t13_what_floors_leave_is_not_paid() {
	for form in FORMS {
		let row: &[(u16, u16)] = &[(3, 65_535)];
		let state = with_rules(subnet(&[5, 5, 5, 0], &[row; 3]), today(form));
		let paid = run_epoch(&EpochInput { emission: 1_000_000_000_000_000, ..state }).paid();
		assert_eq!(paid, 999_999_999_534_338, "{form:?}"); // The pallet subtracts this from what is pending, no more.
	}
}

#[test]
fn t14_buying_is_faster_the_further_from_consensus_only_below_the_full_penalty() {
	// The first validator has 10/11 on a server to which all others give 1/11; a bond bought from nothing is α·weight.
	let bought = |bonds_penalty: u16| {
		let others: &[(u16, u16)] = &[(3, 6_000), (4, 60_000)];
		let state = subnet(&[5, 5, 5, 0, 0], &[&[(3, 60_000), (4, 6_000)], others, others]);
		f64::from(bond_after(&with_rules(state, Rules { bonds_penalty, ..today(FORMS[2]) }), 0, 3)) / 65_535.0
	};
	let pace = |bonds_penalty, weight: f64| (bought(bonds_penalty) / weight * 1e3).round() / 1e3;
	assert_eq!(pace(0, 10.0 / 11.0), 0.892);
	assert_eq!(pace(65_535, 1.0 / 11.0), 0.701); // What is bought is no more than consensus, so the distance is none.
}

#[test]
fn t15_without_stake_nothing_is_paid_and_all_stays_pending() {
	for form in FORMS {
		let rules = Rules { owner: Some(0), ..today(form) };
		assert_eq!(run_epoch(&with_rules(subnet(&[0, 0, 0], &[&[(1, 65_535)]]), rules)).paid(), 0, "{form:?}");
	}
}

#[test]
fn today_r1_bonds_are_what_the_formula_says_entry_by_entry() {
	let rows: [&[(u16, u16)]; 2] = [&[(2, 1), (3, 3)], &[(2, 2), (3, 2)]];
	let rules = Rules { bonds_penalty: 0, ..today(BondForm::Yuma3(None)) };
	let mut input = with_rules(subnet(&[5, 5, 0, 0], &rows), rules);
	for epoch in 1..=20 {
		input.bonds = run_epoch(&input).bonds.into_iter().flatten().collect();
		assert_eq!(input.bonds.iter().map(Vec::len).collect::<Vec<_>>(), [2, 2, 0, 0]);
		for (row, quarters) in input.bonds.iter().zip([[1.0, 3.0], [2.0, 2.0]]) {
			for ((_, bond), quarters) in row.iter().zip(quarters) {
				let exact = 65_535.0 * quarters / 4.0 * (1.0 - 0.9f64.powi(epoch));
				let below = exact - f64::from(*bond);
				assert!((0.0..10.0).contains(&below), "{bond} is not {exact} in epoch {epoch}");
				// Rounded down: T5.
			}
		}
	}
}

#[test]
fn today_r7_a_weight_of_the_block_of_registration_is_masked_and_a_promise_is_not() {
	let server_emission = |last_update: u64, committed_at: Option<u64>| {
		let mut state = with_rules(subnet(&[5, 0], &[&[(1, 65_535)]]), today(BondForm::Yuma2));
		(state.neurons[0].last_update, state.neurons[0].committed_at) = (last_update, committed_at);
		state.neurons[1].registered_at = 5;
		run_epoch(&state).server_emission[1]
	};
	assert_eq!([5, 6].map(|block| server_emission(block, None)), [0, RAO / 2]);
	assert_eq!([4, 5].map(|block| server_emission(9, Some(block))), [0, RAO / 2]);
}
