// SPDX-License-Identifier: Apache-2.0

//! What peers may leave in our way in a folder, and what only we can get wrong there.

use std::fs;
use std::os::unix::fs::{symlink, PermissionsExt as _};
use std::path::Path;
use std::time::Instant;

use object_store::local::LocalFileSystem;
use tempfile::TempDir;

use super::*;
use crate::bucket::BucketAddress;

fn name(text: &str) -> BucketName {
	BucketName::new(text).unwrap()
}

/// Our bucket in a folder below `root`.
fn own(text: &str, root: &Path) -> Result<Bucket, BucketError> {
	Buckets::new(Some(root.into()), None).own(&OwnBucket::Local(name(text)))
}

/// That of a peer.
fn peers(text: &str, root: &Path) -> Result<Bucket, BucketError> {
	Buckets::new(Some(root.into()), None).peer(&BucketAddress::Local(name(text)))
}

/// What a reader sees of a bucket whose folder `prepare` has filled, given the place of the object.
async fn peer(prepare: impl FnOnce(&Path, &Path)) -> (TempDir, Fetched) {
	let root = tempfile::tempdir().unwrap();
	let folder = root.path().join("peer");
	prepare(&folder, &folder.join(key(7).to_string()));
	let bucket = peers("peer", root.path()).unwrap();
	let fetched = fetch(&bucket, None).await;
	(root, fetched)
}

#[tokio::test]
async fn a_bucket_that_is_not_there_has_no_objects() {
	assert_eq!(peer(|_, _| {}).await.1, Fetched::Missing);
}

#[tokio::test]
async fn links_are_not_followed() {
	let secret = |folder: &Path| {
		let secret = folder.with_file_name("secret");
		fs::create_dir(&secret).unwrap();
		fs::write(secret.join(key(7).to_string()), "secret").unwrap();
		secret
	};
	let link_to_file = |folder: &Path, object: &Path| {
		fs::create_dir(folder).unwrap();
		symlink(secret(folder).join(key(7).to_string()), object).unwrap();
	};
	is_unreachable(&peer(link_to_file).await.1, "the object is a link");
	let link_to_folder = |folder: &Path, _: &Path| symlink(secret(folder), folder).unwrap();
	is_unreachable(&peer(link_to_folder).await.1, "the bucket is a link");
}

#[tokio::test]
async fn odd_things_in_place_of_a_bucket_or_an_object_are_told() {
	let (_root, fetched) = peer(|folder, _| fs::write(folder, "no folder").unwrap()).await;
	is_unreachable(&fetched, "the bucket is a file");
	let (_root, fetched) = peer(|_, object| fs::create_dir_all(object).unwrap()).await;
	is_unreachable(&fetched, "the object is a folder");
	let pipe = |folder: &Path, object: &Path| {
		fs::create_dir(folder).unwrap();
		make_pipe(object);
	};
	is_unreachable(&peer(pipe).await.1, "the object is a device or a pipe");
}

#[tokio::test]
async fn a_file_we_may_not_read_is_told() {
	let closed = |folder: &Path, object: &Path| {
		fs::create_dir(folder).unwrap();
		fs::write(object, "gradient").unwrap();
		fs::set_permissions(object, fs::Permissions::from_mode(0o0)).unwrap();
	};
	let (root, fetched) = peer(closed).await;
	match fs::read(root.path().join("peer").join(key(7).to_string())) {
		Ok(_) => assert!(matches!(fetched, Fetched::Object { .. })), // The superuser may.
		Err(_) => is_unreachable(&fetched, "denied"),
	}
}

#[tokio::test]
async fn a_huge_file_of_nothing_is_too_large() {
	let (_root, fetched) = peer(|folder, object| {
		fs::create_dir(folder).unwrap();
		fs::File::create(object).unwrap().set_len(1 << 40).unwrap();
	})
	.await;
	assert_eq!(fetched, Fetched::TooLarge { size: 1 << 40 });
}

