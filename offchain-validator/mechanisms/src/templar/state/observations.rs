// SPDX-License-Identifier: Apache-2.0
//! What a validator found out in one window.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::{
	templar::{scores::Scores, sync::SyncVerdict},
	Uid, Window,
};

/// What a validator found out in one window.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Observations {
	/// The window that was scored.
	pub window: Window,
	/// The window that the chain was in by then. Only `as_published` counts by it.
	pub current_window: Window,
	/// Outer steps that the model had taken before this window's.
	pub global_step: u64,
	/// Uids that published in one of the recent windows and may be evaluated. When it is empty, the search is taken to
	/// have failed, and nobody's activity changes.
	pub active: BTreeSet<Uid>,
	/// What `active` was whenever it was looked up since the window before, the oldest first. Only `as_published` loses
	/// sight of uids by such looks.
	pub refreshed: Vec<BTreeSet<Uid>>,
	/// Uids that are not to be found inactive though not active: no candidates any more, or the search for them failed.
	pub excused: BTreeSet<Uid>,
	/// How the gather went; `None` when we could not gather, which is nobody's fault. With no verdicts and no copies
	/// either, nobody waits longer for it, and shares stay.
	pub gather: Option<Gather>,
	/// Uids whose submission repeats an earlier one, each with the part of the indices in common, `[0, 1]`; see
	/// [`crate::templar::overlap::offenders`]. A copy competes with nobody: whatever its verdict, it counts as judged.
	/// As published its verdict counts, too.
	pub copied: BTreeMap<Uid, f64>,
	/// Sync of the gathered and the evaluated peers. One left out is unjudged.
	pub sync: BTreeMap<Uid, SyncVerdict>,
	/// What became of the uids drawn for evaluation. Empty when none was evaluated.
	pub verdicts: BTreeMap<Uid, Verdict>,
}

/// The submissions that make up the window's update.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Gather {
	/// All peers asked first.
	pub peers: BTreeSet<Uid>,
	/// Those whose submission is missing, early, late or invalid. Not those that we failed to fetch.
	pub skipped: BTreeSet<Uid>,
	/// Peers in reserve whose submissions were taken in place of skipped ones.
	pub stand_ins: BTreeSet<Uid>,
}

/// What is to be held of a uid's submission.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum Verdict {
	/// It was evaluated.
	Scored(Scores),
	/// There is none in time.
	Missing,
	/// It is malformed, or makes the model useless.
	Invalid,
	/// We could not tell, by our own fault. Changes nothing; the uid goes on waiting.
	Unjudged,
}
