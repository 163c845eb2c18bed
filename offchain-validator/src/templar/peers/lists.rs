// SPDX-License-Identifier: Apache-2.0

//! The lists of peers that validators have published: finds those in reach, and remembers what it has found.
//!
//! A list counts if it was uploaded after the window it was made after had ended, and before the first window that it is
//! for began. So it does not matter how late one looks, and all find the same.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::{fs, io};

use mechanisms::templar::freshness::OpenSpan;
use mechanisms::Uid;
use tracing::{info, warn};

use super::{leader, list, Cadence, PeerList};
use crate::atomic;
use crate::bucket::{BucketAddress, BucketError, Fetched, Kind};
use crate::clock::Window;
use crate::participant::{Objects, Participant, ParticipantError, WindowView};
use crate::templar::hparams::Peers;
use crate::templar::node::NodeError;

/// Name of the file in a state folder.
const FILE: &str = "peers.json";

/// Who was to publish a list, and from when on it could.
type Author = Option<(Uid, BucketAddress, u64)>;

/// The lists that were looked for.
pub(in crate::templar) struct Lists {
	cadence: Cadence,
	file: PathBuf,
	/// By the window from which it holds, each list that was there, or that there is none of use.
	found: BTreeMap<Window, Option<PeerList>>,
	/// By the same, who is to publish those that do not hold yet: seen in passing, as nodes forget old blocks.
	authors: BTreeMap<Window, Author>,
}

impl Lists {
	/// Those found before, of a run with this cadence, with their file in `folder`.
	pub fn open(folder: &Path, cadence: Cadence) -> Result<Self, ParticipantError> {
		let file = folder.join(FILE);
		let failed = |source| ParticipantError::State { path: file.clone(), source };
		let found = match fs::read(&file) {
			Ok(text) => serde_json::from_slice(&text).map_err(|error| failed(error.into()))?,
			Err(error) if error.kind() == io::ErrorKind::NotFound => BTreeMap::new(),
			Err(source) => return Err(failed(source)),
		};
		Ok(Self { cadence, file, found, authors: BTreeMap::new() })
	}

	/// When lists are made and hold.
	pub fn cadence(&self) -> Cadence {
		self.cadence
	}

	/// The list that holds in the window of `at`: the newest in reach that is of use.
	pub async fn in_force(
		&mut self,
		participant: &Participant,
		objects: &Objects,
		params: &Peers,
		at: &WindowView,
	) -> Result<Option<PeerList>, NodeError> {
		if let Some(first) = self.cadence.holds_from(at.window) {
			self.authors.insert(first, author(at, params));
		}
		for first in self.cadence.in_reach(at.window) {
			let list = match self.found.get(&first) {
				Some(known) => known.clone(),
				None => {
					participant.build_upon(at.sync)?;
					self.look_for(first, participant, objects, params).await?
				},
			};
			if list.is_some() {
				return Ok(list);
			}
		}
		Ok(None)
	}

	/// Looks for the list that holds from `first` on, and remembers whether there is one.
	async fn look_for(
		&mut self,
		first: Window,
		participant: &Participant,
		objects: &Objects,
		params: &Peers,
	) -> Result<Option<PeerList>, NodeError> {
		let made_after = self.cadence.made_after(first);
		let author = match self.authors.get(&first) {
			Some(author) => author.clone(),
			None => author(&participant.view(made_after, 0).await?, params),
		};
		let list = match author {
			None => None,
			Some((uid, address, opens_ms)) => {
				let closes_ms = participant.began_ms(first).await?.saturating_sub(1);
				let open = OpenSpan { opens_ms, closes_ms };
				match published(objects, (uid, address), first, made_after, &open, params).await? {
					Ok(list) => list,
					// The next window asks again, as it may be our own network.
					Err(why) => {
						warn!(uid, first, "the list of peers cannot be read: {why}");
						return Ok(None);
					},
				}
			},
		};
		match &list {
			Some(PeerList { peers, reserve_peers, .. }) => info!(first, ?peers, ?reserve_peers, "list of peers"),
			None => info!(first, "no list of peers"),
		}
		self.remember(first, list.clone())?;
		Ok(list)
	}

	/// Writes down what was found, and forgets what is out of reach.
	fn remember(&mut self, first: Window, list: Option<PeerList>) -> Result<(), ParticipantError> {
		self.found.insert(first, list);
		let out_of_reach = first.saturating_sub(self.cadence.reach());
		self.found.retain(|window, _| *window >= out_of_reach);
		self.authors.retain(|window, _| *window >= out_of_reach);
		let failed = |source| ParticipantError::State { path: self.file.clone(), source };
		let text = serde_json::to_vec(&self.found).map_err(|error| failed(error.into()))?;
		atomic::write(&self.file, &text).map_err(failed)
	}
}

/// Who publishes the list that is made after the window of `at`.
fn author(at: &WindowView, params: &Peers) -> Author {
	leader(at, params).map(|(uid, address)| (uid, address, at.open.opens_ms))
}

