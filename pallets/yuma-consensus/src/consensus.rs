// SPDX-License-Identifier: Apache-2.0
//! The first half of an epoch, server by server: what validators agree that it is worth.

use alloc::vec::Vec;

use crate::{
	columns::Columns,
	fixed::{divide, from_bits, mul_bits, Divisor, Q32, Q32_ZERO},
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
}

/// Goes through the columns and adds up what each validator keeps; `validators` are by row.
pub(crate) fn agree(columns: &Columns, validators: &mut [Validator], mut electorate: Electorate) -> Consensus {
	let n = columns.len();
	let mut agreed = Consensus {
		consensus: Vec::with_capacity(n),
		ranks: Vec::with_capacity(n),
		trust: Vec::with_capacity(n),
	};
	let mut votes = Vec::new();
	for column in columns.iter() {
		let mut prerank = 0u64;
		votes.clear();
		votes.extend(column.iter().map(|entry| {
			let Some(validator) = validators.get(entry.row()) else { return Vote::default() };
			let value = validator.whole.proportion(entry.weight.into());
			prerank = prerank.wrapping_add(mul_bits(value, validator.stake));
			Vote { value, stake: validator.vote }
		}));
		let limit = electorate.median(&votes);
		let mut rank = 0u64;
		for (entry, vote) in column.iter().zip(&votes) {
			let Some(validator) = validators.get_mut(entry.row()) else { continue };
			let value = vote.value.min(limit);
			validator.trust = validator.trust.wrapping_add(value);
			rank = rank.wrapping_add(mul_bits(value, validator.stake));
		}
		let (rank, prerank) = (from_bits(rank), from_bits(prerank));
		agreed.consensus.push(from_bits(limit));
		agreed.ranks.push(rank);
		agreed.trust.push(if prerank == Q32_ZERO { Q32_ZERO } else { divide(rank, prerank) });
	}
	agreed
}
