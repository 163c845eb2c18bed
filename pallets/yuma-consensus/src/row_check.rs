// SPDX-License-Identifier: Apache-2.0
//! What a new row must satisfy to be stored, on a subnet and on the root network.
//!
//! Lengths come first, by themselves: after [`check_lengths`] no loop is longer than a row can be. What needs the chain
//! (who signs, how often, with which permit) is the caller's.

use alloc::vec::Vec;

use crate::row::{max_upscale, StoredRow};

/// The root network's own netuid; nobody votes for it.
const ROOT_NETUID: u16 = 0;

/// Why a row is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RowError {
	/// Not one weight for each id.
	UnequalLengths,
	/// More entries than there can be ids.
	TooManyEntries,
	/// An entry is for this uid or netuid, which does not exist; on the root network netuid 0 does not.
	UnknownId(u16),
	/// Fewer entries than the minimum.
	TooFewEntries {
		/// How many it asks for.
		minimum: u16,
	},
	/// The entry for this id is a larger part of the row than the limit.
	OverLimit(u16),
	/// This id is named twice.
	DuplicateId(u16),
	/// No entry is above zero: such a vote has no direction.
	NoWeights,
}

/// What a network asks of every row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RowLimits {
	/// Fewest entries; where there are fewer ids than that, all of them.
	pub min_entries: u16,
	/// Largest part of the row's sum that one entry may be, per 65535.
	pub max_weight: u16,
}

impl RowLimits {
	/// Every row passes.
	pub const NONE: Self = Self { min_entries: 0, max_weight: u16::MAX };
}

/// Checks that there is one weight for each id and that there are at most `most`.
pub fn check_lengths(ids: &[u16], weights: &[u16], most: usize) -> Result<(), RowError> {
	if ids.len() != weights.len() {
		return Err(RowError::UnequalLengths);
	}
	if ids.len() > most {
		return Err(RowError::TooManyEntries);
	}
	Ok(())
}

/// The row that `uid` stores on a subnet of `n` uids: scaled up, ascending by uid.
///
/// It is stored when there is one weight for each uid, no uid is from `n` on or named twice, and the limits are kept:
/// at least `min_entries` entries, or `n` if that is fewer, and none a larger part of the row than `max_weight`. Limits
/// are those of the row as it was sent, before any rounding, and do not bind a neuron that names itself alone. Empty and
/// all-zero rows may be set where the minimum allows; they read as a vote for nobody.
pub fn subnet_row(uid: u16, n: u16, limits: RowLimits, uids: &[u16], weights: &[u16]) -> Result<StoredRow, RowError> {
	check_lengths(uids, weights, n.into())?;
	if let Some(unknown) = uids.iter().filter(|uid| **uid >= n).min() {
		return Err(RowError::UnknownId(*unknown));
	}
	if !is_self_weight(uid, uids) {
		check_limits(limits, n, uids, weights)?;
	}
	distinct_row(uids, weights)
}

/// The row that a root validator stores, `netuids` (ascending) being the subnets that exist: scaled up, ascending by
/// netuid, without zeros.
///
/// It is stored when there is one weight for each netuid, each netuid is one of `netuids` but not the root network's own
/// and named once, some weight is above zero, and the limits are kept. Limits are those of the row as it was sent, before
/// any rounding. A uid is no netuid, so that no entry is a vote for oneself.
///
/// No limit shuts everybody out. Of `k` subnets the minimum asks for no more than all `k`, and the maximum counts as at
/// least `⌈65535 / k⌉`, so that an even vote for all of them always passes.
pub fn root_row(netuids: &[u16], limits: RowLimits, dests: &[u16], weights: &[u16]) -> Result<StoredRow, RowError> {
	let netuids = netuids.strip_prefix(&[ROOT_NETUID]).unwrap_or(netuids);
	check_lengths(dests, weights, usize::from(u16::MAX))?;
	if let Some(unknown) = dests.iter().filter(|dest| netuids.binary_search(dest).is_err()).min() {
		return Err(RowError::UnknownId(*unknown));
	}
	if weights.iter().all(|weight| *weight == 0) {
		return Err(RowError::NoWeights);
	}
	let k = u16::try_from(netuids.len()).unwrap_or(u16::MAX); // Distinct netuids above zero: at most 65535.
	let max_weight = limits.max_weight.max(even_part(k));
	check_limits(RowLimits { max_weight, ..limits }, k, dests, weights)?;
	let mut row = distinct_row(dests, weights)?;
	row.retain(|(_, weight)| *weight > 0);
	Ok(row)
}

/// What each of `k` entries has of an even row, per 65535, rounded up; of no entries, all.
fn even_part(k: u16) -> u16 {
	u16::MAX.div_ceil(k.max(1))
}

/// Whether a row names its own uid alone: a neuron may always do so, also without a permit.
pub fn is_self_weight(uid: u16, uids: &[u16]) -> bool {
	uids == [uid]
}

/// Checks the row `(ids, weights)` of one that names at most `n` ids.
fn check_limits(limits: RowLimits, n: u16, ids: &[u16], weights: &[u16]) -> Result<(), RowError> {
	let minimum = n.min(limits.min_entries);
	if weights.len() < usize::from(minimum) {
		return Err(RowError::TooFewEntries { minimum });
	}
	let sum: u64 = weights.iter().fold(0, |sum, weight| sum.saturating_add((*weight).into()));
	let Some((max, id)) = weights.iter().copied().zip(ids).max() else { return Ok(()) };
	// max / sum > limit / 65535, as integers below 2⁴⁸.
	if u64::from(max).saturating_mul(u16::MAX.into()) > sum.saturating_mul(limits.max_weight.into()) {
		return Err(RowError::OverLimit(*id));
	}
	Ok(())
}

/// The row to store, unless an id is named twice.
fn distinct_row(ids: &[u16], weights: &[u16]) -> Result<StoredRow, RowError> {
	let mut row: Vec<(u16, u16)> = ids.iter().copied().zip(max_upscale(weights)).collect();
	row.sort_unstable();
	let twice = row.windows(2).find_map(|pair| match pair {
		[(a, _), (b, _)] if a == b => Some(*a),
		_ => None,
	});
	twice.map_or(Ok(row), |id| Err(RowError::DuplicateId(id)))
}

#[cfg(test)]
mod tests;
