// SPDX-License-Identifier: Apache-2.0

//! The object that says whose gradients make the outer step from a window on. Pure.

use std::collections::BTreeSet;

use mechanisms::Uid;
use serde::{Deserialize, Serialize};

use crate::clock::Window;
use crate::templar::hparams::Peers;

/// Most bytes of an honest list: 512 uids of five digits, and the rest.
pub const MAX_BYTES: usize = 8 * 1024;

/// A list of peers, as it is published.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PeerList {
	/// Whose gradients make the step, ascending.
	pub peers: Vec<Uid>,
	/// Who stands in for those that fail, in this order.
	pub reserve_peers: Vec<Uid>,
	/// The window after which the list was made.
	pub sync_window: Window,
	/// The first window that the list is for.
	pub first_effective_window: Window,
	/// Whether no list came before it.
	pub initial_selection: bool,
}

impl PeerList {
	/// As JSON.
	pub fn encode(&self) -> Result<Vec<u8>, serde_json::Error> {
		serde_json::to_vec(self)
	}

	/// Reads the list for the windows from `first` on, made after `made_after`; none if it is anything else.
	pub fn decode(bytes: &[u8], first: Window, made_after: Window, params: &Peers) -> Option<Self> {
		let list: Self = serde_json::from_slice(bytes).ok()?;
		let is_asked_for = list.first_effective_window == first && list.sync_window == made_after;
		(is_asked_for && list.is_valid(params)).then_some(list)
	}

	/// Whether it has neither too few peers nor too many, and names nobody twice.
	pub fn is_valid(&self, params: &Peers) -> bool {
		let reserve: BTreeSet<&Uid> = self.reserve_peers.iter().collect();
		(params.minimum_peers..=params.max_topk_peers).contains(&self.peers.len())
			&& self.peers.is_sorted_by(|left, right| left < right)
			&& self.reserve_peers.len() <= params.reserve_peer_count()
			&& reserve.len() == self.reserve_peers.len()
			&& !self.peers.iter().any(|uid| reserve.contains(uid))
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::templar::hparams::Selection;
	use crate::templar::peers::tests::PARAMS;

	const RESERVED: Peers = Peers { selection: Selection::Share { reserve_peer_count: 2 }, ..PARAMS };

	fn list(peers: &[Uid], reserve_peers: &[Uid]) -> PeerList {
		PeerList {
			peers: peers.into(),
			reserve_peers: reserve_peers.into(),
			sync_window: 10,
			first_effective_window: 14,
			initial_selection: true,
		}
	}

	#[track_caller]
	fn check(text: &str, expected: Option<PeerList>) {
		assert_eq!(PeerList::decode(text.as_bytes(), 14, 10, &RESERVED), expected, "{text}");
	}

	#[test]
	fn what_is_written_is_read() {
		let text = r#"{"peers":[2,3,7],"reserve_peers":[9,4],"sync_window":10,"first_effective_window":14,"initial_selection":true}"#;
		check(text, Some(list(&[2, 3, 7], &[9, 4])));
		assert_eq!(list(&[2, 3, 7], &[9, 4]).encode().expect("it is plain data"), text.as_bytes());
	}

	#[test]
	fn the_longest_list_fits() {
		let uids: Vec<Uid> = (u16::MAX - 511..=u16::MAX).collect();
		let longest = PeerList { initial_selection: false, ..list(&uids[..256], &uids[256..]) };
		assert!(longest.encode().expect("it is plain data").len() < MAX_BYTES);
	}

	#[test]
	fn a_list_of_another_window_or_form_is_none() {
		let text = String::from_utf8(list(&[2, 3], &[]).encode().expect("it is plain data")).expect("it is text");
		check(&text, Some(list(&[2, 3], &[])));
		for (of, with) in [
			("14", "15"),
			("\"sync_window\":10", "\"sync_window\":9"),
			("[2,3]", "[2,-3]"),
			("[2,3]", "[2,65536]"),
			("[2,3]", "[2,3.5]"),
			("true", "true,\"weights\":[1]"),
			("true", "1"),
			(",\"reserve_peers\":[]", ""),
			("}", ""),
		] {
			check(&text.replacen(of, with, 1), None);
		}
		check("", None);
		check(&"[".repeat(MAX_BYTES), None);
	}

	#[test]
	fn a_list_too_short_too_long_or_with_somebody_twice_is_none() {
		for (peers, reserve) in [
			(&[2][..], &[][..]),
			(&[2, 3, 4, 5], &[]),
			(&[3, 2], &[]),
			(&[2, 2], &[]),
			(&[2, 3], &[2]),
			(&[2, 3], &[4, 4]),
			(&[2, 3], &[4, 5, 6]),
		] {
			assert!(!list(peers, reserve).is_valid(&RESERVED), "{peers:?}, {reserve:?}");
		}
		assert!(!list(&[2, 3], &[4]).is_valid(&PARAMS), "a reserve where there is none");
	}
}
