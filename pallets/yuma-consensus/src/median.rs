// SPDX-License-Identifier: Apache-2.0
//! The consensus weight of a server: a median weighted by stake.

use alloc::vec::Vec;

/// What a validator gives, and its stake, each in raw bits.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Vote {
	pub(crate) value: u64,
	pub(crate) stake: u64,
}

/// Bits of a vote's value that tell which of the buckets it falls into.
const BUCKET_BITS: u32 = 6;
const BUCKETS: usize = 1 << BUCKET_BITS;
/// Votes that are sorted at once rather than sent through buckets.
const FEW: usize = 12;

/// Takes medians.
pub(crate) struct Electorate {
	/// Stake of all who may vote; each of them has some.
	total: u64,
	majority: u64,
	/// Votes between which the median is decided; kept for its memory.
	close: Vec<Vote>,
}

impl Electorate {
	pub(crate) fn new(total: u64, majority: u64) -> Self {
		Self { total, majority, close: Vec::new() }
	}

	/// The largest value that validators with at least the majority of the stake give or exceed.
	///
	/// A validator with stake that has no vote here gives zero. When even the smallest value given does not reach the
	/// majority, that one is the median. Votes without stake are none.
	///
	/// Stake is summed up in buckets of values, and only the votes of the bucket where the sum reaches the majority are
	/// sorted: no order of votes costs more than another, and no values cost more than sorting them once.
	///
	/// `given` is the stake of all votes, `top` the largest value or more.
	pub(crate) fn median(&mut self, votes: &[Vote], given: u64, top: u64) -> u64 {
		let is_unanimous = given == self.total;
		let majority = if is_unanimous { self.majority.min(given) } else { self.majority };
		let majority = majority.max(1); // A majority of nothing still takes somebody to vote.
		if given < majority {
			return 0;
		}
		if votes.len() <= FEW {
			self.close.clear();
			self.close.extend_from_slice(votes);
			return self.decide(majority);
		}
		let shift = (u64::BITS - BUCKET_BITS).saturating_sub(top.leading_zeros());
		let bucket_of = |vote: &Vote| (vote.value >> shift) as usize % BUCKETS; // Less than that anyway.
		let mut buckets = [0u64; BUCKETS];
		for vote in votes {
			if let Some(stake) = buckets.get_mut(bucket_of(vote)) {
				*stake = stake.wrapping_add(vote.stake);
			}
		}
		let (mut above, mut bucket) = (0u64, BUCKETS);
		for stake in buckets.iter().rev() {
			bucket = bucket.wrapping_sub(1);
			let backing = above.wrapping_add(*stake);
			if backing >= majority {
				break;
			}
			above = backing;
		}
		self.close.clear();
		self.close.extend(votes.iter().filter(|vote| bucket_of(vote) == bucket));
		self.decide(majority.wrapping_sub(above)) // More than is above.
	}

	/// The median of the votes in `close`.
	fn decide(&mut self, majority: u64) -> u64 {
		self.close.sort_unstable_by_key(|vote| vote.value);
		let mut backing = 0u64;
		for vote in self.close.iter().rev() {
			backing = backing.wrapping_add(vote.stake);
			if backing >= majority {
				return vote.value;
			}
		}
		0
	}
}

#[cfg(test)]
mod tests {
	use std::vec::Vec;

	use proptest::prelude::*;

	use super::*;

	fn median_of(votes: &[Vote], total: u64, majority: u64) -> u64 {
		let (given, top) = (votes.iter().map(|vote| vote.stake).sum(), votes.iter().map(|vote| vote.value).max());
		Electorate::new(total, majority).median(votes, given, top.unwrap_or(0))
	}

	/// The definition: every value that is given is tried.
	fn by_trial(votes: &[Vote], total: u64, majority: u64) -> u64 {
		let given: u64 = votes.iter().map(|vote| vote.stake).sum();
		let staked = || votes.iter().filter(|vote| vote.stake > 0);
		let backing = |value| staked().filter(|vote| vote.value >= value).map(|vote| vote.stake).sum::<u64>();
		let backed = staked().map(|vote| vote.value).filter(|value| backing(*value) >= majority).max();
		let least = staked().map(|vote| vote.value).min().filter(|_| given == total);
		backed.or(least).unwrap_or(0)
	}

	proptest! {
		#[test]
		fn it_is_the_largest_value_with_a_majority(
			votes in proptest::collection::vec((prop_oneof![0u64..=1 << 32, 0u64..20, Just(7u64)], 0u64..5), 0..80),
			absent in prop_oneof![Just(0u64), 0u64..50],
			majority in prop_oneof![0u64..300, Just(0), Just(u64::MAX)],
		) {
			let votes = Vec::from_iter(votes.into_iter().map(|(value, stake)| Vote { value, stake }));
			let total = votes.iter().map(|vote| vote.stake).sum::<u64>() + absent;
			prop_assert_eq!(median_of(&votes, total, majority), by_trial(&votes, total, majority));
		}
	}

	#[track_caller]
	fn check(stake: &[u64], column: &[u64], majority: u64, expected: u64) {
		let total = stake.iter().sum();
		let votes = column.iter().zip(stake).filter(|(value, _)| **value > 0);
		let votes = Vec::from_iter(votes.map(|(value, stake)| Vote { value: *value, stake: *stake }));
		assert_eq!(median_of(&votes, total, majority), expected, "{column:?}");
	}

	#[test]
	fn the_majority_decides() {
		check(&[2, 2, 2], &[10, 20, 30], 3, 20);
		check(&[6, 2, 2], &[10, 20, 30], 5, 10);
		check(&[6, 2, 2], &[0, 20, 30], 5, 0);
		check(&[2, 4, 4], &[0, 20, 30], 5, 20);
	}

	#[test]
	fn a_majority_of_nothing_takes_the_maximum_and_one_of_all_the_minimum() {
		check(&[1, 1, 1], &[10, 20, 30], 0, 30);
		check(&[1, 1, 1], &[10, 20, 30], 3, 10);
		check(&[1, 1, 1], &[10, 20, 30], 4, 10);
		check(&[1, 1, 1], &[10, 0, 30], 3, 0);
		check(&[1, 1, 1], &[10, 0, 30], 4, 0);
	}

	#[test]
	fn nobody_or_nothing_is_zero() {
		check(&[0], &[7], 1, 0);
		check(&[1, 1], &[0, 0], 1, 0);
		check(&[], &[], 0, 0);
	}
}
