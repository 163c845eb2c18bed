// SPDX-License-Identifier: Apache-2.0

//! What a hotkey publishes on chain to say where its bucket is. Pure; opens nothing.

use std::fmt;

/// Where a bucket is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BucketAddress {
	/// A folder below one that each reader chooses, so that no commitment can name a path of the reader's machine.
	Local(BucketName),
	/// A bucket at an S3 server, which each reader chooses too.
	S3(Credentials),
}

/// Name of a local bucket: 1 to 64 of `A-Z a-z 0-9 _ -`, so never a path.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BucketName(String);

/// What it takes to use a bucket at an S3 server. The bucket has the name of its account.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
	account_id: String,
	access_key_id: String,
	secret_access_key: String,
}

const LOCAL: &str = "local:";
const MAX_NAME: usize = 64;
const ACCOUNT: usize = 32;
const ACCESS_KEY: usize = 32;
const SECRET: usize = 64;

impl BucketAddress {
	/// Reads what was published. `None` if it names no bucket of a kind we know: then the hotkey has none.
	pub fn parse(commitment: &[u8]) -> Option<Self> {
		let text = std::str::from_utf8(commitment).ok()?;
		match text.strip_prefix(LOCAL) {
			Some(name) => BucketName::new(name).map(Self::Local),
			None => Credentials::parse(text).map(Self::S3),
		}
	}

	/// What to publish, so that [`BucketAddress::parse`] finds this address. Holds the secret, if there is one.
	pub fn commitment(&self) -> String {
		match self {
			Self::Local(name) => format!("{LOCAL}{name}"),
			Self::S3(Credentials { account_id, access_key_id, secret_access_key }) => {
				format!("{account_id:<ACCOUNT$}{access_key_id:<ACCESS_KEY$}{secret_access_key:<SECRET$}")
			},
		}
	}
}

impl BucketName {
	/// `None` if `name` is empty, too long or has a character that a name must not have.
	pub fn new(name: &str) -> Option<Self> {
		let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
		((1..=MAX_NAME).contains(&name.len()) && name.bytes().all(allowed)).then(|| Self(name.into()))
	}

	/// The name.
	pub fn as_str(&self) -> &str {
		&self.0
	}
}

impl fmt::Display for BucketName {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		f.write_str(&self.0)
	}
}

impl Credentials {
	/// `None` if a part is empty, too long for a commitment or has a character that it must not have.
	///
	/// Only letters and digits in account and key: the account becomes a part of a host's name, and must not be able to
	/// turn it into another host's. The secret is never sent, and may have all that can be seen.
	pub fn new(account_id: &str, access_key_id: &str, secret_access_key: &str) -> Option<Self> {
		let is_part = |part: &str, most, allowed: fn(&u8) -> bool| {
			(1..=most).contains(&part.len()) && part.as_bytes().iter().all(allowed)
		};
		let is_sound = is_part(account_id, ACCOUNT, u8::is_ascii_alphanumeric)
			&& is_part(access_key_id, ACCESS_KEY, u8::is_ascii_alphanumeric)
			&& is_part(secret_access_key, SECRET, u8::is_ascii_graphic);
		is_sound.then(|| Self {
			account_id: account_id.into(),
			access_key_id: access_key_id.into(),
			secret_access_key: secret_access_key.into(),
		})
	}

	/// The account, which is also the name of the bucket and may be a part of its host's name.
	pub fn account_id(&self) -> &str {
		&self.account_id
	}

	/// The name of the key.
	pub(super) fn access_key_id(&self) -> &str {
		&self.access_key_id
	}

	/// The secret to sign with.
	pub(super) fn secret_access_key(&self) -> &str {
		&self.secret_access_key
	}

	/// Three fields of fixed width, padded with blanks.
	fn parse(text: &str) -> Option<Self> {
		if text.len() != ACCOUNT + ACCESS_KEY + SECRET {
			return None;
		}
		let field = |from, width| Some(text.get(from..from + width)?.trim());
		Self::new(field(0, ACCOUNT)?, field(ACCOUNT, ACCESS_KEY)?, field(ACCOUNT + ACCESS_KEY, SECRET)?)
	}
}

impl fmt::Debug for Credentials {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		f.debug_struct("Credentials").field("account_id", &self.account_id).finish_non_exhaustive()
	}
}

#[cfg(test)]
mod tests {
	use proptest::prelude::*;

	use super::*;

	#[derive(serde::Deserialize)]
	struct Case {
		commitment: String,
		bucket: Option<Expected>,
	}

	#[derive(serde::Deserialize)]
	struct Expected {
		name: String,
		account_id: String,
		access_key_id: String,
		secret_access_key: String,
	}

	#[test]
	fn commitments_read_as_recorded() {
		for case in golden::cases::<Case>("mechanisms/bucket_commitment.json") {
			let expected = case.bucket.map(|Expected { name, account_id, access_key_id, secret_access_key }| {
				assert_eq!(name, account_id, "the bucket has the name of its account");
				BucketAddress::S3(Credentials { account_id, access_key_id, secret_access_key })
			});
			assert_eq!(BucketAddress::parse(case.commitment.as_bytes()), expected, "{}", case.commitment);
		}
	}

	#[test]
	fn a_local_name_is_never_a_path() {
		for name in ["miner_1", "A-b", &"x".repeat(64)] {
			let address = BucketAddress::Local(BucketName(name.into()));
			assert_eq!(BucketAddress::parse(format!("local:{name}").as_bytes()), Some(address));
		}
		for name in ["", ".", "..", "a/b", "/etc", "a\\b", "a.b", "a b", "a\0", "ä", "a\n", &"x".repeat(65)] {
			assert_eq!(BucketAddress::parse(format!("local:{name}").as_bytes()), None, "{name:?}");
		}
	}

	#[test]
	fn an_account_cannot_name_another_host() {
		let commitment = format!("{:<32}{}", "evil.example/#", "a".repeat(96));
		assert_eq!(BucketAddress::parse(commitment.as_bytes()), None);
	}

	#[test]
	fn debug_prints_no_secret() {
		let commitment = ["a".repeat(32), "b".repeat(32), "c".repeat(64)].concat();
		let printed = format!("{:?}", BucketAddress::parse(commitment.as_bytes()));
		assert!(printed.contains("aaa") && !printed.contains("bbb") && !printed.contains("ccc"), "{printed}");
	}

	proptest! {
		#[test]
		fn any_bytes_can_be_read(commitment: Vec<u8>, text in "\\PC{42,128}") {
			BucketAddress::parse(&commitment);
			BucketAddress::parse(text.as_bytes());
		}

		#[test]
		fn what_is_published_reads_back(text in "(local:[A-Za-z0-9_-]{1,64}|[a-z0-9]{16} {16}[a-z0-9]{32}[!-~]{63} )") {
			let address = BucketAddress::parse(text.as_bytes());
			prop_assert!(address.is_some());
			prop_assert_eq!(address.map(|address| address.commitment()), Some(text));
		}
	}
}
