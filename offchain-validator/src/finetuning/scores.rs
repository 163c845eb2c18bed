// SPDX-License-Identifier: Apache-2.0

//! What a validator of a finetuning subnet must not forget.

use std::collections::{BTreeMap, BTreeSet};

use mechanisms::finetuning::digest::Digest;
use mechanisms::finetuning::{Block, State};
use mechanisms::Uid;
use serde::{Deserialize, Serialize};

use super::Hparams;
use crate::clock::Window;
use crate::hparams::Hparams as _;

/// Scores, and what they are made of.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scores {
	/// Scores and models by uid.
	pub state: State,
	/// The commitment of each uid that was judged last.
	pub judged: BTreeMap<Uid, Committed>,
	/// Who had each content first.
	pub origins: BTreeMap<Digest, Origin>,
	/// The epoch for which weights were submitted last: `block / blocks_per_epoch`.
	pub submitted_epoch: Option<Block>,
}

/// A commitment, of whatever text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Committed {
	/// In which block it was made.
	pub block: Block,
	/// What it says.
	pub text: String,
}

/// Who had a content first, as far as we know.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Origin {
	/// The hotkey, in ss58.
	pub hotkey: String,
	/// When it was committed.
	pub block: Block,
	/// The last window in which anybody had it.
	pub window: Window,
}

impl Scores {
	/// Whose `content` is that `hotkey` committed to in `block`: its own, or the other's that is returned.
	///
	/// The state knows but the models that miners have now. Remembered beyond that, a model stays its maker's when that one
	/// has gone on to a better one, and who copied it earns nothing by being slow.
	pub fn origin(&mut self, content: Digest, hotkey: &str, block: Block, window: Window) -> Option<&str> {
		let found = Origin { hotkey: hotkey.into(), block, window };
		let origin = self.origins.entry(content).or_insert_with(|| found.clone());
		if block < origin.block {
			*origin = found;
		}
		origin.window = window;
		Some(origin.hotkey.as_str()).filter(|owner| *owner != hotkey)
	}

	/// Forgets contents that nobody has had for `retention` windows before `window`.
	pub fn forget(&mut self, window: Window, retention: u32) {
		self.origins.retain(|_, origin| origin.window.saturating_add(retention) >= window);
	}

	/// What miners have now.
	pub fn contents(&self) -> BTreeSet<Digest> {
		self.state.miners().filter_map(|(_, miner)| Some(miner.model?.content)).collect()
	}
}

impl crate::state::Scores for Scores {
	const MECHANISM: &'static str = Hparams::MECHANISM;

	fn reset_uid(&mut self, uid: Uid) {
		self.state.reset_uid(uid);
		self.judged.remove(&uid);
	}

	fn last_window(&self) -> Option<Window> {
		self.state.last_step().and_then(|step| Window::try_from(step).ok())
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::state::{Scores as _, ValidatorState};

	#[test]
	fn a_model_stays_its_makers_when_that_one_has_another() {
		let (mut scores, content) = (Scores::default(), Digest::of("a model"));
		assert_eq!(scores.origin(content, "maker", 10, 1), None);
		assert_eq!(scores.origin(content, "copier", 20, 1), Some("maker"));
		assert_eq!(scores.origin(content, "maker", 40, 3), None, "who commits its own again");
		scores.forget(7, 4);
		assert_eq!(scores.origin(content, "copier", 20, 7), Some("maker"));
		scores.forget(12, 4);
		assert!(scores.origins.is_empty());
	}

	#[test]
	fn the_earlier_block_is_the_origin_in_whatever_order_they_come() {
		let (mut scores, content) = (Scores::default(), Digest::of("a model"));
		assert_eq!(scores.origin(content, "copier", 20, 1), None);
		assert_eq!(scores.origin(content, "maker", 10, 1), None);
		assert_eq!(scores.origin(content, "copier", 20, 1), Some("maker"));
	}

	#[test]
	fn what_was_saved_is_there_again_but_not_for_another_hotkey() {
		let folder = tempfile::tempdir().expect("a folder can be made");
		let path = folder.path().join("state.json");
		let mut state = ValidatorState::<Scores>::open(&path).expect("a new one");
		state.scores.judged.insert(3, Committed { block: 7, text: "text".into() });
		state.scores.origin(Digest::of("a model"), "maker", 10, 1);
		state.save(&path).expect("it can be written");
		let mut again = ValidatorState::<Scores>::open(&path).expect("it can be read").scores;
		assert_eq!((&again.judged, &again.origins), (&state.scores.judged, &state.scores.origins));
		again.reset_uid(3);
		assert!(again.judged.is_empty());
	}
}
