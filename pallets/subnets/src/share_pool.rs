// SPDX-License-Identifier: Apache-2.0
//! Stake of many in one pool: what the pool earns is everybody's at once, in proportion, without a loop over them.
//!
//! The pool holds whole rao; holders have shares of it, with 64 fractional bits. Shares are rounded against whoever acts,
//! by less than 2⁻⁶⁴ of a share, so that a pool never owes more than it has. A holding reads as the largest whole number
//! of rao that is no more than 2⁻²⁰ rao above its exact part: so an amount that was just put in reads as that amount,
//! whatever the rounding of its shares (as long as a share has not come to be worth 2⁴⁴ rao), and yet all holdings together
//! read as no more than the pool holds (as long as there are fewer than 2²⁰ of them).
//!
//! Who takes earnings out sells shares, so the price of a share only ever rises, until one alone is left, whose shares are
//! counted anew. At 10 % an epoch, all of it taken out each time, it takes 320 epochs to 2⁴⁴, from where a holding may read
//! as a rao less or more, and 465 to 2⁶⁴, from where shares are so coarse that a deposit is refused if it would lose more
//! than a rao by it. All the while what is paid out is what was put in and earned, to the rao.

use sp_runtime::{helpers_128bit::multiply_by_rational_with_rounding, Rounding};
use substrate_fixed::types::U64F64;

/// Bits of a rao by which a holding may read above its exact part.
const TOLERANCE_BITS: u32 = 20;
/// By how much a holding may read above its exact part, in units of 2⁻²⁰ rao.
const TOLERANCE: u128 = 1;

/// The stake on one hotkey, kept on one subnet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SharePool {
	/// What it holds, in rao.
	pub total: u64,
	/// All shares of it.
	pub shares: U64F64,
}

// Shares are compared by their bits: substrate-fixed 0.6 finds a `U64F64` from 2³¹ on to be less than the integer 0.
impl SharePool {
	/// Whether nobody has a share.
	pub fn is_empty(&self) -> bool {
		self.shares.to_bits() == 0
	}

	/// What `share` is worth, in rao. `O(1)`, as all here.
	pub fn value_of(&self, share: U64F64) -> u64 {
		if share.to_bits() >= self.shares.to_bits() {
			return self.total; // The last holder has what is left, to the last rao.
		}
		let total = u128::from(self.total) << TOLERANCE_BITS;
		let exact = ratio(share.to_bits(), total, self.shares.to_bits(), Rounding::Down).unwrap_or(0);
		u64::try_from(exact.saturating_add(TOLERANCE) >> TOLERANCE_BITS).unwrap_or(u64::MAX).min(self.total)
	}

	/// What `share` is from now on: who has all shares gets one a rao, so that the price starts anew. Nobody else is there
	/// to see a difference, and without it the shares of who takes all earnings out, again and again, would dwindle to
	/// nothing. Others keep what they have.
	pub fn renew(&mut self, share: U64F64) -> U64F64 {
		if share.to_bits() < self.shares.to_bits() {
			return share;
		}
		self.shares = U64F64::saturating_from_num(self.total);
		self.shares
	}

	/// Whether who puts `amount` rao in has them, but for one: not so if all shares are so few that less than the smallest
	/// fraction of one is due.
	pub fn is_fine_enough_for(mut self, amount: u64) -> bool {
		let bought = self.deposit(amount);
		bought.to_bits() > 0 && self.value_of(bought).saturating_add(1) >= amount
	}

	/// Puts `amount` rao in, and returns the shares that it buys, rounded down. Who owns nothing of an empty pool gets a
	/// share a rao.
	pub fn deposit(&mut self, amount: u64) -> U64F64 {
		let bought = if self.is_empty() {
			None
		} else {
			ratio(self.shares.to_bits(), amount.into(), self.total.into(), Rounding::Down)
		};
		let bought = bought.map_or(U64F64::saturating_from_num(amount), U64F64::from_bits);
		self.total = self.total.saturating_add(amount); // All stake is part of the supply, far below 2⁶⁴.
		self.shares = self.shares.saturating_add(bought);
		bought
	}

	/// Takes `amount` rao of the holding `share` out, and returns the shares that are left of it, rounded down. Who takes
	/// all that the holding reads as keeps no share.
	///
	/// `None`, and nothing changes, if the holding is worth less.
	pub fn withdraw(&mut self, share: U64F64, amount: u64) -> Option<U64F64> {
		let value = self.value_of(share);
		let sold = if amount == value {
			share
		} else {
			value.checked_sub(amount)?;
			let sold = ratio(self.shares.to_bits(), amount.into(), self.total.into(), Rounding::Up)?;
			U64F64::from_bits(sold.min(share.to_bits()))
		};
		self.total = self.total.saturating_sub(amount);
		self.shares = self.shares.saturating_sub(sold);
		Some(share.saturating_sub(sold))
	}

	/// Puts `amount` rao in for `share`, which are all shares, without counting them anew: that changes less, and nobody
	/// sees a difference as long as a share is worth less than two rao. `None`, and nothing changes, otherwise.
	pub fn earn_alone(&mut self, share: U64F64, amount: u64) -> Option<()> {
		let total = self.total.saturating_add(amount);
		let twice_the_shares = self.shares.to_bits() >> U64F64::frac_nbits().saturating_sub(1); // Whole ones.
		if share.to_bits() < self.shares.to_bits() || u128::from(total) >= twice_the_shares {
			return None;
		}
		self.total = total;
		Some(())
	}

	/// Adds `amount` rao to what all holders have, in proportion. An empty pool has nobody to give it to: `None`, and
	/// nothing changes.
	pub fn earn(&mut self, amount: u64) -> Option<()> {
		if self.is_empty() {
			return None;
		}
		self.total = self.total.saturating_add(amount);
		Some(())
	}
}

/// `a · b / c`; `None` where `c` is zero, or it does not fit, which takes more rao than there can be.
fn ratio(a: u128, b: u128, c: u128, rounding: Rounding) -> Option<u128> {
	multiply_by_rational_with_rounding(a, b, c, rounding)
}

#[cfg(test)]
mod tests;
