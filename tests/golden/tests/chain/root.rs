// SPDX-License-Identifier: Apache-2.0
//! Root consensus, with rows renormalized and as stored.

use std::collections::BTreeMap;

use golden::{
	cases, dense_rows,
	epochs::{RootEpoch, RootInput},
	plain, Tally,
};
use yuma_consensus::{
	root::{emission_shares, emission_shares_without_renormalization},
	split, RootParams, RootVote,
};

use crate::overflows_the_reference;

#[derive(Clone, Copy, Debug, PartialEq)]
enum Reading {
	Renormalized,
	AsStored,
}

/// How far the exponential's argument may be from zero in the reference: beyond, it panics.
const STEEPEST: f64 = 42.7;

/// The reference's defect, if any, that leaves nothing to compare with.
fn defect(input: &RootInput, estimate: &Estimate) -> Option<&'static str> {
	let is_steep = |subnet: &Subnet| subnet.steepness.abs() > STEEPEST;
	let amounts = plain(&input.stake).into_iter();
	match () {
		() if input.stake.len() > 256 => Some("R1: uids beyond 255, whose stakes are mixed up"),
		() if usize::from(input.total_networks) != input.netuids.len() => Some("R2: counters of networks disagree"),
		() if overflows_the_reference(amounts) || overflows_the_reference([input.block_emission.0]) => {
			Some("R13: amounts of 2^63 overflow")
		},
		() if estimate.subnets.iter().any(is_steep) => Some("R4: the exponential panics"),
		() => None,
	}
}

/// Root consensus in floating point, from which follows how coarse fixed point may be.
struct Estimate {
	n_validators: f64,
	rho: f64,
	subnets: Vec<Subnet>,
}

#[derive(Clone, Default)]
struct Subnet {
	rank: f64,
	trust: f64,
	steepness: f64,
	consensus: f64,
}

impl Estimate {
	fn new(input: &RootInput, rows: &[Vec<(u16, u16)>], reading: Reading) -> Self {
		let mut subnets: BTreeMap<u16, Subnet> = input.netuids.iter().map(|id| (*id, Subnet::default())).collect();
		let total = input.stake.iter().map(|stake| stake.0 as f64).sum::<f64>().max(1.0);
		for (stake, row) in input.stake.iter().zip(rows) {
			// Of an entry stored twice the last counts.
			let row: BTreeMap<u16, u16> =
				row.iter().copied().filter(|(id, weight)| *weight > 0 && subnets.contains_key(id)).collect();
			let whole = match reading {
				Reading::Renormalized => row.values().copied().map(f64::from).sum(),
				Reading::AsStored => f64::from(u16::MAX),
			};
			for (id, weight) in row {
				let subnet = subnets.get_mut(&id).expect("filtered");
				subnet.rank += stake.0 as f64 / total * f64::from(weight) / whole;
				subnet.trust += stake.0 as f64 / total;
			}
		}
		let kappa = ((u64::from(input.kappa) << 32) / 65_535) as f64 / 2f64.powi(32); // As both sides cut it.
		for subnet in subnets.values_mut() {
			subnet.steepness = f64::from(input.rho) * (subnet.trust - kappa);
			subnet.consensus = 1.0 / (1.0 + (-subnet.steepness).exp());
		}
		let subnets = input.netuids.iter().map(|id| subnets[id].clone()).collect();
		Self { n_validators: input.stake.len() as f64, rho: input.rho.into(), subnets }
	}

