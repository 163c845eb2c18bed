// SPDX-License-Identifier: Apache-2.0
//! The second half of an epoch, server by server: what validators hold of it.

use alloc::vec::Vec;

use crate::{
	columns::{Columns, Entry},
	consensus::{Consensus, Validator},
	fixed::{bits, mul_bits, q32_bits_to_u16, Divisor, Q32, Q32_ONE},
	row::StoredRow,
};

/// What a validator holds.
pub(crate) struct Holder {
	/// Sum over the servers of its share of each, times the server's incentive; raw bits of a proportion.
	pub(crate) dividend: u64,
	/// The new row, if it is to be stored: each bond per 65535 of the largest on the same server, rounded down.
	pub(crate) row: Option<StoredRow>,
}

/// `B = α·ΔB + (1 − α)·B_old`, with `ΔB` the weights as consensus cuts them, times stake: goes through the columns, each of
/// which is scaled to the sum one before and after, and adds up what each validator holds. What becomes zero goes.
pub(crate) fn hold(
	columns: &Columns,
	agreed: &Consensus,
	incentive: &[Q32],
	alpha: Q32,
	validators: &[Validator],
	holders: &mut [Holder],
) {
	let factors = (bits(alpha), bits(Q32_ONE.saturating_sub(alpha)));
	let servers = agreed.consensus.iter().zip(&agreed.ranks).zip(incentive);
	let mut values = Vec::new();
	for (uid, (column, ((limit, rank), incentive))) in (0..=u16::MAX).zip(columns.iter().zip(servers)) {
		average(column, (bits(*limit), bits(*rank)), factors, validators, &mut values);
		distribute(column, &values, (uid, bits(*incentive)), holders);
	}
}

/// The moving average of one column.
fn average(
	column: &[Entry],
	(limit, rank): (u64, u64),
	(alpha, keep): (u64, u64),
	validators: &[Validator],
	values: &mut Vec<u64>,
) {
	let bonds = column.iter().fold(0u64, |sum, entry| sum.wrapping_add(entry.bond.into()));
	let (new, old) = (Divisor::new(rank), Divisor::new(bonds));
	values.clear();
	values.extend(column.iter().map(|entry| {
		let Some(validator) = validators.get(entry.row()) else { return 0 };
		let weight = validator.whole.proportion(entry.weight.into()).min(limit);
		let fresh = mul_bits(new.proportion(mul_bits(weight, validator.stake)), alpha);
		fresh.wrapping_add(mul_bits(old.proportion(entry.bond.into()), keep)) // One at most.
	}));
}

/// Scales a column to the sum one, and gives each holder its share.
fn distribute(column: &[Entry], values: &[u64], (uid, incentive): (u16, u64), holders: &mut [Holder]) {
	let (sum, top) = values.iter().fold((0u64, 0), |(sum, top), value| (sum.wrapping_add(*value), top.max(*value)));
	let sum = Divisor::new(sum);
	let top = Divisor::new(sum.proportion(top));
	for (entry, value) in column.iter().zip(values).filter(|(_, value)| **value > 0) {
		let Some(holder) = holders.get_mut(entry.row()) else { continue };
		let share = sum.proportion(*value);
		holder.dividend = holder.dividend.wrapping_add(mul_bits(share, incentive));
		if let Some(row) = &mut holder.row {
			row.push((uid, q32_bits_to_u16(top.proportion(share))));
		}
	}
}
