// SPDX-License-Identifier: Apache-2.0
//! Root consensus: from the votes of the root validators to the share of the block emission that each subnet earns.
//!
//! `E ∝ C ∘ R` with rank `R = Wᵀ·S`, trust `T` = the stake that votes for a subnet at all, and consensus
//! `C = σ(ρ·(T − κ))`; `S` are the validators' shares of stake and each row of `W` sums to one.
//! Source: subtensor, `root_epoch` (docs/consensus.md for the words).

use alloc::{vec, vec::Vec};

use crate::{
	fixed::{in_common_unit, proportion_q64, sigmoid, u16_proportion_q32, Scaled, Q64, Q64_ZERO},
	row::{Cut, LiveRow, PartSums, Places, Run},
	split::split,
};

/// What one root validator brings to the vote. The order of votes is irrelevant: stake and row travel together.
#[derive(Clone, Copy, Debug)]
pub struct RootVote<'a> {
	/// Stake in rao; any `u64`.
	pub stake: u64,
	/// `(netuid, weight)` as stored; empty for a validator that has not voted.
	pub row: &'a [(u16, u16)],
}

/// Parameters of root consensus; every value is legal.
#[derive(Clone, Copy, Debug)]
pub struct RootParams {
	/// Share of stake, per 65535, that must vote for a subnet before consensus favours it.
	pub kappa: u16,
	/// Temperature of the sigmoid.
	pub rho: u16,
}

/// Share of the block emission of each of `netuids` (ascending, distinct), per 2⁶⁴ − 1.
///
/// The shares sum to 2⁶⁴ − 1 exactly, or are all zero when no validator with stake votes for a live subnet.
/// Rows are renormalized as they are read; entries for other netuids are stale and do not count.
///
/// With up to 4096 votes no share of `k` is off from its exact value by more than `(2·rho + 3·k + 16)·2⁻⁶⁴`: for the
/// usual parameters below 2⁻⁵⁵, and for any below 2⁻⁴⁵, a ten-thousandth of a rao in a block.
pub fn emission_shares(netuids: &[u16], votes: &[RootVote], params: RootParams) -> Vec<u64> {
	shares_of_rows(netuids, votes, params, |units| units)
}

/// What [`emission_shares`] would be if rows were taken as stored, in units of 65535: what an even voter pulls is then a
/// multiple of what a voter of the same stake pulls who concentrates. The defect that renormalization removes.
pub fn emission_shares_without_renormalization(netuids: &[u16], votes: &[RootVote], params: RootParams) -> Vec<u64> {
	shares_of_rows(netuids, votes, params, |_| u16::MAX.into())
}

/// `whole` is what a row's weights are divided by, given their sum.
fn shares_of_rows(netuids: &[u16], votes: &[RootVote], params: RootParams, whole: impl Fn(u64) -> u64) -> Vec<u64> {
	let Tally { subnets, stake } = tally(netuids, votes, whole);
	let mut last = (0, consensus(Q64_ZERO, params));
	let pull = |Subnet { rank, backing, .. }| {
		// Where all vote for all, one consensus is that of all subnets.
		if backing != last.0 {
			last = (backing, consensus(proportion_q64(backing, stake), params));
		}
		last.1.times(rank)
	};
	let pulls: Vec<Scaled> = subnets.into_iter().map(pull).collect();
	split(u64::MAX, &in_common_unit(&pulls))
}

/// What the votes amount to; see [`tally`].
struct Tally {
	subnets: Vec<Subnet>,
	/// All stake, also that of validators who are silent, in rao.
	stake: u128,
}

/// What one subnet has of the votes.
#[derive(Clone, Copy, Default)]
struct Subnet {
	/// `R`, in a unit that the sum of all rows' stake fills the format with.
	rank: u128,
	/// Stake that votes for the subnet at all, in rao.
	backing: u128,
	/// Stake that backs this subnet and those after it, less what ends here; it may wrap around, their sum does not.
	joined: u128,
}

/// Bits of the sum of ranks: rows that are not renormalized may exceed it 65536 times, and it still fits.
const RANK_BITS: u32 = 111;

