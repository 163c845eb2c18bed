// SPDX-License-Identifier: Apache-2.0
//! What a repository's content hashes to, and whose claim on it is on chain.

use std::{collections::BTreeMap, fmt, str::FromStr};

use base64::{prelude::BASE64_STANDARD, Engine as _};
use serde::{de::Error as _, Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest as _, Sha256};

/// A SHA-256 hash. Its text is base64 with padding, 44 characters, and each digest has one text only.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest([u8; 32]);

/// A text that is no [`Digest`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not the base64 of 32 bytes")]
pub struct NoDigest;

/// One file of a repository, which the caller has read through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct File {
	/// Bytes of its content.
	pub length: u64,
	/// Hash of its content.
	pub digest: Digest,
}

impl Digest {
	/// The hash of `bytes`.
	pub fn of(bytes: impl AsRef<[u8]>) -> Self {
		Self(Sha256::digest(bytes).into())
	}

	/// The hash that tells `hotkey`'s claim on this content from everybody else's.
	///
	/// Who commits it before the repository is public shows that it knew the content, and nobody can repeat it.
	pub fn owned_by(&self, hotkey: &str) -> Self {
		Self::of(format!("{self}{hotkey}"))
	}

	/// Whether `hotkey`, having committed to `committed`, may submit this content: plainly, or by [`Self::owned_by`].
	pub fn answers(&self, committed: &Self, hotkey: &str) -> bool {
		committed == self || *committed == self.owned_by(hotkey)
	}
}

/// The digest of a repository: of the path, length and content of every file, by relative path.
pub fn repository(files: &BTreeMap<String, File>) -> Digest {
	let mut hasher = Sha256::new();
	for (path, file) in files {
		// Every part has a known length, so that no two repositories give the same bytes.
		hasher.update((path.len() as u64).to_le_bytes());
		hasher.update(path);
		hasher.update(file.length.to_le_bytes());
		hasher.update(file.digest.0);
	}
	Digest(hasher.finalize().into())
}

/// The digest as published, which knows nothing of names: of the texts of all files' digests, a folder's files before its
/// sub-folders, both by name.
///
/// Two files may change names under it, and so a model its meaning; [`repository`] is for what is new.
pub fn published(files: &BTreeMap<String, File>) -> Digest {
	let mut walk: Vec<(&String, &File)> = files.iter().collect();
	walk.sort_by_cached_key(|(path, _)| walk_position(path));
	Digest::of(walk.into_iter().map(|(_, file)| file.digest.to_string()).collect::<String>())
}

/// Orders paths as a walk meets them: at each level, files come first.
fn walk_position(path: &str) -> Vec<(bool, &str)> {
	let mut parts: Vec<(bool, &str)> = path.split('/').map(|part| (true, part)).collect();
	if let Some((is_folder, _)) = parts.last_mut() {
		*is_folder = false;
	}
	parts
}

impl From<[u8; 32]> for Digest {
	/// The result of hashing what is too large to hold.
	fn from(hash: [u8; 32]) -> Self {
		Self(hash)
	}
}

impl fmt::Display for Digest {
	fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
		formatter.write_str(&BASE64_STANDARD.encode(self.0))
	}
}

impl fmt::Debug for Digest {
	fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
		fmt::Display::fmt(self, formatter)
	}
}

impl FromStr for Digest {
	type Err = NoDigest;

	fn from_str(text: &str) -> Result<Self, NoDigest> {
		let mut bytes = [0; 33]; // What 44 characters can hold.
		let length = BASE64_STANDARD.decode_slice(text, &mut bytes).map_err(|_| NoDigest)?;
		let bytes = bytes.get(..length).ok_or(NoDigest)?;
		bytes.try_into().map(Self).map_err(|_| NoDigest)
	}
}

impl Serialize for Digest {
	fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
		serializer.collect_str(self)
	}
}

impl<'de> Deserialize<'de> for Digest {
	fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
		String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
	}
}

#[cfg(test)]
mod tests {
	use proptest::prelude::*;

	use super::*;

	fn files(contents: &[(&str, &str)]) -> BTreeMap<String, File> {
		let file = |content: &str| File { length: content.len() as u64, digest: Digest::of(content) };
		contents.iter().map(|(path, content)| ((*path).to_owned(), file(content))).collect()
	}

	/// Trap: under the published digest two files may swap their contents' names.
	#[test]
	fn names_are_part_of_the_digest() {
		let (model, renamed) = (files(&[("a", "1"), ("b", "2")]), files(&[("c", "1"), ("d", "2")]));
		assert_eq!(published(&model), published(&renamed));
		assert_ne!(repository(&model), repository(&renamed));
	}

	#[test]
	fn a_path_cannot_pass_for_content() {
		let file = |path: &str| (path.to_owned(), File { length: 0, digest: Digest::of("") });
		let apart = repository(&[file("a"), file("b")].into());
		assert_ne!(apart, repository(&[file("ab")].into()));
		assert_ne!(repository(&BTreeMap::new()), repository(&[file("")].into()));
	}

	#[test]
	fn files_come_before_folders() {
		let mut paths = ["z", "a/z", "a/b/c", "a-b/c", "b"];
		paths.sort_by_key(|path| walk_position(path));
		assert_eq!(paths, ["b", "z", "a/z", "a/b/c", "a-b/c"]);
	}

	#[test]
	fn a_claim_is_no_use_to_another_hotkey() {
		let content = Digest::of("model");
		let claim = content.owned_by("alice");
		assert_eq!(claim, Digest::of(format!("{content}alice")));
		assert!(content.answers(&claim, "alice") && content.answers(&content, "bob"));
		assert!(!content.answers(&claim, "bob") && !Digest::of("other").answers(&claim, "alice"));
	}

	#[test]
	fn only_the_base64_of_32_bytes_is_a_digest() {
		let text = Digest::of("").to_string();
		assert_eq!(text.parse(), Ok(Digest::of("")));
		let other_spelling = text.replace("U=", "V="); // Differs in the bits past the last byte.
		for bad in ["", "=", &text[1..], &text[..43], &format!("{text}="), &other_spelling, &"A".repeat(44), "\0é"] {
			assert_eq!(bad.parse::<Digest>(), Err(NoDigest), "{bad}");
		}
		assert_eq!("A".repeat(100_000).parse::<Digest>(), Err(NoDigest));
	}

	proptest! {
		#[test]
		fn a_digest_survives_its_text(bytes: [u8; 32]) {
			let digest = Digest(bytes);
			prop_assert_eq!(digest.to_string().parse(), Ok(digest));
			let json = serde_json::to_string(&digest).unwrap();
			prop_assert_eq!(serde_json::from_str::<Digest>(&json).unwrap(), digest);
		}

		#[test]
		fn no_text_is_a_digest_twice(text in "[A-Za-z0-9+/]{42,43}={0,2}") {
			if let Ok(digest) = text.parse::<Digest>() {
				prop_assert_eq!(digest.to_string(), text);
			}
		}
	}
}
