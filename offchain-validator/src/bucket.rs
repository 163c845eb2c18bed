// SPDX-License-Identifier: Apache-2.0

//! Where miners and validators leave objects for one another: the only module that names `object_store`.
//!
//! Owns addresses, keys, deadlines and size limits. Does not look into objects, and knows neither chain nor scores.
//! Whoever writes a bucket may be hostile: whatever is wrong with a peer's bucket is a [`Fetched`], never an error.
//!
//! A bucket is a folder, or lies at an S3 server: Cloudflare R2, or one that the operator names. A commitment on the chain
//! names an account and never a host: it can make us dial nothing but that account's host at R2, or the operator's server.

pub mod address;
mod buckets;
mod error;
mod fetch;
mod folder;
mod http;
pub mod key;
pub mod own;
mod s3;
#[cfg(test)]
pub(crate) mod server;
pub mod store;

pub use address::{BucketAddress, BucketName, Credentials};
pub use buckets::Buckets;
pub use error::BucketError;
pub use fetch::Fetched;
pub(crate) use folder::{in_words, is_exhausted};
pub use key::{Kind, ObjectKey};
pub use own::{KeysError, OwnBucket, OwnKeys};
pub use s3::{DEFAULT_REGION, S3};
pub use store::Bucket;
