// SPDX-License-Identifier: Apache-2.0

//! Which sequences belong to whom in which window, by the rule of Templar's later form, and their digest.
//!
//! That form has no pages: each uid draws the sequences of a window from all training text, none of them twice, and states the
//! digest of what it drew. (Its shards, which take turns, are one here.) Each window draws anew, so two windows of a uid may
//! have sequences in common, as two uids may: a miner that trains on what it had before is told apart less surely than with
//! pages, of which no two windows share a draw. Pure; knows no file.

use blake2::digest::consts::U16;
use blake2::{Blake2b, Digest as _};
use mechanisms::numpy::Generator;

/// What a uid's number is multiplied by before the window is mixed in, so that neighbours have seeds far apart.
const UID_FACTOR: u64 = 1_000_003;

/// The seed of a uid's draws in `window`: `(uid · 1000003) xor window`, cut off at 32 bits.
pub fn seed(uid: u32, window: u32) -> u32 {
	(u64::from(uid).wrapping_mul(UID_FACTOR) ^ u64::from(window)) as u32
}

/// The `count` sequences of `uid` in `window`, out of `n_sequences`, in the order drawn; none if there are not so many.
///
/// In memory this takes `n_sequences` numbers where numpy shuffles them all, which it does up to 10,000, and beyond as long as
/// they are fewer than 50 times `count`: so never more than 50 numbers for each that is drawn, or 10,000. See
/// [`Generator::choice`].
pub fn drawn(uid: u32, window: u32, count: usize, n_sequences: usize) -> Option<Vec<usize>> {
	Generator::new(seed(uid, window)).choice(n_sequences, count)
}

/// What a miner states of the sequences it has trained on, by their ids and in whatever order: BLAKE2b, 128 bits, of the ids in
/// ascending order as 64-bit little-endian numbers, in hexadecimal.
pub fn digest(ids: &[u64]) -> String {
	let mut ids = ids.to_vec();
	ids.sort_unstable();
	let mut digest = Blake2b::<U16>::new();
	ids.iter().for_each(|id| digest.update(id.to_le_bytes()));
	digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
	use super::*;

	#[derive(serde::Deserialize)]
	struct Case {
		uid: u32,
		window: u32,
		seed: u32,
		dataset_len: usize,
		steps_per_window: usize,
		target_batch_size: usize,
		indices: Vec<usize>,
		sample_id_rule: String,
		sample_digest: String,
		sample_count: usize,
	}

	#[test]
	fn draws_and_digests_are_those_recorded() {
		for case in golden::cases::<Case>("mechanisms/sharded_sampler_head.json") {
			assert_eq!(seed(case.uid, case.window), case.seed);
			let count = case.steps_per_window * case.target_batch_size;
			let drawn = drawn(case.uid, case.window, count, case.dataset_len).unwrap();
			assert_eq!(drawn, case.indices);
			assert_eq!(drawn.len(), case.sample_count);
			assert_eq!(case.sample_id_rule, "(i*2654435761+12345) mod 2^64");
			let id = |index: &usize| (*index as u64).wrapping_mul(2_654_435_761).wrapping_add(12_345);
			let ids: Vec<u64> = drawn.iter().map(id).collect();
			assert_eq!(digest(&ids), case.sample_digest);
		}
	}

	#[test]
	fn more_than_there_are_cannot_be_drawn() {
		assert_eq!(drawn(1, 2, 11, 10), None);
		assert_eq!(drawn(1, 2, 0, 0), Some(vec![]));
	}
}
