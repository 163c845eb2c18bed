// SPDX-License-Identifier: Apache-2.0

//! The objects of a run: ours, which we write, and those of others, which we read. Knows nothing of what is in them.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures::stream::{self, StreamExt as _, TryStreamExt as _};
use mechanisms::templar::freshness::OpenSpan;
use mechanisms::Uid;
use tracing::warn;

use super::ParticipantError;
use crate::bucket::{Bucket, BucketAddress, BucketError, BucketName, Buckets, Fetched, Kind, ObjectKey, OwnBucket};
use crate::clock::Window;

/// Version of the objects' formats. Objects of another version belong to another run and are not seen.
pub const VERSION: u32 = 1;
/// Objects that are fetched at once.
pub const AT_ONCE: usize = 16;
/// Longest that fetching one object may take, beside the time for its bytes.
const DEADLINE: Duration = Duration::from_secs(15);

/// Where objects are.
#[derive(Clone, Debug)]
pub struct ObjectsSettings {
	/// Where ours go.
	pub own: OwnBucket,
	/// How buckets are reached, ours and those of others.
	pub buckets: Buckets,
}

impl ObjectsSettings {
	/// With local buckets below `root`, of which ours is `name`.
	pub fn local(name: BucketName, root: &Path) -> Self {
		Self { own: OwnBucket::Local(name), buckets: Buckets::new(Some(root.into()), None) }
	}
}

/// Our bucket, and the way to those of others.
#[derive(Clone)]
pub struct Objects {
	own: OwnBucket,
	buckets: Buckets,
	bucket: Bucket,
	uid: Uid,
	retention_windows: u32,
}

impl Objects {
	/// Opens the bucket of `uid`, which keeps objects for so many windows.
	pub fn open(settings: ObjectsSettings, uid: Uid, retention_windows: u32) -> Result<Self, BucketError> {
		let ObjectsSettings { own, buckets } = settings;
		let bucket = buckets.own(&own)?;
		Ok(Self { own, buckets, bucket, uid, retention_windows })
	}

	/// Makes sure that we can write to our bucket, and that others can read from it.
	pub async fn check(&self) -> Result<(), BucketError> {
		self.buckets.check(&self.own, self.uid).await
	}

	/// What to publish so that others find our objects.
	pub fn commitment(&self) -> String {
		self.own.address().commitment()
	}

	/// Puts an object of ours into our bucket. What has outlived its use goes.
	///
	/// A store that cannot be written to now may be so again in the next window, so that is told and no more.
	pub async fn upload(&self, kind: Kind, window: Window, bytes: Bytes) {
		self.upload_for(self.retention_windows, kind, window, bytes).await;
	}

	/// Like [`Objects::upload`], for an object that is of use for so many windows.
	pub async fn upload_for(&self, windows: u32, kind: Kind, window: Window, bytes: Bytes) {
		let key = ObjectKey { kind, window, uid: self.uid, version: VERSION };
		if let Err(error) = self.bucket.put(&key, bytes).await {
			warn!(%key, "not uploaded: {}", crate::one_line(&error));
		}
		let before = window.saturating_sub(windows);
		if let Err(error) = self.bucket.delete_older(kind, self.uid, before).await {
			warn!("old objects stay in the bucket: {}", crate::one_line(&error));
		}
	}

	/// What our own bucket holds of `kind` for `window`.
	pub async fn own(&self, kind: Kind, window: Window, max_bytes: usize) -> Result<Fetched, BucketError> {
		let key = ObjectKey { kind, window, uid: self.uid, version: VERSION };
		self.bucket.fetch(&key, None, max_bytes as u64, DEADLINE).await
	}

	/// What the buckets of some uids hold of `kind` for `window`: of at most `max_bytes`, and uploaded while uploads were
	/// `open`, if that counts. An error is about our side alone.
	pub async fn fetch(
		&self,
		kind: Kind,
		window: Window,
		open: Option<&OpenSpan>,
		max_bytes: usize,
		of: impl IntoIterator<Item = (Uid, BucketAddress)>,
	) -> Result<BTreeMap<Uid, Fetched>, BucketError> {
		let fetching = of.into_iter().map(|(uid, address)| async move {
			let key = ObjectKey { kind, window, uid, version: VERSION };
			Ok((uid, self.peers(&address, &key, open, max_bytes).await?))
		});
		stream::iter(fetching).buffer_unordered(AT_ONCE).try_collect().await
	}

	/// As [`Objects::fetch`], of each what `decode` makes of it: at once, on a thread for such work, while the next ones are on
	/// their way. So no bytes wait for a bucket that is slow.
	pub async fn fetch_as<T: Send + 'static>(
		&self,
		kind: Kind,
		window: Window,
		open: Option<&OpenSpan>,
		max_bytes: usize,
		of: impl IntoIterator<Item = (Uid, BucketAddress)>,
		decode: impl Fn(Uid, Fetched) -> T + Send + Sync + 'static,
	) -> Result<BTreeMap<Uid, T>, ParticipantError> {
		let decode = Arc::new(decode);
		let fetching = of.into_iter().map(|(uid, address)| {
			let decode = decode.clone();
			async move {
				let key = ObjectKey { kind, window, uid, version: VERSION };
				let fetched = self.peers(&address, &key, open, max_bytes).await?;
				Ok((uid, tokio::task::spawn_blocking(move || decode(uid, fetched)).await?))
			}
		});
		stream::iter(fetching).buffer_unordered(AT_ONCE).try_collect().await
	}

	async fn peers(
		&self,
		address: &BucketAddress,
		key: &ObjectKey,
		open: Option<&OpenSpan>,
		max_bytes: usize,
	) -> Result<Fetched, BucketError> {
		self.buckets.peer(address)?.fetch(key, open, max_bytes as u64, DEADLINE).await
	}
}

#[cfg(test)]
mod tests;
