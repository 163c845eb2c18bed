// SPDX-License-Identifier: Apache-2.0
//! Splitting an amount by shares so that not one rao is lost.

use alloc::vec::Vec;
use core::cmp::Reverse;

/// Splits `amount` in proportion to `shares`; the parts sum to `amount` exactly, or are all zero when the shares are.
///
/// Each part is first rounded down; the rao left over, fewer than there are parts, go one each to the parts with the
/// largest remainders, ties to the earlier one (the method of largest remainder, Hamilton 1792). So a part differs from
/// its exact value by less than one rao, and a share of zero gets nothing.
pub fn split(amount: u64, shares: &[u64]) -> Vec<u64> {
	let total: u128 = shares.iter().fold(0, |sum, share| sum.saturating_add((*share).into()));
	let mut parts = Vec::with_capacity(shares.len());
	let mut remainders = Vec::with_capacity(shares.len());
	for (index, share) in shares.iter().enumerate() {
		let product = u128::from(amount).saturating_mul((*share).into()); // Two factors below 2⁶⁴.
		let part = product.checked_div(total).unwrap_or(0);
		parts.push(u64::try_from(part).unwrap_or(u64::MAX)); // At most `amount`.
		let remainder = product.saturating_sub(part.saturating_mul(total)); // Cheaper than to divide again.
		remainders.push((Reverse(remainder), index));
	}
	if total == 0 {
		return parts;
	}
	let paid = parts.iter().fold(0u64, |sum, part| sum.saturating_add(*part));
	let left = usize::try_from(amount.saturating_sub(paid)).unwrap_or(usize::MAX);
	// Who is among the first is all that matters, not in which order. There are more remainders than rao left.
	if let Some(last) = left.checked_sub(1).filter(|last| *last < remainders.len()) {
		remainders.select_nth_unstable(last);
	}
	for (_, index) in remainders.into_iter().take(left) {
		if let Some(part) = parts.get_mut(index) {
			*part = part.saturating_add(1);
		}
	}
	parts
}

/// An amount of which the owner of the subnet gets a cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OwnerCut {
	/// The owner's, in rao.
	pub owner: u64,
	/// All the rest, in rao.
	pub rest: u64,
}

/// Cuts `cut` per 65535 of `amount` for the owner, rounded down; the rest is all that the owner does not get.
pub fn cut_for_owner(amount: u64, cut: u16) -> OwnerCut {
	let owner = u128::from(amount).saturating_mul(cut.into()).checked_div(u16::MAX.into()).unwrap_or(0);
	let owner = u64::try_from(owner).unwrap_or(u64::MAX); // At most `amount`.
	OwnerCut { owner, rest: amount.saturating_sub(owner) }
}

#[cfg(test)]
mod tests {
	use super::*;
	use proptest::prelude::*;

	#[test]
	fn the_left_over_rao_goes_to_the_largest_remainder() {
		assert_eq!(split(10, &[1, 1, 1]), [4, 3, 3]);
		assert_eq!(split(10, &[1, 1, 4]), [2, 2, 6]); // 1.67, 1.67, 6.67: ties go to the earlier one.
		assert_eq!(split(1, &[0, 3, 5]), [0, 0, 1]);
	}

	#[test]
	fn no_share_means_no_part() {
		assert_eq!(split(7, &[]), [0u64; 0]);
		assert_eq!(split(7, &[0, 0]), [0, 0]);
		assert_eq!(split(0, &[3, 4]), [0, 0]);
	}

	proptest! {
		#[test]
		fn owner_and_rest_sum_to_the_amount(amount: u64, cut: u16) {
			let OwnerCut { owner, rest } = cut_for_owner(amount, cut);
			prop_assert_eq!(owner.checked_add(rest), Some(amount));
			prop_assert_eq!(u128::from(owner), u128::from(amount) * u128::from(cut) / 65_535);
		}

		#[test]
		fn parts_sum_to_the_amount_and_lie_within_one_rao(
			amount: u64,
			shares in proptest::collection::vec(prop_oneof![Just(0), 1u64..=9, any::<u64>()], 1..80),
		) {
			let parts = split(amount, &shares);
			let total: u128 = shares.iter().map(|s| u128::from(*s)).sum();
			prop_assume!(total > 0);
			prop_assert_eq!(parts.iter().map(|p| u128::from(*p)).sum::<u128>(), u128::from(amount));
			for (part, share) in parts.iter().zip(&shares) {
				let floor = u128::from(amount) * u128::from(*share) / total;
				prop_assert!(u128::from(*part) == floor || u128::from(*part) == floor + 1);
				prop_assert!(*share > 0 || *part == 0);
			}
		}
	}
}
