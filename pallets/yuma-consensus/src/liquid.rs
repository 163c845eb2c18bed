// SPDX-License-Identifier: Apache-2.0
//! Liquid alpha: the pace of a bond. Proportions are raw bits.

use crate::{
	fixed::{bits, mul_bits, sigmoid_bits, u16_proportion_q32, ONE_BITS},
	rules::LiquidAlpha,
};

/// The parameters as the loop over bonds needs them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pace {
	low: u64,
	span: u64,
	steepness: i64,
}

impl Pace {
	pub(crate) fn new(LiquidAlpha { low, high, steepness }: LiquidAlpha) -> Self {
		let (low, high) = (bits(u16_proportion_q32(low)), bits(u16_proportion_q32(high)));
		Self { low, span: high.saturating_sub(low), steepness: steepness.into() }
	}

	/// Part of a bond that is renewed towards `weight`, where validators agree on `consensus`.
	pub(crate) fn alpha(self, weight: u64, bond: u64, consensus: u64) -> u64 {
		// Who holds less than it votes buys, the faster the further ahead of the others; who holds more sells.
		let distance = if weight >= bond { weight.saturating_sub(consensus) } else { bond.saturating_sub(weight) };
		let centred = (distance.min(ONE_BITS) as i64).wrapping_sub((ONE_BITS / 2) as i64); // At most a half either way.
		let exponent = centred.saturating_mul(self.steepness) / 100;
		self.low.wrapping_add(mul_bits(self.span, sigmoid_bits(exponent)))
	}
}

#[cfg(test)]
mod tests {
	use proptest::prelude::*;

	use super::*;

	const HALF: u64 = ONE_BITS / 2;

	fn proportion() -> impl Strategy<Value = u64> {
		prop_oneof![Just(0), Just(ONE_BITS), 0..=ONE_BITS]
	}

	proptest! {
		#[test]
		fn a_pace_is_between_its_bounds(
			(low, high, steepness) in any::<(u16, u16, i16)>(),
			(weight, bond, consensus) in (proportion(), proportion(), proportion()),
		) {
			let alpha = Pace::new(LiquidAlpha { low, high, steepness }).alpha(weight, bond, consensus);
			let bound = |value: u16| bits(u16_proportion_q32(value));
			prop_assert!((bound(low)..=bound(high.max(low))).contains(&alpha));
		}

		#[test]
		fn who_is_further_away_moves_no_slower_unless_steepness_is_negative(
			(low, high, steepness) in any::<(u16, u16, i16)>(),
			(a, b) in (proportion(), proportion()),
		) {
			let pace = Pace::new(LiquidAlpha { low, high, steepness });
			let (slow, fast) = if steepness < 0 { (a.max(b), a.min(b)) } else { (a.min(b), a.max(b)) };
			prop_assert!(pace.alpha(slow, 0, 0) <= pace.alpha(fast, 0, 0)); // Buys.
			prop_assert!(pace.alpha(0, slow, 0) <= pace.alpha(0, fast, 0)); // Sells.
		}
	}

	#[test]
	fn the_middle_is_where_the_distance_is_one_half_or_nothing_is_steep() {
		let pace = |steepness| Pace::new(LiquidAlpha { low: 0, high: u16::MAX, steepness });
		for steepness in [i16::MIN, -100, 100, i16::MAX] {
			assert_eq!(pace(steepness).alpha(HALF, 0, 0), HALF);
		}
		assert_eq!([0, ONE_BITS].map(|weight| pace(0).alpha(weight, 0, 0)), [HALF; 2]);
	}

	#[test]
	fn consensus_counts_for_who_buys_only() {
		let pace = Pace::new(LiquidAlpha { low: 0, high: u16::MAX, steepness: 1_000 });
		assert!(pace.alpha(ONE_BITS, 0, 0) > pace.alpha(ONE_BITS, 0, ONE_BITS));
		assert_eq!(pace.alpha(0, ONE_BITS, 0), pace.alpha(0, ONE_BITS, ONE_BITS));
		assert_eq!(pace.alpha(1, 0, ONE_BITS), pace.alpha(0, 0, 0)); // Below consensus is at no distance.
	}
}
