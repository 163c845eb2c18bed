// SPDX-License-Identifier: Apache-2.0
//! The consensus weight of every server: a median weighted by stake.

use alloc::{vec, vec::Vec};
use core::mem;

use crate::{
	fixed::{bits, from_bits, normalize, sum, Q32, Q32_ZERO},
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
	let electorate = Electorate { total: bits(sum(&staked)), stake: staked.into_iter().map(bits).collect() };
	let (mut votes, ends) = votes_by_column(stake, scores);
	let mut rest = votes.as_mut_slice();
	let mut start = 0usize;
	ends.into_iter()
		.map(|end| {
			let length = end.saturating_sub(start);
			let (column, after) = mem::take(&mut rest).split_at_mut_checked(length).unwrap_or_default();
			(rest, start) = (after, end);
			from_bits(electorate.median(column, bits(majority)))
		})
		.collect()
}

/// What a voter gives, packed so that votes order by value: 33 bits of value, 31 bits of the voter's place.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Vote(u64);

impl Vote {
	fn new(value: u64, voter: usize) -> Self {
		Self((value << 31) | voter as u64)
	}

	fn value(self) -> u64 {
		self.0 >> 31
	}

	fn voter(self) -> usize {
		(self.0 & 0x7FFF_FFFF) as usize
	}
}

/// The votes of those with stake, column after column, and where each column ends.
fn votes_by_column(stake: &[Q32], scores: &SparseMatrix) -> (Vec<Vote>, Vec<usize>) {
	let voters = || scores.rows().zip(stake).filter(|(_, stake)| **stake > Q32_ZERO).map(|(row, _)| row);
	let mut next = vec![0usize; stake.len()];
	for entry in voters().flatten() {
		if let Some(count) = next.get_mut(entry.place()) {
			*count = count.saturating_add(1);
		}
	}
	let mut start = 0usize;
	for next in &mut next {
		let end = start.saturating_add(*next);
		*next = start;
		start = end;
	}
	let mut votes = vec![Vote::default(); start];
	for (voter, row) in voters().enumerate() {
		for entry in row {
			let Some(next) = next.get_mut(entry.place()) else { continue };
			if let Some(vote) = votes.get_mut(*next) {
				*vote = Vote::new(entry.value(), voter);
			}
			*next = next.saturating_add(1);
		}
	}
	(votes, next) // Each column has been filled up to its end.
}

/// Those with stake.
struct Electorate {
	/// Of each voter, in raw bits.
	stake: Vec<u64>,
	total: u64,
}

impl Electorate {
	/// `votes` are those that are given; the other voters give zero.
	fn median(&self, votes: &mut [Vote], majority: u64) -> u64 {
		let is_unanimous = votes.len() == self.stake.len();
		if majority > self.total && !is_unanimous {
			return 0; // Not even all of the stake suffices, and somebody gave zero.
		}
		votes.sort_unstable();
		let mut backing = 0u64;
		for vote in votes.iter().rev() {
			backing = backing.saturating_add(self.stake.get(vote.voter()).copied().unwrap_or(0));
			if backing >= majority {
				return vote.value();
			}
		}
		votes.first().filter(|_| is_unanimous).map_or(0, |smallest| smallest.value())
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
		let scores = SparseMatrix::from_stored(rows.iter().map(|row| (row.as_slice(), |_| true)), n);
		let mut stake: Vec<Q32> = stake.iter().map(|s| Q32::from_num(*s)).collect();
		normalize(&mut stake);
		let median = weighted_median(&stake, &scores, u16_proportion_q32(majority));
		assert_eq!(median.first().copied(), Some(from_bits(expected.into())), "{column:?}");
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
