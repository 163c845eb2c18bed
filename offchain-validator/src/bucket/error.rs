// SPDX-License-Identifier: Apache-2.0

//! What can go wrong on our side. What a peer does wrong is told by [`super::Fetched`].

use std::error::Error;
use std::io;
use std::path::PathBuf;

use super::ObjectKey;

/// Why we could not do our part.
#[derive(Debug, thiserror::Error)]
pub enum BucketError {
	/// We cannot write to that kind of bucket yet.
	#[error("buckets at R2 are not supported yet: use `local:NAME`")]
	Unsupported,
	/// The folder of all local buckets, or our bucket in it, cannot be used.
	#[error("cannot use the bucket folder {}", folder.display())]
	Folder {
		/// The folder.
		folder: PathBuf,
		#[source]
		source: io::Error,
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
