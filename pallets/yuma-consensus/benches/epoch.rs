// SPDX-License-Identifier: Apache-2.0
//! A subnet epoch with 64 validators, full rows and full bonds, against the plain algorithm on the same state; with
//! random weights, and with weights in the order that is worst for a median around the value in the middle. Then today's
//! forms of the epoch against the first one.

#[path = "baseline/epoch.rs"]
mod baseline;
#[path = "report/memory.rs"]
mod memory;
mod report;

use criterion::Criterion;
use report::{measure, print_cases, print_ladder, scale_of_this_machine, Case, Random};
use yuma_consensus::{epoch::run_epoch, BondForm, EpochInput, LiquidAlpha, Neuron, Rules, StoredRow};

#[global_allocator]
static ALLOCATOR: memory::Counting = memory::Counting;

const VALIDATORS: u16 = 64;
/// Neurons, milliseconds recorded of the reference with random weights, and the ratio to reach. What was recorded with
/// adversarial weights does not compare: that order was only nearly the worst.
const CASES: [(u16, f64, Option<f64>); 4] =
	[(64, 0.51, None), (256, 2.0, None), (1_024, 9.0, Some(5.0)), (4_096, 48.0, Some(5.0))];
/// Uid and value of a weight, and of a bond.
const BYTES_AN_ENTRY: f64 = 8.0;

/// A subnet of `n` whose validators set `weight(random, validator, uid)` on everybody else.
fn subnet(n: u16, weight: impl Fn(&mut Random, u16, u16) -> u16) -> EpochInput {
	let mut random = Random(n.into());
	let neuron = |uid, random: &mut Random| {
		let permit = uid < VALIDATORS;
		Neuron {
			stake: if permit { random.stake() } else { 0 },
			last_update: 90,
			registered_at: 1,
			permit,
			committed_at: None,
		}
	};
	let neurons = Vec::from_iter((0..n).map(|uid| neuron(uid, &mut random)));
	let mut rows = |weight: &dyn Fn(&mut Random, u16, u16) -> u16| {
		let mut row = |validator: u16| -> StoredRow {
			if validator >= VALIDATORS {
				return StoredRow::new();
			}
			(0..n).filter(|uid| *uid != validator).map(|uid| (uid, weight(&mut random, validator, uid))).collect()
		};
		Vec::from_iter((0..n).map(&mut row))
	};
	EpochInput {
		block: 100,
		activity_cutoff: 5_000,
		kappa: 32_767,
		bonds_moving_average: 900_000,
		max_validators: VALIDATORS,
		neurons,
		weights: rows(&weight),
		bonds: rows(&|random, _, _| random.weight()),
		emission: 360_000_000_000,
		..EpochInput::default()
	}
}

fn random_subnet(n: u16) -> EpochInput {
	subnet(n, |random, _, _| random.weight())
}

/// The same spread of weights, but whoever stands in the middle of those that are left always gives the most or the least
/// of them, in turns, so that the plain median loses one voter a pass. Every other column is upside down: else it were
/// the rows that differ, and renormalizing them would undo it.
fn adversarial_subnet(n: u16) -> EpochInput {
	let mut left = Vec::from_iter(0..VALIDATORS);
	let mut place = vec![0u16; VALIDATORS.into()];
	let (mut least, mut most) = (0, VALIDATORS - 1);
	while !left.is_empty() {
		let voter = left.remove(left.len() / 2);
		if left.len() % 2 == 0 {
			place[usize::from(voter)] = least;
			least += 1;
		} else {
			place[usize::from(voter)] = most;
			most = most.saturating_sub(1);
		}
	}
	subnet(n, |random, validator, uid| {
		let place = place[usize::from(validator)];
		let place = if uid % 2 == 0 { place } else { VALIDATORS - 1 - place };
		place * 1_023 + 1 + (random.next() % 8) as u16
	})
}

fn plain_input(input: &EpochInput) -> baseline::EpochInput {
	let neurons = &input.neurons;
	baseline::EpochInput {
		block: input.block,
		activity_cutoff: input.activity_cutoff,
		last_update: neurons.iter().map(|neuron| neuron.last_update).collect(),
		registered_at: neurons.iter().map(|neuron| neuron.registered_at).collect(),
		stake: neurons.iter().map(|neuron| neuron.stake).collect(),
		permits: neurons.iter().map(|neuron| neuron.permit).collect(),
		max_validators: input.max_validators.into(),
		weights: input.weights.clone(),
		bonds: input.bonds.clone(),
		kappa: input.kappa,
		bonds_moving_average: input.bonds_moving_average,
		emission: input.emission,
	}
}

