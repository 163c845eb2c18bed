// SPDX-License-Identifier: Apache-2.0

//! Whose state folder it is, and of which chain. With another key, run or chain it would mislead, and nobody would notice:
//! a temporary chain that is started again has the same first block.

use std::path::{Path, PathBuf};
use std::{fs, io};

use serde::{Deserialize, Serialize};

use super::ParticipantError;
use crate::atomic;
use crate::chain::{BlockId, Chain};
use crate::clock::Window;

/// Name of the file in a state folder.
const FILE: &str = "owner.json";

/// Whose folder it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Owner {
	/// Who acts, in ss58.
	pub hotkey: String,
	/// The subnet.
	pub netuid: u16,
	/// The first window of the run.
	pub start_window: Window,
}

/// The file: the owner, and the last block it has built upon.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Claim {
	owner: Owner,
	block: u32,
	hash: String,
}

/// A folder that is its owner's.
pub(super) struct Claimed {
	owner: Owner,
	path: PathBuf,
}

impl Claimed {
	/// Claims `folder` for `owner`, or checks that it is its already and that `chain` is the one it was used on.
	pub async fn check(folder: &Path, owner: Owner, chain: &Chain) -> Result<Self, ParticipantError> {
		let claimed = Self { owner, path: folder.join(FILE) };
		let newest = chain.finalized().await?;
		if let Some(Claim { owner, block, hash }) = claimed.read()? {
			if owner != claimed.owner {
				let Owner { hotkey, netuid, start_window } = owner;
				return Err(ParticipantError::OtherOwner { folder: folder.into(), hotkey, netuid, start_window });
			}
			let is_there = newest.number >= block && chain.at_number(block).await?.block().hash() == hash;
			if !is_there {
				let endpoint = chain.endpoint().into();
				return Err(ParticipantError::OtherChain { folder: folder.into(), endpoint, block });
			}
		}
		claimed.build_upon(newest)?;
		Ok(claimed)
	}

	/// Remembers the newest block that what is in the folder builds upon.
	pub fn build_upon(&self, block: BlockId) -> Result<(), ParticipantError> {
		let claim = Claim { owner: self.owner.clone(), block: block.number, hash: block.hash() };
		let text = serde_json::to_vec_pretty(&claim)?;
		atomic::write(&self.path, &text).map_err(|source| self.failed(source))
	}

	fn read(&self) -> Result<Option<Claim>, ParticipantError> {
		match fs::read(&self.path) {
			Ok(text) => {
				let claim = serde_json::from_slice(&text).map_err(|error| self.failed(error.into()))?;
				Ok(Some(claim))
			},
			Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
			Err(source) => Err(self.failed(source)),
		}
	}

	fn failed(&self, source: io::Error) -> ParticipantError {
		ParticipantError::State { path: self.path.clone(), source }
	}
}