#[tokio::test]
async fn a_bucket_of_another_kind_is_a_verdict_on_a_peer_and_an_error_of_ours() {
	let root = tempfile::tempdir().unwrap();
	let folders = Buckets::new(Some(root.path().into()), None);
	let elsewhere = fresh();
	is_unreachable(&fetch(&folders.peer(&elsewhere.address()).unwrap(), None).await, "this node uses local buckets");
	assert!(matches!(folders.own(&elsewhere), Err(BucketError::Closed(_))));

	let servers = buckets_at("http://127.0.0.1:1");
	let peer = servers.peer(&BucketAddress::Local(name("peer"))).unwrap();
	is_unreachable(&fetch(&peer, None).await, "say --bucket-root");
	assert!(matches!(peer.put(&key(7), "object".into()).await, Err(BucketError::Closed(_))));
	assert!(matches!(servers.own(&OwnBucket::Local(name("own"))), Err(BucketError::Closed(_))));
}

#[tokio::test]
async fn trouble_with_our_own_folder_is_an_error() {
	let root = tempfile::tempdir().unwrap();
	let gone = root.path().join("gone");
	assert!(matches!(peers("peer", &gone), Err(BucketError::Folder { .. })));
	fs::create_dir(&gone).unwrap();
	let bucket = peers("peer", &gone).unwrap();
	fs::remove_dir(&gone).unwrap();
	let fetched = bucket.fetch(&key(7), None, CAP, SOON).await;
	assert!(matches!(fetched, Err(BucketError::Folder { .. })), "{fetched:?}");

	fs::write(root.path().join("file"), "no folder").unwrap();
	assert!(matches!(own("own", &root.path().join("file")), Err(BucketError::Folder { .. })));
	fs::write(root.path().join("own"), "no folder").unwrap();
	assert!(matches!(own("own", root.path()), Err(BucketError::Folder { .. })));
	symlink(root.path(), root.path().join("link")).unwrap();
	assert!(matches!(own("link", root.path()), Err(BucketError::Folder { .. })));
}

#[tokio::test]
async fn a_put_that_cannot_succeed_is_told_after_a_few_attempts() {
	let root = tempfile::tempdir().unwrap();
	let bucket = own("own", root.path()).unwrap();
	fs::create_dir_all(root.path().join("own").join(key(7).to_string()).join("in the way")).unwrap();
	let began = Instant::now();
	let refused = bucket.put(&key(7), "gradient".into()).await;
	assert!(matches!(refused, Err(BucketError::Put { attempts: PUT_ATTEMPTS, .. })), "{refused:?}");
	assert!(began.elapsed() >= 3 * FIRST_PAUSE);
}

#[tokio::test]
async fn readers_never_see_half_an_object() {
	let root = tempfile::tempdir().unwrap();
	let bucket = own("own", root.path()).unwrap();
	let peer = peers("own", root.path()).unwrap();
	bucket.put(&key(7), vec![0; CAP as usize].into()).await.unwrap();
	let writing = async {
		for content in 1..50_u8 {
			bucket.put(&key(7), vec![content; CAP as usize].into()).await.unwrap();
		}
	};
	let reading = async {
		for _ in 0..50 {
			let Fetched::Object { bytes, .. } = fetch(&peer, None).await else { panic!("nothing to read") };
			assert!(bytes.len() == CAP as usize && bytes.iter().all(|byte| *byte == bytes[0]));
		}
	};
	futures::join!(writing, reading);
}

#[tokio::test]
async fn a_store_that_never_answers_is_given_up() {
	let folder = tempfile::tempdir().unwrap();
	let pipe = folder.path().join(key(7).to_string());
	make_pipe(&pipe);
	// Without the look that local buckets take first, opening a pipe waits for somebody to write.
	let bucket = Bucket { place: Place::Memory(Arc::new(LocalFileSystem::new_with_prefix(folder.path()).unwrap())) };
	let fetched = bucket.fetch(&key(7), None, CAP, Duration::from_millis(20)).await.unwrap();
	is_unreachable(&fetched, "not read within 20ms");
	fs::File::options().write(true).open(pipe).unwrap(); // Lets the thread go that still waits.
}

fn make_pipe(path: &Path) {
	assert!(std::process::Command::new("mkfifo").arg(path).status().unwrap().success());
}
