// SPDX-License-Identifier: Apache-2.0

//! What a miner does in a window: train, or pretend to.

use std::time::Duration;

use mechanisms::numpy::Generator;
use mechanisms::Uid;

use super::{Node, NodeError, Submission, View};
use crate::boltzmann::slice::{Part, Values};
use crate::boltzmann::Hparams;
use crate::clock::Window;
use crate::data::{assigned, Seed};

/// How often a copier looks whether there is something to copy.
const LOOK: Duration = Duration::from_millis(200);

/// What came of a window's training.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Trained {
	/// Mean loss over the batches; none without training, or if it is no number.
	pub loss: Option<f64>,
	/// Batches that went into it.
	pub batches: usize,
}

/// Trains on the assigned pages until they are used up or the window is over.
pub(super) async fn train(node: &Node, window: Window) -> Result<Trained, NodeError> {
	let pages_per_window = node.hparams.data.pages_per_window;
	let pages = assigned(Seed::of_uid(node.participant.uid), window, pages_per_window, node.dataset.n_train_pages());
	let batches = node.device.run(move |engine| engine.batches(&pages)).await??;
	let (mut sum, mut trained) = (0.0, 0);
	for batch in batches {
		// Late is missing: what the window leaves no time for is left out.
		if node.participant.clock.window()? > window {
			break;
		}
		sum += node.device.run(move |engine| engine.train(&batch)).await??;
		trained += 1;
	}
	let loss = Some(sum / trained as f64).filter(|loss| loss.is_finite());
	Ok(Trained { loss, batches: trained })
}

/// Waits for the delta of `victim`, to take it for our own. None if there is none in time.
pub(super) async fn copy(node: &Node, view: &View, victim: Uid) -> Result<Option<Values>, NodeError> {
	while node.participant.chain_time().await? <= view.at.open.closes_ms {
		let mut found = node.slices(view, Part::Delta, [victim].into_iter()).await?;
		if let Some(Submission::Content { content, .. }) = found.remove(&victim) {
			return Ok(Some(content));
		}
		tokio::time::sleep(LOOK).await;
	}
	Ok(None)
}

/// A step in a random direction from `state`, as long as the longest that training can make.
pub(in crate::boltzmann) fn noise(hparams: &Hparams, uid: Uid, window: Window, state: &Values) -> Values {
	let Hparams { model, data, training, .. } = hparams;
	let elements: usize = model.parameter_shapes().iter().map(|(_, shape)| shape.iter().product::<usize>()).sum();
	let batches = data.pages_per_window as usize * data.page_tokens / (data.batch_size * data.sequence_length);
	let longest = training.learning_rate * training.grad_clip * batches as f64;
	let most = longest * (3.0 / elements as f64).sqrt(); // A uniform draw is on average its bound over the root of three.
	let mut random = Generator::new(Seed::of_uid(uid).get().wrapping_mul(0x9e37_79b9) ^ window);
	let mut draw = || random.next_u64() as i64 as f64 / i64::MAX as f64;
	state.iter().map(|values| values.iter().map(|value| value + (most * draw()) as f32).collect()).collect()
}
