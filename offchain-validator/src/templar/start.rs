// SPDX-License-Identifier: Apache-2.0

//! The first window of a run, where the user does not say it.
//!
//! Every validator tells it in its bucket, and whoever joins believes the one with the most stake that does. If none
//! does, the validator with the most stake begins a run. As in the reference, which asks that one validator alone: but a
//! newcomer with more stake than all would then begin anew while others train.

use mechanisms::Uid;
use serde::{Deserialize, Serialize};
use tracing::info;

use super::hparams::Peers;
use super::node::NodeError;
use super::peers::validators;
use crate::bucket::{BucketAddress, BucketError, Fetched, Kind};
use crate::chain::Role;
use crate::clock::Window;
use crate::participant::{Newcomer, Objects};

/// The object is of no window of its own.
const KEY: Window = 0;
/// Most bytes of an honest object.
const MAX_BYTES: usize = 64;
/// Windows until a new run begins: the next but one, so that others hear of it in time.
const AHEAD: u32 = 2;

/// The object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Start {
	start_window: Window,
}

/// Waits until the first window is known. A validator may have to begin the run itself.
pub(super) async fn find(
	newcomer: &Newcomer,
	role: Role,
	objects: &Objects,
	params: &Peers,
) -> Result<Window, NodeError> {
	if role == Role::Validator {
		// Without a bucket it would not be asked.
		newcomer.publish(&objects.commitment()).await?;
	}
	let mut asked = None;
	loop {
		let view = newcomer.look().await?;
		let validators = validators(&view, params);
		let soon = view.window.saturating_add(AHEAD);
		if let Some(start_window) = told(objects, &validators, soon).await? {
			return Ok(start_window);
		}
		let first = validators.first().map(|(uid, _)| *uid);
		if role == Role::Validator && first == Some(newcomer.uid) {
			info!(start_window = soon, "nobody tells of a run: this one begins");
			tell(objects, soon).await?;
			return Ok(soon);
		}
		if asked != Some(first) {
			match first {
				Some(uid) => info!(uid, "waiting for a validator to tell the first window of the run"),
				None => info!("waiting for a validator with a permit and a bucket to begin a run"),
			}
			asked = Some(first);
		}
		newcomer.clock.block(view.sync.number.saturating_add(1)).await?;
	}
}

/// What the first of `validators` says that says a window up to `latest`.
async fn told(
	objects: &Objects,
	validators: &[(Uid, BucketAddress)],
	latest: Window,
) -> Result<Option<Window>, BucketError> {
	let found = objects.fetch(Kind::Start, KEY, None, MAX_BYTES, validators.iter().cloned()).await?;
	let starts = validators.iter().filter_map(|(uid, _)| read(found.get(uid)?));
	Ok(starts.map(|start| start.start_window).find(|window| *window <= latest))
}

/// Tells the first window in our own bucket, unless it says so already.
pub(super) async fn tell(objects: &Objects, start_window: Window) -> Result<(), NodeError> {
	let start = Start { start_window };
	if read(&objects.own(Kind::Start, KEY, MAX_BYTES).await?) != Some(start) {
		objects.upload(Kind::Start, KEY, serde_json::to_vec(&start)?.into()).await;
	}
	Ok(())
}

fn read(fetched: &Fetched) -> Option<Start> {
	match fetched {
		Fetched::Object { bytes, .. } => serde_json::from_slice(bytes).ok(),
		_ => None,
	}
}

#[cfg(test)]
mod tests {
	use std::path::Path;

	use super::*;
	use crate::bucket::BucketName;
	use crate::participant::ObjectsSettings;

	fn name(name: &str) -> BucketName {
		BucketName::new(name).expect("it is a name")
	}

	fn address(text: &str) -> BucketAddress {
		BucketAddress::Local(name(text))
	}

	fn objects(root: &Path, text: &str, uid: Uid) -> Objects {
		Objects::open(ObjectsSettings::local(name(text), root), uid, 100).expect("it can be opened")
	}

	#[tokio::test]
	async fn the_first_that_says_a_possible_window_is_believed() {
		let root = tempfile::tempdir().expect("a folder can be made");
		let (most, second, third) =
			(objects(root.path(), "most", 5), objects(root.path(), "second", 1), objects(root.path(), "third", 2));
		let validators = [(5, address("most")), (1, address("second")), (2, address("third"))];
		let told = |latest| told(&most, &validators, latest);
		assert_eq!(told(9).await.expect("it can be read"), None);
		tell(&third, 7).await.expect("it can be told");
		assert_eq!(told(9).await.expect("it can be read"), Some(7));
		tell(&second, 30).await.expect("it can be told");
		assert_eq!(told(9).await.expect("it can be read"), Some(7));
		assert_eq!(told(30).await.expect("it can be read"), Some(30));
		for rubbish in ["", "7", "{\"start_window\":-1}", "{\"start_window\":1,\"uid\":3}", &" ".repeat(MAX_BYTES + 1)]
		{
			most.upload(Kind::Start, KEY, rubbish.to_owned().into()).await;
			assert_eq!(told(9).await.expect("it can be read"), Some(7), "{rubbish}");
		}
		tell(&most, 8).await.expect("it can be told");
		assert_eq!(told(9).await.expect("it can be read"), Some(8));
	}
}
