// SPDX-License-Identifier: Apache-2.0
//! A subnet epoch on rows of `(uid, value)` with 32 fractional bits, a new matrix each step; medians by recursion around
//! the value in the middle.

use substrate_fixed::types::{I32F32, I64F64, I96F32};

type Fixed = I32F32;
type Matrix = Vec<Vec<(u16, Fixed)>>;

/// State a subnet epoch starts from; all lists are by uid.
pub struct EpochInput {
	pub block: u64,
	pub activity_cutoff: u64,
	pub last_update: Vec<u64>,
	pub registered_at: Vec<u64>,
	pub stake: Vec<u64>,
	pub permits: Vec<bool>,
	pub max_validators: usize,
	pub weights: Vec<Vec<(u16, u16)>>,
	pub bonds: Vec<Vec<(u16, u16)>>,
	pub kappa: u16,
	pub bonds_moving_average: u64,
	pub emission: u64,
}

/// Results by uid.
pub struct EpochOutput {
	pub active: Vec<bool>,
	pub permits: Vec<bool>,
	pub rank: Vec<u16>,
	pub trust: Vec<u16>,
	pub consensus: Vec<u16>,
	pub incentive: Vec<u16>,
	pub dividends: Vec<u16>,
	pub validator_trust: Vec<u16>,
	pub pruning_scores: Vec<u16>,
	pub server_emission: Vec<u64>,
	pub validator_emission: Vec<u64>,
	pub emission: Vec<u64>,
	/// `None` leaves the stored row as it is.
	pub bonds: Vec<Option<Vec<(u16, u16)>>>,
}

/// Runs a subnet epoch.
///
/// # Panics
/// When lists differ in length or a bond names no uid, as the reference does.
pub fn epoch(input: &EpochInput) -> EpochOutput {
	let n = input.stake.len();
	let active: Vec<bool> = input.last_update.iter().map(|set| set + input.activity_cutoff >= input.block).collect();
	let stake = stake_shares(&input.stake);
	let permits = top(&stake, input.max_validators);
	let mut active_stake = stake.clone();
	for uid in 0..n {
		if !active[uid] || !input.permits[uid] {
			active_stake[uid] = Fixed::from_num(0);
		}
	}
	normalize(&mut active_stake);

	let weights = normalized_rows(weights(input));
	let preranks = transposed_product(&weights, &active_stake, n);
	let kappa = Fixed::from_num(input.kappa) / Fixed::from_num(u16::MAX);
	let consensus = weighted_medians(&active_stake, &weights, n, kappa);
	let weights = clipped(weights, &consensus);
	let validator_trust: Vec<Fixed> = weights.iter().map(|row| row.iter().map(|(_, value)| *value).sum()).collect();
	let mut ranks = transposed_product(&weights, &active_stake, n);
	let trust: Vec<Fixed> =
		ranks.iter().zip(&preranks).map(|(rank, pre)| if *pre == 0 { *pre } else { rank / pre }).collect();
	normalize(&mut ranks);
	let incentive = ranks;

	let bonds = moving_bonds(input, &weights, &active_stake);
	let mut dividends: Vec<Fixed> =
		bonds.iter().map(|row| row.iter().map(|(uid, bond)| *bond * incentive[usize::from(*uid)]).sum()).collect();
	normalize(&mut dividends);

	let shares = shares(&incentive, &dividends, &stake, &active_stake);
	EpochOutput {
		rank: to_u16(&incentive),
		trust: to_u16(&trust),
		consensus: to_u16(&consensus),
		incentive: to_u16(&incentive),
		dividends: to_u16(&dividends),
		validator_trust: to_u16(&validator_trust),
		pruning_scores: upscaled(&shares.combined),
		server_emission: to_rao(&shares.servers, input.emission),
		validator_emission: to_rao(&shares.validators, input.emission),
		emission: to_rao(&shares.combined, input.emission),
		bonds: stored_bonds(bonds, &permits, &input.permits),
		active,
		permits,
	}
}

/// Computed with 64 fractional bits and cut to 32.
fn stake_shares(stake: &[u64]) -> Vec<Fixed> {
	let stake: Vec<I64F64> = stake.iter().map(|rao| I64F64::from_num(*rao)).collect();
	let sum: I64F64 = stake.iter().sum();
	let share = |rao: &I64F64| if sum == 0 { *rao } else { *rao / sum };
	stake.iter().map(|rao| Fixed::from_num(share(rao))).collect()
}

/// Whether each uid is among the `k` with the most stake, ties to the higher uid.
fn top(stake: &[Fixed], k: usize) -> Vec<bool> {
	let mut order: Vec<usize> = (0..stake.len()).collect();
	order.sort_by_key(|uid| stake[*uid]);
	let mut is_top = vec![false; stake.len()];
	order.into_iter().rev().take(k).for_each(|uid| is_top[uid] = true);
	is_top
}

