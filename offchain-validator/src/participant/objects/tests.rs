// SPDX-License-Identifier: Apache-2.0

//! Three participants that leave objects for one another at an S3 server.

use std::sync::{Arc, Barrier};
use std::time::SystemTime;

use super::*;
use crate::bucket::server::{buckets_at, fresh, server};
use crate::participant::{all_unreachable, Submission};

const WINDOW: Window = 7;
const CAP: usize = 1_000;

fn participant(uid: Uid, endpoint: &str) -> Objects {
	let settings = ObjectsSettings { own: fresh(), buckets: buckets_at(endpoint) };
	Objects::open(settings, uid, 2).unwrap()
}

fn around_now() -> OpenSpan {
	let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_millis() as u64;
	OpenSpan { opens_ms: now - 60_000, closes_ms: now + 60_000 }
}

/// What the chain would say of each.
fn published(participants: &[Objects]) -> Vec<(Uid, BucketAddress)> {
	let address = |objects: &Objects| BucketAddress::parse(objects.commitment().as_bytes()).expect("it is published");
	participants.iter().map(|objects| (objects.uid, address(objects))).collect()
}

#[tokio::test]
async fn all_participants_gather_the_same() {
	let participants = [0, 1, 2].map(|uid| participant(uid, server().endpoint()));
	for objects in &participants {
		objects.check().await.unwrap();
		objects.upload(Kind::Gradient, WINDOW, format!("gradient of {}", objects.uid).into()).await;
	}
	let peers = published(&participants);
	for reader in &participants {
		let found = reader.fetch(Kind::Gradient, WINDOW, Some(&around_now()), CAP, peers.clone()).await.unwrap();
		let read = |uid| match &found[&uid] {
			Fetched::Object { bytes, .. } => String::from_utf8_lossy(bytes).into_owned(),
			other => panic!("{other:?}"),
		};
		assert_eq!([0, 1, 2].map(read), ["gradient of 0", "gradient of 1", "gradient of 2"]);
		let early = OpenSpan { opens_ms: u64::MAX, closes_ms: u64::MAX };
		let found = reader.fetch(Kind::Gradient, WINDOW, Some(&early), CAP, peers.clone()).await.unwrap();
		assert!(found.values().all(|found| matches!(found, Fetched::TooEarly { .. })), "{found:?}");
	}
}

/// Two that wait for each other are only ever decoded side by side, and on no thread that others are fetched on.
#[tokio::test]
async fn what_is_there_is_decoded_while_others_are_not() {
	let participants = [0, 1].map(|uid| participant(uid, server().endpoint()));
	for objects in &participants {
		objects.upload(Kind::Gradient, WINDOW, format!("gradient of {}", objects.uid).into()).await;
	}
	let meet = Arc::new(Barrier::new(2));
	let decode = move |uid, fetched| {
		meet.wait();
		(uid, matches!(fetched, Fetched::Object { .. }))
	};
	let found = participants[0].fetch_as(Kind::Gradient, WINDOW, None, CAP, published(&participants), decode);
	assert_eq!(found.await.unwrap(), [(0, (0, true)), (1, (1, true))].into());
}

#[tokio::test]
async fn objects_that_have_outlived_their_use_go() {
	let objects = participant(4, server().endpoint());
	for window in 1..5 {
		objects.upload(Kind::Gradient, window, "gradient".into()).await;
	}
	for (window, kept) in [(1, false), (2, true), (3, true), (4, true)] {
		let found = objects.own(Kind::Gradient, window, CAP).await.unwrap();
		assert_eq!(matches!(found, Fetched::Object { .. }), kept, "{window}");
	}
}

#[tokio::test]
async fn a_server_that_is_gone_is_no_miners_fault() {
	let participants = [0, 1, 2].map(|uid| participant(uid, "http://127.0.0.1:1"));
	let found = participants[0].fetch(Kind::Gradient, WINDOW, None, CAP, published(&participants)).await.unwrap();
	let found = found.into_iter().map(|(uid, found)| (uid, Submission::new(found, |_| Ok::<_, String>(()))));
	assert!(all_unreachable(&found.collect()));
}
