// SPDX-License-Identifier: Apache-2.0

//! A hotkey that has come to a subnet and may not know yet which run it takes part in.

use mechanisms::Uid;
use tracing::info;

use super::folder::Folder;
use super::owner::{Claimed, Owner};
use super::{Participant, ParticipantError, Settings, WindowView};
use crate::chain::{calls, metagraph, Chain, Role, Signer};
use crate::clock::{Clock, Window};

/// A hotkey with a uid and a folder, before it belongs to a run.
pub struct Newcomer {
	/// The chain.
	pub chain: Chain,
	/// Its windows.
	pub clock: Clock,
	/// The subnet.
	pub netuid: u16,
	/// Who acts.
	pub hotkey: Signer,
	/// Its slot.
	pub uid: Uid,
	/// The first window of its run: as the user said, or else of the run that its folder is claimed for.
	pub start_window: Option<Window>,
	blocks_per_window: u32,
	folder: Folder,
}

impl Newcomer {
	/// Connects as a `role`, and checks that the hotkey is registered.
	pub async fn arrive(settings: Settings, role: Role, blocks_per_window: u32) -> Result<Self, ParticipantError> {
		let Settings { endpoint, netuid, hotkey, state, start_window } = settings;
		let folder = Folder::open(&state)?;
		let chain = Chain::connect_as(role, &endpoint).await?;
		let account = hotkey.account();
		let uid = metagraph::uid(&chain.at_finalized().await?, netuid, account).await?;
		let uid = uid.ok_or(ParticipantError::NotRegistered { hotkey: account, netuid })?;
		let start_window = start_window.or(Claimed::start_window(&state)?);
		let clock = Clock::start(chain.clone(), blocks_per_window).await?;
		Ok(Self { chain, clock, netuid, hotkey, uid, start_window, blocks_per_window, folder })
	}

	/// Takes part in the run that begins with `start_window`, if the folder is ours and of no other run.
	pub async fn join(self, start_window: Window) -> Result<Participant, ParticipantError> {
		let Self { chain, clock, netuid, hotkey, uid, blocks_per_window, folder, .. } = self;
		let account = hotkey.account();
		let owner = Owner { hotkey: account.to_string(), netuid, start_window };
		let claimed = Claimed::check(folder.path(), owner, &chain).await?;
		info!(uid, hotkey = %account, start_window, "joined subnet {netuid}");
		Ok(Participant { chain, clock, netuid, hotkey, uid, start_window, blocks_per_window, folder, claimed })
	}

	/// The window that the chain is in, as far as the newest finalized block tells.
	pub async fn look(&self) -> Result<WindowView, ParticipantError> {
		let at = self.chain.at_finalized().await?;
		let window = at.block().number / self.blocks_per_window;
		Ok(WindowView::after(&at, self.netuid, window, 0).await?)
	}

	/// Like [`Participant::publish`].
	pub async fn publish(&self, text: &str) -> Result<(), ParticipantError> {
		publish(&self.chain, self.netuid, &self.hotkey, text).await
	}
}

/// Publishes `text` under a hotkey, unless the chain says so already.
pub(super) async fn publish(chain: &Chain, netuid: u16, hotkey: &Signer, text: &str) -> Result<(), ParticipantError> {
	let published = metagraph::commitments(&chain.at_finalized().await?, netuid).await?;
	if published.get(&hotkey.account()).map(|commitment| commitment.bytes.as_slice()) != Some(text.as_bytes()) {
		chain.submit(calls::set_commitment(netuid, text), hotkey).await?;
		info!("published what others must know of us");
	}
	Ok(())
}
