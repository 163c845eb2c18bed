// SPDX-License-Identifier: Apache-2.0

//! Fetches the submissions of one window. What a peer did wrong is a [`Submission`], never an error.

use std::collections::BTreeMap;
use std::sync::Arc;

use mechanisms::templar::freshness::OpenSpan;
use mechanisms::templar::Verdict;
use mechanisms::Uid;

use super::debug::Debug;
use crate::bucket::{BucketAddress, Fetched, Kind};
use crate::clock::Window;
use crate::gradient::{self, CompressedGradient, InvalidGradient, Layouts};
use crate::participant::{self, Objects, ParticipantError};

/// What a miner's bucket held for one window: a gradient that fits the model, its indices in range and its values finite.
pub type Submission = participant::Submission<CompressedGradient, InvalidGradient>;

/// What is to be held of a submission; none if it holds a gradient, which is to be measured.
pub fn verdict(submission: &Submission) -> Option<Verdict> {
	match submission {
		Submission::Content { .. } => None,
		Submission::Invalid(_) | Submission::TooLarge { .. } => Some(Verdict::Invalid),
		Submission::Missing | Submission::TooEarly | Submission::TooLate | Submission::Unreachable(_) => {
			Some(Verdict::Missing)
		},
	}
}

/// The submissions of `miners` for `window`, uploaded within `open`.
pub async fn gather(
	objects: &Objects,
	miners: impl IntoIterator<Item = (Uid, BucketAddress)>,
	window: Window,
	open: &OpenSpan,
	layouts: &Arc<Layouts>,
) -> Result<BTreeMap<Uid, Submission>, ParticipantError> {
	let (max_bytes, layouts) = (gradient::max_bytes(layouts), layouts.clone());
	let judge = move |uid, fetched| judge(fetched, window, uid, &layouts);
	objects.fetch_as(Kind::Gradient, window, Some(open), max_bytes, miners, judge).await
}

/// What was fetched from `uid`'s bucket for `window`.
pub fn judge(fetched: Fetched, window: Window, uid: Uid, layouts: &Layouts) -> Submission {
	Submission::new(fetched, |bytes| {
		let gradient = gradient::decode(bytes, layouts)?;
		gradient.check_origin(window, uid)?;
		Ok(gradient)
	})
}

/// What `miners` say of their models after `window`; a miner without a readable answer is left out.
pub async fn debug_samples(
	objects: &Objects,
	miners: impl IntoIterator<Item = (Uid, BucketAddress)>,
	window: Window,
	max_bytes: usize,
) -> Result<BTreeMap<Uid, Debug>, ParticipantError> {
	let debug = move |_, fetched| match fetched {
		Fetched::Object { bytes, .. } => Debug::decode(&bytes, window),
		_ => None,
	};
	let found = objects.fetch_as(Kind::Debug, window, None, max_bytes, miners, debug).await?;
	Ok(found.into_iter().filter_map(|(uid, debug)| Some((uid, debug?))).collect())
}
