// SPDX-License-Identifier: Apache-2.0
//! How far the scale of stored rows moves voting power away from stake: what a chain that does not renormalize can ask of
//! its live state.

use alloc::vec::Vec;

use crate::{root::RootVote, row::NormalizedRow};

/// Unit of [`Distortion::distortion`]: parts per billion of all voting power.
pub const BILLION: u64 = 1_000_000_000;

/// One validator's part in the vote, as its row is stored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Distortion {
	/// Sum of the row's entries for subnets that exist, in units of the stored `u16`.
	pub units: u64,
	/// Share of the stake that votes, per billion.
	pub stake_share: u64,
	/// Share of the vote that the stored row pulls, less `stake_share`, per billion. They sum to zero over all
	/// validators but for rounding, and are zero for each if rows are renormalized.
	pub distortion: i64,
}

/// The distortion of each vote, in the order of `votes`: `units·stake ÷ Σ units·stake − stake ÷ Σ stake`, each quotient
/// rounded down.
///
/// Both sums are over validators whose row names a subnet of `netuids` (ascending): who votes for nothing has no power in
/// either reading, and gets zeros.
pub fn distortions(netuids: &[u16], votes: &[RootVote]) -> Vec<Distortion> {
	let units: Vec<u64> = votes.iter().map(|vote| NormalizedRow::from_stored(vote.row, netuids).units()).collect();
	let voting = || votes.iter().zip(&units).filter(|(_, units)| **units > 0);
	let stake = voting().fold(0u128, |sum, (vote, _)| sum.saturating_add(vote.stake.into()));
	// Units are below 2³² and stake below 2⁶⁴, so 4096 products stay below 2¹⁰⁸.
	let pull = voting().fold(0u128, |sum, (vote, units)| sum.saturating_add(pull_as_stored(vote.stake, *units)));
	let distortion = |(vote, units): (&RootVote, &u64)| {
		if *units == 0 {
			return Distortion::default();
		}
		let stake_share = per_billion(vote.stake.into(), stake);
		let pulled = per_billion(pull_as_stored(vote.stake, *units), pull);
		Distortion { units: *units, stake_share, distortion: difference(pulled, stake_share) }
	};
	votes.iter().zip(&units).map(distortion).collect()
}

fn pull_as_stored(stake: u64, units: u64) -> u128 {
	u128::from(stake).saturating_mul(units.into())
}

/// `part ÷ whole` per billion, rounded down; 0 of nothing.
fn per_billion(part: u128, whole: u128) -> u64 {
	let quotient = part.saturating_mul(BILLION.into()).checked_div(whole).unwrap_or(0); // Below 2⁹⁶·2³⁰.
	u64::try_from(quotient).unwrap_or(u64::MAX)
}

fn difference(a: u64, b: u64) -> i64 {
	let [a, b] = [a, b].map(|share| i64::try_from(share).unwrap_or(i64::MAX)); // At most a billion.
	a.saturating_sub(b)
}

#[cfg(test)]
mod tests {
	use super::*;
	use proptest::prelude::*;

	const TEN: [u16; 10] = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];

	#[test]
	fn the_even_voter_of_the_published_example_pulls_twice_its_stake() {
		let four: Vec<(u16, u16)> = (1..5).map(|netuid| (netuid, u16::MAX)).collect();
		let ten: Vec<(u16, u16)> = TEN.iter().map(|netuid| (*netuid, u16::MAX)).collect();
		let three = [(1, 65_535), (2, 17_476), (3, 4_369)];
		let votes: Vec<RootVote> =
			[&four[..], &ten[..], &three[..]].iter().map(|row| RootVote { stake: 1_000, row }).collect();
		let found = distortions(&TEN, &votes);
		assert_eq!(found.iter().map(|d| d.units).collect::<Vec<_>>(), [262_140, 655_350, 87_380]);
		assert!(found.iter().all(|d| d.stake_share == 333_333_333));
		assert_eq!(found.iter().map(|d| d.distortion).collect::<Vec<_>>(), [-72_463_768, 318_840_580, -246_376_812]);
	}

	#[test]
	fn who_votes_for_nothing_has_no_part() {
		let votes = [
			RootVote { stake: 5, row: &[] },
			RootVote { stake: 1, row: &[(1, 9)] },
			RootVote { stake: 3, row: &[(77, 9)] },
		];
		let alone = Distortion { units: 9, stake_share: BILLION, distortion: 0 };
		assert_eq!(distortions(&[1], &votes), [Distortion::default(), alone, Distortion::default()]);
	}

	#[test]
	fn no_stake_is_no_power() {
		let votes = [RootVote { stake: 0, row: &[(1, 9)] }; 2];
		assert!(distortions(&[1], &votes).iter().all(|d| (d.stake_share, d.distortion) == (0, 0)));
	}

	proptest! {
		#[test]
		fn what_some_gain_the_others_lose(
			rows in proptest::collection::vec((any::<u64>(), proptest::collection::btree_map(1u16..40, 0u16.., 0..40)), 1..64),
		) {
			let netuids: Vec<u16> = (1..30).collect();
			let rows: Vec<(u64, Vec<(u16, u16)>)> =
				rows.into_iter().map(|(stake, row)| (stake, row.into_iter().collect())).collect();
			let votes: Vec<RootVote> = rows.iter().map(|(stake, row)| RootVote { stake: *stake, row }).collect();
			let sum: i64 = distortions(&netuids, &votes).iter().map(|d| d.distortion).sum();
			prop_assert!(sum.unsigned_abs() <= votes.len() as u64);
		}
	}
}
