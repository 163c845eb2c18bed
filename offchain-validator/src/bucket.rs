// SPDX-License-Identifier: Apache-2.0

//! Where miners and validators leave objects for one another: the only module that names `object_store`.
//!
//! Owns addresses, keys, deadlines and size limits. Does not look into objects, and knows neither chain nor scores.
//! Whoever writes a bucket may be hostile: whatever is wrong with a peer's bucket is a [`Fetched`], never an error.

pub mod address;
mod error;
mod folder;
pub mod key;
pub mod store;

pub use address::{BucketAddress, BucketName, Credentials};
pub use error::BucketError;
pub(crate) use folder::{in_words, is_exhausted};
pub use key::{Kind, ObjectKey};
pub use store::{Bucket, Fetched};
