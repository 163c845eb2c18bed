// SPDX-License-Identifier: Apache-2.0
//! What one window changed.

use serde::{Deserialize, Serialize};

use crate::{
	openskill::RatingError,
	templar::{overlap::Level, params::Params},
	Uid, Window,
};

/// What one window changed, for the record and for the chain.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Outcome {
	/// Cuts of final scores, in the order made.
	pub slashes: Vec<Slash>,
	/// Uids that lost what was known of them, by staying away or by copying.
	pub resets: Vec<Uid>,
	/// Uids whose rating changed.
	pub rated: Vec<Uid>,
	/// Positive shares by uid, if this is a window to submit weights in and there are any.
	pub submission: Option<Vec<(Uid, f32)>>,
}

/// A cut of a final score. Only a positive one can be cut: cutting a negative one would reward.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Slash {
	/// Whose score.
	pub uid: Uid,
	/// What for.
	pub reason: SlashReason,
	/// The score before.
	pub before: f32,
	/// The score after.
	pub after: f32,
}

/// What a score is cut for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum SlashReason {
	/// It published nothing for a while.
	Inactive,
	/// Its submission is another's.
	Copied,
	/// Its submission is another's in so large a part.
	CopiedPart(Level),
	/// Its model is too far from ours, or it does not tell.
	OutOfSync,
	/// Its submission could not be part of the update.
	SkippedInGather,
	/// The same, in a gather of which too little arrived.
	FailedGather,
	/// It was to be evaluated, and nothing was there.
	Missing,
	/// Its submission is useless.
	Invalid,
}

impl SlashReason {
	/// The parts of the final score and of the moving average that are left.
	pub(super) fn kept(self, params: &Params) -> (f64, f64) {
		let missing = params.kept(params.missing_gradient_slash_rate);
		let out_of_sync = params.kept(params.sync_score_slash_rate);
		match self {
			Self::Inactive => (1.0 - params.inactivity_slash_rate, 1.0),
			Self::OutOfSync => (out_of_sync, out_of_sync),
			Self::SkippedInGather | Self::Missing => (missing, missing),
			Self::Invalid => (0.0, 1.0),
			Self::Copied => (0.0, missing),
			Self::CopiedPart(Level::High) => (0.5, 0.5),
			Self::CopiedPart(Level::Max | Level::Mega) | Self::FailedGather => (0.0, 0.0),
		}
	}
}

/// Why a window cannot be scored.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum WindowError {
	/// Scoring it again would rate its matches twice.
	#[error("window {window} comes after window {last}, which is scored already")]
	AlreadyScored {
		/// The window asked for.
		window: Window,
		/// The last one scored.
		last: Window,
	},
	/// The state or the parameters hold what no window can have brought about.
	#[error("a match cannot be rated")]
	Rating(#[from] RatingError),
}
