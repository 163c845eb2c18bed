// SPDX-License-Identifier: Apache-2.0
//! The consensus weight of every server: a median weighted by stake.

use alloc::{vec, vec::Vec};

use crate::{
	fixed::{normalize, sum, Q32, Q32_ZERO},
	matrix::SparseMatrix,
};

/// For each column the largest value that validators with at least `majority` of the stake give or exceed.
///
/// A validator with stake that has no entry gives zero. When even the smallest value given does not reach the majority,
/// that one is the median. Each column is sorted once, so no order of entries costs more than another.
pub(crate) fn weighted_median(stake: &[Q32], scores: &SparseMatrix, majority: Q32) -> Vec<Q32> {
	// Renormalized over the stake that takes part, as the reference does; the rounding shows in the last bit.
	let mut staked: Vec<Q32> = stake.iter().copied().filter(|stake| *stake > Q32_ZERO).collect();
	normalize(&mut staked);
	let voters = staked.len();
	let total = sum(&staked);

	let mut columns: Vec<Vec<(Q32, Q32)>> = vec![Vec::new(); stake.len()];
	let with_stake = scores.rows().iter().zip(stake).filter(|(_, stake)| **stake > Q32_ZERO);
	for ((row, _), stake) in with_stake.zip(&staked) {
		for (column, value) in row {
			if let Some(entries) = columns.get_mut(usize::from(*column)) {
				entries.push((*value, *stake));
			}
		}
	}
	columns.into_iter().map(|entries| column_median(entries, voters, total, majority)).collect()
}

/// `entries` are `(value, stake)` of the voters that gave one; the other voters gave zero.
fn column_median(mut entries: Vec<(Q32, Q32)>, voters: usize, total: Q32, majority: Q32) -> Q32 {
	if majority > total && entries.len() < voters {
		return Q32_ZERO; // Not even all of the stake suffices, and somebody gave zero.
	}
	entries.sort_unstable_by(|a, b| b.cmp(a));
	let mut backing = Q32_ZERO;
	for (value, stake) in &entries {
		backing = backing.saturating_add(*stake);
		if backing >= majority {
			return *value;
		}
	}
	match entries.last() {
		Some((smallest, _)) if entries.len() == voters => *smallest,
		_ => Q32_ZERO,
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::fixed::u16_proportion_q32;

	#[track_caller]
	fn check(stake: &[u16], column: &[u16], majority: u16, expected: u16) {
		let n = stake.len().max(1);
		let rows: Vec<Vec<(u16, u16)>> =
			column.iter().map(|v| if *v > 0 { vec![(0, *v)] } else { Vec::new() }).collect();
		let scores = SparseMatrix::from_stored(&rows, n, |_, _| true);
		let mut stake: Vec<Q32> = stake.iter().map(|s| Q32::from_num(*s)).collect();
		normalize(&mut stake);
		let median = weighted_median(&stake, &scores, u16_proportion_q32(majority));
		assert_eq!(median.first().copied(), Some(Q32::from_num(expected)), "{column:?}");
	}

	#[test]
	fn the_majority_decides() {
		check(&[1, 1, 1], &[10, 20, 30], 32_767, 20);
		check(&[6, 2, 2], &[10, 20, 30], 32_767, 10);
		check(&[6, 2, 2], &[0, 20, 30], 32_767, 0);
		check(&[2, 4, 4], &[0, 20, 30], 32_767, 20);
	}

	#[test]
	fn kappa_zero_takes_the_maximum_and_unanimity_the_minimum() {
		check(&[1, 1, 1], &[10, 20, 30], 0, 30);
		check(&[1, 1, 1], &[10, 20, 30], 65_535, 10);
		check(&[1, 1, 1], &[10, 0, 30], 65_535, 0);
	}

	#[test]
	fn nobody_or_nothing_is_zero() {
		check(&[0], &[7], 32_767, 0);
		check(&[1, 1], &[0, 0], 32_767, 0);
	}
}
