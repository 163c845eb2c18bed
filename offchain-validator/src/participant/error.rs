// SPDX-License-Identifier: Apache-2.0

//! Why a participant cannot go on.

use std::io;
use std::path::PathBuf;

use crate::bucket::BucketError;
use crate::chain::{AccountId, ChainError};
use crate::clock::Window;

/// Why a participant cannot go on. Nothing a peer does is among the reasons.
#[derive(Debug, thiserror::Error)]
pub enum ParticipantError {
	/// The chain did not answer, or refused.
	#[error("{0}")]
	Chain(#[from] ChainError),
	/// The hotkey has no uid.
	#[error("hotkey {hotkey} is not registered on subnet {netuid}: run `offchain-validator chain register` with its coldkey first")]
	NotRegistered {
		/// The hotkey.
		hotkey: AccountId,
		/// The subnet.
		netuid: u16,
	},
	/// The folder of the buckets, or our own bucket, cannot be used.
	#[error("the bucket cannot be used")]
	Bucket(#[from] BucketError),
	/// Another process works with the state folder.
	#[error("another process works in {}: name another folder with --state", folder.display())]
	InUse {
		/// The folder.
		folder: PathBuf,
	},
	/// The state folder belongs to another key or another run.
	#[error(
		"{} belongs to {hotkey} on subnet {netuid}, in a run from window {start_window} on: name another folder with --state",
		folder.display()
	)]
	OtherOwner {
		/// The folder.
		folder: PathBuf,
		/// Whose it is.
		hotkey: String,
		/// On which subnet.
		netuid: u16,
		/// In which run.
		start_window: Window,
	},
	/// The state folder was used on another chain.
	#[error(
		"{} builds upon a block {block} that the chain at {endpoint} does not have: wait until it has, or name another \
		 folder with --state",
		folder.display()
	)]
	OtherChain {
		/// The folder.
		folder: PathBuf,
		/// Where the chain was asked.
		endpoint: String,
		/// The block.
		block: u32,
	},
	/// A file of ours cannot be read or written.
	#[error("cannot use {}", path.display())]
	State {
		/// Its path.
		path: PathBuf,
		#[source]
		source: io::Error,
	},
	/// Others have removed the objects of the window we would have to begin with.
	#[error(
		"window {window} is too far behind the chain's {newest}: miners keep their objects for {retention} windows, and no \
		 validator has a checkpoint that others agree with; begin a new run with --start-window, or put the newest \
		 params-*.safetensors of a node that has kept step into the state folder"
	)]
	TooFarBehind {
		/// The window we are at.
		window: Window,
		/// The window the chain is in.
		newest: Window,
		/// Windows for which objects are kept.
		retention: u32,
	},
	/// A task of ours was cut short.
	#[error("a task of this program was cut short")]
	Task(#[from] tokio::task::JoinError),
	/// Something of ours cannot be put into JSON.
	#[error("a record cannot be put into JSON")]
	Json(#[from] serde_json::Error),
}
