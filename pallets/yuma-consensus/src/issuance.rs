// SPDX-License-Identifier: Apache-2.0
//! How much a block mints, by what has been minted before.

/// Supply that is never exceeded, in rao.
pub const MAX_SUPPLY: u64 = 21_000_000_000_000_000;
/// Emission of a block before the first halving, in rao.
pub const INITIAL_BLOCK_EMISSION: u64 = 1_000_000_000;
/// After this many halvings less than one rao would be minted.
const LAST_HALVING: u32 = 30;

/// Rao minted by a block when `issuance` rao exist already.
///
/// The emission halves whenever half of what was left has been minted: the i-th halving is in force from
/// `s − s/2ⁱ` on, with `s` the maximal supply. The last 19 557 774 rao are never minted.
pub fn block_emission(issuance: u64) -> u64 {
	let left = MAX_SUPPLY.saturating_sub(issuance);
	// issuance ≥ s − s/2ⁱ  ⇔  left·2ⁱ ≤ s; 2³⁰·21e15 is far below 2¹²⁸.
	let halvings = (1..=LAST_HALVING)
		.take_while(|i| u128::from(left).checked_shl(*i).is_some_and(|scaled| scaled <= u128::from(MAX_SUPPLY)))
		.count();
	u32::try_from(halvings).ok().and_then(|h| INITIAL_BLOCK_EMISSION.checked_shr(h)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn emission_halves_at_half_of_what_is_left() {
		assert_eq!(block_emission(0), 1_000_000_000);
		assert_eq!(block_emission(10_499_999_999_999_999), 1_000_000_000);
		assert_eq!(block_emission(10_500_000_000_000_000), 500_000_000);
		assert_eq!(block_emission(15_750_000_000_000_000), 250_000_000);
	}

	#[test]
	fn b1_the_last_rao_are_never_minted() {
		assert_eq!(block_emission(20_999_999_980_442_225), 1);
		assert_eq!(block_emission(20_999_999_980_442_226), 0);
		assert_eq!(block_emission(MAX_SUPPLY), 0);
		assert_eq!(block_emission(u64::MAX), 0);
	}
}
