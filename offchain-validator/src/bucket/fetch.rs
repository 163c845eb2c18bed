// SPDX-License-Identifier: Apache-2.0

//! Reads objects of peers: looks before it reads, and reads no more than was announced and is allowed.

use std::error::Error;
use std::io;
use std::ops::Range;
use std::time::Duration;

use bytes::Bytes;
use futures::stream::{self, BoxStream};
use futures::{StreamExt as _, TryStreamExt as _};
use mechanisms::templar::freshness::{Freshness, OpenSpan};
use object_store::{GetOptions, GetRange, GetResult, ObjectMeta, ObjectStore, ObjectStoreExt as _};
use tokio::time::{timeout_at, Instant};

use super::folder::{is_exhausted, Entry};
use super::store::time_for;
use super::{Bucket, BucketError, ObjectKey};

/// Bytes that are asked for at once, of an object that has more.
const RANGE: u64 = 8 << 20;
/// Ranges of one object that are asked for at once.
const RANGES_AT_ONCE: usize = 4;
/// Characters of what a store says that go into our logs.
const MOST_TOLD: usize = 400;

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

/// Why there is no object.
enum Failure {
	/// The peer's part.
	Peer(Fetched),
	/// Ours.
	Ours(BucketError),
}

impl Bucket {
	/// Reads an object if it was uploaded while uploads were `open` and has at most `max_bytes`. All within `limit`, and the
	/// time that its bytes take.
	pub async fn fetch(
		&self,
		key: &ObjectKey,
		open: Option<&OpenSpan>,
		max_bytes: u64,
		limit: Duration,
	) -> Result<Fetched, BucketError> {
		let began = Instant::now();
		let late = |_| Failure::Peer(Fetched::Unreachable(format!("not read within {limit:?}")));
		let fetching = async {
			let answer = timeout_at(began + limit, self.look(key, open, max_bytes)).await.map_err(late)??;
			let (size, uploaded_ms) = (answer.meta.size, uploaded_ms(&answer.meta));
			let bytes = timeout_at(began + limit + time_for(size), self.read(answer)).await.map_err(late)??;
			Ok(Fetched::Object { bytes, uploaded_ms })
		};
		match fetching.await {
			Err(Failure::Peer(Fetched::Unreachable(why))) if self.take_exhausted() => {
				Err(BucketError::TooManyOpenFiles { source: why.into() })
			},
			Ok(fetched) | Err(Failure::Peer(fetched)) => Ok(fetched),
			Err(Failure::Ours(error)) => Err(error),
		}
	}

	/// Asks for an object and judges what the answer says of it. Its bytes are not read yet.
	///
	/// One request, without a HEAD before it: what is said of the object then holds for the bytes that follow.
	async fn look(&self, key: &ObjectKey, open: Option<&OpenSpan>, max_bytes: u64) -> Result<GetResult, Failure> {
		let store = self.store().map_err(|why| Failure::Peer(Fetched::Unreachable(why.into())))?;
		if let Some(folder) = self.local_folder() {
			let ours = |source| Failure::Ours(BucketError::Folder { folder: folder.root().to_owned(), source });
			match folder.entry(key).await.map_err(ours)? {
				Entry::File => {},
				Entry::Missing => return Err(Failure::Peer(Fetched::Missing)),
				Entry::Odd(why) => return Err(Failure::Peer(Fetched::Unreachable(why))),
			}
		}
		let answer = store.get(&self.location(key)).await?;
		let (size, uploaded_ms) = (answer.meta.size, uploaded_ms(&answer.meta));
		if size > max_bytes {
			return Err(Failure::Peer(Fetched::TooLarge { size }));
		}
		match open.map_or(Freshness::InTime, |open| open.judge(uploaded_ms)) {
			Freshness::TooEarly => Err(Failure::Peer(Fetched::TooEarly { uploaded_ms })),
			Freshness::TooLate => Err(Failure::Peer(Fetched::TooLate { uploaded_ms })),
			Freshness::InTime => Ok(answer),
		}
	}

