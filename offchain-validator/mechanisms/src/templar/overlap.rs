// SPDX-License-Identifier: Apache-2.0
//! Who copied whom: two honest gradients of different data keep different elements.

use serde::{Deserialize, Serialize};

use crate::{Policy, Uid};

mod count;
mod level;

pub use level::{offenders, Level};

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
	/// `None` when the store does not tell.
	pub uploaded_ms: Option<u64>,
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
/// the higher uid: arbitrary, but every validator decides alike. Of a pair without both times nobody is blamed.
///
/// As published, ties go against the one listed first, and an upload without a time is the earliest, so that its peer is
/// blamed for the copy.
pub fn copies(submissions: &[Submission], threshold: f64, policy: Policy) -> Result<Vec<Copied>, OverlapError> {
	let overlaps = overlaps(submissions)?;
	let pairs = pairs(submissions).zip(overlaps).filter(|(_, overlap)| overlap.share >= threshold);
	let copied = pairs.filter_map(|((first, second), Overlap { share, .. })| {
		let first_is_later = is_later(first, second, policy)?;
		let (original, offender) = if first_is_later { (second, first) } else { (first, second) };
		Some(Copied { offender: offender.uid, original: original.uid, share })
	});
	Ok(copied.collect())
}

/// Whether `a`, listed before `b`, counts as uploaded after it; `None` when nobody can say.
fn is_later(a: &Submission, b: &Submission, policy: Policy) -> Option<bool> {
	match policy {
		Policy::Corrected => {
			let by_time = a.uploaded_ms?.cmp(&b.uploaded_ms?);
			let by_history = || b.binary_average.total_cmp(&a.binary_average);
			Some(by_time.then_with(by_history).then_with(|| a.uid.cmp(&b.uid)).is_gt())
		},
		Policy::AsPublished => Some(a.uploaded_ms >= b.uploaded_ms),
	}
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
	Ok(pairs(submissions).zip(count::shared_counts(submissions, layout)).map(overlap).collect())
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

#[cfg(test)]
mod tests;
