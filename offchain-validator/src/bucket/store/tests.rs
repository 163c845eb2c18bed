// SPDX-License-Identifier: Apache-2.0

//! What holds of every kind of bucket, tried on each: in memory, in a folder, and at an S3 server.

mod local;

use std::time::SystemTime;

use futures::future::BoxFuture;
use mechanisms::templar::freshness::OpenSpan;

use super::*;
use crate::bucket::server::{buckets_at, fresh, server};
use crate::bucket::{BucketName, Buckets, Fetched, OwnBucket};

const CAP: u64 = 1_000;
const SOON: Duration = Duration::from_secs(5);

fn key(window: u32) -> ObjectKey {
	ObjectKey { kind: Kind::Gradient, window, uid: 3, version: 1 }
}

fn span(opens_ms: u64, closes_ms: u64) -> Option<OpenSpan> {
	Some(OpenSpan { opens_ms, closes_ms })
}

async fn fetch(bucket: &Bucket, open: Option<OpenSpan>) -> Fetched {
	bucket.fetch(&key(7), open.as_ref(), CAP, SOON).await.unwrap()
}

async fn uploaded(bucket: &Bucket) -> u64 {
	match fetch(bucket, None).await {
		Fetched::Object { uploaded_ms, .. } => uploaded_ms,
		other => panic!("{other:?}"),
	}
}

/// So many bytes, no two parts of which are alike.
fn numbers(bytes: usize) -> Bytes {
	(0..bytes.div_ceil(4) as u32).flat_map(u32::to_le_bytes).take(bytes).collect::<Vec<_>>().into()
}

async fn whole(bucket: &Bucket) -> Bytes {
	match bucket.fetch(&key(7), None, u64::MAX, SOON).await.unwrap() {
		Fetched::Object { bytes, .. } => bytes,
		other => panic!("{other:?}"),
	}
}

#[track_caller]
fn is_unreachable(fetched: &Fetched, words: &str) {
	assert!(matches!(fetched, Fetched::Unreachable(why) if why.contains(words)), "{fetched:?}");
}

/// Runs the same test on every kind of bucket.
fn on_every_store(test: impl Fn(Bucket) -> BoxFuture<'static, ()>) {
	let root = tempfile::tempdir().unwrap();
	let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
	runtime.block_on(async {
		test(Bucket::memory()).await;
		let local = OwnBucket::Local(BucketName::new("own").unwrap());
		test(Buckets::new(Some(root.path().into()), None).own(&local).unwrap()).await;
		test(buckets_at(server().endpoint()).own(&fresh()).unwrap()).await;
	});
}

#[test]
fn what_was_put_is_fetched() {
	on_every_store(|bucket| {
		Box::pin(async move {
			assert_eq!(fetch(&bucket, None).await, Fetched::Missing);
			for content in ["first", "second", ""] {
				bucket.put(&key(7), content.into()).await.unwrap();
				let expected = Fetched::Object { bytes: content.into(), uploaded_ms: uploaded(&bucket).await };
				assert_eq!(fetch(&bucket, None).await, expected);
			}
			let other_run = ObjectKey { version: 2, ..key(7) };
			assert_eq!(bucket.fetch(&other_run, None, CAP, SOON).await.unwrap(), Fetched::Missing);
		})
	});
}

#[test]
fn uploads_are_dated_by_the_store() {
	on_every_store(|bucket| {
		Box::pin(async move {
			let now = || SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_millis() as u64;
			let before = now();
			bucket.put(&key(7), "gradient".into()).await.unwrap();
			// A server tells whole seconds.
			assert!((before - 1_000..=now()).contains(&uploaded(&bucket).await));
		})
	});
}

#[test]
fn the_time_of_upload_is_judged() {
	on_every_store(|bucket| {
		Box::pin(async move {
			bucket.put(&key(7), "gradient".into()).await.unwrap();
			let at = uploaded(&bucket).await;
			assert!(matches!(fetch(&bucket, span(at, at)).await, Fetched::Object { .. }));
			assert_eq!(fetch(&bucket, span(at + 1, at + 9)).await, Fetched::TooEarly { uploaded_ms: at });
			assert_eq!(fetch(&bucket, span(at - 9, at - 1)).await, Fetched::TooLate { uploaded_ms: at });
		})
	});
}

#[test]
fn a_large_object_is_not_read() {
	on_every_store(|bucket| {
		Box::pin(async move {
			bucket.put(&key(7), vec![1; CAP as usize].into()).await.unwrap();
			assert!(matches!(fetch(&bucket, None).await, Fetched::Object { .. }));
			bucket.put(&key(7), vec![1; CAP as usize + 1].into()).await.unwrap();
			assert_eq!(fetch(&bucket, None).await, Fetched::TooLarge { size: CAP + 1 });
		})
	});
}

#[test]
fn a_body_of_many_chunks_is_whole() {
	on_every_store(|bucket| {
		Box::pin(async move {
			let content = numbers(400_000);
			bucket.put(&key(7), content.clone()).await.unwrap();
			assert_eq!(whole(&bucket).await, content);
		})
	});
}

#[test]
fn an_object_of_many_parts_is_whole() {
	on_every_store(|bucket| {
		Box::pin(async move {
			for bytes in [PART, PART + 1] {
				let content = numbers(bytes);
				bucket.put(&key(7), content.clone()).await.unwrap();
				assert!(whole(&bucket).await == content, "{bytes} bytes");
			}
		})
	});
}

#[test]
fn only_old_objects_of_one_kind_and_uid_are_deleted() {
	on_every_store(|bucket| {
		Box::pin(async move {
			let debug = ObjectKey { kind: Kind::Debug, ..key(1) };
			let other_uid = ObjectKey { uid: 30, ..key(1) };
			let other_run = ObjectKey { version: 2, ..key(1) };
			for key in [key(1), key(6), key(7), debug, other_uid, other_run] {
				bucket.put(&key, "object".into()).await.unwrap();
			}
			assert_eq!(bucket.delete_older(Kind::Gradient, 3, 7).await.unwrap(), 3);
			assert_eq!(bucket.delete_older(Kind::Gradient, 3, 7).await.unwrap(), 0);
			for (key, kept) in [(key(1), false), (key(6), false), (key(7), true), (debug, true), (other_uid, true)] {
				let fetched = bucket.fetch(&key, None, CAP, SOON).await.unwrap();
				assert_eq!(fetched != Fetched::Missing, kept, "{key}");
			}
		})
	});
}

#[test]
fn a_bucket_prints_no_key() {
	let own = fresh();
	let buckets = buckets_at(server().endpoint());
	let printed = format!("{own:?} {buckets:?} {:?} {:?}", buckets.own(&own), buckets.peer(&own.address()));
	assert!(!printed.contains("secret"), "{printed}");
}
