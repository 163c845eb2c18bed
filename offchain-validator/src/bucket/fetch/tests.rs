// SPDX-License-Identifier: Apache-2.0

//! What a store may answer, and what becomes of it.

mod failing;
mod lying;

use s3_server::{Answer, Asked, Proxy, Step};

use super::*;
use crate::bucket::server::{buckets_at, hasty_buckets_at, proxy, server};
use crate::bucket::{Kind, OwnBucket, OwnKeys};

const KEY: ObjectKey = ObjectKey { kind: Kind::Gradient, window: 7, uid: 3, version: 1 };
const CAP: u64 = 1_000;
const LIMIT: Duration = Duration::from_secs(5);

#[track_caller]
fn is_unreachable(fetched: &Fetched, words: &str) {
	assert!(matches!(fetched, Fetched::Unreachable(why) if why.contains(words)), "{fetched:?}");
}

#[track_caller]
fn is_object(fetched: &Fetched, content: &[u8]) {
	assert!(matches!(fetched, Fetched::Object { bytes, .. } if bytes == content), "{fetched:?}");
}

/// A bucket that holds `content`.
async fn uploaded(content: &[u8]) -> OwnBucket {
	let own = OwnBucket::S3(OwnKeys::of_tests(&server().account()));
	let bucket = buckets_at(server().endpoint()).own(&own).unwrap();
	bucket.put(&KEY, Bytes::copy_from_slice(content)).await.unwrap();
	own
}

/// A bucket as a reader sees it through a proxy.
fn through(own: &OwnBucket, trick: impl Fn(&Asked, Answer) -> Vec<Step> + Send + Sync + 'static) -> (Proxy, Bucket) {
	let proxy = proxy(trick);
	let seen = hasty_buckets_at(proxy.endpoint()).peer(&own.address()).unwrap();
	(proxy, seen)
}

/// What that reader fetches.
async fn fetched(content: &[u8], trick: impl Fn(&Asked, Answer) -> Vec<Step> + Send + Sync + 'static) -> Fetched {
	let (_proxy, bucket) = through(&uploaded(content).await, trick);
	bucket.fetch(&KEY, None, CAP, LIMIT).await.unwrap()
}

#[tokio::test]
async fn a_body_unlike_its_announcement_is_told() {
	let read = async |chunks: Vec<&'static str>, size| {
		let chunks = chunks.into_iter().map(|chunk| Ok(Bytes::from(chunk)));
		body(stream::iter(chunks).boxed(), size).await
	};
	let is_changed = |read| matches!(read, Err(Failure::Peer(Fetched::Unreachable(why))) if why.contains("changed"));
	assert!(matches!(read(vec!["ab", "c"], 3).await, Ok(bytes) if bytes == "abc"));
	for chunks in [vec!["ab"], vec!["ab", "cd"], vec![], vec!["ab", "", "c"]] {
		assert!(is_changed(read(chunks, 3).await));
	}
	// A store gives empty chunks for ever once a file has been cut short.
	let endless = stream::repeat_with(|| Ok(Bytes::new())).boxed();
	assert!(is_changed(body(endless, 3).await));
}

#[test]
fn our_lack_of_file_descriptors_is_no_fault_of_a_peer() {
	let failure = |code| {
		let source = Box::new(io::Error::from_raw_os_error(code));
		Failure::from(object_store::Error::Generic { store: "test", source })
	};
	assert!(matches!(failure(24), Failure::Ours(BucketError::TooManyOpenFiles { .. })));
	assert!(matches!(failure(13), Failure::Peer(Fetched::Unreachable(_))));
}
