// SPDX-License-Identifier: Apache-2.0
//! Today's form of the subnet epoch.

use golden::{
	cases, dense_rows,
	epochs::Before,
	foreign_recordings, plain,
	today::{epochs, Epoch, Input, MechanismsEpoch, Output},
	Decimal, RowList, Tally,
};
use yuma_consensus::{
	epoch::run_epoch,
	mechanisms::{parts, run_mechanisms, Mechanism},
	BondForm, EpochInput, EpochOutput, LiquidAlpha, Neuron, Rules, StoredRow,
};

/// Epochs of our recordings in which the exponential of liquid alpha, T6, changes a last digit.
const OTHER_DIGITS: usize = 5;
/// A whole of which `tao_weight` is a part.
const TAO_WEIGHT_UNIT: u128 = u64::MAX as u128;

/// Stake by uid and the threshold, in one unit small enough that hardly a digit of the reference's 64 behind the point is
/// lost: only ratios matter.
fn stakes(input: &Input) -> (Vec<u64>, u64) {
	let weight = (u128::from(input.tao_weight.0) << 32) / TAO_WEIGHT_UNIT; // 32 digits behind the point.
	let whole = |uid: usize| (u128::from(input.alpha_stake[uid].0), u128::from(input.tao_stake[uid].0) * weight);
	let top = (0..usize::from(input.n)).map(|uid| whole(uid).0 + (whole(uid).1 >> 32)).max().unwrap_or_default();
	let digits = (top + 1).leading_zeros().saturating_sub(64 + 1).min(32);
	let stake = |uid| (whole(uid).0 << digits) + (whole(uid).1 >> (32 - digits));
	let stakes = (0..usize::from(input.n)).map(|uid| u64::try_from(stake(uid)).expect("so few digits"));
	// A stake counts whose rao, without what is behind the point, reach the threshold.
	(stakes.collect(), input.stake_threshold.0.checked_shl(digits).unwrap_or(u64::MAX).max(input.stake_threshold.0))
}

/// Block of the earliest promise of `uid` that can still be revealed.
fn committed_at(input: &Input, uid: u16) -> Option<u64> {
	let is_live = |epoch: u64| input.current_epoch.0 <= epoch + input.reveal_period.0;
	let hashes = input.commits_v2.iter().filter(|(of, _)| *of == uid).filter_map(|(_, commits)| {
		commits.iter().find(|(epoch, _)| is_live(epoch.0)).map(|(_, block)| block.0) // The first in the queue alone.
	});
	let timed = input.commits_v4.iter().filter(|(epoch, _)| is_live(epoch.0)).flat_map(|(_, commits)| commits);
	let timed = timed.filter(|(of, _)| *of == uid).map(|(_, block)| block.0);
	hashes.chain(timed).min().filter(|_| input.commit_reveal_enabled)
}

fn epoch_input(input: &Input, before: &Before) -> EpochInput {
	let n = usize::from(input.n);
	let (stakes, stake_threshold) = stakes(input);
	let block = |blocks: &[Decimal<u64>], uid: u16| blocks.get(usize::from(uid)).map_or(0, |block| block.0);
	let neurons = (0..input.n).zip(stakes).map(|(uid, stake)| Neuron {
		stake,
		last_update: block(&input.last_update, uid),
		registered_at: block(&input.block_at_registration, uid),
		permit: before.permits.get(usize::from(uid)).copied().unwrap_or_default(),
		committed_at: committed_at(input, uid),
	});
	let liquid = LiquidAlpha { low: input.alpha_low, high: input.alpha_high, steepness: input.alpha_sigmoid_steepness };
	let factor = u64::from(input.activity_cutoff_factor_milli);
	let before_tempo = input.current_block.0.saturating_sub(input.tempo.into());
	EpochInput {
		block: input.current_block.0,
		activity_cutoff: (factor * u64::from(input.tempo) / 1_000).max(1),
		kappa: input.kappa,
		bonds_moving_average: input.bonds_moving_average.0,
		max_validators: input.max_allowed_validators,
		neurons: neurons.collect(),
		weights: dense_rows(&input.weights, n),
		bonds: dense_rows(&before.bonds, n),
		emission: input.rao_emission.0,
		rules: Rules {
			stake_threshold,
			permits_need_stake: true,
			owner: input.owner_uid,
			// Bonds are gone on who was registered in the block after the last epoch, or earlier where there was none.
			last_epoch: Some(match input.last_mechanism_step_block.0 {
				0 => before_tempo.wrapping_sub(1),
				block => block,
			}),
			bonds_penalty: input.bonds_penalty,
			bonds: match (input.yuma3_on, input.liquid_alpha_on) {
				(false, _) => BondForm::Yuma2,
				(true, false) => BondForm::Yuma3(None),
				(true, true) => BondForm::Yuma3(Some(liquid)),
			},
		},
	}
}

