// SPDX-License-Identifier: Apache-2.0
//! How often each model beats the others: sample by sample, each against each.

use serde::{Deserialize, Serialize};

use super::Block;

/// A model in the field.
#[derive(Clone, Debug, PartialEq)]
pub struct Entrant {
	/// When it was committed. The earlier of two has the advantage; at the same block neither has.
	pub block: Block,
	/// Its loss on each sample, in nats, in the same order for all. A list may end early: two models are compared on the
	/// samples that both have. Against a loss that is not a number nobody wins, nor loses.
	pub losses: Vec<f64>,
}

/// How a model did against all others.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Record {
	/// Comparisons won.
	pub wins: u64,
	/// Comparisons made, one for each opponent and sample.
	pub matches: u64,
}

impl Record {
	/// Part of the comparisons that were won, `[0, 1]`; zero when there were none.
	pub fn win_rate(&self) -> f64 {
		if self.matches > 0 {
			self.wins as f64 / self.matches as f64
		} else {
			0.0
		}
	}
}

/// Everybody's record, in the order of `entrants`.
///
/// On each sample, a model wins against another when its loss is lower, where that of the one committed earlier counts
/// `1 − epsilon` of what it is. Both may fail to win. The order of entrants does not matter.
pub fn records(entrants: &[Entrant], epsilon: f64) -> Vec<Record> {
	let mut by_age: Vec<(usize, &Entrant)> = entrants.iter().enumerate().collect();
	by_age.sort_by_key(|(_, entrant)| entrant.block);
	let blocks: Vec<usize> = by_age.chunk_by(|(_, a), (_, b)| a.block == b.block).map(<[_]>::len).collect();
	let mut records = vec![Record::default(); entrants.len()];
	let samples = entrants.iter().map(|entrant| entrant.losses.len()).max().unwrap_or_default();
	for sample in 0..samples {
		// NaN for who has no such sample: neither wins.
		let loss = |entrant: &Entrant| entrant.losses.get(sample).copied();
		let losses: Vec<f64> = by_age.iter().map(|(_, entrant)| loss(entrant).unwrap_or(f64::NAN)).collect();
		let opponents = entrants.iter().filter_map(loss).count().saturating_sub(1) as u64;
		for (record, _) in records.iter_mut().zip(entrants).filter(|(_, entrant)| loss(entrant).is_some()) {
			record.matches = record.matches.saturating_add(opponents);
		}
		for ((position, _), wins) in by_age.iter().zip(sample_wins(&losses, &blocks, epsilon)) {
			if let Some(record) = records.get_mut(*position) {
				record.wins = record.wins.saturating_add(wins);
			}
		}
	}
	records
}

/// Whom each loss beats, in number. `losses` go by age, and `blocks` says how many of them are of the same block.
///
/// Each against each, but in straight runs over numbers side by side, which a processor compares several at a time.
fn sample_wins(losses: &[f64], blocks: &[usize], epsilon: f64) -> Vec<u64> {
	let favoured: Vec<f64> = losses.iter().map(|loss| (1.0 - epsilon) * loss).collect();
	let mut wins = Vec::with_capacity(losses.len());
	let mut start: usize = 0;
	for block in blocks {
		let end = start.saturating_add(*block);
		let earlier = favoured.get(..start).unwrap_or_default();
		let peers = losses.get(start..end).unwrap_or_default();
		let later = losses.get(end..).unwrap_or_default();
		for (loss, favoured) in peers.iter().zip(favoured.iter().skip(start)) {
			wins.push([above(*loss, earlier), above(*loss, peers), above(*favoured, later)].iter().sum());
		}
		start = end;
	}
	wins
}

/// How many of `losses` are higher than `loss`.
fn above(loss: f64, losses: &[f64]) -> u64 {
	losses.iter().map(|other| u64::from(loss < *other)).sum()
}

#[cfg(test)]
mod tests;
