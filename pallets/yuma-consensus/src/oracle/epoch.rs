// SPDX-License-Identifier: Apache-2.0
//! The Yuma epoch in exact rationals, with dense matrices.

use std::{vec, vec::Vec};

use num_rational::BigRational;
use num_traits::{One, Signed, Zero};

use super::{exp_neg, fraction, integer, parameter, shares, total};
use crate::{BondForm, EpochInput, LiquidAlpha, Neuron, StoredRow};

/// Exact results by uid.
pub(crate) struct Exact {
	pub(crate) consensus: Vec<BigRational>,
	pub(crate) incentive: Vec<BigRational>,
	pub(crate) dividends: Vec<BigRational>,
	pub(crate) servers: Vec<BigRational>,
	pub(crate) validators: Vec<BigRational>,
	/// How far the nearest sum of backing stakes is from the majority: closer than rounding, and the median may jump.
	pub(crate) margin: BigRational,
	/// What is divided by on the way, as one factor: the smaller, the more digits are lost.
	pub(crate) conditioning: BigRational,
}

type Matrix = Vec<Vec<BigRational>>;

/// Runs the epoch on rows with distinct uids.
pub(crate) fn run(input: &EpochInput) -> Exact {
	let (n, rules) = (input.neurons.len(), &input.rules);
	let is_owner = |uid: usize| rules.owner.map(usize::from) == Some(uid);
	let stake_of = |(uid, neuron): (usize, &Neuron)| {
		integer(if neuron.stake >= rules.stake_threshold || is_owner(uid) { neuron.stake } else { 0 })
	};
	let all_stake = shares(input.neurons.iter().enumerate().map(stake_of).collect());
	let permit = |uid: usize| input.neurons[uid].permit || is_owner(uid);
	let is_active = |uid: usize| input.neurons[uid].last_update + input.activity_cutoff >= input.block;
	let counted: Vec<_> =
		(0..n).map(|i| if permit(i) && is_active(i) { all_stake[i].clone() } else { integer(0) }).collect();
	let active_part = total(counted.iter().cloned());
	let stake = shares(counted);

	let weights: Matrix = (0..n).map(|i| shares((0..n).map(|j| weight(input, permit(i), i, j)).collect())).collect();
	let kappa = parameter(input.kappa.into(), 65_535);
	let mut margin = BigRational::one();
	let consensus: Vec<_> = (0..n).map(|j| median(&column(&weights, j), &stake, &kappa, &mut margin)).collect();
	let clipped: Matrix =
		weights.iter().map(|row| row.iter().zip(&consensus).map(|(w, c)| w.min(c).clone()).collect()).collect();
	let rank: Vec<_> = (0..n).map(|j| total((0..n).map(|i| &clipped[i][j] * &stake[i]))).collect();
	let rank_sum = total(rank.iter().cloned());
	let incentive = shares(rank);

	let agreed = Agreed { weights, clipped, consensus, stake, incentive };
	let (held, alpha) = hold(input, &agreed);
	let held_sum = total(held.iter().cloned());
	let Agreed { consensus, stake, incentive, .. } = agreed;
	let dividends = shares(held);

	let paid = total(incentive.iter().chain(&dividends).cloned());
	let (servers, validators) = if paid.is_zero() {
		let by_stake = if active_part.is_zero() { all_stake } else { stake };
		(incentive.clone(), by_stake)
	} else {
		let part = |shares: &[BigRational]| shares.iter().map(|share| share / &paid).collect();
		(part(&incentive), part(&dividends))
	};
	let or_one = |value: BigRational| if value.is_zero() { BigRational::one() } else { value };
	let conditioning = or_one(active_part) * or_one(rank_sum) * or_one(alpha) * or_one(held_sum);
	Exact { consensus, incentive, dividends, servers, validators, margin, conditioning }
}

/// What the second half of the epoch starts from.
struct Agreed {
	weights: Matrix,
	clipped: Matrix,
	consensus: Vec<BigRational>,
	stake: Vec<BigRational>,
	incentive: Vec<BigRational>,
}