fn ascends(rows: &RowList) -> bool {
	rows.iter().all(|(_, row)| row.is_sorted_by(|(a, _), (b, _)| a < b))
}

/// Bonds as the reference would see them under liquid alpha, T2 and T3: it forgets those in whose place its row of weights
/// has no entry, while they decay here as they do without liquid alpha, and as they do there where a zero is written.
fn without_forgotten(start: &EpochInput, recorded: &Output) -> Vec<StoredRow> {
	let bonds = |uid: usize| start.bonds[uid].iter().copied();
	let counts = |uid: usize, column: u16| {
		let (neuron, registered_at) = (&start.neurons[uid], start.neurons[usize::from(column)].registered_at);
		let is_owner = start.rules.owner.map(usize::from) == Some(uid);
		let is_its_to_give = is_owner || neuron.permit && usize::from(column) != uid;
		is_its_to_give
			&& neuron.last_update > registered_at
			&& neuron.committed_at.is_none_or(|block| block >= registered_at)
	};
	let has_entry = |uid: usize, column: u16| {
		let entry = start.weights[uid].iter().find(|(id, _)| *id == column).filter(|_| counts(uid, column));
		let is_clipped = recorded.consensus[usize::from(column)] == 0;
		entry.is_some_and(|(_, weight)| match start.rules.bonds_penalty {
			0 => true,
			u16::MAX => *weight == 0 || !is_clipped,
			_ => *weight > 0,
		})
	};
	let n = start.neurons.len();
	(0..n)
		.map(|uid| bonds(uid).filter(|(column, _)| usize::from(*column) < n && has_entry(uid, *column)).collect())
		.collect()
}

/// Says whether all is equal to the last digit.
#[track_caller]
fn check_epoch(Epoch { name, input, before, output: recorded }: &Epoch, tally: &mut Tally) -> bool {
	let mut start = epoch_input(input, before);
	let is_liquid = input.yuma3_on && input.liquid_alpha_on;
	if is_liquid && !(ascends(&input.weights) && ascends(&before.bonds)) {
		let sorted = |rows: &[StoredRow]| {
			rows.iter()
				.cloned()
				.map(|mut row| {
					row.sort();
					row
				})
				.collect()
		};
		let (weights, bonds) = (sorted(&start.weights), sorted(&start.bonds));
		let out = run_epoch(&start);
		check_same(name, &out, recorded); // There, too, no order of bonds changes that.
		assert_eq!(out, run_epoch(&EpochInput { weights, bonds, ..start }), "{name}");
		tally.under("T1: the order of a row pays there");
		return true;
	}
	if is_liquid && recorded.consensus.iter().any(|limit| *limit > 0) {
		let seen = without_forgotten(&start, recorded);
		if seen != start.bonds {
			tally.under("of those T2 or T3: a bond without an entry in the row of weights is forgotten there");
			start.bonds = seen;
		}
	}
	let out = run_epoch(&start);
	check_same(name, &out, recorded);
	tally.compared();
	let is_equal = check_bonds(name, start.emission, &out, recorded, is_liquid);
	if !is_equal {
		tally.under("of those T6: another last digit of the exponential there");
	}
	is_equal
}

#[track_caller]
fn check_same(name: &str, out: &EpochOutput, recorded: &Output) {
	assert_eq!(out.active, recorded.active, "{name}: active");
	assert_eq!(out.permits, recorded.validator_permit, "{name}: permits");
	assert_eq!(out.stake_weight, recorded.stake_weight, "{name}: stake weight");
	assert_eq!(out.consensus, recorded.consensus, "{name}: consensus");
	assert_eq!(out.incentive, recorded.incentive, "{name}: incentive");
	assert_eq!(out.validator_trust, recorded.validator_trust, "{name}: validator trust");
}

