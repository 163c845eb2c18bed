// SPDX-License-Identifier: Apache-2.0

//! What a validator of Templar must not forget.

use std::collections::BTreeMap;

use mechanisms::templar::sync::Changes;
use mechanisms::templar::State;
use mechanisms::Uid;
use serde::{Deserialize, Serialize};

use super::Hparams;
use crate::clock::Window;
use crate::hparams::Hparams as _;

/// Scores, and what they are made of.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scores {
	/// Scores and ratings by uid.
	pub state: State,
	/// What our own model moves in a step.
	pub changes: Changes,
	/// The last window in which each uid had uploaded something.
	pub last_seen: BTreeMap<Uid, Window>,
}

impl crate::state::Scores for Scores {
	const MECHANISM: &'static str = Hparams::MECHANISM;

	fn reset_uid(&mut self, uid: Uid) {
		self.state.reset_uid(uid);
		self.last_seen.remove(&uid);
	}

	fn last_window(&self) -> Option<Window> {
		self.state.last_window()
	}
}
