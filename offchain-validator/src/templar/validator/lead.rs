// SPDX-License-Identifier: Apache-2.0

//! What the validator with the most stake does for all: it says whose gradients make the coming steps.

use std::num::NonZeroU64;

use mechanisms::numpy::Generator;
use mechanisms::templar::peers::Gathering;
use tracing::{info, warn};

use super::{observe, Node, NodeError, Scores, View};
use crate::bucket::{Fetched, Kind};
use crate::chain::BlockId;
use crate::data::Seed;
use crate::templar::peers::list::MAX_BYTES;
use crate::templar::peers::next::Standing;
use crate::templar::peers::{leader, PeerList};

/// Publishes the list of peers that is due after a window, if that is for us to do.
///
/// What was published stays as it is: uploaded again it would look late.
pub(super) async fn publish_list(node: &Node, scores: &Scores, view: &View, after: BlockId) -> Result<(), NodeError> {
	let window = view.at.window;
	let Some(first) = node.cadence().holds_from(window) else { return Ok(()) };
	if leader(&view.at, &node.hparams.peers).is_none_or(|(uid, _)| uid != node.participant.uid) {
		return Ok(());
	}
	if node.current_window(window) >= first {
		warn!(window, first, "we are too late for a list of peers");
		return Ok(());
	}
	if matches!(node.objects.own(Kind::Peers, first, MAX_BYTES).await?, Fetched::Object { .. }) {
		return Ok(());
	}
	let Some(Gathering { gather, reserve }) = next(node, scores, view, after) else {
		info!(window, first, "too few peers for a list");
		return Ok(());
	};
	info!(first, peers = ?gather, reserve_peers = ?reserve, "our list of peers");
	let initial_selection = view.list.is_none();
	let list = PeerList {
		peers: gather,
		reserve_peers: reserve,
		sync_window: window,
		first_effective_window: first,
		initial_selection,
	};
	// Who replays a window needs the lists that were in reach of it.
	let kept = node.hparams.windows.retention_windows.saturating_add(node.cadence().reach());
	node.objects.upload_for(kept, Kind::Peers, first, list.encode()?.into()).await;
	Ok(())
}

/// The list that follows; none if there are too few peers for any.
fn next(node: &Node, scores: &Scores, view: &View, after: BlockId) -> Option<Gathering> {
	let mut active = observe::active(node, &scores.last_seen, view);
	active.retain(|uid| !scores.state.is_naughty(*uid));
	let current = view.list.as_ref().map(|list| list.peers.as_slice());
	let standing = Standing { current, active: &active, shares: &scores.state.shares() };
	let incentive = |uid| view.at.neurons.get(&uid).map_or(0.0, |neuron| neuron.incentive.into());
	let mut random = Generator::new(Seed::of_block(&after.hash_bytes(), "peers").get());
	let draw = |n: usize| NonZeroU64::new(n as u64).map_or(0, |bound| random.integers(bound) as usize);
	standing.next(&node.hparams.peers, node.hparams.scoring.policy, incentive, draw)
}
