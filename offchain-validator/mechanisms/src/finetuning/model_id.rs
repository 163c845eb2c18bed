// SPDX-License-Identifier: Apache-2.0
//! What a miner commits on chain: which model is its, `namespace:name:commit:hash:competition`.

use std::{fmt, str::FromStr};

use super::digest::Digest;

/// Bytes that the chain keeps of a commitment.
pub const MAX_BYTES: usize = 128;

/// A model in a repository, fixed by its commit and its content.
///
/// Each part but the hash can be part of a path: none is empty, holds a separator or leaves a folder. Each model has one
/// text only.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ModelId {
	namespace: String,
	name: String,
	commit: String,
	hash: Digest,
	competition: String,
}

/// Why a commitment names no model.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ModelIdError {
	/// More than the chain keeps.
	#[error("{bytes} bytes are more than {MAX_BYTES}")]
	TooLong {
		/// Its length.
		bytes: usize,
	},
	/// Too few fields, or more than there are.
	#[error("{count} fields are not namespace:name:commit:hash:competition")]
	FieldCount {
		/// How many there are.
		count: usize,
	},
	/// A field has not its form.
	#[error("the {field} is not {form}")]
	BadField {
		/// Which one.
		field: &'static str,
		/// What it must be.
		form: &'static str,
	},
}

impl ModelId {
	/// A model whose parts have their forms, and whose text fits on the chain.
	pub fn new(
		namespace: &str,
		name: &str,
		commit: &str,
		hash: Digest,
		competition: &str,
	) -> Result<Self, ModelIdError> {
		const NAME: &str = "letters, digits, and single - _ . within";
		let check = |holds: bool, field, form| if holds { Ok(()) } else { Err(ModelIdError::BadField { field, form }) };
		check(is_name(namespace), "namespace", NAME)?;
		check(is_name(name), "name", NAME)?;
		check(is_commit(commit), "commit", "40 hexadecimal digits")?;
		check(is_competition(competition), "competition", "letters and digits")?;
		let [namespace, name, commit, competition] = [namespace, name, commit, competition].map(str::to_owned);
		let id = Self { namespace, name, commit, hash, competition };
		let bytes = id.to_string().len();
		if bytes > MAX_BYTES {
			return Err(ModelIdError::TooLong { bytes });
		}
		Ok(id)
	}

	/// Who publishes the repository, as the hub names it.
	pub fn namespace(&self) -> &str {
		&self.namespace
	}

	/// The repository's name within the namespace.
	pub fn name(&self) -> &str {
		&self.name
	}

	/// The commit of the repository, 40 hexadecimal digits. Never a branch, which could change under the evaluation.
	pub fn commit(&self) -> &str {
		&self.commit
	}

	/// What the content is claimed to hash to: see [`Digest::answers`].
	pub fn hash(&self) -> Digest {
		self.hash
	}

	/// The competition that the model is entered in.
	pub fn competition(&self) -> &str {
		&self.competition
	}
}

impl FromStr for ModelId {
	type Err = ModelIdError;

	/// Every field must be there in its form, and no other.
	fn from_str(text: &str) -> Result<Self, ModelIdError> {
		if text.len() > MAX_BYTES {
			return Err(ModelIdError::TooLong { bytes: text.len() });
		}
		let fields: Vec<&str> = text.split(':').collect();
		let [namespace, name, commit, hash, competition] = fields[..] else {
			return Err(ModelIdError::FieldCount { count: fields.len() });
		};
		let no_digest = ModelIdError::BadField { field: "hash", form: "the base64 of 32 bytes" };
		Self::new(namespace, name, commit, hash.parse().map_err(|_| no_digest)?, competition)
	}
}

impl fmt::Display for ModelId {
	fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
		let Self { namespace, name, commit, hash, competition } = self;
		write!(formatter, "{namespace}:{name}:{commit}:{hash}:{competition}")
	}
}

/// Whether the hub allows `text` as a namespace or a repository's name. Its rule makes a safe part of a path: no separator,
/// nothing hidden, no parent folder; and `--`, which joins such parts in the name of a folder, occurs within none.
fn is_name(text: &str) -> bool {
	let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
	!text.is_empty()
		&& text.bytes().all(is_allowed)
		&& !text.starts_with(['-', '.'])
		&& !text.ends_with(['-', '.'])
		&& !text.contains("--")
		&& !text.contains("..")
}

/// Lower case only: another spelling of the same commit would be another model.
fn is_commit(text: &str) -> bool {
	text.len() == 40 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

/// Whether `text` can name a competition. `None` cannot: it is how the published form writes that there is none.
pub(super) fn is_competition(text: &str) -> bool {
	!text.is_empty() && text != "None" && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// The fields as the published validator reads them: anything goes. Not one of them is fit for a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PublishedId<'a> {
	/// Who publishes the repository.
	pub namespace: &'a str,
	/// Its name.
	pub name: &'a str,
	/// The commit, if one is named.
	pub commit: Option<&'a str>,
	/// What the content is claimed to hash to, if it is.
	pub hash: Option<&'a str>,
	/// The competition, if one is named; what names none was entered in the first there was.
	pub competition: Option<&'a str>,
}

impl<'a> PublishedId<'a> {
	/// Reads four fields or five, and passes over any more; `None` when there are fewer.
	pub fn parse(text: &'a str) -> Option<Self> {
		let mut fields = text.split(':');
		let named = |field: &&str| *field != "None";
		Some(Self {
			namespace: fields.next()?,
			name: fields.next()?,
			commit: Some(fields.next()?).filter(named),
			hash: Some(fields.next()?).filter(named),
			competition: fields.next().filter(named),
		})
	}
}

#[cfg(test)]
mod tests;