/// Both on the same state: the same to the last digit, but for a rao.
fn assert_same(input: &EpochInput, plain: &baseline::EpochInput) {
	let (ours, plain) = (run_epoch(input), baseline::epoch(plain));
	assert_eq!((&ours.active, &ours.permits), (&plain.active, &plain.permits));
	assert_eq!((&ours.rank, &ours.trust, &ours.consensus), (&plain.rank, &plain.trust, &plain.consensus));
	assert_eq!((&ours.incentive, &ours.dividends), (&plain.incentive, &plain.dividends));
	assert_eq!((&ours.validator_trust, &ours.pruning_scores), (&plain.validator_trust, &plain.pruning_scores));
	assert_eq!(ours.bonds, plain.bonds);
	let payments = [
		(&ours.server_emission, &plain.server_emission),
		(&ours.validator_emission, &plain.validator_emission),
		(&ours.emission, &plain.emission),
	];
	for (ours, plain) in payments {
		assert!(ours.iter().zip(plain).all(|(ours, plain)| ours.abs_diff(*plain) <= 1));
	}
}

/// The forms and their names, the first one first.
fn forms() -> [(&'static str, Rules); 3] {
	let yuma3 = Rules { bonds: BondForm::Yuma3(None), ..Rules::default() };
	let liquid = LiquidAlpha { low: 45_875, high: 58_982, steepness: 1_000 };
	let liquid = Rules { bonds: BondForm::Yuma3(Some(liquid)), bonds_penalty: 32_768, ..Rules::default() };
	[("Yuma 2", Rules::default()), ("Yuma 3", yuma3), ("Yuma 3, liquid alpha, penalty 1/2", liquid)]
}

/// What every form takes on the same states in the same run: the name of the case, seconds, and those of the first form.
fn measure_forms(criterion: &mut Criterion) -> Vec<(String, f64, f64)> {
	let mut rows = Vec::new();
	for n in [256, 1_024, 4_096] {
		let state = random_subnet(n);
		let group = format!("epoch, {n} neurons, forms");
		let times = forms().map(|(name, rules)| {
			let input = EpochInput { rules, ..state.clone() };
			(name, measure(criterion, &group, name, || run_epoch(&input)))
		});
		let first = times[0].1;
		let row = |(name, time): (&str, Option<f64>)| Some((format!("{n} neurons, {name}"), time?, first?));
		rows.extend(times.into_iter().filter_map(row));
	}
	rows
}

fn print_forms(rows: &[(String, f64, f64)]) {
	println!("\nForms of the epoch, 64 validators, full rows and bonds");
	for (name, time, first) in rows {
		println!("{name:<48} {:>9.1} µs {:>6.2}x of the first form", time * 1e6, time / first);
	}
}

fn main() {
	let mut criterion = report::criterion();
	let mut cases = Vec::new();
	let mut rungs = Vec::new();
	for (n, recorded, goal) in CASES {
		let states = [
			("random", random_subnet(n), Some(recorded / 1e3), goal),
			("adversarial", adversarial_subnet(n), None, None),
		];
		for (order, input, recorded, goal) in states {
			let plain = plain_input(&input);
			assert_same(&input, &plain);
			let name = format!("epoch, {n} neurons, {order}");
			let ours = measure(&mut criterion, &name, "ours", || run_epoch(&input));
			let baseline = measure(&mut criterion, &name, "baseline", || baseline::epoch(&plain));
			if let (Some(ours), Some(baseline)) = (ours, baseline) {
				rungs.push((name.clone(), usize::from(VALIDATORS) * usize::from(n - 1), ours));
				cases.push(Case { name, ours, baseline, recorded, goal });
			}
		}
	}
	let forms = measure_forms(&mut criterion);
	print_cases("Subnet epoch, 64 validators, full rows and bonds", &cases, scale_of_this_machine());
	print_ladder("Subnet epoch by weights", &rungs, BYTES_AN_ENTRY);
	for pair in cases.chunks_exact(2) {
		println!("{} takes {:.2}x of random", pair[1].name, pair[1].ours / pair[0].ours);
	}
	print_forms(&forms);
	let input = random_subnet(1_024);
	let (plain, plain_peak) = (plain_input(&input), |plain| memory::peak_of(|| baseline::epoch(plain)));
	let (peak, plain) = (memory::peak_of(|| run_epoch(&input)), plain_peak(&plain));
	println!("\nPeak memory at 1024 neurons: {:.3} MB, baseline {:.1} MB", peak as f64 / 1e6, plain as f64 / 1e6);
	criterion.final_summary();
}
