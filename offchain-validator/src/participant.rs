// SPDX-License-Identifier: Apache-2.0

//! What takes part in every mechanism: a hotkey with a uid, its folder, the windows it sees, the objects it exchanges, the
//! row it sets. What is in the objects, and what they are worth, is the mechanism's.

#[cfg(feature = "torch")]
mod checkpoints;
mod error;
mod folder;
mod ledger;
mod objects;
mod owner;
mod role;
mod submission;
mod submit;
mod window;

use std::path::{Path, PathBuf};

use mechanisms::Uid;
use tracing::info;

use crate::chain::{calls, metagraph, BlockId, Chain, Role, Signer};
use crate::clock::{sync_block, Clock, Window};
use crate::hparams::Windows;

#[cfg(feature = "torch")]
pub(crate) use checkpoints::Checkpoints;
pub use error::ParticipantError;
use folder::Folder;
pub use ledger::{Ledger, ValidatorError};
pub use objects::{Objects, ObjectsSettings, AT_ONCE, VERSION};
use owner::{Claimed, Owner};
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
	/// The first window of the run; the same for all nodes.
	pub start_window: Window,
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
	/// Connects as a `role`, and checks that the hotkey is registered and that the folder is its own.
	pub async fn join(settings: Settings, role: Role, blocks_per_window: u32) -> Result<Self, ParticipantError> {
		let Settings { endpoint, netuid, hotkey, state, start_window } = settings;
		let folder = Folder::open(&state)?;
		let chain = Chain::connect_as(role, &endpoint).await?;
		let account = hotkey.account();
		let uid = metagraph::uid(&chain.at_finalized().await?, netuid, account).await?;
		let uid = uid.ok_or(ParticipantError::NotRegistered { hotkey: account, netuid })?;
		let owner = Owner { hotkey: account.to_string(), netuid, start_window };
		let claimed = Claimed::check(&state, owner, &chain).await?;
		let clock = Clock::start(chain.clone(), blocks_per_window).await?;
		info!(uid, hotkey = %account, "joined subnet {netuid}");
		Ok(Self { chain, clock, netuid, hotkey, uid, start_window, blocks_per_window, folder, claimed })
	}

	/// The folder for what must outlive a restart.
	pub fn folder(&self) -> &Path {
		self.folder.path()
	}

	/// Publishes `text` under our hotkey, unless the chain says so already.
	pub async fn publish(&self, text: &str) -> Result<(), ParticipantError> {
		let published = metagraph::commitments(&self.chain.at_finalized().await?, self.netuid).await?;
		if published.get(&self.hotkey.account()).map(|commitment| commitment.bytes.as_slice()) != Some(text.as_bytes())
		{
			self.chain.submit(calls::set_commitment(self.netuid, text), &self.hotkey).await?;
			info!("published what others must know of us");
		}
		Ok(())
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
