// SPDX-License-Identifier: Apache-2.0

//! What takes part in every mechanism: a hotkey with a uid, its folder, the windows it sees, the objects it exchanges, the
//! row it sets. What is in the objects, and what they are worth, is the mechanism's.

#[cfg(feature = "torch")]
mod checkpoints;
mod error;
mod folder;
mod ledger;
mod newcomer;
mod objects;
mod owner;
mod role;
mod submission;
mod submit;
mod window;

use std::path::{Path, PathBuf};

use mechanisms::Uid;

use crate::chain::{BlockId, Chain, Role, Signer};
use crate::clock::{sync_block, Clock, Window};
use crate::hparams::Windows;

#[cfg(feature = "torch")]
pub(crate) use checkpoints::Checkpoints;
pub use error::ParticipantError;
use folder::Folder;
pub use ledger::{Ledger, ValidatorError};
pub use newcomer::Newcomer;
pub use objects::{Objects, ObjectsSettings, AT_ONCE, VERSION};
use owner::Claimed;
pub use role::{MinerRole, MinerRoleError};
pub use submission::{all_unreachable, Submission};
pub use submit::{row, Sender};
pub use window::{rao, WindowView};

/// Who takes part, and where.
#[derive(Clone)]
pub struct Settings {
	/// WebSocket address of a node.
	pub endpoint: String,
	/// The subnet.
	pub netuid: u16,
	/// Who acts.
	pub hotkey: Signer,
	/// Folder for what must outlive a restart.
	pub state: PathBuf,
	/// The first window of the run, the same for all nodes. None for that of the folder, and if it has none yet, for what
	/// the mechanism says.
	pub start_window: Option<Window>,
}

/// A hotkey that takes part in a subnet, and the folder that is its alone.
pub struct Participant {
	/// The chain.
	pub chain: Chain,
	/// Its windows.
	pub clock: Clock,
	/// The subnet.
	pub netuid: u16,
	/// Who acts.
	pub hotkey: Signer,
	/// Its slot when it joined.
	pub uid: Uid,
	/// The first window of the run.
	pub start_window: Window,
	blocks_per_window: u32,
	folder: Folder,
	claimed: Claimed,
}

impl Participant {
	/// Connects as a `role`, and checks that the hotkey is registered and that the folder is its own. Where nodes need not
	/// agree on a first window, it is the chain's first unless the user says another.
	pub async fn join(settings: Settings, role: Role, blocks_per_window: u32) -> Result<Self, ParticipantError> {
		let newcomer = Newcomer::arrive(settings, role, blocks_per_window).await?;
		let start_window = newcomer.start_window.unwrap_or_default();
		newcomer.join(start_window).await
	}

	/// The folder for what must outlive a restart.
	pub fn folder(&self) -> &Path {
		self.folder.path()
	}

	/// Publishes `text` under our hotkey, unless the chain says so already.
	pub async fn publish(&self, text: &str) -> Result<(), ParticipantError> {
		newcomer::publish(&self.chain, self.netuid, &self.hotkey, text).await
	}

	/// Looks at `window` as soon as it has ended. `open_seconds` is the time for uploads after it.
	pub async fn view(&self, window: Window, open_seconds: u64) -> Result<WindowView, ParticipantError> {
		self.clock.ended(window).await?;
		let at = self.chain.at_number(sync_block(window, self.blocks_per_window)).await?;
		Ok(WindowView::after(&at, self.netuid, window, open_seconds).await?)
	}

	/// Refuses a `window` for which others have removed their objects, which they keep for `retention` windows.
	pub fn check_reach(&self, window: Window, retention: u32) -> Result<(), ParticipantError> {
		let newest = self.clock.window()?;
		if newest.saturating_sub(window) > retention {
			return Err(ParticipantError::TooFarBehind { window, newest, retention });
		}
		Ok(())
	}

	/// Waits until the chain is as far ahead of `window` as validators of this run stay behind.
	pub async fn lag_behind(&self, window: Window, windows: &Windows) -> Result<(), ParticipantError> {
		let ahead = windows.validator_offset.saturating_sub(1);
		Ok(self.clock.ended(window.saturating_add(ahead)).await?)
	}

	/// Whether `window` is the newest that a validator can have scored, or the one before: not one to catch up with.
	pub fn is_current(&self, window: Window, windows: &Windows) -> bool {
		let behind = windows.validator_offset.saturating_add(1);
		self.clock.window().is_ok_and(|newest| newest <= window.saturating_add(behind))
	}

	/// Waits until the time for uploads is over. Returns the first block after it: while uploading, nobody could know its
	/// hash.
	pub async fn closed(&self, view: &WindowView) -> Result<BlockId, ParticipantError> {
		Ok(self.clock.first_block_after(view.open.closes_ms, view.sync.number).await?)
	}

	/// The first block after `window`.
	pub async fn sync_block(&self, window: Window) -> Result<BlockId, ParticipantError> {
		Ok(self.chain.at_number(sync_block(window, self.blocks_per_window)).await?.block())
	}

	/// When `window` began, by the chain: in milliseconds since 1970.
	pub async fn began_ms(&self, window: Window) -> Result<u64, ParticipantError> {
		let first = window.saturating_mul(self.blocks_per_window);
		Ok(self.chain.at_number(first).await?.timestamp().await?)
	}

	/// The chain's own time, in milliseconds since 1970.
	pub async fn chain_time(&self) -> Result<u64, ParticipantError> {
		Ok(self.chain.at_finalized().await?.timestamp().await?)
	}

	/// Remembers that what is in the folder builds upon `block`: to be called before that is written, as what has no such
	/// word would fit any chain.
	pub fn build_upon(&self, block: BlockId) -> Result<(), ParticipantError> {
		self.claimed.build_upon(block)
	}
}
