// SPDX-License-Identifier: Apache-2.0
//! Whole networks: with parameters fit for few miners the honest all earn, and no cheat does.

use super::*;

/// Parameters under which the worst of three has a part of the reward. At the published temperature of 0.08, one that wins
/// half its comparisons earns `e^6` times as much as one that wins none.
fn local_params(form: Form) -> Params {
	Params { form, temperature: if form == Form::Coded { 0.5 } else { 20.0 }, ..params() }
}

/// Repeatable numbers, near enough to a normal distribution.
struct Noise(u64);

impl Noise {
	fn next(&mut self) -> f64 {
		let mut uniform = || {
			self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
			(self.0 >> 33) as f64 / (1u64 << 31) as f64
		};
		(0..12).map(|_| uniform()).sum::<f64>() - 6.0
	}

	/// Losses around `mean`: some samples are harder for every model, and each model differs by `spread` on each.
	fn losses(&mut self, mean: f64, spread: f64, hardness: &[f64]) -> Vec<f64> {
		hardness.iter().map(|hardness| mean * hardness * (1.0 + spread * self.next())).collect()
	}
}

/// Shares after some steps of three honest miners, uids 0 to 2, whose models were committed in the order of `blocks`; uid 3
/// copies with changes too small to matter, uid 4 submits another's model as it is, uid 5 noise.
fn run_network(form: Form, blocks: [Block; 3], spread: f64) -> Vec<(Uid, f32)> {
	let params = local_params(form);
	let (mut state, mut noise) = (State::default(), Noise(blocks[0].into()));
	for step in 0..20 {
		let hardness: Vec<f64> = (0..64).map(|_| (0.3 * noise.next()).exp()).collect();
		let losses = [2.00, 2.02, 2.05].map(|mean| noise.losses(mean, spread, &hardness));
		let honest = (0u16..).zip(&losses).zip(blocks);
		let mut verdicts: Vec<_> = honest.map(|((uid, losses), block)| evaluated(uid, block, losses)).collect();
		let copied = (step % 3) as usize;
		let changed = losses[copied].iter().map(|loss| loss * (1.0 + 1e-5 * noise.next())).collect();
		verdicts.push((3, Verdict::Evaluated(model(3, 90), changed)));
		let taken = Model { block: 91, ..model(1, 0) };
		verdicts.push((4, Verdict::Evaluated(taken, losses[1].clone())));
		verdicts.push(evaluated(5, 1, &noise.losses(10.0, 0.1, &hardness)));
		let baseline = noise.losses(2.5, spread, &hardness);
		let seen = Observations { baseline, ..observations(&state, &verdicts) };
		state.step(&params, &seen).unwrap();
	}
	state.shares(&params)
}

#[test]
fn every_honest_miner_earns_a_twentieth_and_no_cheat_anything() {
	const ORDERS: [[Block; 3]; 6] =
		[[10, 20, 30], [10, 30, 20], [20, 10, 30], [20, 30, 10], [30, 10, 20], [30, 20, 10]];
	for form in [Form::Coded, Form::Documented] {
		for (order, spread) in ORDERS.iter().flat_map(|order| [0.003, 0.01, 0.03].map(|spread| (*order, spread))) {
			let shares = run_network(form, order, spread);
			let uids: Vec<Uid> = shares.iter().map(|(uid, _)| *uid).collect();
			assert_eq!(uids, [0, 1, 2], "{form:?}, {order:?}, {spread}: {shares:?}");
			assert!(shares.iter().all(|(_, share)| *share >= 0.05), "{form:?}, {order:?}, {spread}: {shares:?}");
		}
	}
}