	/// By how many rao each subnet's part of `emission` may differ because both sides round, with steps of 2⁻⁶⁴: once for
	/// each validator in rank `R` and trust, and for each term of the exponential in consensus `C`.
	///
	/// With `P = C·R` and `δP = C·δR + R·δC`, a share `s` is off by `(δP + s·ΣδP) / ΣP`. That is far less than a rao of an
	/// ordinary emission, and some thousands of one near 2⁶³, or where next to nothing is voted for.
	fn coarseness(&self, emission: u64) -> Vec<f64> {
		const STEP: f64 = 1.0 / (1u128 << 64) as f64;
		let rank_error = 2.0 * STEP * (2.0 * self.n_validators + 1.0);
		let trust_error = 2.0 * STEP * self.n_validators;
		let errors = self.subnets.iter().map(|subnet| {
			let exp_error = self.rho * trust_error + 128.0 * STEP + exp_defect(subnet.steepness.abs());
			let consensus_error = subnet.consensus * (1.0 - subnet.consensus) * exp_error + 132.0 * STEP;
			subnet.consensus * rank_error + subnet.rank * consensus_error + 2.0 * STEP
		});
		let errors: Vec<f64> = errors.collect();
		let products: Vec<f64> = self.subnets.iter().map(|subnet| subnet.consensus * subnet.rank).collect();
		let (sum, error_sum) = (products.iter().sum::<f64>(), errors.iter().sum::<f64>());
		if sum == 0.0 {
			return vec![0.0; products.len()];
		}
		let off = |(product, error): (&f64, &f64)| (error + product / sum * error_sum) / sum + 2.0 * STEP;
		products.iter().zip(&errors).map(off).map(|off| (off * emission as f64).min(emission as f64)).collect()
	}
}

/// Relative error of the reference's exponential of `x`.
///
/// R4c: its series ends with the 63rd power. R5: exp(1) is a constant of 23 bits.
fn exp_defect(x: f64) -> f64 {
	let mut term = (-x).exp();
	let mut missing = 0.0;
	for power in 1..200 {
		term *= x / f64::from(power);
		if power > 63 {
			missing += term;
		}
	}
	let constant = if (x - 1.0).abs() < 1e-9 { 3.1e-8 } else { 0.0 };
	missing + constant
}

/// R3: the reference rounds every part down and loses the rest; we pay it out, a rao each to some subnets. That rao is
/// allowed, and whatever fixed point is coarser by.
fn check_result(case: &RootEpoch, reading: Reading, tally: &mut Tally) {
	let input = &case.input;
	let mut netuids = input.netuids.clone();
	netuids.sort_unstable();
	let rows = dense_rows(&input.stored_weights, input.stake.len());
	let votes: Vec<RootVote> =
		input.stake.iter().zip(&rows).map(|(stake, row)| RootVote { stake: stake.0, row }).collect();
	let params = RootParams { kappa: input.kappa, rho: input.rho };
	let (recorded, shares) = match reading {
		Reading::Renormalized => (&case.normalized, emission_shares(&netuids, &votes, params)),
		Reading::AsStored => (&case.unnormalized, emission_shares_without_renormalization(&netuids, &votes, params)),
	};
	let parts = split(input.block_emission.0, &shares);
	let paid: u128 = parts.iter().copied().map(u128::from).sum();
	let is_voted = shares.iter().any(|share| *share > 0);
	assert_eq!(paid, if is_voted { input.block_emission.0.into() } else { 0 }, "{}: {reading:?}", case.name);

	let estimate = Estimate::new(input, &rows, reading);
	if let Some(defect) = defect(input, &estimate) {
		return tally.under(defect);
	}
	tally.compared();
	if recorded.status != "ok" {
		assert_eq!(paid, 0, "{}: {reading:?}, but {}", case.name, recorded.status);
		return;
	}
	assert_eq!(recorded.emission.len(), input.netuids.len(), "{}", case.name);
	let paid: BTreeMap<u16, u64> = netuids.into_iter().zip(parts).collect();
	let coarseness = estimate.coarseness(input.block_emission.0);
	for ((netuid, recorded), coarseness) in input.netuids.iter().zip(&recorded.emission).zip(&coarseness) {
		let (ours, recorded) = (paid[netuid], recorded.0);
		let is_close = ours.abs_diff(recorded) <= 1 + *coarseness as u64;
		assert!(is_close, "{}: {reading:?}, subnet {netuid}: {ours} is not {recorded} within {coarseness}", case.name);
	}
	if coarseness.iter().any(|coarseness| *coarseness >= 1.0) {
		tally.under("of those where fixed point is coarser than a rao");
	}
}

#[test]
fn root_emission_is_that_of_the_reference_within_a_rao() {
	const FILE: &str = "chain/root_epoch.json";
	let mut tally = Tally::default();
	for case in cases::<RootEpoch>(FILE) {
		check_result(&case, Reading::Renormalized, &mut tally);
		check_result(&case, Reading::AsStored, &mut tally);
	}
	tally.finish(FILE, 184);
}
