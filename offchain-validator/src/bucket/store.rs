// SPDX-License-Identifier: Apache-2.0

//! Puts objects into our bucket and fetches those of peers.
//!
//! Every await has a deadline, and no more is read than the caller allows.

use std::error::Error;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures::stream::BoxStream;
use futures::{StreamExt as _, TryStreamExt as _};
use mechanisms::templar::freshness::{Freshness, OpenSpan};
use object_store::local::LocalFileSystem;
use object_store::memory::InMemory;
use object_store::path::Path as Location;
use object_store::{ObjectMeta, ObjectStore, ObjectStoreExt as _};

use super::folder::{is_exhausted, make, Entry, Folder};
use super::{BucketAddress, BucketError, Kind, ObjectKey};

/// For one attempt to write, or for one deletion of old objects.
const WRITE_LIMIT: Duration = Duration::from_secs(15);
const PUT_ATTEMPTS: u32 = 3;
/// Before the second attempt; doubles with each.
const FIRST_PAUSE: Duration = Duration::from_millis(250);

/// A bucket: our own to write, or a peer's to read. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Bucket {
	place: Place,
}

#[derive(Clone, Debug)]
enum Place {
	Memory(Arc<dyn ObjectStore>),
	Local(Folder, Arc<dyn ObjectStore>),
	/// An address we understand and cannot use yet.
	Unsupported,
}

/// What a bucket held for us.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fetched {
	/// The object, uploaded so many milliseconds after the Unix epoch. A local bucket takes the file's time of change,
	/// which its owner can set: time is no evidence there.
	Object {
		/// Its content.
		bytes: Bytes,
		/// When it was uploaded.
		uploaded_ms: u64,
	},
	/// There is none.
	Missing,
	/// There is one, uploaded before uploads counted.
	TooEarly {
		/// When it was uploaded.
		uploaded_ms: u64,
	},
	/// There is one, uploaded after uploads counted.
	TooLate {
		/// When it was uploaded.
		uploaded_ms: u64,
	},
	/// There is one, larger than allowed.
	TooLarge {
		/// Its size in bytes.
		size: u64,
	},
	/// The bucket cannot be read, or not in time. Says why, for people.
	Unreachable(String),
}

impl Bucket {
	/// Our own bucket, to write. Makes the folder of a local one below `root`.
	pub fn open(address: &BucketAddress, root: &Path) -> Result<Self, BucketError> {
		let BucketAddress::Local(name) = address else {
			return Err(BucketError::Unsupported);
		};
		let folder = root.join(name.as_str());
		make(&folder).map_err(|source| BucketError::Folder { folder, source })?;
		Self::peer(address, root)
	}

	/// A peer's bucket, to read. Whether it is there is seen when it is read; an error is about `root`, which is ours.
	pub fn peer(address: &BucketAddress, root: &Path) -> Result<Self, BucketError> {
		let BucketAddress::Local(name) = address else {
			return Ok(Self { place: Place::Unsupported });
		};
		let unusable = |source| BucketError::Folder { folder: root.to_owned(), source };
		let folder = Folder::below(root, name).map_err(unusable)?;
		// The store begins at the root: so the bucket itself may be missing.
		let store =
			LocalFileSystem::new_with_prefix(folder.root()).map_err(|error| unusable(io::Error::other(error)))?;
		Ok(Self { place: Place::Local(folder, Arc::new(store)) })
	}

	/// A bucket in memory, for tests. Its clones share what is in it.
	pub fn memory() -> Self {
		Self { place: Place::Memory(Arc::new(InMemory::new())) }
	}

	/// Writes an object, replacing an older one. Readers see all of it or nothing.
	pub async fn put(&self, key: &ObjectKey, bytes: Bytes) -> Result<(), BucketError> {
		let store = self.store().ok_or(BucketError::Unsupported)?;
		let location = self.location(key);
		let (mut attempts, mut pause) = (0, FIRST_PAUSE);
		loop {
			attempts += 1;
			let put = tokio::time::timeout(WRITE_LIMIT, store.put(&location, bytes.clone().into())).await;
			let source: Box<dyn Error + Send + Sync> = match put {
				Ok(Ok(_)) => return Ok(()),
				Ok(Err(error)) => error.into(),
				Err(late) => late.into(),
			};
			if attempts == PUT_ATTEMPTS {
				return Err(BucketError::Put { key: *key, attempts, source });
			}
			tokio::time::sleep(pause).await;
			pause *= 2;
		}
	}

	/// Reads an object if it was uploaded while uploads were `open` and has at most `max_bytes`; all within `limit`.
	pub async fn fetch(
		&self,
		key: &ObjectKey,
		open: Option<&OpenSpan>,
		max_bytes: u64,
		limit: Duration,
	) -> Result<Fetched, BucketError> {
		match tokio::time::timeout(limit, self.fetch_unlimited(key, open, max_bytes)).await {
			Ok(fetched) => fetched,
			Err(_) => Ok(Fetched::Unreachable(format!("not read within {limit:?}"))),
		}
	}

