// SPDX-License-Identifier: Apache-2.0
//! The second half of an epoch, server by server: what validators hold of it.

use alloc::vec::Vec;

use crate::{
	columns::{Columns, Entry},
	fixed::{bits, mul_bits, mul_bits_below_one, q32_bits_to_u16, Divisor, ONE_BITS, Q32, Q32_ONE},
	row::StoredRow,
};

/// What a validator holds.
pub(crate) struct Holder {
	/// Sum over the servers of its share of each, times the server's incentive; raw bits of a proportion.
	pub(crate) dividend: u64,
	/// Each bond per 65535 of the largest on the same server, rounded down.
	pub(crate) row: StoredRow,
}

/// `B = α·ΔB + (1 − α)·B_old`: goes through the columns, each of which is scaled to the sum one before and after, and adds
/// up what each validator holds. `values` is `ΔB`, entry by entry, and `ranks` the sums of its columns. What becomes zero
/// goes.
pub(crate) fn hold(
	columns: &Columns,
	mut values: Vec<u64>,
	ranks: &[Q32],
	incentive: &[Q32],
	alpha: Q32,
	holders: &mut [Holder],
) {
	let factors = (bits(alpha), bits(Q32_ONE.saturating_sub(alpha)));
	let servers = (0..=u16::MAX).zip(ranks.iter().zip(incentive));
	for ((column, values), (uid, (rank, incentive))) in columns.zip(&mut values).zip(servers) {
		let (sum, top) = average(column, values, bits(*rank), factors);
		match bits(*incentive) {
			ONE_BITS => distribute(|share| share, column, values, (sum, top), uid, holders),
			part => distribute(|share| mul_bits_below_one(share, part), column, values, (sum, top), uid, holders),
		}
	}
}

/// Gives every holder its share of one server, and the dividend of that share; `sum` is that of the values, `top` the
/// largest of them.
#[inline(never)] // Its sums stay in registers then.
fn distribute(
	dividend: impl Fn(u64) -> u64,
	column: &[Entry],
	values: &[u64],
	(sum, top): (u64, u64),
	uid: u16,
	holders: &mut [Holder],
) {
	let sum = Divisor::new(sum);
	let top = Divisor::new(sum.proportion(top));
	for (entry, value) in column.iter().zip(values).filter(|(_, value)| **value > 0) {
		let Some(holder) = holders.get_mut(entry.row()) else { continue };
		let share = sum.proportion(*value);
		holder.dividend = holder.dividend.wrapping_add(dividend(share));
		holder.row.push((uid, q32_bits_to_u16(top.proportion(share))));
	}
}

/// The moving average of one column, its sum and its largest value.
#[inline(never)] // As above.
fn average(column: &[Entry], values: &mut [u64], rank: u64, (alpha, keep): (u64, u64)) -> (u64, u64) {
	let bonds = column.iter().fold(0u64, |sum, entry| sum.wrapping_add(entry.bond.into()));
	let (new, old) = (Divisor::new(rank), Divisor::new(bonds));
	let (mut sum, mut top) = (0u64, 0);
	for (entry, value) in column.iter().zip(values) {
		let fresh = mul_bits(new.proportion(*value), alpha);
		*value = fresh.wrapping_add(mul_bits(old.proportion(entry.bond.into()), keep)); // One at most, and so is the sum.
		sum = sum.wrapping_add(*value);
		top = top.max(*value);
	}
	(sum, top)
}