/// Entries of permitted rows, but for self weights and those set before the uid was registered.
fn weights(input: &EpochInput) -> Matrix {
	let mut rows = fixed_rows(&input.weights, input.stake.len());
	for (uid, row) in rows.iter_mut().enumerate() {
		if !input.permits[uid] {
			row.clear();
		}
		row.retain(|(column, _)| usize::from(*column) != uid);
	}
	without_outdated(rows, input)
}

fn fixed_rows(stored: &[Vec<(u16, u16)>], n: usize) -> Matrix {
	let fixed = |row: &Vec<(u16, u16)>| {
		let mut fixed = Vec::with_capacity(row.len());
		let in_range = row.iter().filter(|(uid, _)| usize::from(*uid) < n);
		fixed.extend(in_range.map(|(uid, value)| (*uid, Fixed::from_num(*value))));
		fixed
	};
	stored.iter().map(fixed).collect()
}

fn without_outdated(mut rows: Matrix, input: &EpochInput) -> Matrix {
	for (row, updated) in rows.iter_mut().zip(&input.last_update) {
		row.retain(|(column, _)| *updated > input.registered_at[usize::from(*column)]);
	}
	rows
}

fn normalize(values: &mut [Fixed]) {
	let sum: Fixed = values.iter().sum();
	if sum > 0 {
		values.iter_mut().for_each(|value| *value /= sum);
	}
}

fn normalized_rows(mut matrix: Matrix) -> Matrix {
	for row in &mut matrix {
		let sum: Fixed = row.iter().map(|(_, value)| *value).sum();
		if sum > 0 {
			row.iter_mut().for_each(|(_, value)| *value /= sum);
		}
	}
	matrix
}

fn normalized_columns(mut matrix: Matrix, n: usize) -> Matrix {
	let mut sums = vec![Fixed::from_num(0); n];
	for (column, value) in matrix.iter().flatten() {
		sums[usize::from(*column)] += *value;
	}
	for (column, value) in matrix.iter_mut().flatten() {
		if sums[usize::from(*column)] != 0 {
			*value /= sums[usize::from(*column)];
		}
	}
	matrix
}

fn transposed_product(matrix: &Matrix, vector: &[Fixed], n: usize) -> Vec<Fixed> {
	let mut sums = vec![Fixed::from_num(0); n];
	for (row, factor) in matrix.iter().zip(vector) {
		for (column, value) in row {
			sums[usize::from(*column)] += *factor * *value;
		}
	}
	sums
}

/// Entries cut to their column's limit; what becomes zero goes.
fn clipped(mut matrix: Matrix, limits: &[Fixed]) -> Matrix {
	for row in &mut matrix {
		for (column, value) in row.iter_mut() {
			*value = (*value).min(limits[usize::from(*column)]);
		}
		row.retain(|(_, value)| *value > 0);
	}
	matrix
}

/// The stake-weighted median of each column, over the rows with stake.
fn weighted_medians(stake: &[Fixed], matrix: &Matrix, n: usize, majority: Fixed) -> Vec<Fixed> {
	let staked: Vec<usize> = (0..n).filter(|uid| stake[*uid] > 0).collect();
	let mut votes: Vec<Fixed> = staked.iter().map(|uid| stake[*uid]).collect();
	normalize(&mut votes);
	let total: Fixed = votes.iter().sum();
	let minority = total - majority;
	let mut columns = vec![vec![Fixed::from_num(0); staked.len()]; n];
	for (voter, uid) in staked.iter().enumerate() {
		for (column, value) in &matrix[*uid] {
			columns[usize::from(*column)][voter] = *value;
		}
	}
	let voters: Vec<usize> = (0..staked.len()).collect();
	let median = |column: &Vec<Fixed>| weighted_median(&votes, column, &voters, minority, Fixed::from_num(0), total);
	columns.iter().map(median).collect()
}

/// The value below which `minority` of the stake lies: `voters` hold the stake from `low` to `high`, and are parted around
/// the value of the one in the middle.
fn weighted_median(
	votes: &[Fixed],
	column: &[Fixed],
	voters: &[usize],
	minority: Fixed,
	low: Fixed,
	high: Fixed,
) -> Fixed {
	match voters {
		[] => return Fixed::from_num(0),
		[only] => return column[*only],
		_ => (),
	}
	let pivot = column[voters[voters.len() / 2]];
	let (mut below, mut above) = (Vec::new(), Vec::new());
	let (mut stake_below, mut stake_above) = (Fixed::from_num(0), Fixed::from_num(0));
	for voter in voters {
		if column[*voter] < pivot {
			below.push(*voter);
			stake_below += votes[*voter];
		} else if column[*voter] > pivot {
			above.push(*voter);
			stake_above += votes[*voter];
		}
	}
	if minority < low + stake_below && !below.is_empty() {
		return weighted_median(votes, column, &below, minority, low, low + stake_below);
	}
	if high - stake_above <= minority && !above.is_empty() {
		return weighted_median(votes, column, &above, minority, high - stake_above, high);
	}
	pivot
}

