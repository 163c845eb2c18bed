// SPDX-License-Identifier: Apache-2.0
//! Root consensus on a dense matrix of 64 fractional bits; each stored entry looks for its netuid in the whole list.

use substrate_fixed::{
	transcendental::E,
	types::{I32F32, I64F64},
};

/// State a root epoch starts from; the position in `stake` is the uid.
pub struct RootInput {
	/// Columns of the matrix, which the reference counts apart from the netuids.
	pub total_networks: usize,
	pub netuids: Vec<u16>,
	pub stake: Vec<u64>,
	/// `(uid, row)` as stored.
	pub rows: Vec<(u16, Vec<(u16, u16)>)>,
	pub block_emission: u64,
	pub kappa: u16,
	pub rho: u16,
	/// Whether rows are renormalized as they are read.
	pub renormalize: bool,
}

/// What was computed on the way, and the emission of each netuid in rao.
pub struct RootOutput {
	pub ranks: Vec<I64F64>,
	pub trust: Vec<I64F64>,
	pub consensus: Vec<I64F64>,
	pub weighted_emission: Vec<I64F64>,
	pub emission: Vec<u64>,
}

/// Runs a root epoch; errors are the reference's own words.
///
/// # Panics
/// When the exponential overflows, as the reference does.
pub fn root_epoch(input: &RootInput) -> Result<RootOutput, &'static str> {
	if input.stake.is_empty() {
		return Err("No validators to validate emission values.");
	}
	if input.netuids.is_empty() {
		return Err("No networks to validate emission values.");
	}
	let mut stake: Vec<I64F64> = input.stake.iter().map(|rao| I64F64::from_num(*rao)).collect();
	normalize(&mut stake);
	let mut weights = dense_weights(input);
	if input.renormalize {
		weights.iter_mut().for_each(|row| normalize(row));
	}
	let ranks = product(&weights, &stake);
	let trust = trust(&weights, &stake)?;
	let kappa = I64F64::from_num(I32F32::from_num(input.kappa) / I32F32::from_num(u16::MAX));
	let rho = I64F64::from_num(input.rho);
	let consensus: Vec<I64F64> = trust.iter().map(|trust| consensus(*trust, kappa, rho)).collect();
	let mut weighted_emission: Vec<I64F64> = consensus.iter().zip(&ranks).map(|(c, rank)| *c * *rank).collect();
	normalize(&mut weighted_emission);
	let block_emission = I64F64::from_num(input.block_emission);
	let emission: Vec<u64> = weighted_emission.iter().map(|share| (*share * block_emission).to_num()).collect();
	if emission.len() != input.netuids.len() {
		return Err("netuids and emission must have the same length");
	}
	Ok(RootOutput { ranks, trust, consensus, weighted_emission, emission })
}

/// All rows over all networks, zero where nothing is stored.
fn dense_weights(input: &RootInput) -> Vec<Vec<I64F64>> {
	let mut weights = vec![vec![I64F64::from_num(0); input.total_networks]; input.stake.len()];
	for (uid, row) in &input.rows {
		let Some(dense) = weights.get_mut(usize::from(*uid)) else { continue };
		for &(netuid, weight) in row {
			let column = place_of(netuid, &input.netuids);
			if let Some(slot) = column.and_then(|column| dense.get_mut(column)) {
				*slot = I64F64::from_num(weight);
			}
		}
	}
	weights
}

/// Looks at one netuid after the other.
#[inline(never)] // Else the compiler unrolls it or not as what is around it changes, and half the baseline's speed with it.
fn place_of(netuid: u16, netuids: &[u16]) -> Option<usize> {
	let fours = netuids.chunks_exact(4);
	let (rest, mut place) = (fours.remainder(), 0);
	for four in fours {
		for (offset, id) in four.iter().enumerate() {
			if *id == netuid {
				return Some(place + offset);
			}
		}
		place += 4;
	}
	rest.iter().position(|id| *id == netuid).map(|offset| place + offset)
}

/// Scales values to the sum one; zeros stay.
fn normalize(values: &mut [I64F64]) {
	let sum: I64F64 = values.iter().sum();
	if sum == 0 {
		return;
	}
	// That of stakes or of stored weights is whole, and dividing by an integer is a fraction of the work.
	let whole = Some(sum.to_bits() >> 64).filter(|whole| I64F64::from_num(*whole) == sum);
	for value in values {
		*value = whole.map_or_else(|| *value / sum, |whole| I64F64::from_bits(value.to_bits() / whole));
	}
}

/// `Mᵀ·v`, one row after the other.
fn product(matrix: &[Vec<I64F64>], vector: &[I64F64]) -> Vec<I64F64> {
	let mut sums = vec![I64F64::from_num(0); matrix.first().map_or(0, Vec::len)];
	for (row, factor) in matrix.iter().zip(vector) {
		for (sum, value) in sums.iter_mut().zip(row) {
			*sum += *value * *factor;
		}
	}
	sums
}

/// The part of all stake that gives a network any weight at all.
fn trust(weights: &[Vec<I64F64>], stake: &[I64F64]) -> Result<Vec<I64F64>, &'static str> {
	let mut trust = vec![I64F64::from_num(0); weights.first().map_or(0, Vec::len)];
	let mut total = I64F64::from_num(0);
	for (row, stake) in weights.iter().zip(stake) {
		total += *stake;
		for (trust, weight) in trust.iter_mut().zip(row) {
			if *weight > 0 {
				*trust += *stake;
			}
		}
	}
	if total == 0 {
		return Err("No stake on network");
	}
	Ok(trust.into_iter().map(|trust| trust / total).collect())
}

/// `σ(ρ·(T − κ))`.
fn consensus(trust: I64F64, kappa: I64F64, rho: I64F64) -> I64F64 {
	let one = I64F64::from_num(1);
	let exponential = exp((kappa - trust) * rho).expect("the reference panics here too");
	one / (one + exponential)
}

/// `substrate_fixed::transcendental::exp` bit for bit, of one too, where it knows 23 bits. There each term of the
/// series is divided by its number as by any fixed-point number, which is most of the work; here, as by an integer.
fn exp(x: I64F64) -> Option<I64F64> {
	let one = I64F64::from_num(1);
	if x == one {
		return Some(E.into());
	}
	let size = x.checked_abs()?;
	let (mut term, mut sum) = (size, size.checked_add(one)?);
	for i in 2..64 {
		term = I64F64::from_bits(term.checked_mul(size)?.to_bits() / i);
		sum = sum.checked_add(term)?;
	}
	if x < 0 {
		one.checked_div(sum)
	} else {
		Some(sum)
	}
}
