// SPDX-License-Identifier: Apache-2.0

//! Fetches the slices of one window. What a peer did wrong is a [`Submission`], never an error.

use std::collections::BTreeMap;

use mechanisms::templar::freshness::OpenSpan;
use mechanisms::Uid;

use super::slice::{self, Origin, Part, Selection, SliceFileError, Values};
use crate::bucket::{BucketAddress, BucketError};
use crate::clock::Window;
use crate::participant::{self, Objects};

/// What a miner's bucket held: a slice of the right form, of any numbers.
pub type Submission = participant::Submission<Values, SliceFileError>;

/// One kind of slice, of one window.
pub struct Wanted<'a> {
	/// Which of the two.
	pub part: Part,
	/// The window.
	pub window: Window,
	/// When uploads counted.
	pub open: OpenSpan,
	/// The elements that the slices hold.
	pub selection: &'a Selection,
}

/// What the buckets of `miners` hold of what is `wanted`.
pub async fn gather(
	objects: &Objects,
	miners: impl IntoIterator<Item = (Uid, BucketAddress)>,
	wanted: &Wanted<'_>,
) -> Result<BTreeMap<Uid, Submission>, BucketError> {
	let Wanted { part, window, open, selection } = wanted;
	let found = objects.fetch(part.object(), *window, Some(open), selection.max_bytes(), miners).await?;
	let judged = found.into_iter().map(|(uid, fetched)| {
		let origin = Origin { part: *part, window: *window, uid };
		(uid, Submission::new(fetched, |bytes| slice::decode(bytes, &origin, selection)))
	});
	Ok(judged.collect())
}
