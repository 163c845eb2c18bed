// SPDX-License-Identifier: Apache-2.0

//! Our bucket, or a peer's: puts objects into it, and deletes old ones. Reading them is [`super::Fetched`]'s module.
//!
//! Every await has a deadline.

use std::error::Error;
use std::fmt;
use std::future::ready;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures::stream;
use futures::{StreamExt as _, TryStreamExt as _};
use object_store::memory::InMemory;
use object_store::path::Path as Location;
use object_store::{ObjectMeta, ObjectStore, ObjectStoreExt as _};
use tokio::time::timeout;

use super::folder::Folder;
use super::http::Http;
use super::{BucketError, Kind, ObjectKey};

/// For one attempt to write, beside the time for its bytes, or for one deletion of old objects.
const WRITE_LIMIT: Duration = Duration::from_secs(15);
const PUT_ATTEMPTS: u32 = 3;
/// Before the second attempt; doubles with each.
const FIRST_PAUSE: Duration = Duration::from_millis(250);
/// Bytes of an object that are sent at once, and of each part of a larger one: R2 wants all but the last to be equal.
const PART: usize = 8 << 20;
/// Parts of one object that are sent at once.
const PARTS_AT_ONCE: usize = 4;
/// For telling the store that parts it has are of no use.
const ABORT_LIMIT: Duration = Duration::from_secs(5);
/// Slower than this is no connection to take part with.
const BYTES_PER_SECOND: u64 = 1 << 20;

/// A bucket: our own to write, or a peer's to read. Cheap to clone.
#[derive(Clone)]
pub struct Bucket {
	place: Place,
}

#[derive(Clone)]
enum Place {
	/// The bucket is all of a store in memory.
	Memory(Arc<dyn ObjectStore>),
	/// The bucket is all of a store, at the other end of this client.
	Remote(Arc<dyn ObjectStore>, Http),
	/// The bucket is a folder of a store.
	Local(Folder, Arc<dyn ObjectStore>),
	/// An address that we were not told how to reach. Says why, for people.
	Closed(&'static str),
}

impl Bucket {
	/// A bucket in memory, for tests. Its clones share what is in it.
	pub fn memory() -> Self {
		Self { place: Place::Memory(Arc::new(InMemory::new())) }
	}

	/// A bucket that is all of `store`, which asks through `http`.
	pub(super) fn remote(store: Arc<dyn ObjectStore>, http: Http) -> Self {
		Self { place: Place::Remote(store, http) }
	}

	/// A bucket that is a folder of `store`.
	pub(super) fn local(folder: Folder, store: Arc<dyn ObjectStore>) -> Self {
		Self { place: Place::Local(folder, store) }
	}

	/// A bucket that cannot be reached.
	pub(super) fn closed(why: &'static str) -> Self {
		Self { place: Place::Closed(why) }
	}

	/// Writes an object, replacing an older one. Readers see all of it or nothing.
	pub async fn put(&self, key: &ObjectKey, bytes: Bytes) -> Result<(), BucketError> {
		let store = self.store().map_err(BucketError::Closed)?;
		let location = self.location(key);
		let (mut attempts, mut pause) = (0, FIRST_PAUSE);
		loop {
			attempts += 1;
			let Err(source) = put_once(store, &location, &bytes).await else { return Ok(()) };
			if attempts == PUT_ATTEMPTS {
				return Err(BucketError::Put { key: *key, attempts, source });
			}
			tokio::time::sleep(pause).await;
			pause *= 2;
		}
	}

	/// Deletes what the bucket holds of `kind` by `uid`, of any run, for windows before `window`. Returns how many.
	pub async fn delete_older(&self, kind: Kind, uid: u16, window: u32) -> Result<usize, BucketError> {
		let store = self.store().map_err(BucketError::Closed)?;
		let folder = self.local_folder().map(Folder::location);
		// Only what lies where we put it: not what has such a name further down.
		let is_old = |object: &ObjectMeta| {
			let key = object.location.filename().and_then(|name| name.parse::<ObjectKey>().ok());
			let old = |key: &ObjectKey| key.kind == kind && key.uid == uid && key.window < window;
			key.filter(old).is_some_and(|key| self.location(&key) == object.location)
		};
		let deleting = async {
			let listing = store.list(folder.as_ref()).try_filter(|object| ready(is_old(object)));
			let old: Vec<_> = listing.map_ok(|object| object.location).try_collect().await?;
			let deleted = store.delete_stream(stream::iter(old.into_iter().map(Ok)).boxed());
			deleted.try_fold(0, |count, _| ready(Ok(count + 1))).await
		};
		match timeout(WRITE_LIMIT, deleting).await {
			Ok(Ok(deleted)) => Ok(deleted),
			Ok(Err(error)) => Err(BucketError::Delete { source: error.into() }),
			Err(late) => Err(BucketError::Delete { source: late.into() }),
		}
	}

	/// Where objects are; or why they cannot be reached.
	pub(super) fn store(&self) -> Result<&dyn ObjectStore, &'static str> {
		match &self.place {
			Place::Memory(store) | Place::Remote(store, _) | Place::Local(_, store) => Ok(store.as_ref()),
			Place::Closed(why) => Err(*why),
		}
	}

	/// The folder of a local bucket.
	pub(super) fn local_folder(&self) -> Option<&Folder> {
		match &self.place {
			Place::Local(folder, _) => Some(folder),
			Place::Memory(_) | Place::Remote(..) | Place::Closed(_) => None,
		}
	}

	/// Whether a request has just failed for our own lack of file descriptors.
	pub(super) fn take_exhausted(&self) -> bool {
		matches!(&self.place, Place::Remote(_, http) if http.take_exhausted())
	}

	/// Where an object lies in the store.
	pub(super) fn location(&self, key: &ObjectKey) -> Location {
		self.local_folder().map(Folder::location).unwrap_or_default().join(key.to_string())
	}
}

/// A store would print its keys.
impl fmt::Debug for Bucket {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		match &self.place {
			Place::Memory(_) | Place::Remote(..) => f.write_str("Bucket"),
			Place::Local(folder, _) => f.debug_tuple("Bucket").field(folder).finish(),
			Place::Closed(why) => f.debug_tuple("Bucket").field(why).finish(),
		}
	}
}

/// What `bytes` may take, beside the time that a store takes for anything.
pub(super) fn time_for(bytes: u64) -> Duration {
	Duration::from_secs(bytes.div_ceil(BYTES_PER_SECOND))
}

async fn put_once(
	store: &dyn ObjectStore,
	location: &Location,
	bytes: &Bytes,
) -> Result<(), Box<dyn Error + Send + Sync>> {
	let limit = WRITE_LIMIT + time_for(bytes.len() as u64);
	if bytes.len() <= PART {
		timeout(limit, store.put(location, bytes.clone().into())).await??;
		return Ok(());
	}
	let mut upload = timeout(limit, store.put_multipart(location)).await??;
	let parts: Vec<_> = (0..bytes.len())
		.step_by(PART)
		.map(|start| upload.put_part(bytes.slice(start..bytes.len().min(start + PART)).into()))
		.collect();
	let sending = async {
		stream::iter(parts).buffer_unordered(PARTS_AT_ONCE).try_collect::<()>().await?;
		upload.complete().await
	};
	let sent = timeout(limit, sending).await;
	if let Ok(Ok(_)) = sent {
		return Ok(());
	}
	// Parts that make no object would be kept, and paid for. That we cannot tell the store is no news.
	let _ = timeout(ABORT_LIMIT, upload.abort()).await;
	sent??;
	Ok(())
}

#[cfg(test)]
mod tests;