	/// Deletes what the bucket holds of `kind` by `uid`, of any run, for windows before `window`. Returns how many.
	pub async fn delete_older(&self, kind: Kind, uid: u16, window: u32) -> Result<usize, BucketError> {
		let store = self.store().ok_or(BucketError::Unsupported)?;
		let folder = self.folder();
		let deleting = async {
			let objects: Vec<ObjectMeta> = store.list(folder.as_ref()).try_collect().await?;
			let mut deleted = 0;
			for object in objects {
				let key = object.location.filename().and_then(|name| name.parse::<ObjectKey>().ok());
				let old = |key: &ObjectKey| key.kind == kind && key.uid == uid && key.window < window;
				// Only what lies where we put it: not what has such a name further down.
				if key.filter(old).is_some_and(|key| self.location(&key) == object.location) {
					store.delete(&object.location).await?;
					deleted += 1;
				}
			}
			Ok::<_, object_store::Error>(deleted)
		};
		match tokio::time::timeout(WRITE_LIMIT, deleting).await {
			Ok(Ok(deleted)) => Ok(deleted),
			Ok(Err(error)) => Err(BucketError::Delete { source: error.into() }),
			Err(late) => Err(BucketError::Delete { source: late.into() }),
		}
	}

	async fn fetch_unlimited(
		&self,
		key: &ObjectKey,
		open: Option<&OpenSpan>,
		max_bytes: u64,
	) -> Result<Fetched, BucketError> {
		let Some(store) = self.store() else {
			return Ok(Fetched::Unreachable(BucketError::Unsupported.to_string()));
		};
		if let Place::Local(folder, _) = &self.place {
			let ours = |source| BucketError::Folder { folder: folder.root().to_owned(), source };
			match folder.entry(key).await.map_err(ours)? {
				Entry::File => {},
				Entry::Missing => return Ok(Fetched::Missing),
				Entry::Odd(why) => return Ok(Fetched::Unreachable(why)),
			}
		}
		// One request, without a HEAD before it: what it says of the object then holds for the bytes that follow, which
		// are not read until that has been judged.
		let answer = match store.get(&self.location(key)).await {
			Ok(answer) => answer,
			Err(object_store::Error::NotFound { .. }) => return Ok(Fetched::Missing),
			Err(error) => return unreachable(error),
		};
		let (size, uploaded_ms) = (answer.meta.size, uploaded_ms(&answer.meta));
		if size > max_bytes {
			return Ok(Fetched::TooLarge { size });
		}
		match open.map_or(Freshness::InTime, |open| open.judge(uploaded_ms)) {
			Freshness::TooEarly => return Ok(Fetched::TooEarly { uploaded_ms }),
			Freshness::TooLate => return Ok(Fetched::TooLate { uploaded_ms }),
			Freshness::InTime => {},
		}
		Ok(read(answer.into_stream(), size, uploaded_ms).await)
	}

	fn store(&self) -> Option<&dyn ObjectStore> {
		match &self.place {
			Place::Memory(store) | Place::Local(_, store) => Some(store.as_ref()),
			Place::Unsupported => None,
		}
	}

	/// Where the bucket begins in its store; `None` if it is all of it.
	fn folder(&self) -> Option<Location> {
		match &self.place {
			Place::Local(folder, _) => Some(Location::from(folder.name().as_str())),
			Place::Memory(_) | Place::Unsupported => None,
		}
	}

	fn location(&self, key: &ObjectKey) -> Location {
		self.folder().unwrap_or_default().join(key.to_string())
	}
}

/// Reads a body of which `size` bytes were announced, no more than those.
async fn read(mut body: BoxStream<'static, object_store::Result<Bytes>>, size: u64, uploaded_ms: u64) -> Fetched {
	let changed = || Fetched::Unreachable("the object changed while it was read".into());
	let mut bytes = Vec::new(); // Grows with what arrives, not with what was announced.
	while let Some(chunk) = body.next().await {
		let chunk = match chunk {
			Ok(chunk) => chunk,
			Err(error) => return Fetched::Unreachable(error.to_string()),
		};
		let missing = size - bytes.len() as u64; // Not below zero: a chunk too long ends the reading.
		let ended = chunk.is_empty() && missing > 0; // So ends a file that was cut short, again and again.
		if ended || chunk.len() as u64 > missing {
			return changed();
		}
		bytes.extend_from_slice(&chunk);
	}
	if bytes.len() as u64 == size {
		Fetched::Object { bytes: bytes.into(), uploaded_ms }
	} else {
		changed()
	}
}

/// Whatever fails is the peer's, but for our own lack of file descriptors: no peer may lose its score for that.
fn unreachable(error: object_store::Error) -> Result<Fetched, BucketError> {
	let mut causes = std::iter::successors(Some(&error as &(dyn Error + 'static)), |error| (*error).source());
	match causes.any(|cause| cause.downcast_ref::<io::Error>().is_some_and(is_exhausted)) {
		true => Err(BucketError::TooManyOpenFiles { source: error.into() }),
		false => Ok(Fetched::Unreachable(error.to_string())),
	}
}

fn uploaded_ms(about: &ObjectMeta) -> u64 {
	u64::try_from(about.last_modified.timestamp_millis()).unwrap_or(0) // Before 1970 is before any window.
}

#[cfg(test)]
mod tests;
