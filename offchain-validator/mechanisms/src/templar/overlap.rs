// SPDX-License-Identifier: Apache-2.0
//! Who copied whom: two honest gradients of different data keep different elements.

use serde::{Deserialize, Serialize};

use crate::Uid;

/// One bit for each index there can be in a chunk.
const WORDS: usize = (1 << u16::BITS) / u64::BITS as usize;

/// Which elements of one parameter a submission keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ParameterIndices<'a> {
	/// Indices kept in each chunk, at least one.
	pub per_chunk: usize,
	/// Positions within the chunk, chunk after chunk: chunks × `per_chunk`.
	pub indices: &'a [u16],
}

/// What the comparison needs of one valid submission.
#[derive(Clone, Debug, PartialEq)]
pub struct Submission<'a> {
	/// Who uploaded it.
	pub uid: Uid,
	/// When the store received it, in milliseconds since the Unix epoch; of this very object, not of an earlier window's.
	pub uploaded_ms: u64,
	/// The uploader's moving average of the binary indicator.
	pub binary_average: f32,
	/// All parameters of the model, in the same order in every submission.
	pub parameters: Vec<ParameterIndices<'a>>,
}

/// What two submissions have in common.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Overlap {
	/// The one listed first.
	pub first: Uid,
	/// The one listed later.
	pub second: Uid,
	/// Part of the kept indices that both keep in the same chunk, `[0, 1]`.
	pub share: f64,
}

/// A submission that repeats an earlier one.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Copied {
	/// Who copied.
	pub offender: Uid,
	/// Whom.
	pub original: Uid,
	/// Part of the indices in common, `[threshold, 1]`.
	pub share: f64,
}

/// Why submissions cannot be compared. Only validated submissions may be passed, so this is the caller's mistake.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OverlapError {
	/// The indices do not divide into chunks.
	#[error("parameter {parameter} of uid {uid} does not divide into chunks")]
	RaggedChunks {
		/// Whose submission.
		uid: Uid,
		/// Position of the parameter.
		parameter: usize,
	},
	/// Submissions are made for different models.
	#[error(
		"the submissions of uids {first} and {second} do not have the same parameters, chunks and indices per chunk"
	)]
	LayoutsDiffer {
		/// Whose submission.
		first: Uid,
		/// Whose other submission.
		second: Uid,
	},
}

/// The copies among `submissions`: of each pair that shares `threshold` or more of its indices, the later upload.
///
/// Stores date uploads coarsely, so ties happen. They go against the uid with the lower moving average: a copy helps its
/// uploader's pages no more than random ones, which shows there. A tie of those too, as between two newcomers, goes against
/// the higher uid: arbitrary, but every validator decides alike.
pub fn copies(submissions: &[Submission], threshold: f64) -> Result<Vec<Copied>, OverlapError> {
	let overlaps = overlaps(submissions)?;
	let pairs = pairs(submissions).zip(overlaps).filter(|(_, overlap)| overlap.share >= threshold);
	let copied = pairs.map(|((first, second), Overlap { share, .. })| {
		let (original, offender) = if is_later(first, second) { (second, first) } else { (first, second) };
		Copied { offender: offender.uid, original: original.uid, share }
	});
	Ok(copied.collect())
}

fn is_later(a: &Submission, b: &Submission) -> bool {
	let by_time = a.uploaded_ms.cmp(&b.uploaded_ms);
	by_time.then_with(|| b.binary_average.total_cmp(&a.binary_average)).then_with(|| a.uid.cmp(&b.uid)).is_gt()
}

/// Every two of `submissions`, ordered by the position of the first, then of the second.
fn pairs<'a, 's>(submissions: &'a [Submission<'s>]) -> impl Iterator<Item = (&'a Submission<'s>, &'a Submission<'s>)> {
	let rest = |position: usize| submissions.iter().skip(position.saturating_add(1));
	submissions.iter().enumerate().flat_map(move |(position, first)| rest(position).map(move |second| (first, second)))
}

/// What each two of `submissions` have in common, ordered by the position of the first, then of the second.
///
/// An index repeated within a chunk counts once, so that nobody overlaps with everybody by repeating a common one; order
/// within a chunk is no difference.
pub fn overlaps(submissions: &[Submission]) -> Result<Vec<Overlap>, OverlapError> {
	let Some(layout) = submissions.first() else { return Ok(Vec::new()) };
	for submission in submissions {
		check_layout(submission, layout)?;
	}
	let kept: usize = layout.parameters.iter().map(|parameter| parameter.indices.len()).sum();
	let overlap = |((first, second), shared): ((&Submission, &Submission), u64)| Overlap {
		first: first.uid,
		second: second.uid,
		share: if kept > 0 { shared as f64 / kept as f64 } else { 0.0 },
	};
	Ok(pairs(submissions).zip(shared_counts(submissions, layout)).map(overlap).collect())
}

fn check_layout(submission: &Submission, layout: &Submission) -> Result<(), OverlapError> {
	for (parameter, part) in submission.parameters.iter().enumerate() {
		if part.indices.len().checked_rem(part.per_chunk) != Some(0) {
			return Err(OverlapError::RaggedChunks { uid: submission.uid, parameter });
		}
	}
	let shape = |part: &ParameterIndices| (part.per_chunk, part.indices.len());
	if submission.parameters.iter().map(shape).eq(layout.parameters.iter().map(shape)) {
		Ok(())
	} else {
		Err(OverlapError::LayoutsDiffer { first: layout.uid, second: submission.uid })
	}
}

/// Number of indices that each pair shares, in the order of [`pairs`].
///
/// Marks a chunk's indices in a bit set and asks it for those of all later submissions: `k` steps for each pair and chunk,
/// none of which depends on the one before.
fn shared_counts(submissions: &[Submission], layout: &Submission) -> Vec<u64> {
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

#[cfg(test)]
mod tests;
