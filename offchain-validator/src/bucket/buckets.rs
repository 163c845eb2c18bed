// SPDX-License-Identifier: Apache-2.0

//! The kinds of bucket that a node can reach, as its operator said.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use object_store::local::LocalFileSystem;

use super::folder::{make, Folder};
use super::{Bucket, BucketAddress, BucketError, BucketName, Fetched, Kind, ObjectKey, OwnBucket, S3};

/// For reading back what was put into our bucket at the start.
const CHECK_LIMIT: Duration = Duration::from_secs(30);
const CHECK_BYTES: &[u8] = b"{}";

const NO_ROOT: &str = "it is a local bucket, and this node has no folder of them: say --bucket-root";
const NO_S3: &str = "it is at an S3 server, and this node uses local buckets: say --bucket-endpoint to use both";

/// How buckets are reached. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Buckets {
	root: Option<PathBuf>,
	s3: Option<S3>,
}

impl Buckets {
	/// Local buckets below `root`, and buckets at an S3 server; either may be missing.
	pub fn new(root: Option<PathBuf>, s3: Option<S3>) -> Self {
		Self { root, s3 }
	}

	/// Our own bucket, to write. Makes the folder of a local one.
	pub fn own(&self, own: &OwnBucket) -> Result<Bucket, BucketError> {
		match own {
			OwnBucket::Local(name) => {
				let root = self.root.as_deref().ok_or(BucketError::Closed(NO_ROOT))?;
				let folder = root.join(name.as_str());
				make(&folder).map_err(|source| BucketError::Folder { folder, source })?;
				local(root, name)
			},
			OwnBucket::S3(keys) => {
				let s3 = self.s3.as_ref().ok_or(BucketError::Closed(NO_S3))?;
				s3.open(keys.write())
			},
		}
	}

	/// A peer's bucket, to read. Whether it is there is seen when it is read; an error is about our side.
	pub fn peer(&self, address: &BucketAddress) -> Result<Bucket, BucketError> {
		match address {
			BucketAddress::Local(name) => match self.root.as_deref() {
				Some(root) => local(root, name),
				None => Ok(Bucket::closed(NO_ROOT)),
			},
			BucketAddress::S3(credentials) => match &self.s3 {
				Some(s3) => s3.open(credentials),
				None => Ok(Bucket::closed(NO_S3)),
			},
		}
	}

	/// Makes sure that we can write to our bucket at an S3 server, and that others can then read with what we publish. A
	/// local bucket was tried when it was opened.
	pub async fn check(&self, own: &OwnBucket, uid: u16) -> Result<(), BucketError> {
		if let OwnBucket::Local(_) = own {
			return Ok(());
		}
		// Of a version that no run has, so that nobody else looks for it.
		let key = ObjectKey { kind: Kind::Debug, window: 0, uid, version: 0 };
		self.own(own)?.put(&key, CHECK_BYTES.into()).await?;
		let most = CHECK_BYTES.len() as u64;
		match self.peer(&own.address())?.fetch(&key, None, most, CHECK_LIMIT).await? {
			Fetched::Object { bytes, .. } if bytes == CHECK_BYTES => Ok(()),
			Fetched::Unreachable(found) => Err(BucketError::Unreadable { found }),
			other => Err(BucketError::Unreadable { found: format!("{other:?}") }),
		}
	}
}

fn local(root: &Path, name: &BucketName) -> Result<Bucket, BucketError> {
	let unusable = |source| BucketError::Folder { folder: root.to_owned(), source };
	let folder = Folder::below(root, name).map_err(unusable)?;
	// The store begins at the root: so the bucket itself may be missing.
	let store = LocalFileSystem::new_with_prefix(folder.root()).map_err(|error| unusable(io::Error::other(error)))?;
	Ok(Bucket::local(folder, Arc::new(store)))
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::bucket::server::{buckets_at, fresh, server};
	use crate::bucket::OwnKeys;

	/// A bucket for which we have keys of these names.
	fn with_keys(account: &str, reader: &str, writer: &str) -> OwnBucket {
		let keys = OwnKeys::from_values(|name| {
			let key = if name.contains("WRITE") { writer } else { reader };
			Some(match name {
				"BUCKET_ACCOUNT_ID" => account.into(),
				name if name.contains("SECRET") => s3_server::secret(key),
				_ => key.into(),
			})
		});
		OwnBucket::S3(keys.unwrap())
	}

	#[tokio::test]
	async fn keys_that_do_not_do_what_they_should_are_told_at_the_start() {
		let buckets = buckets_at(server().endpoint());
		buckets.check(&fresh(), 3).await.unwrap();
		let account = server().account();
		let (reader, writer) = (s3_server::reader(&account), s3_server::writer(&account));
		let error = buckets.check(&with_keys(&account, "other", &writer), 3).await.unwrap_err();
		assert!(matches!(error, BucketError::Unreadable { .. }), "{error}");
		let error = buckets.check(&with_keys(&account, &reader, "other"), 3).await.unwrap_err();
		assert!(matches!(error, BucketError::Put { .. }), "{error}");
	}

	#[tokio::test]
	async fn the_keys_that_are_published_cannot_write() {
		let buckets = buckets_at(server().endpoint());
		let reader = buckets.peer(&fresh().address()).unwrap();
		let key = ObjectKey { kind: Kind::Gradient, window: 7, uid: 3, version: 1 };
		let refused = reader.put(&key, "gradient".into()).await;
		assert!(matches!(refused, Err(BucketError::Put { .. })), "{refused:?}");
	}
}
