// SPDX-License-Identifier: Apache-2.0

//! Where models are published: a folder that all share, or a hub as Hugging Face runs it; and our own copies of them.
//!
//! Whatever is in a store, somebody else has written. Sizes are checked before a byte is fetched, and how many parameters a
//! model says it has before anything but that; nothing but the files of a model is fetched, and what is measured is our copy,
//! which is hashed while it is written.

mod address;
mod cache;
mod files;
mod folder;
mod hub;

use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;
use std::time::Duration;

use mechanisms::finetuning::competition::Competition;
use mechanisms::finetuning::digest::Digest;
use mechanisms::finetuning::Params;

pub use address::{Address, AddressError};
pub use cache::Cache;
pub use files::{contents, ContentsError};
pub use folder::Folder;
pub use hub::Hub;

/// Where models are published. Cheap to clone.
#[derive(Clone, Debug)]
pub enum Store {
	/// A folder on this machine, laid out as Hugging Face lays out its cache.
	Folder(Folder),
	/// A hub, over HTTP.
	Hub(Hub),
}

/// What came of fetching a repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fetched {
	/// Our copy of it.
	Repository(Repository),
	/// There is none of this address.
	Missing,
	/// It breaks a rule, or is not what its owner claims. Says which, for people.
	Refused(String),
	/// The store cannot be read, or not in time, which no miner can bring about. Says why, for people.
	Unreachable(String),
}

/// Our copy of a repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repository {
	/// Where its files are.
	pub folder: PathBuf,
	/// What it hashes to.
	pub content: Digest,
}

/// Why we could not do our part.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
	/// A folder of ours cannot be used.
	#[error("cannot use {}", path.display())]
	Folder {
		/// Its path.
		path: PathBuf,
		#[source]
		source: io::Error,
	},
	/// There can be no client for the hub.
	#[error("the hub's address cannot be used")]
	Hub(#[source] hf_hub::api::tokio::ApiError),
	/// The store's kind can only be read.
	#[error("models cannot be published at a hub: name a folder with --models")]
	ReadOnly,
	/// A task of ours was cut short.
	#[error("a task of this program was cut short")]
	Task(#[from] tokio::task::JoinError),
}

/// How much may be fetched, and how long that may take.
#[derive(Clone, Copy, Debug)]
pub struct Limits<'a> {
	/// What a repository must keep within.
	pub scoring: &'a Params,
	/// What a model must keep within that is entered for this competition; none for what is no entry.
	pub competition: Option<&'a Competition>,
	/// For all of it.
	pub deadline: Duration,
	/// The only files that are wanted of it, if not all of a model.
	pub only: Option<&'static [&'static str]>,
}

/// The files of a repository that are to be fetched, by name, with their sizes in bytes.
type Listing = BTreeMap<String, u64>;

/// Why a repository is not ours: what [`Fetched`] says of it, or our own fault.
#[derive(Debug)]
enum Failure {
	Missing,
	Refused(String),
	Unreachable(String),
	Ours(StoreError),
}

impl Store {
	/// Copies the repository at `address` into `cache`, if what it hashes to is `claimed`.
	pub async fn fetch(
		&self,
		address: &Address,
		limits: Limits<'_>,
		cache: &Cache,
		claimed: impl FnOnce(&Digest) -> bool,
	) -> Result<Fetched, StoreError> {
		let incoming = match self {
			Self::Folder(folder) => folder.fetch(address, limits, cache).await,
			Self::Hub(hub) => hub.fetch(address, limits, cache).await,
		};
		let kept = incoming.and_then(|incoming| {
			if claimed(&incoming.content()) {
				incoming.keep().map_err(Failure::Ours)
			} else {
				Err(Failure::Refused("its content does not answer to the hash that was committed".into()))
			}
		});
		match kept {
			Ok(repository) => Ok(Fetched::Repository(repository)),
			Err(Failure::Missing) => Ok(Fetched::Missing),
			Err(Failure::Refused(why)) => Ok(Fetched::Refused(why)),
			Err(Failure::Unreachable(why)) => Ok(Fetched::Unreachable(why)),
			Err(Failure::Ours(error)) => Err(error),
		}
	}

	/// Publishes the files in `from` at `address`: all at once, and for good.
	pub async fn publish(&self, from: PathBuf, address: Address) -> Result<(), StoreError> {
		match self.clone() {
			Self::Folder(folder) => tokio::task::spawn_blocking(move || folder.publish(&from, &address)).await?,
			Self::Hub(_) => Err(StoreError::ReadOnly),
		}
	}
}

#[cfg(test)]
pub(super) mod tests;
