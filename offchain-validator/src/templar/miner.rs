// SPDX-License-Identifier: Apache-2.0

//! The miner: trains on the pages it is assigned, uploads a compressed gradient in time, keeps step with the others.

mod memory;
mod work;

use std::convert::Infallible;

use tracing::{info, warn};

use super::gather::Submission;
use super::node::{Node, NodeError, Settings};
use crate::bucket::Kind;
use crate::chain;
use crate::clock::Window;
use crate::gradient;
use crate::journal::MinedWindow;
use crate::participant::MinerRole;

use work::Work;

/// Runs until something fails.
pub async fn run(settings: Settings, role: MinerRole) -> Result<Infallible, NodeError> {
	let mut node = Node::join(settings, chain::Role::Miner).await?;
	node.recall().await?;
	let mut journal = node.participant.journal()?;
	node.publish().await?;
	info!(%role, "mining");
	loop {
		let window = node.participant.clock.window()?.max(node.participant.start_window);
		catch_up(&mut node, window).await?;
		// Catching up may have taken longer than the window.
		if node.participant.clock.window()? > window {
			continue;
		}
		node.participant.clock.begun(window).await?;
		let mined = mine(&mut node, role, window).await?;
		info!(window, loss = mined.loss, batches = mined.batches, bytes = mined.bytes, "mined");
		if let Err(error) = journal.write(&mined) {
			warn!("no line in the journal for window {window}: {error}");
		}
		catch_up(&mut node, window.saturating_add(1)).await?;
	}
}

/// Takes the outer step of every window before `window`.
async fn catch_up(node: &mut Node, window: Window) -> Result<(), NodeError> {
	while node.next_window() < window {
		node.stay_in_reach().await?;
		let view = node.view(node.next_window()).await?;
		node.participant.closed(&view.at).await?;
		let submissions = node.gathered(&view).await?;
		for (uid, submission) in submissions.iter().filter(|(_, submission)| submission.content().is_none()) {
			info!(window = view.at.window, uid, "not part of the step: {submission}");
		}
		node.keep_step(&view, &submissions).await?;
	}
	Ok(())
}

/// One window's work, uploaded once the window is over and not before.
async fn mine(node: &mut Node, role: MinerRole, window: Window) -> Result<MinedWindow, NodeError> {
	let work = match role {
		MinerRole::Honest => work::train(node, window).await?,
		MinerRole::Noise => work::noise(node, window),
		MinerRole::Copier(_) => None,
	};
	node.participant.clock.ended(window).await?;
	let work = match role {
		MinerRole::Copier(uid) => work::copy(node, window, uid).await?,
		MinerRole::Honest | MinerRole::Noise => work,
	};
	let Some(Work { gradient, loss, batches }) = work else {
		return Ok(MinedWindow { window, loss: None, batches: 0, bytes: 0 });
	};
	let encoded = gradient::encode(&gradient, &node.layouts);
	let bytes = encoded.len();
	let ((), remembered) =
		tokio::join!(node.objects.upload(Kind::Gradient, window, encoded.into()), node.remember(window));
	remembered?;
	Ok(MinedWindow { window, loss, batches, bytes })
}
