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
	/// The first window of the run that `folder` is claimed for, if it is.
	pub fn start_window(folder: &Path) -> Result<Option<Window>, ParticipantError> {
		Ok(read(&folder.join(FILE))?.map(|claim| claim.owner.start_window))
	}

	/// Claims `folder` for `owner`, or checks that it is its already and that `chain` is the one it was used on.
	pub async fn check(folder: &Path, owner: Owner, chain: &Chain) -> Result<Self, ParticipantError> {
		let claimed = Self { owner, path: folder.join(FILE) };
		let newest = chain.finalized().await?;
		if let Some(Claim { owner, block, hash }) = read(&claimed.path)? {
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
		atomic::write(&self.path, &text).map_err(failed(&self.path))
	}
}

fn read(path: &Path) -> Result<Option<Claim>, ParticipantError> {
	match fs::read(path) {
		Ok(text) => Ok(Some(serde_json::from_slice(&text).map_err(|error| failed(path)(error.into()))?)),
		Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
		Err(source) => Err(failed(path)(source)),
	}
}

fn failed(path: &Path) -> impl FnOnce(io::Error) -> ParticipantError + '_ {
	|source| ParticipantError::State { path: path.into(), source }
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn a_claimed_folder_tells_its_run() {
		let folder = tempfile::tempdir().expect("a folder can be made");
		assert_eq!(Claimed::start_window(folder.path()).expect("it can be read"), None);
		let owner = Owner { hotkey: "5F".into(), netuid: 1, start_window: 7 };
		let claim = serde_json::to_vec(&Claim { owner, block: 3, hash: "0x".into() }).expect("it is plain data");
		fs::write(folder.path().join(FILE), claim).expect("it can be written");
		assert_eq!(Claimed::start_window(folder.path()).expect("it can be read"), Some(7));
		fs::write(folder.path().join(FILE), b"{}").expect("it can be written");
		assert!(Claimed::start_window(folder.path()).is_err());
	}
}
