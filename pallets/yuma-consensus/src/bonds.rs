// SPDX-License-Identifier: Apache-2.0
//! The second half of an epoch, server by server: what validators hold of it.

use crate::{
	columns::{Columns, Entry},
	consensus::Consensus,
	fixed::{bits, mul_bits, mul_bits_below_one, q32_bits_to_u16, Divisor, ONE_BITS, Q32, Q32_ONE, Q32_ZERO},
	liquid::Pace,
	row::StoredRow,
	rules::BondForm,
};

/// What a validator holds.
pub(crate) struct Holder {
	/// Sum over the servers of its share of each, times the server's incentive; raw bits of a proportion.
	pub(crate) dividend: u64,
	/// Each bond per 65535, rounded down; see [`Scale`].
	pub(crate) row: StoredRow,
}

/// What a stored bond is a part of.
#[derive(Clone, Copy)]
enum Scale {
	/// The largest bond on the same server.
	Largest,
	/// One.
	Whole,
}

/// `B = α·ΔB + (1 − α)·B_old`: goes through the columns and adds up what each validator holds. `agreed.targets` are `ΔB`,
/// entry by entry. What becomes zero goes.
pub(crate) fn hold(
	form: BondForm,
	columns: &Columns,
	agreed: &mut Consensus,
	incentive: &[Q32],
	alpha: Q32,
	holders: &mut [Holder],
) {
	let (renewed, kept) = (bits(alpha), bits(Q32_ONE.saturating_sub(alpha)));
	let absolute = Divisor::new(u16::MAX.into());
	match form {
		BondForm::Yuma2 => hold_by(Scale::Largest, columns, agreed, incentive, holders, |column, targets, _| {
			let old = Divisor::new(column.iter().fold(0, |sum, entry| sum.wrapping_add(entry.bond.into())));
			let new = Divisor::new(targets.iter().fold(0, |sum, target| sum.wrapping_add(*target)));
			move |bond, target| {
				let fresh = mul_bits(new.proportion(target), renewed);
				fresh.wrapping_add(mul_bits(old.proportion(bond), kept)) // One at most, and so is the sum.
			}
		}),
		// Where validators agree on nothing there is no distance from consensus.
		BondForm::Yuma3(Some(liquid)) if agreed.consensus.iter().any(|limit| *limit > Q32_ZERO) => {
			let pace = Pace::new(liquid);
			hold_by(Scale::Whole, columns, agreed, incentive, holders, |_, _, consensus| {
				move |bond, target| {
					let bond = absolute.proportion(bond);
					let renewed = pace.alpha(target, bond, consensus);
					let kept = ONE_BITS.wrapping_sub(renewed);
					mul_bits(target, renewed).wrapping_add(mul_bits(bond, kept))
				}
			});
		},
		BondForm::Yuma3(_) => hold_by(Scale::Whole, columns, agreed, incentive, holders, |_, _, _| {
			move |bond, target| mul_bits(target, renewed).wrapping_add(mul_bits(absolute.proportion(bond), kept))
		}),
	}
}

/// As [`hold`], where `average` says for a column, its targets and its consensus what becomes of a stored bond and its
/// target.
fn hold_by<Average: Fn(u64, u64) -> u64>(
	scale: Scale,
	columns: &Columns,
	agreed: &mut Consensus,
	incentive: &[Q32],
	holders: &mut [Holder],
	average: impl Fn(&[Entry], &[u64], u64) -> Average,
) {
	let servers = (0..=u16::MAX).zip(agreed.consensus.iter().zip(incentive));
	for ((column, values), (uid, (consensus, incentive))) in columns.zip(&mut agreed.targets).zip(servers) {
		let average = average(column, values, bits(*consensus));
		let (sum, top) = renew(column, values, average);
		let server = Server { uid, sum, top: if let Scale::Largest = scale { Some(top) } else { None } };
		match bits(*incentive) {
			ONE_BITS => distribute(|share| share, column, values, server, holders),
			part => distribute(|share| mul_bits_below_one(share, part), column, values, server, holders),
		}
	}
}

/// The bonds on one server.
struct Server {
	uid: u16,
	sum: u64,
	/// The largest, where it is what they are stored as parts of.
	top: Option<u64>,
}

/// Gives every holder its share of one server, and the dividend of that share.
#[inline(never)] // Its sums stay in registers then.
fn distribute(dividend: impl Fn(u64) -> u64, column: &[Entry], values: &[u64], server: Server, holders: &mut [Holder]) {
	let sum = Divisor::new(server.sum);
	let top = server.top.map(|top| Divisor::new(sum.proportion(top)));
	for (entry, value) in column.iter().zip(values).filter(|(_, value)| **value > 0) {
		let Some(holder) = holders.get_mut(entry.row()) else { continue };
		let share = sum.proportion(*value);
		holder.dividend = holder.dividend.wrapping_add(dividend(share));
		let stored = top.map_or(*value, |top| top.proportion(share));
		holder.row.push((server.uid, q32_bits_to_u16(stored)));
	}
}

/// Puts in place of the targets of one column what the average makes of them; its sum and its largest value.
#[inline(never)] // As above.
fn renew(column: &[Entry], values: &mut [u64], average: impl Fn(u64, u64) -> u64) -> (u64, u64) {
	let (mut sum, mut top) = (0u64, 0);
	for (entry, value) in column.iter().zip(values) {
		*value = average(entry.bond.into(), *value);
		sum = sum.wrapping_add(*value);
		top = top.max(*value);
	}
	(sum, top)
}
