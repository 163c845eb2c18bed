// SPDX-License-Identifier: Apache-2.0

//! What a hotkey publishes on chain to say where its bucket is. Pure; opens nothing.

use std::fmt;

/// Where a bucket is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BucketAddress {
	/// A folder below one that each reader chooses, so that no commitment can name a path of the reader's machine.
	Local(BucketName),
	/// A bucket at Cloudflare R2. Parsed only: it cannot be opened yet.
	R2(Credentials),
}

/// Name of a local bucket: 1 to 64 of `A-Z a-z 0-9 _ -`, so never a path.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BucketName(String);

/// What it takes to read a bucket at R2, which has the name of its account.
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
			None => Credentials::parse(text).map(Self::R2),
		}
	}

	/// What to publish, so that [`BucketAddress::parse`] finds this address. Holds the secret, if there is one.
	pub fn commitment(&self) -> String {
		match self {
			Self::Local(name) => format!("{LOCAL}{name}"),
			Self::R2(Credentials { account_id, access_key_id, secret_access_key }) => {
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
	/// The account, which is also the name of the bucket and a part of its host's name.
	pub fn account_id(&self) -> &str {
		&self.account_id
	}

	/// Three fields of fixed width, padded with blanks. Only letters and digits: the account becomes a part of a host's
	/// name, and must not be able to turn it into another host's.
	fn parse(text: &str) -> Option<Self> {
		if text.len() != ACCOUNT + ACCESS_KEY + SECRET {
			return None;
		}
		let field = |from, width| {
			let field = text.get(from..from + width)?.trim();
			(!field.is_empty() && field.bytes().all(|byte| byte.is_ascii_alphanumeric())).then(|| field.to_owned())
		};
		Some(Self {
			account_id: field(0, ACCOUNT)?,
			access_key_id: field(ACCOUNT, ACCESS_KEY)?,
			secret_access_key: field(ACCOUNT + ACCESS_KEY, SECRET)?,
		})
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
				BucketAddress::R2(Credentials { account_id, access_key_id, secret_access_key })
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
		fn what_is_published_reads_back(text in "(local:[A-Za-z0-9_-]{1,64}|[a-z0-9]{16} {16}[a-z0-9]{32}[A-Z0-9]{63} )") {
			let address = BucketAddress::parse(text.as_bytes());
			prop_assert!(address.is_some());
			prop_assert_eq!(address.map(|address| address.commitment()), Some(text));
		}
	}
}
