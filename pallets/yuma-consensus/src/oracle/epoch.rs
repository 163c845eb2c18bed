// SPDX-License-Identifier: Apache-2.0
//! The Yuma epoch in exact rationals, with dense matrices.

use std::{vec, vec::Vec};

use num_rational::BigRational;
use num_traits::{One, Zero};

use super::{fraction, integer, parameter, shares, total};
use crate::{EpochInput, StoredRow};

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
	let n = input.neurons.len();
	let all_stake = shares(input.neurons.iter().map(|neuron| integer(neuron.stake)).collect());
	let counts = |uid: usize| {
		let neuron = &input.neurons[uid];
		neuron.permit && neuron.last_update + u64::from(input.activity_cutoff) >= input.block
	};
	let counted: Vec<_> = (0..n).map(|i| if counts(i) { all_stake[i].clone() } else { integer(0) }).collect();
	let active_part = total(counted.iter().cloned());
	let stake = shares(counted);

	let fresh = |i: usize, j: usize| input.neurons[i].last_update > input.neurons[j].registered_at;
	let weights: Matrix = (0..n)
		.map(|i| {
			let kept = |j: usize| i != j && input.neurons[i].permit && fresh(i, j);
			shares(
				(0..n)
					.map(|j| if kept(j) { integer(entry(&input.weights[i], j).into()) } else { integer(0) })
					.collect(),
			)
		})
		.collect();
	let kappa = parameter(input.kappa.into(), 65_535);
	let mut margin = BigRational::one();
	let consensus: Vec<_> = (0..n).map(|j| median(&column(&weights, j), &stake, &kappa, &mut margin)).collect();
	let clipped: Matrix =
		weights.iter().map(|row| row.iter().zip(&consensus).map(|(w, c)| w.min(c).clone()).collect()).collect();
	let rank: Vec<_> = (0..n).map(|j| total((0..n).map(|i| &clipped[i][j] * &stake[i]))).collect();
	let rank_sum = total(rank.iter().cloned());
	let incentive = shares(rank);

	let keep = parameter(input.bonds_moving_average.min(1_000_000), 1_000_000);
	let alpha = BigRational::one() - keep;
	let old: Matrix = (0..n)
		.map(|i| {
			let bond = |j| if fresh(i, j) { integer(entry(&input.bonds[i], j).into()) } else { integer(0) };
			(0..n).map(bond).collect()
		})
		.collect();
	let delta: Matrix = (0..n).map(|i| clipped[i].iter().map(|weight| weight * &stake[i]).collect()).collect();
	let (old, delta) = (with_column_sums_one(old), with_column_sums_one(delta));
	let mixed = |i: usize, j: usize| &alpha * &delta[i][j] + (BigRational::one() - &alpha) * &old[i][j];
	let bonds = with_column_sums_one((0..n).map(|i| (0..n).map(|j| mixed(i, j)).collect()).collect());
	let dividends = shares((0..n).map(|i| total((0..n).map(|j| &bonds[i][j] * &incentive[j]))).collect());

	let paid = total(incentive.iter().chain(&dividends).cloned());
	let (servers, validators) = if paid.is_zero() {
		let by_stake = if active_part.is_zero() { all_stake } else { stake };
		(incentive.clone(), by_stake)
	} else {
		let part = |shares: &[BigRational]| shares.iter().map(|share| share / &paid).collect();
		(part(&incentive), part(&dividends))
	};
	let or_one = |value: BigRational| if value.is_zero() { BigRational::one() } else { value };
	let conditioning = or_one(active_part) * or_one(rank_sum) * or_one(alpha);
	Exact { consensus, incentive, dividends, servers, validators, margin, conditioning }
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