/// What each uid's bonds earn of the incentives, and the part of a bond that is renewed: the least of all that have a
/// weight.
fn hold(input: &EpochInput, agreed: &Agreed) -> (Vec<BigRational>, BigRational) {
	let Agreed { weights, clipped, consensus, stake, incentive } = agreed;
	let n = stake.len();
	let matrix = |of: &dyn Fn(usize, usize) -> BigRational| -> Matrix {
		(0..n).map(|i| (0..n).map(|j| of(i, j)).collect()).collect()
	};
	let earned =
		|bonds: &Matrix| bonds.iter().map(|row| total(row.iter().zip(incentive).map(|(bond, i)| bond * i))).collect();
	let penalty = parameter(input.rules.bonds_penalty.into(), 65_535);
	let soft = matrix(&|i, j| &weights[i][j] - &penalty * (&weights[i][j] - &clipped[i][j]));
	let old = matrix(&|i, j| bond(input, i, j));
	let renewed = BigRational::one() - parameter(input.bonds_moving_average.min(1_000_000), 1_000_000);
	let average = |alpha: &BigRational, new: &BigRational, old: &BigRational| alpha * (new - old) + old;
	match input.rules.bonds {
		BondForm::Yuma2 => {
			let delta = with_column_sums_one(matrix(&|i, j| &soft[i][j] * &stake[i]));
			let old = with_column_sums_one(old);
			let bonds = with_column_sums_one(matrix(&|i, j| average(&renewed, &delta[i][j], &old[i][j])));
			(earned(&bonds), renewed)
		},
		BondForm::Yuma3(liquid) => {
			let liquid = liquid.filter(|_| consensus.iter().any(|limit| !limit.is_zero()));
			let old = matrix(&|i, j| &old[i][j] / integer(65_535));
			let pace = |i: usize, j: usize| match liquid {
				Some(liquid) => pace(liquid, &soft[i][j], &old[i][j], &consensus[j]),
				None => renewed.clone(),
			};
			let alphas = matrix(&pace);
			let bonds = with_column_sums_one(matrix(&|i, j| average(&alphas[i][j], &soft[i][j], &old[i][j])));
			let earned: Vec<BigRational> = earned(&bonds);
			let of_weights = alphas.iter().flatten().zip(soft.iter().flatten());
			let least = of_weights.filter(|(_, weight)| !weight.is_zero()).map(|(alpha, _)| alpha).min().cloned();
			(earned.iter().zip(stake).map(|(earned, stake)| earned * stake).collect(), least.unwrap_or(renewed))
		},
	}
}

/// As far as it counts.
fn weight(input: &EpochInput, permit: bool, i: usize, j: usize) -> BigRational {
	let (neuron, registered_at) = (&input.neurons[i], input.neurons[j].registered_at);
	let is_promised = neuron.committed_at.is_some_and(|block| block < registered_at);
	let is_own = i == j && input.rules.owner.map(usize::from) != Some(i);
	if permit && !is_own && neuron.last_update > registered_at && !is_promised {
		integer(entry(&input.weights[i], j).into())
	} else {
		integer(0)
	}
}

/// As far as it counts.
fn bond(input: &EpochInput, i: usize, j: usize) -> BigRational {
	let registered_at = input.neurons[j].registered_at;
	let counts = match input.rules.last_epoch {
		None => input.neurons[i].last_update > registered_at,
		Some(block) => registered_at <= block,
	};
	integer(if counts { entry(&input.bonds[i], j).into() } else { 0 })
}

fn pace(liquid: LiquidAlpha, weight: &BigRational, bond: &BigRational, consensus: &BigRational) -> BigRational {
	let (low, high) = (parameter(liquid.low.into(), 65_535), parameter(liquid.high.into(), 65_535));
	let distance = if weight >= bond { weight - consensus } else { bond - weight };
	let distance = distance.clamp(integer(0), integer(1));
	let steepness = BigRational::new(liquid.steepness.into(), 100.into());
	let x = steepness * (distance - fraction(1, 2));
	let fall = exp_neg(&x.abs());
	let above = BigRational::one() / (BigRational::one() + &fall);
	let sigmoid = if x.is_negative() { BigRational::one() - above } else { above };
	&low + (&high - &low).max(integer(0)) * sigmoid
}

fn entry(row: &StoredRow, uid: usize) -> u16 {
	row.iter().find(|(id, _)| usize::from(*id) == uid).map_or(0, |(_, value)| *value)
}

fn column(matrix: &Matrix, j: usize) -> Vec<BigRational> {
	matrix.iter().map(|row| row[j].clone()).collect()
}

fn with_column_sums_one(mut matrix: Matrix) -> Matrix {
	for j in 0..matrix.len() {
		for (row, share) in shares(column(&matrix, j)).into_iter().enumerate() {
			matrix[row][j] = share;
		}
	}
	matrix
}

/// The largest value that validators with at least `kappa` of the stake give or exceed.
fn median(values: &[BigRational], stake: &[BigRational], kappa: &BigRational, margin: &mut BigRational) -> BigRational {
	let mut median = vec![BigRational::zero()];
	for value in values.iter().zip(stake).filter(|(_, stake)| !stake.is_zero()).map(|(value, _)| value) {
		let backing = total(values.iter().zip(stake).filter(|(v, _)| *v >= value).map(|(_, stake)| stake.clone()));
		let distance = if backing > *kappa { &backing - kappa } else { kappa - &backing };
		if !backing.is_one() {
			*margin = margin.clone().min(distance); // All of the stake is a majority of any size.
		}
		if backing >= *kappa {
			median.push(value.clone());
		}
	}
	median.into_iter().max().unwrap_or_else(|| fraction(0, 1))
}
