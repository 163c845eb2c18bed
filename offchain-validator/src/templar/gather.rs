// SPDX-License-Identifier: Apache-2.0

//! Fetches the submissions of one window. What a peer did wrong is a [`Submission`], never an error.

use std::collections::BTreeMap;
use std::fmt;

use mechanisms::templar::freshness::OpenSpan;
use mechanisms::templar::Verdict;
use mechanisms::Uid;

use super::debug::Debug;
use crate::bucket::{BucketAddress, BucketError, Fetched, Kind};
use crate::clock::Window;
use crate::gradient::{self, CompressedGradient, InvalidGradient, Layouts};
use crate::participant::Objects;

/// What a miner's bucket held for one window.
#[derive(Clone, Debug)]
pub enum Submission {
	/// A gradient that fits the model.
	Gradient {
		/// The gradient; its indices are in range, its values finite.
		gradient: Box<CompressedGradient>,
		/// When it was uploaded, in milliseconds since 1970.
		uploaded_ms: u64,
	},
	/// Nothing.
	Missing,
	/// An upload from before the window had ended.
	TooEarly,
	/// An upload from after the deadline.
	TooLate,
	/// More bytes than a gradient of this model can have.
	TooLarge {
		/// How many.
		size: u64,
	},
	/// The bucket could not be read.
	Unreachable(String),
	/// Something that is no gradient of this model, window and miner.
	Invalid(InvalidGradient),
}

impl Submission {
	/// The gradient, if there is one.
	pub fn gradient(&self) -> Option<&CompressedGradient> {
		match self {
			Self::Gradient { gradient, .. } => Some(gradient),
			_ => None,
		}
	}

	/// What is to be held of it; none if it holds a gradient, which is to be measured.
	pub fn verdict(&self) -> Option<Verdict> {
		match self {
			Self::Gradient { .. } => None,
			Self::Invalid(_) | Self::TooLarge { .. } => Some(Verdict::Invalid),
			Self::Missing | Self::TooEarly | Self::TooLate | Self::Unreachable(_) => Some(Verdict::Missing),
		}
	}
}

impl fmt::Display for Submission {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		match self {
			Self::Gradient { .. } => f.write_str("gradient"),
			Self::Missing => f.write_str("missing"),
			Self::TooEarly => f.write_str("uploaded before the window ended"),
			Self::TooLate => f.write_str("uploaded after the deadline"),
			Self::TooLarge { size } => write!(f, "too large: {size} bytes"),
			Self::Unreachable(why) => write!(f, "bucket cannot be read: {why}"),
			Self::Invalid(why) => write!(f, "invalid: {why}"),
		}
	}
}

/// Whether none of the buckets could be read, which is no miner's fault.
pub fn all_unreachable(submissions: &BTreeMap<Uid, Submission>) -> bool {
	!submissions.is_empty() && submissions.values().all(|submission| matches!(submission, Submission::Unreachable(_)))
}

/// The submissions of `miners` for `window`, uploaded within `open`.
pub async fn gather(
	objects: &Objects,
	miners: impl IntoIterator<Item = (Uid, BucketAddress)>,
	window: Window,
	open: &OpenSpan,
	layouts: &Layouts,
) -> Result<BTreeMap<Uid, Submission>, BucketError> {
	let found = objects.fetch(Kind::Gradient, window, Some(open), gradient::max_bytes(layouts), miners).await?;
	Ok(found.into_iter().map(|(uid, fetched)| (uid, judge(fetched, window, uid, layouts))).collect())
}

/// What was fetched from `uid`'s bucket for `window`.
pub fn judge(fetched: Fetched, window: Window, uid: Uid, layouts: &Layouts) -> Submission {
	let (bytes, uploaded_ms) = match fetched {
		Fetched::Object { bytes, uploaded_ms } => (bytes, uploaded_ms),
		Fetched::Missing => return Submission::Missing,
		Fetched::TooEarly { .. } => return Submission::TooEarly,
		Fetched::TooLate { .. } => return Submission::TooLate,
		Fetched::TooLarge { size } => return Submission::TooLarge { size },
		Fetched::Unreachable(why) => return Submission::Unreachable(why),
	};
	let decoded = gradient::decode(&bytes, layouts).and_then(|gradient| {
		gradient.check_origin(window, uid)?;
		Ok(gradient)
	});
	match decoded {
		Ok(gradient) => Submission::Gradient { gradient: Box::new(gradient), uploaded_ms },
		Err(why) => Submission::Invalid(why),
	}
}

/// What `miners` say of their models after `window`; a miner without a readable answer is left out.
pub async fn debug_samples(
	objects: &Objects,
	miners: impl IntoIterator<Item = (Uid, BucketAddress)>,
	window: Window,
	max_bytes: usize,
) -> Result<BTreeMap<Uid, Debug>, BucketError> {
	let found = objects.fetch(Kind::Debug, window, None, max_bytes, miners).await?;
	let debug = |(uid, fetched)| match fetched {
		Fetched::Object { bytes, .. } => Debug::decode(&bytes, window).map(|debug| (uid, debug)),
		_ => None,
	};
	Ok(found.into_iter().filter_map(debug).collect())
}