/// Adds up the votes. Every row that votes at all adds exactly its stake to the sum of ranks, however many subnets it
/// names. Two passes over the entries, and one division a row.
fn tally(netuids: &[u16], votes: &[RootVote], whole: impl Fn(u64) -> u64) -> Tally {
	let places = Places::new(netuids);
	let rows: Vec<LiveRow> = votes.iter().map(|vote| LiveRow::read(vote.row, &places)).collect();
	let sum = |stakes: &mut dyn Iterator<Item = u64>| stakes.fold(0u128, |sum, stake| sum.saturating_add(stake.into()));
	let voting = sum(&mut votes.iter().zip(&rows).filter(|(_, row)| row.units > 0).map(|(vote, _)| vote.stake));
	let up = RANK_BITS.saturating_sub(u128::BITS.saturating_sub(voting.leading_zeros()));
	let mut subnets = vec![Subnet::default(); netuids.len()];
	for (votes, rows) in votes.chunks(PartSums::MOST_ROWS).zip(rows.chunks(PartSums::MOST_ROWS)) {
		let mut sums = PartSums::new(subnets.len());
		for (vote, row) in votes.iter().zip(rows).filter(|(_, row)| row.units > 0) {
			let stake = u128::from(vote.stake);
			let cut = Cut::new(stake.checked_shl(up).unwrap_or(0), whole(row.units));
			match &row.run {
				Some(run) => add_run(&mut subnets, &mut sums, stake, &cut, &row.entries, run),
				None => add_row(&mut subnets, stake, cut, &row.entries, &places),
			}
		}
		for (subnet, sum) in subnets.iter_mut().zip(sums.totals()) {
			subnet.rank = subnet.rank.wrapping_add(sum);
		}
	}
	let mut joined = 0u128;
	for subnet in &mut subnets {
		joined = joined.wrapping_add(subnet.joined);
		subnet.backing = subnet.backing.wrapping_add(joined);
	}
	Tally { subnets, stake: sum(&mut votes.iter().map(|vote| vote.stake)) }
}

/// Adds a row, entry by entry. Neither sum overflows: all ranks together fit, and so do the stakes of all votes that
/// memory can hold.
fn add_row(subnets: &mut [Subnet], stake: u128, mut cut: Cut, entries: &[(u16, u16)], places: &Places) {
	for (netuid, weight) in entries.iter().filter(|(_, weight)| *weight > 0) {
		if let Some(subnet) = subnets.get_mut(places.of(*netuid)) {
			subnet.rank = subnet.rank.wrapping_add(cut.next(*weight));
			subnet.backing = subnet.backing.wrapping_add(stake);
		}
	}
}

/// As [`add_row`], for a row that is a run: it backs all from its first subnet to its last, but for those without
/// weight.
fn add_run(subnets: &mut [Subnet], sums: &mut PartSums, stake: u128, cut: &Cut, entries: &[(u16, u16)], run: &Run) {
	sums.add(cut, entries, &run.places);
	if let Some(first) = subnets.get_mut(run.places.start) {
		first.joined = first.joined.wrapping_add(stake);
	}
	if let Some(after) = subnets.get_mut(run.places.end) {
		after.joined = after.joined.wrapping_sub(stake);
	}
	if run.is_positive {
		return;
	}
	let subnets = subnets.get_mut(run.places.clone()).unwrap_or_default();
	for (subnet, (_, weight)) in subnets.iter_mut().zip(entries) {
		subnet.backing = subnet.backing.wrapping_sub(if *weight > 0 { 0 } else { stake });
	}
}

/// Consensus `σ(ρ·(T − κ))` on a subnet of trust `T`, for all parameters.
fn consensus(trust: Q64, params: RootParams) -> Scaled {
	// Kappa has 32 fractional bits, as in a subnet epoch: the reference's definition, felt from 10¹² rao a block on.
	let kappa = Q64::from(u16_proportion_q32(params.kappa));
	sigmoid(Q64::from_num(params.rho).saturating_mul(trust.saturating_sub(kappa)))
}

#[cfg(test)]
mod tests;
