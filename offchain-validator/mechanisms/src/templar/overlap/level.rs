// SPDX-License-Identifier: Apache-2.0
//! How bad a copy is.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Copied;
use crate::{Policy, Uid};

/// How bad a copy is, by the part of the indices in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
	/// Below one half: halves the scores.
	High,
	/// Below six tenths: resets the uid.
	Max,
	/// From six tenths on: resets the uid and bars it from evaluation for a time.
	Mega,
}

impl Level {
	/// The level of a `share`; `None` when it is outside of `[0, 1]`.
	pub fn of(share: f64) -> Option<Self> {
		match share {
			0.0..0.5 => Some(Self::High),
			0.5..0.6 => Some(Self::Max),
			0.6..=1.0 => Some(Self::Mega),
			_ => None,
		}
	}
}

/// Who copied, and how much: of several copies the largest share. As published it is that of the pair listed last.
pub fn offenders(copied: &[Copied], policy: Policy) -> BTreeMap<Uid, f64> {
	let mut shares = BTreeMap::new();
	for Copied { offender, share, .. } in copied {
		let kept = shares.entry(*offender).or_insert(*share);
		*kept = match policy {
			Policy::Corrected => kept.max(*share),
			Policy::AsPublished => *share,
		};
	}
	shares
}
