// SPDX-License-Identifier: Apache-2.0

//! Which repository, in which state.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use mechanisms::finetuning::digest::Digest;
use mechanisms::finetuning::model_id::{ModelId, ModelIdError};

/// A repository at one commit. Its parts are safe in a path and in a URL, which [`ModelId`] sees to.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Address {
	namespace: String,
	name: String,
	commit: String,
}

/// The text is no address.
#[derive(Debug, thiserror::Error)]
pub enum AddressError {
	/// A part is missing.
	#[error("{0:?} is not namespace/name@commit")]
	Form(String),
	/// A part has not its form.
	#[error(transparent)]
	Part(#[from] ModelIdError),
}

impl Address {
	/// `namespace/name`, as the hub calls it.
	pub fn repository(&self) -> String {
		format!("{}/{}", self.namespace, self.name)
	}

	/// The commit, 40 hexadecimal digits.
	pub fn commit(&self) -> &str {
		&self.commit
	}

	/// The folder of the repository and that of the commit in it, as Hugging Face names them in its cache.
	pub(super) fn folders(&self) -> [PathBuf; 3] {
		let repository = PathBuf::from(format!("models--{}--{}", self.namespace, self.name));
		let snapshots = repository.join("snapshots");
		let commit = snapshots.join(&self.commit);
		[repository, snapshots, commit]
	}
}

impl From<&ModelId> for Address {
	fn from(id: &ModelId) -> Self {
		let [namespace, name, commit] = [id.namespace(), id.name(), id.commit()].map(str::to_owned);
		Self { namespace, name, commit }
	}
}

impl FromStr for Address {
	type Err = AddressError;

	fn from_str(text: &str) -> Result<Self, AddressError> {
		let form = || AddressError::Form(text.into());
		let (repository, commit) = text.split_once('@').ok_or_else(form)?;
		let (namespace, name) = repository.split_once('/').ok_or_else(form)?;
		// The same rules as for what miners commit; hash and competition are any.
		Ok(Self::from(&ModelId::new(namespace, name, commit, Digest::of(""), "any")?))
	}
}

impl fmt::Display for Address {
	fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
		write!(formatter, "{}/{}@{}", self.namespace, self.name, self.commit)
	}
}
