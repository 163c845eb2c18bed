// SPDX-License-Identifier: Apache-2.0
//! The first half of an epoch, server by server: what validators agree that it is worth.

use alloc::{vec, vec::Vec};

use crate::{
	columns::{Columns, Entry},
	fixed::{from_bits, mul_bits, mul_bits_below_one, mul_up_bits, Divisor, ONE_BITS, Q32},
	median::{Electorate, Vote},
};

/// A validator; amounts are raw bits of proportions.
pub(crate) struct Validator {
	/// Sum of its weights.
	pub(crate) whole: Divisor,
	/// Share of the active stake.
	pub(crate) stake: u64,
	/// The same as its vote counts: renormalized over the stake that takes part, as the reference does; the rounding shows
	/// in the last bit.
	pub(crate) vote: u64,
	/// Sum of what consensus keeps of its weights.
	pub(crate) trust: u64,
}

/// What validators agree on, by server.
pub(crate) struct Consensus {
	/// The median of the weights.
	pub(crate) consensus: Vec<Q32>,
	/// Sum of the weights, cut to the median, times stake.
	pub(crate) ranks: Vec<Q32>,
	/// The same over what it is without the cut.
	pub(crate) trust: Vec<Q32>,
	/// For each entry of the columns what its bond moves towards, raw bits: see [`Towards`].
	pub(crate) targets: Vec<u64>,
}

/// What bonds move towards.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Towards {
	/// Part by which weights above the median are cut to it first; raw bits.
	pub(crate) penalty: u64,
	/// Whether the weight is multiplied by stake.
	pub(crate) by_stake: bool,
}

/// What consensus does to one weight; raw bits.
#[derive(Clone, Copy)]
struct Clipped {
	weight: u64,
	/// At most the median.
	kept: u64,
	stake: u64,
	/// What is kept, times stake.
	bought: u64,
}

impl Clipped {
	/// The weight, less `penalty` of what is above the median.
	fn softened(self, penalty: u64) -> u64 {
		self.weight.wrapping_sub(mul_up_bits(self.weight.wrapping_sub(self.kept), penalty))
	}
}

/// Goes through the columns and adds up what each validator keeps; `validators` are by row.
pub(crate) fn agree(
	columns: &Columns,
	validators: &mut [Validator],
	electorate: Electorate,
	towards: Towards,
) -> Consensus {
	match towards {
		// The first form, in which a bond needs no more than the ranks do.
		Towards { penalty: ONE_BITS, by_stake: true } => {
			if validators.iter().any(|validator| validator.stake == ONE_BITS) {
				agree_by(mul_bits, |clipped| clipped.bought, columns, validators, electorate)
			} else {
				agree_by(mul_bits_below_one, |clipped| clipped.bought, columns, validators, electorate)
			}
		},
		Towards { penalty, by_stake: true } => {
			let target = |clipped: Clipped| mul_bits(clipped.softened(penalty), clipped.stake);
			agree_by(mul_bits, target, columns, validators, electorate)
		},
		Towards { penalty, by_stake: false } => {
			agree_by(mul_bits, |clipped| clipped.softened(penalty), columns, validators, electorate)
		},
	}
}

/// As [`agree`], with what multiplies a weight by a stake, and what a bond moves towards.
fn agree_by(
	times: impl Fn(u64, u64) -> u64 + Copy,
	target: impl Fn(Clipped) -> u64 + Copy,
	columns: &Columns,
	validators: &mut [Validator],
	mut electorate: Electorate,
) -> Consensus {
	let n = columns.len();
	let mut agreed = Consensus {
		consensus: Vec::with_capacity(n),
		ranks: Vec::with_capacity(n),
		trust: Vec::with_capacity(n),
		targets: Vec::with_capacity(columns.entries()),
	};
	let mut votes = vec![Vote::default(); validators.len()]; // No column has more entries than there are rows.
	for column in columns.iter() {
		let Some(votes) = votes.get_mut(..column.len()) else { continue };
		let ballot = collect(times, column, validators, votes);
		let limit = electorate.median(votes, ballot.given, ballot.top);
		let rank = clip((times, target), column, votes, limit, validators, &mut agreed.targets);
		agreed.consensus.push(from_bits(limit));
		agreed.ranks.push(from_bits(rank));
		agreed.trust.push(from_bits(Divisor::new(ballot.prerank).proportion(rank)));
	}
	agreed
}

/// What votes sum up to.
struct Ballot {
	/// Weights times stake.
	prerank: u64,
	/// Stake of all who vote.
	given: u64,
	/// The largest weight.
	top: u64,
}

/// Reads the votes of a column: weights are per sum of their row.
#[inline(never)] // Its sums stay in registers then.
fn collect(times: impl Fn(u64, u64) -> u64, column: &[Entry], validators: &[Validator], votes: &mut [Vote]) -> Ballot {
	let (mut prerank, mut given, mut top) = (0u64, 0u64, 0);
	for (vote, entry) in votes.iter_mut().zip(column) {
		let Some(validator) = validators.get(entry.row()) else { continue };
		*vote = Vote { value: validator.whole.proportion(entry.weight.into()), stake: validator.vote };
		prerank = prerank.wrapping_add(times(vote.value, validator.stake));
		given = given.wrapping_add(vote.stake);
		top = vote.value.max(top);
	}
	Ballot { prerank, given, top }
}

/// Cuts the votes of a column to the limit; the result is the sum of what is bought.
#[inline(never)] // As above.
fn clip(
	(times, target): (impl Fn(u64, u64) -> u64, impl Fn(Clipped) -> u64),
	column: &[Entry],
	votes: &[Vote],
	limit: u64,
	validators: &mut [Validator],
	targets: &mut Vec<u64>,
) -> u64 {
	let mut rank = 0u64;
	targets.extend(votes.iter().zip(column).map(|(vote, entry)| {
		let Some(validator) = validators.get_mut(entry.row()) else { return 0 };
		let (weight, kept, stake) = (vote.value, cut(vote.value, limit), validator.stake);
		let bought = times(kept, stake);
		validator.trust = validator.trust.wrapping_add(kept);
		rank = rank.wrapping_add(bought);
		target(Clipped { weight, kept, stake, bought })
	}));
	rank
}

/// The lesser of two proportions. About half of all weights are above the median, which no processor foresees: so this
/// has no branch, whatever the compiler thinks of it.
fn cut(value: u64, limit: u64) -> u64 {
	let above = value.wrapping_sub(limit) as i64; // Of proportions, so a small number of either sign.
	limit.wrapping_add_signed(above.min(0))
}
