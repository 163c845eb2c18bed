// SPDX-License-Identifier: Apache-2.0

//! The miner: trains on the pages it is assigned, uploads its two slices in time, keeps step with the others.

mod work;

use std::convert::Infallible;

use tracing::{info, warn};

use super::gather::Submission;
use super::node::{Node, NodeError, Settings, View};
use super::slice::{encode, Origin, Part, Values};
use crate::chain;
use crate::clock::Window;
use crate::journal::MinedWindow;
use crate::participant::MinerRole;

pub(super) use work::noise;
use work::Trained;

/// Runs until something fails.
pub async fn run(settings: Settings, role: MinerRole) -> Result<Infallible, NodeError> {
	let mut node = Node::join(settings, chain::Role::Miner).await?;
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
		let mined = mine(&node, role, window).await?;
		info!(window, loss = mined.loss, batches = mined.batches, bytes = mined.bytes, "mined");
		if let Err(error) = journal.write(&mined) {
			warn!("no line in the journal for window {window}: {error}");
		}
		catch_up(&mut node, window.saturating_add(1)).await?;
	}
}

/// Takes the step of every window before `window`.
async fn catch_up(node: &mut Node, window: Window) -> Result<(), NodeError> {
	while node.next_window() < window {
		let view = node.view(node.next_window()).await?;
		node.participant.closed(&view.at).await?;
		let round = node.round(&view).await?;
		node.keep_step(&view, &round).await?;
	}
	Ok(())
}

/// One window's work, uploaded once the window is over and not before.
async fn mine(node: &Node, role: MinerRole, window: Window) -> Result<MinedWindow, NodeError> {
	let trained = match role {
		MinerRole::Honest => work::train(node, window).await?,
		MinerRole::Noise | MinerRole::Copier(_) => Trained::default(),
	};
	let view = node.view(window).await?;
	let selection = view.selection.clone();
	let (state, delta) = node.device.run(move |engine| (engine.state(&selection), engine.delta(&selection))).await?;
	let delta = match role {
		MinerRole::Honest => delta,
		MinerRole::Noise => Some(noise(&node.hparams, node.participant.uid, window, &state)),
		MinerRole::Copier(victim) => work::copy(node, &view, victim).await?,
	};
	let Trained { loss, batches } = trained;
	let Some(delta) = delta else { return Ok(MinedWindow { window, loss, batches, bytes: 0 }) };
	let (state, delta) =
		tokio::join!(upload(node, &view, Part::State, &state), upload(node, &view, Part::Delta, &delta));
	Ok(MinedWindow { window, loss, batches, bytes: state.saturating_add(delta) })
}

/// Uploads one of our slices; returns how many bytes it takes.
async fn upload(node: &Node, view: &View, part: Part, values: &Values) -> usize {
	let origin = Origin { part, window: view.at.window, uid: node.participant.uid };
	let encoded = encode(values, &origin, &view.selection);
	let bytes = encoded.len();
	node.objects.upload(part.object(), view.at.window, encoded.into()).await;
	bytes
}