/// `α·ΔB + (1 − α)·B_old`, columns summing to one before and after.
fn moving_bonds(input: &EpochInput, clipped: &Matrix, active_stake: &[Fixed]) -> Matrix {
	let n = input.stake.len();
	let old = normalized_columns(without_outdated(fixed_rows(&input.bonds, n), input), n);
	let mut delta = clipped.clone();
	for (row, stake) in delta.iter_mut().zip(active_stake) {
		row.iter_mut().for_each(|(_, value)| *value *= *stake);
		row.retain(|(_, value)| *value > 0);
	}
	let delta = normalized_columns(delta, n);
	let million = I64F64::from_num(1_000_000);
	let keep = Fixed::wrapping_from_num(I64F64::wrapping_from_num(input.bonds_moving_average) / million);
	let alpha = Fixed::from_num(1).wrapping_sub(keep);
	let keep = Fixed::from_num(1).wrapping_sub(alpha);
	let mixed = delta.iter().zip(&old).map(|(new, old)| {
		let mut row = vec![Fixed::from_num(0); n];
		for (column, value) in new {
			row[usize::from(*column)] += alpha.wrapping_mul(*value);
		}
		for (column, value) in old {
			row[usize::from(*column)] += keep.wrapping_mul(*value);
		}
		let mut entries = Vec::with_capacity(new.len().max(old.len()));
		entries.extend((0u16..).zip(row).filter(|(_, value)| *value > 0));
		entries
	});
	normalized_columns(mixed.collect(), n)
}

/// Shares of the emission.
struct Shares {
	servers: Vec<Fixed>,
	validators: Vec<Fixed>,
	combined: Vec<Fixed>,
}

fn shares(incentive: &[Fixed], dividends: &[Fixed], stake: &[Fixed], active_stake: &[Fixed]) -> Shares {
	let mut combined: Vec<Fixed> = incentive.iter().zip(dividends).map(|(a, b)| *a + *b).collect();
	let sum: Fixed = combined.iter().sum();
	if sum == 0 {
		let is_stake_active = active_stake.iter().any(|stake| *stake > 0);
		let by_stake = if is_stake_active { active_stake } else { stake }.to_vec();
		return Shares { servers: incentive.to_vec(), validators: by_stake.clone(), combined: by_stake };
	}
	normalize(&mut combined);
	let scaled = |values: &[Fixed]| values.iter().map(|value| *value / sum).collect();
	Shares { servers: scaled(incentive), validators: scaled(dividends), combined }
}

fn to_rao(shares: &[Fixed], emission: u64) -> Vec<u64> {
	let emission = I96F32::from_num(emission);
	shares.iter().map(|share| (I96F32::from_num(*share) * emission).to_num()).collect()
}

fn to_u16(values: &[Fixed]) -> Vec<u16> {
	values.iter().map(|value| (*value * Fixed::from_num(u16::MAX)).to_num()).collect()
}

/// Scaled up so that the largest becomes 65535.
fn upscaled(values: &[Fixed]) -> Vec<u16> {
	let max = values.iter().copied().max().unwrap_or_default();
	if max == 0 {
		return vec![0; values.len()];
	}
	values.iter().map(|value| (*value * Fixed::from_num(u16::MAX) / max).round().to_num()).collect()
}

/// Each bond as a proportion of the largest of its column; rows of who has no permit any more are emptied.
fn stored_bonds(mut bonds: Matrix, permits: &[bool], before: &[bool]) -> Vec<Option<Vec<(u16, u16)>>> {
	let mut tops = vec![Fixed::from_num(0); bonds.len()];
	for (column, value) in bonds.iter().flatten() {
		let top = &mut tops[usize::from(*column)];
		*top = (*top).max(*value);
	}
	for (column, value) in bonds.iter_mut().flatten() {
		if tops[usize::from(*column)] > 0 {
			*value /= tops[usize::from(*column)];
		}
	}
	let unit = Fixed::from_num(u16::MAX);
	let stored = |row: Vec<(u16, Fixed)>| row.into_iter().map(|(column, bond)| (column, (bond * unit).to_num()));
	bonds
		.into_iter()
		.zip(permits.iter().zip(before))
		.map(|(row, (permit, before))| match (permit, before) {
			(true, _) => Some(stored(row).collect()),
			(false, true) => Some(Vec::new()),
			(false, false) => None,
		})
		.collect()
}
