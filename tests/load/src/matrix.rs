// SPDX-License-Identifier: Apache-2.0

//! The same matrix without a chain: what of an epoch is reading rows, decoding them, computing and writing, and how
//! near each comes to what moving its bytes costs. Native code and a trie in memory, so it tells shares and ratios, not
//! what a block takes.

use std::hint::black_box;
use std::iter;
use std::time::Instant;

use codec::{Decode, Encode};
use serde::Serialize;
use sp_core::storage::StateVersion;
use sp_io::TestExternalities;
use yuma_consensus::epoch::run_epoch;
use yuma_consensus::{EpochInput, EpochOutput, Neuron, StoredRow};

use crate::chain::by_netuid;
use crate::figures::Spread;
use crate::random::Random;

/// Those that have rows.
const VALIDATORS: u16 = 64;
/// Sizes that are measured.
pub const SIZES: [u16; 4] = [64, 256, 1_024, 4_096];
/// Runs of everything.
const RUNS: usize = 25;
const WEIGHTS: &str = "Weights";
const BONDS: &str = "Bonds";
const NETUID: u16 = 1;

/// What one size took: medians, in milliseconds.
#[derive(Debug, Serialize)]
pub struct Matrix {
	pub neurons: u16,
	/// Of all rows of weights and bonds, encoded.
	pub bytes: usize,
	/// Getting them out of the trie.
	pub read: f64,
	/// Making rows of them by way of whole words, which the codec copies at once, as the epoch does.
	pub decode: f64,
	/// Of bytes in place of rows: one allocation and one copy each.
	pub copy: f64,
	/// Making rows of them by way of pairs, which the codec reads one number at a time.
	pub decode_pairs: f64,
	/// The epoch itself.
	pub maths: f64,
	/// Reading its rows and writing new bonds once, with one addition for each entry.
	pub stream: f64,
	/// Encoding the new bonds, and putting them into the trie.
	pub write: f64,
	/// The trie's new root.
	pub root: f64,
}

impl Matrix {
	/// Of the whole epoch.
	pub fn whole(&self) -> f64 {
		self.read + self.decode + self.maths + self.write + self.root
	}
}

/// Measures a subnet of `neurons`.
pub fn measure(neurons: u16) -> Matrix {
	let input = full_subnet(neurons);
	let mut chain = stored(&input);
	let encoded = chain.execute_with(read);
	let output = run_epoch(&input);
	Matrix {
		neurons,
		bytes: encoded.iter().map(Vec::len).sum(),
		read: time(|| chain.execute_with(read)),
		decode: time(|| encoded.iter().map(|row| decode(row)).collect::<Vec<_>>()),
		copy: time(|| encoded.to_vec()),
		decode_pairs: time(|| encoded.iter().map(|row| decode_pairs(row)).collect::<Vec<_>>()),
		maths: time(|| run_epoch(&input)),
		stream: time(|| stream(&input, &output)),
		write: time(|| chain.execute_with(|| write(&output))),
		root: chain.execute_with(|| {
			time(|| {
				write(&output); // Else the root is known already.
				sp_io::storage::root(StateVersion::V1)
			}) - time(|| write(&output))
		}),
	}
}

/// A subnet whose validators have full rows of weights and of bonds.
fn full_subnet(n: u16) -> EpochInput {
	let mut random = Random(n.into());
	let neuron = |uid| {
		let permit = uid < VALIDATORS;
		let stake = if permit { 1_000_000_000_000 + u64::from(uid) } else { 0 };
		Neuron { stake, last_update: 90, registered_at: 1, permit, ..Default::default() }
	};
	let mut row = |uid| -> StoredRow {
		let entries = if uid < VALIDATORS { n } else { 0 };
		(0..entries).map(|uid| (uid, random.weight())).collect()
	};
	EpochInput {
		block: 100,
		activity_cutoff: 5_000,
		kappa: 32_767,
		bonds_moving_average: 900_000,
		max_validators: VALIDATORS,
		neurons: (0..n).map(neuron).collect(),
		weights: (0..n).map(&mut row).collect(),
		bonds: (0..n).map(&mut row).collect(),
		emission: 360_000_000_000,
		..Default::default()
	}
}

fn key(item: &str, uid: u16) -> Vec<u8> {
	[by_netuid(item, NETUID), uid.to_le_bytes().to_vec()].concat()
}

/// A trie with the rows that are not empty.
fn stored(input: &EpochInput) -> TestExternalities {
	let mut chain = TestExternalities::default();
	chain.execute_with(|| {
		for (item, rows) in [(WEIGHTS, &input.weights), (BONDS, &input.bonds)] {
			for (uid, row) in (0..).zip(rows).filter(|(_, row)| !row.is_empty()) {
				sp_io::storage::set(&key(item, uid), &row.encode());
			}
		}
	});
	chain.commit_all().expect("nothing is open; qed");
	chain
}

/// What the epoch reads: the weights of those with a permit, and all bonds there are, by going through their keys.
fn read() -> Vec<Vec<u8>> {
	let weights = (0..VALIDATORS).map(|uid| key(WEIGHTS, uid));
	let bonds = by_netuid(BONDS, NETUID);
	let next = |key: &Vec<u8>| sp_io::storage::next_key(key).filter(|key| key.starts_with(&bonds));
	let keys = weights.chain(iter::successors(next(&bonds), next));
	keys.filter_map(|key| sp_io::storage::get(&key)).map(Vec::from).collect()
}

/// An entry is four bytes, as is a word: the uid in its lower half, the weight in its upper.
fn decode(mut row: &[u8]) -> StoredRow {
	let words = Vec::<u32>::decode(&mut row).expect("it is a row; qed");
	words.into_iter().map(|word| (word as u16, (word >> 16) as u16)).collect()
}

fn decode_pairs(mut row: &[u8]) -> StoredRow {
	StoredRow::decode(&mut row).expect("it is a row; qed")
}

fn stream(input: &EpochInput, output: &EpochOutput) -> (u64, Vec<StoredRow>) {
	let rows = input.weights.iter().chain(&input.bonds);
	let sum = rows.flatten().fold(0u64, |sum, (uid, value)| sum.wrapping_add(u64::from(*uid) + u64::from(*value)));
	(sum, output.bonds.iter().flatten().cloned().collect())
}

fn write(output: &EpochOutput) {
	for (uid, row) in (0..).zip(&output.bonds) {
		if let Some(row) = row {
			sp_io::storage::set(&key(BONDS, uid), &row.encode());
		}
	}
}

fn time<Output>(mut run: impl FnMut() -> Output) -> f64 {
	let mut once = || {
		let begun = Instant::now();
		let output = black_box(run());
		let took = begun.elapsed().as_secs_f64() * 1_000.0;
		drop(output);
		took
	};
	once(); // Warms up.
	Spread::new((0..RUNS).map(|_| once()).collect()).median
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn what_is_stored_is_read_back_either_way() {
		let input = full_subnet(70);
		let encoded = stored(&input).execute_with(read);
		let rows: Vec<_> = input.weights.iter().chain(&input.bonds).filter(|row| !row.is_empty()).collect();
		assert_eq!((encoded.len(), rows.len()), (128, 128));
		for (row, encoded) in rows.into_iter().zip(encoded) {
			assert_eq!((&decode(&encoded), &decode_pairs(&encoded)), (row, row));
		}
	}
}
