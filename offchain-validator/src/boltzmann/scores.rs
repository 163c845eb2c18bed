// SPDX-License-Identifier: Apache-2.0

//! What a validator of Boltzmann must not forget.

use mechanisms::boltzmann::State;
use mechanisms::Uid;
use serde::{Deserialize, Serialize};

use super::Hparams;
use crate::clock::Window;
use crate::hparams::Hparams as _;

/// Scores, and how much of a window's text there is time to measure them on.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scores {
	/// Averages and shares by uid.
	pub state: State,
	/// Part of a miner's batches to take next, `(0, 1]`; none before the first window.
	pub sample_rate: Option<f64>,
}

impl crate::state::Scores for Scores {
	const MECHANISM: &'static str = Hparams::MECHANISM;

	fn reset_uid(&mut self, uid: Uid) {
		self.state.reset_uid(uid);
	}

	fn last_window(&self) -> Option<Window> {
		self.state.last_window()
	}
}
