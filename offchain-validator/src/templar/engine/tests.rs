// SPDX-License-Identifier: Apache-2.0

use std::sync::Arc;

use tempfile::TempDir;

use super::*;
use crate::data::{cut, CutOptions};
use crate::gradient::Header;
use crate::hparams::tests::file;
use crate::hparams::Hparams as _;
use crate::shared_model::Text;

const RUN: u32 = 3;

/// A run by one of our files, on the text of this project.
struct Scene {
	folder: TempDir,
	hparams: Arc<Hparams>,
	dataset: Arc<Dataset>,
}

impl Scene {
	fn new(hparams: &str) -> Self {
		let hparams = Hparams::read(&file(hparams)).unwrap();
		let folder = tempfile::tempdir().unwrap();
		let page_tokens = hparams.data.page_tokens.try_into().unwrap();
		let options = CutOptions { page_tokens, heldout_every: 10, ..CutOptions::default() };
		cut(&[file("offchain-validator/src/templar")], &folder.path().join("corpus"), &options, |_, _| {}).unwrap();
		let dataset = Arc::new(Dataset::open(&folder.path().join("corpus")).unwrap());
		Self { folder, hparams: Arc::new(hparams), dataset }
	}

	fn engine(&self, model: Option<&Path>) -> Engine {
		Engine::open(self.hparams.clone(), self.dataset.clone(), model.map(Path::to_path_buf), Lane::CPU).unwrap()
	}

	/// What the miner of `uid` sends of a window.
	fn mined(&self, engine: &mut Engine, uid: u16, window: u32) -> CompressedGradient {
		let text = Text::new(self.dataset.clone(), self.hparams.data.clone(), self.hparams.model.clone()).unwrap();
		for batch in text.read(&text.assigned(uid, window)).unwrap() {
			engine.train(&batch, (window - RUN).into()).unwrap();
		}
		let tensors = engine.submission(self.learning_rate(window)).unwrap().unwrap();
		let header = Header { window, uid, ..Header::default() };
		CompressedGradient::new(header, tensors, &layouts(&self.hparams).unwrap()).unwrap()
	}

	fn learning_rate(&self, window: u32) -> f64 {
		self.hparams.training.learning_rate_at(window - RUN)
	}
}

/// After so many windows that what is sent has begun to leave the momentum, which of the first form hangs on their number.
#[test]
fn a_miner_that_is_started_again_sends_what_it_would_have_sent() {
	for hparams in ["hparams/short.json", "hparams/short-head.json"] {
		let scene = Scene::new(hparams);
		let (model, mind) = (scene.folder.path().join("model"), scene.folder.path().join("mind"));
		let mut whole = scene.engine(None);
		let last = RUN + 7;
		let moment = Moment { run: RUN, window: last };
		assert!(!whole.remember(&mind, moment).unwrap() && !mind.exists(), "nothing is in mind at the start");
		for window in RUN..=last {
			let sent = scene.mined(&mut whole, 1, window);
			assert!(whole.remember(&mind, Moment { run: RUN, window }).unwrap());
			whole.step(&[&sent], scene.learning_rate(window)).unwrap();
		}
		whole.save(&model).unwrap();
		let expected = scene.mined(&mut whole, 1, last + 1);

		let mut again = scene.engine(Some(&model));
		again.recall(&mind, moment).unwrap();
		assert!(scene.mined(&mut again, 1, last + 1) == expected, "{hparams}: it has forgotten something");

		let mut anew = scene.engine(Some(&model));
		assert!(anew.recall(&mind, Moment { window: last + 1, ..moment }).is_err());
		assert!(scene.mined(&mut anew, 1, last + 1) != expected, "{hparams}: nothing hangs on what it has in mind");
	}
}

#[test]
fn miners_of_the_later_form_lower_the_loss_together() {
	let scene = Scene::new("hparams/short-head.json");
	let mut miners: Vec<Engine> = (0..3).map(|_| scene.engine(None)).collect();
	let mut losses = vec![miners[0].heldout_loss().unwrap()];
	for window in RUN..RUN + 8 {
		let sent: Vec<CompressedGradient> =
			(1..).zip(&mut miners).map(|(uid, miner)| scene.mined(miner, uid, window)).collect();
		for miner in &mut miners {
			miner.step(&sent.iter().collect::<Vec<_>>(), scene.learning_rate(window)).unwrap();
		}
		losses.push(miners[0].heldout_loss().unwrap());
	}
	println!("{losses:?}");
	assert!(losses[8] < losses[0] - 2.0, "{losses:?}");
	assert_eq!(miners[0].samples(), miners[2].samples());
}
