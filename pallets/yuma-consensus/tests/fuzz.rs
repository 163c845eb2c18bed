// SPDX-License-Identifier: Apache-2.0
//! Targets that take any bytes for state: rows that no call could have stored, in any order, with ids named twice or gone.
//! A stable runner feeds them here; each is a plain function of bytes, as `cargo fuzz` wants it.
//!
//! `PROPTEST_CASES` sets how many inputs are tried.

use proptest::{collection::vec, prelude::*};
use yuma_consensus::{
	distortion::distortions,
	root::{emission_shares, emission_shares_without_renormalization},
	split, NormalizedRow, RootParams, RootVote,
};

/// Takes bytes from the front until there are none, then zeros.
struct Bytes<'a>(&'a [u8]);

impl Bytes<'_> {
	fn take<const N: usize>(&mut self) -> [u8; N] {
		let mut taken = [0; N];
		let n = N.min(self.0.len());
		taken[..n].copy_from_slice(&self.0[..n]);
		self.0 = &self.0[n..];
		taken
	}

	fn u16(&mut self) -> u16 {
		u16::from_le_bytes(self.take())
	}

	fn u64(&mut self) -> u64 {
		u64::from_le_bytes(self.take())
	}

	/// Ids that exist: ascending, few of them large.
	fn ids(&mut self) -> Vec<u16> {
		let mut ids: Vec<u16> = (0..self.take::<1>()[0]).map(|_| self.id()).collect();
		ids.sort_unstable();
		ids.dedup();
		ids
	}

	fn id(&mut self) -> u16 {
		let [low, high] = self.take();
		if high < 200 {
			low.into()
		} else {
			u16::from_le_bytes([low, high])
		}
	}

	fn row(&mut self) -> Vec<(u16, u16)> {
		(0..self.take::<1>()[0]).map(|_| (self.id(), self.u16())).collect()
	}
}

/// A row reads as shares that sum to one, over ids that exist, each once; or as nothing.
fn stored_row(data: &[u8]) {
	let mut bytes = Bytes(data);
	let (ids, row) = (bytes.ids(), bytes.row());
	let shares: Vec<(usize, u64)> = NormalizedRow::from_stored(&row, &ids).shares().collect();
	assert!(shares.is_sorted_by(|(a, _), (b, _)| a < b) && shares.iter().all(|(index, _)| *index < ids.len()));
	let sum: u128 = shares.iter().map(|(_, share)| u128::from(*share)).sum();
	let lost = (1u128 << 64).saturating_sub(sum); // Each share is rounded down.
	assert!(shares.is_empty() || lost <= shares.len() as u128 + 1, "{lost} of 2^64 lost");
	let named = |index: usize| row.iter().any(|(id, weight)| *id == ids[index] && *weight > 0);
	assert!(shares.iter().all(|(index, _)| named(*index)));
}

/// A root epoch on any state hands out one whole, or nothing if nobody votes, and nothing to who is not voted for.
fn root_epoch(data: &[u8]) {
	let mut bytes = Bytes(data);
	let params = RootParams { kappa: bytes.u16(), rho: bytes.u16() };
	let (ids, amount) = (bytes.ids(), bytes.u64());
	let rows: Vec<(u64, Vec<(u16, u16)>)> =
		(0..bytes.take::<1>()[0] % 70).map(|_| (bytes.u64(), bytes.row())).collect();
	let votes: Vec<RootVote> = rows.iter().map(|(stake, row)| RootVote { stake: *stake, row }).collect();
	let votes_for = |vote: &RootVote, id: u16| vote.row.iter().any(|(named, weight)| *named == id && *weight > 0);
	for shares in [emission_shares(&ids, &votes, params), emission_shares_without_renormalization(&ids, &votes, params)]
	{
		let sum: u128 = shares.iter().map(|share| u128::from(*share)).sum();
		assert!(sum == 0 || sum == u128::from(u64::MAX), "shares sum to {sum}");
		let paid: u128 = split(amount, &shares).iter().map(|part| u128::from(*part)).sum();
		assert_eq!(paid, if sum == 0 { 0 } else { amount.into() });
		for (id, share) in ids.iter().zip(shares) {
			assert!(
				share == 0 || votes.iter().any(|vote| vote.stake > 0 && votes_for(vote, *id)),
				"{id} earns {share}"
			);
		}
	}
	let lean: i64 = distortions(&ids, &votes).iter().map(|vote| vote.distortion).sum();
	assert!(lean.unsigned_abs() <= votes.len() as u64);
}

proptest! {
	#[test]
	fn any_stored_row_reads_as_one_or_as_nothing(data in vec(any::<u8>(), 0..1_500)) {
		stored_row(&data);
	}

	#[test]
	fn any_state_of_the_root_network_is_divided_whole(data in vec(any::<u8>(), 0..4_000)) {
		root_epoch(&data);
	}
}