/// The list in a bucket, uploaded while it was `open` for it; none if there is none of use. An inner error says why the
/// bucket cannot be read.
async fn published(
	objects: &Objects,
	author: (Uid, BucketAddress),
	first: Window,
	made_after: Window,
	open: &OpenSpan,
	params: &Peers,
) -> Result<Result<Option<PeerList>, String>, BucketError> {
	let found = objects.fetch(Kind::Peers, first, Some(open), list::MAX_BYTES, [author]).await?;
	Ok(match found.into_values().next() {
		Some(Fetched::Object { bytes, .. }) => Ok(PeerList::decode(&bytes, first, made_after, params)),
		Some(Fetched::Unreachable(why)) => Err(why),
		Some(Fetched::Missing | Fetched::TooEarly { .. } | Fetched::TooLate { .. } | Fetched::TooLarge { .. })
		| None => Ok(None),
	})
}

#[cfg(test)]
mod tests {
	use std::time::{Duration, UNIX_EPOCH};

	use super::*;
	use crate::bucket::{BucketName, ObjectKey};
	use crate::participant::{ObjectsSettings, VERSION};
	use crate::templar::peers::tests::PARAMS;

	const LEADER: Uid = 4;
	const FIRST: Window = 14;
	const MADE_AFTER: Window = 10;
	/// Uploads count from the end of one window to the beginning of another.
	const OPEN: OpenSpan = OpenSpan { opens_ms: 50_000, closes_ms: 89_999 };

	fn good() -> Vec<u8> {
		let list = PeerList {
			peers: vec![1, 2],
			reserve_peers: Vec::new(),
			sync_window: MADE_AFTER,
			first_effective_window: FIRST,
			initial_selection: false,
		};
		list.encode().expect("it is plain data")
	}

	/// What is found of `bytes` that were uploaded at `uploaded_ms`: peers, nothing, or that it cannot be read.
	async fn found(bytes: Option<&[u8]>, uploaded_ms: u64) -> Result<Option<Vec<Uid>>, String> {
		let root = tempfile::tempdir().expect("a folder can be made");
		let name = BucketName::new("leader").expect("it is a name");
		let bucket = BucketAddress::Local(name.clone());
		let objects = Objects::open(ObjectsSettings::local(name, root.path()), LEADER, 100).expect("it can be opened");
		if let Some(bytes) = bytes {
			objects.upload(Kind::Peers, FIRST, bytes.to_vec().into()).await;
			let key = ObjectKey { kind: Kind::Peers, window: FIRST, uid: LEADER, version: VERSION };
			let file = root.path().join("leader").join(key.to_string());
			let file = fs::File::options().write(true).open(file).expect("it was uploaded");
			file.set_modified(UNIX_EPOCH + Duration::from_millis(uploaded_ms)).expect("it is ours");
		}
		let found = published(&objects, (LEADER, bucket), FIRST, MADE_AFTER, &OPEN, &PARAMS).await;
		found.expect("the buckets are there").map(|list| list.map(|list| list.peers))
	}

	#[tokio::test]
	async fn a_list_that_came_in_time_is_found() {
		assert_eq!(found(Some(&good()), 50_000).await, Ok(Some(vec![1, 2])));
		assert_eq!(found(Some(&good()), 89_999).await, Ok(Some(vec![1, 2])));
	}

	#[tokio::test]
	async fn a_list_that_is_early_late_missing_or_rubbish_is_none() {
		assert_eq!(found(Some(&good()), 49_999).await, Ok(None));
		assert_eq!(found(Some(&good()), 90_000).await, Ok(None));
		assert_eq!(found(None, 0).await, Ok(None));
		assert_eq!(found(Some(b"[1, 2]"), 60_000).await, Ok(None));
		let huge = [good(), vec![b' '; list::MAX_BYTES]].concat();
		assert_eq!(found(Some(&huge), 60_000).await, Ok(None));
	}

	#[test]
	fn what_was_found_outlives_a_restart_and_what_is_out_of_reach_does_not() {
		let folder = tempfile::tempdir().expect("a folder can be made");
		let params = Peers { peer_replacement_frequency: 5, peer_list_window_margin: 2, ..PARAMS };
		let windows = crate::hparams::Windows {
			blocks_per_window: 7,
			time_window_delta_seconds: 10,
			validator_offset: 2,
			retention_windows: 100,
		};
		let open = || Lists::open(folder.path(), Cadence::new(10, &windows, &params)).expect("it can be read");
		let list = PeerList::decode(&good(), FIRST, MADE_AFTER, &PARAMS);
		let mut lists = open();
		lists.remember(FIRST, list.clone()).expect("it can be written");
		lists.remember(FIRST + 5, None).expect("it can be written");
		assert_eq!(open().found, [(FIRST, list), (FIRST + 5, None)].into());
		lists.remember(FIRST + 20, None).expect("it can be written");
		assert_eq!(open().found, [(FIRST + 5, None), (FIRST + 20, None)].into());
		fs::write(folder.path().join(FILE), "{").expect("it can be written");
		assert!(Lists::open(folder.path(), lists.cadence()).is_err());
	}
}
