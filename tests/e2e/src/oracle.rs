// SPDX-License-Identifier: Apache-2.0

//! What root votes must pay, in exact rationals and in the plainest way. Shares no code with the chain or the client.

use std::collections::BTreeMap;

use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::{One, Zero};

/// A root validator as its votes file has it.
#[derive(Clone, Debug)]
pub struct Voter {
	/// In rao.
	pub stake: u64,
	/// Weight by netuid, as in the file.
	pub weights: BTreeMap<u16, f64>,
}

/// A row of weights as the chain stores it.
pub type Row = BTreeMap<u16, u16>;

/// The row that the client sends and the chain stores: largest weight 65535, the others to the nearest, halves up.
pub fn stored_row(weights: &BTreeMap<u16, f64>) -> Row {
	let exact = |weight: &f64| BigRational::from_float(*weight).expect("weights are finite");
	let largest = weights.values().map(exact).max().expect("a vote has weights");
	let scaled = |weight: &f64| exact(weight) / &largest * integer(65_535) + fraction(1, 2);
	let row = weights.iter().map(|(netuid, weight)| (*netuid, to_u16(&scaled(weight).floor())));
	row.filter(|(_, weight)| *weight > 0).collect()
}

/// Emission of each subnet with a vote, in rao per block: `E ∝ C ∘ R`, `R = Wᵀ·S`, `C = σ(ρ·(T − κ))`.
///
/// Rows are divided by their sums if `normalize`, else taken as stored.
pub fn emission(voters: &[Voter], block_emission: u64, normalize: bool) -> BTreeMap<u16, BigRational> {
	let all_stake: u64 = voters.iter().map(|voter| voter.stake).sum();
	let mut rank = BTreeMap::<u16, BigRational>::new();
	let mut trust = BTreeMap::<u16, BigRational>::new();
	for voter in voters {
		let stake = fraction(voter.stake, all_stake);
		let row = stored_row(&voter.weights);
		let whole: u64 = if normalize { row.values().map(|weight| u64::from(*weight)).sum() } else { 65_535 };
		for (netuid, weight) in row {
			*rank.entry(netuid).or_insert_with(BigRational::zero) += fraction(weight.into(), whole) * &stake;
			*trust.entry(netuid).or_insert_with(BigRational::zero) += &stake;
		}
	}
	// 32767 of 65535, to the 32 binary places that the chain's parameter has.
	let kappa = fraction((32_767 << 32) / 65_535, 1 << 32);
	let pull = |(netuid, rank): (u16, BigRational)| {
		let consensus = sigmoid(&(integer(10) * (&trust[&netuid] - &kappa)));
		(netuid, consensus * rank)
	};
	let pulls: BTreeMap<u16, BigRational> = rank.into_iter().map(pull).collect();
	let all: BigRational = pulls.values().sum();
	pulls.into_iter().map(|(netuid, pull)| (netuid, pull / &all * integer(block_emission))).collect()
}

/// `1 / (1 + e^-x)`, for `|x|` up to 5 far more precise than a rao needs.
fn sigmoid(x: &BigRational) -> BigRational {
	BigRational::one() / (BigRational::one() + exp(&-x))
}

/// The series of `e^x`, cut after 70 terms, the sum of it in 1e-40ths: for `|x|` up to 5 the rest is below those.
fn exp(x: &BigRational) -> BigRational {
	let unit = BigRational::from_integer(BigInt::from(10).pow(40));
	let mut term = BigRational::one();
	let mut sum = BigRational::one();
	for n in 1..70u64 {
		term = (term * x / integer(n) * &unit).round() / &unit; // Keeps the numbers short.
		sum += &term;
	}
	sum
}

fn integer(n: u64) -> BigRational {
	BigRational::from_integer(n.into())
}

fn fraction(numerator: u64, denominator: u64) -> BigRational {
	BigRational::new(numerator.into(), denominator.into())
}

fn to_u16(n: &BigRational) -> u16 {
	n.to_integer().try_into().expect("no weight exceeds the largest")
}

#[cfg(test)]
mod tests {
	use super::*;

	fn voter(weights: &[(u16, f64)]) -> Voter {
		Voter { stake: 7, weights: weights.iter().copied().collect() }
	}

	fn example() -> [Voter; 3] {
		let spread = |n: u16| voter(&(1..=n).map(|netuid| (netuid, 1.0 / f64::from(n))).collect::<Vec<_>>());
		[spread(4), spread(10), voter(&[(1, 0.75), (2, 0.2), (3, 0.05)])]
	}

	fn rounded(emission: BTreeMap<u16, BigRational>) -> Vec<u64> {
		emission.into_values().map(|rao| rao.to_integer().try_into().expect("it fits")).collect()
	}

	#[test]
	fn rows_are_scaled_to_the_largest() {
		let [_, _, last] = example();
		assert_eq!(stored_row(&last.weights), [(1, 65_535), (2, 17_476), (3, 4_369)].into());
		assert_eq!(stored_row(&[(1, 2.0), (2, 1.0), (3, 1e-6)].into()), [(1, 65_535), (2, 32_768)].into());
	}

	#[test]
	fn the_example_has_the_published_figures() {
		let with = rounded(emission(&example(), 1_000_000_000, true));
		assert_eq!(&with[..6], [450_385_397, 225_192_698, 163_776_508, 121_351_381, 6_549_002, 6_549_002]);
		let without = rounded(emission(&example(), 1_000_000_000, false));
		assert_eq!(&without[..6], [300_401_089, 226_969_711, 206_942_972, 169_588_074, 16_016_358, 16_016_358]);
	}

	#[test]
	fn exp_is_the_one_of_the_library() {
		for x in [-5i64, -1, 0, 2, 5] {
			let exact = exp(&BigRational::from_integer(x.into()));
			let float: f64 = num_traits::ToPrimitive::to_f64(&exact).expect("it fits");
			assert!((float / (x as f64).exp() - 1.0).abs() < 1e-14, "{x}");
		}
	}
}
