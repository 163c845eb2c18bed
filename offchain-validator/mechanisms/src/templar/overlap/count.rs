// SPDX-License-Identifier: Apache-2.0
//! Counts the indices that submissions share.

use super::{pairs, Submission};

/// One bit for each index there can be in a chunk.
const WORDS: usize = (1 << u16::BITS) / u64::BITS as usize;

/// Number of indices that each pair shares, in the order of [`pairs`].
///
/// Marks a chunk's indices in a bit set and asks it for those of all later submissions: `k` steps for each pair and chunk,
/// none of which depends on the one before.
pub(super) fn shared_counts(submissions: &[Submission], layout: &Submission) -> Vec<u64> {
	let mut shared = vec![0u64; pairs(submissions).count()];
	let mut marked = BitSet::default();
	let mut chunks: Vec<Vec<u16>> = vec![Vec::new(); submissions.len()];
	for (parameter, part) in layout.parameters.iter().enumerate() {
		let mut readers: Vec<_> = submissions
			.iter()
			.filter_map(|submission| submission.parameters.get(parameter))
			.map(|part| part.indices.chunks_exact(part.per_chunk))
			.collect();
		for _ in part.indices.chunks_exact(part.per_chunk) {
			for (chunk, reader) in chunks.iter_mut().zip(&mut readers) {
				chunk.clear();
				chunk.extend(reader.next().into_iter().flatten().filter(|index| marked.insert(**index)));
				chunk.iter().for_each(|index| marked.remove(*index));
			}
			let mut counts = shared.iter_mut();
			for (position, first) in chunks.iter().enumerate() {
				first.iter().for_each(|index| _ = marked.insert(*index));
				for (second, count) in chunks.iter().skip(position.saturating_add(1)).zip(counts.by_ref()) {
					*count =
						count.saturating_add(second.iter().filter(|index| marked.contains(**index)).count() as u64);
				}
				first.iter().for_each(|index| marked.remove(*index));
			}
		}
	}
	shared
}

/// A set of indices; eight kilobytes, so it stays in the nearest cache.
struct BitSet(Box<[u64; WORDS]>);

impl Default for BitSet {
	fn default() -> Self {
		Self(Box::new([0; WORDS]))
	}
}

#[allow(clippy::indexing_slicing, reason = "a u16 shifted by six bits is below `WORDS`")]
impl BitSet {
	/// Whether `index` was not in the set before.
	fn insert(&mut self, index: u16) -> bool {
		let (word, bit) = Self::place(index);
		let word = &mut self.0[word];
		let is_new = *word & bit == 0;
		*word |= bit;
		is_new
	}

	fn remove(&mut self, index: u16) {
		let (word, bit) = Self::place(index);
		self.0[word] &= !bit;
	}

	fn contains(&self, index: u16) -> bool {
		let (word, bit) = Self::place(index);
		self.0[word] & bit != 0
	}

	fn place(index: u16) -> (usize, u64) {
		(usize::from(index >> 6), 1 << (index & 63))
	}
}
