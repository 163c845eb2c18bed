// SPDX-License-Identifier: Apache-2.0

//! What can go wrong on our side. What a peer does wrong is told by [`super::Fetched`].

use std::error::Error;
use std::io;
use std::path::PathBuf;

use super::ObjectKey;

/// Why we could not do our part.
#[derive(Debug, thiserror::Error)]
pub enum BucketError {
	/// Our bucket is of a kind that this node was not told how to reach.
	#[error("our bucket cannot be used: {0}")]
	Closed(&'static str),
	/// The folder of all local buckets, or our bucket in it, cannot be used.
	#[error("cannot use the bucket folder {}", folder.display())]
	Folder {
		/// The folder.
		folder: PathBuf,
		#[source]
		source: io::Error,
	},
	/// The address of the S3 server is none. It is not shown: there may be a password in it.
	#[error("the endpoint cannot be used, because {why}: name one like https://s3.example.org:9000")]
	Endpoint {
		/// What is wrong with it.
		why: &'static str,
	},
	/// There is no client for S3 servers.
	#[error("cannot make a client for the S3 server")]
	Client {
		#[source]
		source: Box<dyn Error + Send + Sync>,
	},
	/// Others would not find what we write.
	#[error(
		"what was put into our bucket cannot be read with the keys that are published ({found}): check \
		 BUCKET_READ_ACCESS_KEY_ID and its secret, and that they may read the bucket"
	)]
	Unreadable {
		/// What was found in its place.
		found: String,
	},
	/// An object could not be written.
	#[error("could not put {key} in {attempts} attempts")]
	Put {
		/// Name of the object.
		key: ObjectKey,
		/// How often it was tried.
		attempts: u32,
		#[source]
		source: Box<dyn Error + Send + Sync>,
	},
	/// Old objects could not be deleted.
	#[error("could not delete old objects")]
	Delete {
		#[source]
		source: Box<dyn Error + Send + Sync>,
	},
	/// This machine cannot open another file, so it is no peer's fault that an object was not read.
	#[error("this machine has no file descriptors left: raise the limit (`ulimit -n`)")]
	TooManyOpenFiles {
		#[source]
		source: Box<dyn Error + Send + Sync>,
	},
}
