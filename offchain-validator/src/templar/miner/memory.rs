// SPDX-License-Identifier: Apache-2.0

//! What a miner has in mind between windows, kept on disk, so that a restart costs nothing of it.
//!
//! It is written while the upload is on its way, when the device has nothing to do: until the time for uploads is over nobody
//! takes a step. Nothing is copied for that, and noise and copies leave nothing to write.

use tracing::{info, warn};

use super::{Node, NodeError};
use crate::clock::Window;
use crate::model::memory::Moment;

impl Node {
	/// Writes down what we have in mind after `window`, if anything.
	pub(super) async fn remember(&self, window: Window) -> Result<(), NodeError> {
		let (file, moment) = (self.memories.file(window), self.moment(window));
		if self.device.run(move |engine| engine.remember(&file, moment)).await?? {
			self.memories.prune(window)?;
		}
		Ok(())
	}

	/// Goes on with what we had in mind when we stopped, if that fits the model we have.
	pub(super) async fn recall(&self) -> Result<(), NodeError> {
		let Some((window, file)) = self.memories.newest()? else { return Ok(()) };
		// The step of the window we trained in last may still be to come. Windows after it may have passed without us.
		if window > self.next_window() {
			warn!(window, next = self.next_window(), "what this miner had in mind is of another model: it begins anew");
			return Ok(());
		}
		let moment = self.moment(window);
		match self.device.run(move |engine| engine.recall(&file, moment)).await? {
			Ok(()) => info!(window, "going on with what was left to send after this window"),
			Err(error) => warn!(window, "this miner begins anew: {}", crate::one_line(&error)),
		}
		Ok(())
	}

	fn moment(&self, window: Window) -> Moment {
		Moment { run: self.participant.start_window, window }
	}
}