/// What depends on bonds: equal to the last digit, unless the exponential of liquid alpha, T6, has a part in it.
#[track_caller]
fn check_bonds(name: &str, emission: u64, out: &EpochOutput, recorded: &Output, is_liquid: bool) -> bool {
	let rows = out.bonds.iter().map(|row| row.clone().expect("every row is stored"));
	let bonds: (Vec<StoredRow>, _) = (rows.collect(), dense_rows(&recorded.bonds_after, out.bonds.len()));
	let payments = [
		(&out.server_emission, plain(&recorded.server_emission)),
		(&out.validator_emission, plain(&recorded.validator_emission)),
		(&out.emission, plain(&recorded.emission)),
	];
	let is_paid_alike = payments.iter().all(|(ours, recorded)| *ours == recorded);
	if out.dividends == recorded.dividends && bonds.0 == bonds.1 && is_paid_alike {
		return true;
	}
	assert!(is_liquid, "{name}: {:?} {bonds:?} {payments:?}", (&out.dividends, &recorded.dividends));
	let uids = |row: &StoredRow| row.iter().map(|(uid, _)| *uid).collect::<Vec<_>>();
	let values = |rows: &[StoredRow]| rows.iter().flatten().map(|(_, bond)| *bond).collect::<Vec<_>>();
	assert_eq!(bonds.0.iter().map(uids).collect::<Vec<_>>(), bonds.1.iter().map(uids).collect::<Vec<_>>(), "{name}");
	let is_near = |ours: &[u16], recorded: &[u16]| ours.iter().zip(recorded).all(|(a, b)| a.abs_diff(*b) <= 1);
	assert!(is_near(&values(&bonds.0), &values(&bonds.1)), "{name}: bonds {bonds:?}");
	assert!(is_near(&out.dividends, &recorded.dividends), "{name}: dividends");
	for (ours, recorded) in payments {
		let furthest = ours.iter().zip(&recorded).map(|(a, b)| a.abs_diff(*b)).max().unwrap_or_default();
		assert!(furthest <= (emission >> 26) + 1, "{name}: {furthest} of {emission} rao");
	}
	false
}

#[test]
fn todays_epoch_is_that_of_the_reference() {
	const FILE: &str = "chain/yuma_today.json";
	let mut tally = Tally::default();
	let others = epochs(FILE).iter().filter(|epoch| !check_epoch(epoch, &mut tally)).count();
	tally.finish(FILE, 396);
	assert!(foreign_recordings().is_some() || others <= OTHER_DIGITS, "{others} epochs have another last digit");
}

#[test]
fn several_mechanisms_are_those_of_the_reference() {
	const FILE: &str = "chain/yuma_mechanisms.json";
	let mut tally = Tally::default();
	for case in cases::<MechanismsEpoch>(FILE) {
		check_mechanisms(&case, &mut tally);
	}
	tally.finish(FILE, 8);
}

/// Neither of them has bonds without weights, T2, nor is the stored emission compared: that weights parts a second time, T7.
#[track_caller]
fn check_mechanisms(case: &MechanismsEpoch, tally: &mut Tally) {
	let (name, n) = (&case.name, usize::from(case.n));
	let neuron = |(stake, permit): (&Decimal<u64>, &bool)| Neuron {
		stake: stake.0,
		registered_at: 1_000,
		permit: *permit,
		..Neuron::default()
	};
	let liquid = LiquidAlpha { low: 45_875, high: 58_982, steepness: 1_000 };
	let common = EpochInput {
		block: 100_000,
		activity_cutoff: 13_889 * 360 / 1_000,
		kappa: 32_767,
		bonds_moving_average: 900_000,
		max_validators: 64,
		neurons: case.alpha_stake.iter().zip(&case.validator_permits).map(neuron).collect(),
		emission: case.rao_emission.0,
		rules: Rules {
			permits_need_stake: true,
			last_epoch: Some(99_640),
			bonds: match (case.yuma3_on, case.liquid_alpha_on) {
				(false, _) => BondForm::Yuma2,
				(true, is_liquid) => BondForm::Yuma3(is_liquid.then_some(liquid)),
			},
			..Rules::default()
		},
		..EpochInput::default()
	};
	let own = |mechanism: &golden::today::Mechanism| Mechanism {
		last_update: plain(&mechanism.last_update),
		committed_at: Vec::new(),
		weights: dense_rows(&mechanism.weights, n),
		bonds: dense_rows(&mechanism.bonds, n),
	};
	let split = case.split.as_deref();
	let (each, all) = run_mechanisms(&common, case.mechanisms.iter().map(own).collect(), split);
	for ((ours, part), recorded) in each.iter().zip(parts(common.emission, each.len(), split)).zip(&case.mechanisms) {
		assert_eq!(part, recorded.emission_part.0, "{name}: part");
		assert_eq!(ours.incentive, recorded.incentive, "{name}: incentive");
		let bonds: Vec<StoredRow> = ours.bonds.iter().flatten().cloned().collect();
		assert_eq!(bonds, dense_rows(&recorded.bonds_after, n), "{name}: bonds");
	}
	let recorded = &case.aggregated;
	assert_eq!((&all.active, &all.permits), (&recorded.active, &recorded.validator_permit), "{name}");
	assert_eq!(all.stake_weight, recorded.stake_weight, "{name}: stake weight");
	assert_eq!(all.consensus, recorded.consensus, "{name}: consensus");
	assert_eq!(all.dividends, recorded.dividends, "{name}: dividends");
	assert_eq!(all.validator_trust, recorded.validator_trust, "{name}: validator trust");
	assert_eq!(all.server_emission, plain(&recorded.server_emission), "{name}: server emission");
	assert_eq!(all.validator_emission, plain(&recorded.validator_emission), "{name}: validator emission");
	tally.compared();
}
