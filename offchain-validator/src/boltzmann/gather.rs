// SPDX-License-Identifier: Apache-2.0

//! Fetches the slices of one window. What a peer did wrong is a [`Submission`], never an error.

use std::collections::BTreeMap;
use std::sync::Arc;

use mechanisms::templar::freshness::OpenSpan;
use mechanisms::Uid;

use super::slice::{self, Origin, Part, Selection, Values};
use crate::bucket::BucketAddress;
use crate::clock::Window;
use crate::model::TensorFileError;
use crate::participant::{self, Objects, ParticipantError};

/// What a miner's bucket held: a slice of the right form, of any numbers.
pub type Submission = participant::Submission<Values, TensorFileError>;

/// One kind of slice, of one window.
pub struct Wanted<'a> {
	/// Which of the two.
	pub part: Part,
	/// The window.
	pub window: Window,
	/// When uploads counted.
	pub open: OpenSpan,
	/// The elements that the slices hold.
	pub selection: &'a Arc<Selection>,
}

/// What the buckets of `miners` hold of what is `wanted`.
pub async fn gather(
	objects: &Objects,
	miners: impl IntoIterator<Item = (Uid, BucketAddress)>,
	wanted: &Wanted<'_>,
) -> Result<BTreeMap<Uid, Submission>, ParticipantError> {
	let Wanted { part, window, ref open, selection } = *wanted;
	let (max_bytes, selection) = (selection.max_bytes(), selection.clone());
	let judge = move |uid, fetched| {
		let origin = Origin { part, window, uid };
		Submission::new(fetched, |bytes| slice::decode(bytes, &origin, &selection))
	};
	objects.fetch_as(part.object(), window, Some(open), max_bytes, miners, judge).await
}
