// SPDX-License-Identifier: Apache-2.0

//! Lists of peers, as validators of Templar publish them.

use offchain_validator::templar::hparams::{Peers, Selection};
use offchain_validator::templar::peers::PeerList;

use super::of_json;
use crate::{Decoder, Finding, Reading, WINDOW};

/// Reads the list for the window.
pub struct List;

/// The window after which the list is made.
const MADE_AFTER: u32 = WINDOW - 4;

impl Decoder for List {
	fn name(&self) -> &'static str {
		"peer list"
	}

	fn honest(&self) -> Vec<Vec<u8>> {
		let list = PeerList {
			peers: vec![1, 2],
			reserve_peers: vec![3],
			sync_window: MADE_AFTER,
			first_effective_window: WINDOW,
			initial_selection: true,
		};
		vec![list.encode().expect("it is plain data")]
	}

	/// Without a list the chain's word counts, so that one that is none harms nobody.
	fn read(&self, bytes: &[u8]) -> Reading {
		match PeerList::decode(bytes, WINDOW, MADE_AFTER, &PEERS) {
			Some(list) => {
				assert!(list.is_valid(&PEERS));
				Reading { said: "a list".into(), finding: Finding::Sound }
			},
			None => Reading { said: "no list".into(), finding: Finding::Ignored },
		}
	}

	fn most_memory(&self, size: usize) -> usize {
		of_json(size)
	}
}

/// Lists of two or three, and one in reserve.
const PEERS: Peers = Peers {
	max_topk_peers: 3,
	minimum_peers: 2,
	peer_replacement_frequency: 5,
	peer_list_window_margin: 2,
	selection: Selection::Share { reserve_peer_count: 1 },
	recent_windows: 5,
	eval_stake_limit_tao: 20_000,
};