	/// The bytes of an object that was found good.
	async fn read(&self, answer: GetResult) -> Result<Bytes, Failure> {
		let size = answer.meta.size;
		if size <= RANGE {
			return body(answer.into_stream(), size).await;
		}
		let about = answer.meta.clone();
		drop(answer); // What has arrived by now is little.
		let store = self.store().map_err(|why| Failure::Peer(Fetched::Unreachable(why.into())))?;
		let ranges = (0..size).step_by(RANGE as usize).map(|start| start..size.min(start + RANGE));
		let reading = stream::iter(ranges).map(|range| read_range(store, &about, range)).buffered(RANGES_AT_ONCE);
		let append = |mut bytes: Vec<u8>, range: Bytes| async move {
			bytes.extend_from_slice(&range); // Grows with what arrives, not with what was announced.
			Ok(bytes)
		};
		Ok(reading.try_fold(Vec::new(), append).await?.into())
	}
}

/// A part of the very object that was looked at.
async fn read_range(store: &dyn ObjectStore, about: &ObjectMeta, range: Range<u64>) -> Result<Bytes, Failure> {
	let size = range.end - range.start;
	let options = GetOptions {
		if_match: about.e_tag.clone(),
		range: Some(GetRange::Bounded(range.clone())),
		..GetOptions::default()
	};
	let answer = store.get_opts(&about.location, options).await?;
	let said = |meta: &ObjectMeta| (meta.size, meta.last_modified, meta.e_tag.clone());
	if said(&answer.meta) != said(about) || answer.range != range {
		return Err(changed());
	}
	body(answer.into_stream(), size).await
}

/// Reads a body of which `size` bytes were announced, no more than those.
async fn body(mut body: BoxStream<'static, object_store::Result<Bytes>>, size: u64) -> Result<Bytes, Failure> {
	let mut bytes = Vec::new();
	while let Some(chunk) = body.try_next().await? {
		let missing = size - bytes.len() as u64; // Not below zero: a chunk too long ends the reading.
		let ended = chunk.is_empty() && missing > 0; // So ends a file that was cut short, again and again.
		if ended || chunk.len() as u64 > missing {
			return Err(changed());
		}
		bytes.extend_from_slice(&chunk);
	}
	if bytes.len() as u64 == size {
		Ok(bytes.into())
	} else {
		Err(changed())
	}
}

fn changed() -> Failure {
	Failure::Peer(Fetched::Unreachable("the object changed while it was read".into()))
}

/// Whatever fails is the peer's, but for our own lack of file descriptors: no peer may lose its score for that.
impl From<object_store::Error> for Failure {
	fn from(error: object_store::Error) -> Self {
		match error {
			object_store::Error::NotFound { .. } => Self::Peer(Fetched::Missing),
			object_store::Error::Precondition { .. } => changed(),
			error if is_ours(&error) => Self::Ours(BucketError::TooManyOpenFiles { source: error.into() }),
			error => Self::Peer(Fetched::Unreachable(told(&error))),
		}
	}
}

fn is_ours(error: &object_store::Error) -> bool {
	let mut causes = std::iter::successors(Some(error as &(dyn Error + 'static)), |error| (*error).source());
	causes.any(|cause| cause.downcast_ref::<io::Error>().is_some_and(is_exhausted))
}

/// What goes into our logs of an error, which a server may have worded.
fn told(error: &object_store::Error) -> String {
	let text = crate::one_line(error);
	text.chars().filter(|character| !character.is_control()).take(MOST_TOLD).collect()
}

fn uploaded_ms(about: &ObjectMeta) -> u64 {
	u64::try_from(about.last_modified.timestamp_millis()).unwrap_or(0) // Before 1970 is before any window.
}

#[cfg(test)]
mod tests;
